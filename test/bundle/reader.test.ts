import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Manifest, signedBytes, writeBundle } from '../../src/bundle/format.ts';
import { type BundleReport, type VerifyOptions, verifyBundle } from '../../src/bundle/verify.ts';
import { type CriteriaScheme, demands } from '../../src/compliance/scheme.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { ed25519Signer } from '../../src/credentials/issuing/identity.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import type { TrustRule } from '../../src/policy.ts';
import { kontor } from '../cli/kontor.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

/** A bundle under the eyes of a reader who believes others than its node does, or asks for another day. */

const SHAPES = resolve(import.meta.dirname, '../../shapes');
const gaiaX = JSON.parse(readFileSync(join(SHAPES, 'schemes/gaia-x.json'), 'utf8')) as CriteriaScheme;
const certified = gaiaX.parts[0]!.criteria.filter((one) => demands(one, 'L2') === 'certification').map(({ id }) => id);
/** What the second assessor alone says. */
const [LAST, ...OTHERS] = certified.toReversed();
const DAY = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'kontor-test-'));
const file = join(folder, 'offer.json');

let node: TestNode;
let provider: TestProvider;
let notary: Awaited<ReturnType<typeof testNotary>>;
let first: DidHost;
let second: DidHost;
let bundle: string;
let trust: TrustRule[];

const assessor = ({ did }: DidHost, name: string): TrustRule => ({ did, name, role: 'assessment-body' });
const instant = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;

beforeAll(async () => {
  [provider, notary, first, second] = await Promise.all([testProvider(), testNotary(), didHost(), didHost()]);
  trust = [notary.trust, assessor(first, 'First Assessor'), assessor(second, 'Second Assessor')];
  node = await testNode({ policy: { trust } });
  const statement = ({ did, key }: DidHost, criteria: string[]) =>
    signJwt(
      {
        '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
        type: ['VerifiableCredential'],
        issuer: did,
        validFrom: instant(Date.now() - DAY),
        validUntil: instant(Date.now() + 80 * DAY),
        credentialSubject: {
          id: provider.offeringId('lantern'),
          type: 'kontor:Certificate',
          'kontor:scheme': 'gaia-x',
          'kontor:edition': '24.11',
          'kontor:criterion': criteria,
        },
      },
      key,
    );
  const publish = async (jwt: string) => {
    const { body } = await node.post(jwt);
    expect(body).toMatchObject({ ok: true });
    return body;
  };
  for (const jwt of [await provider.person(), await provider.terms(), await notary.vouch(provider)]) await publish(jwt);
  const { listing } = await publish(await provider.offering('lantern'));
  for (const jwt of [await statement(first, OTHERS), await statement(second, [LAST!])]) await publish(jwt);
  bundle = (await node.get(`/api/v1/listings/${listing.key}/evidence`)).text;
  writeFileSync(file, bundle);
}, 60_000);
afterAll(async () => {
  await node.end();
  await Promise.all([provider.host, notary.host, first, second].map((host) => host.close()));
  rmSync(folder, { recursive: true, force: true });
});

const verify = async (options: Partial<VerifyOptions>, text = bundle): Promise<BundleReport> => {
  const verified = await verifyBundle(Buffer.from(text), { shapesDir: SHAPES, ...options });
  if (!verified.ok) throw new Error(verified.detail);
  return verified.value;
};
const gaiaXOf = ({ decisions }: BundleReport) => decisions.find(({ scheme }) => scheme === 'gaia-x')!;
const run = (rules: TrustRule[] | undefined, ...more: string[]) => {
  writeFileSync(join(folder, 'trust.json'), JSON.stringify({ trust: rules }));
  return kontor(['verify', file, ...(rules ? ['--trust', join(folder, 'trust.json')] : []), ...more]);
};
const of = (report: BundleReport, issuer: DidHost) =>
  report.parts.find(({ part, by }) => part.startsWith('evidence/') && by.includes(issuer.did))!;

describe('evidence in a bundle', () => {
  it('is named by what it says of itself, and by the name that the trust list has for who signed it', async () => {
    const report = await verify({});
    expect(gaiaXOf(report)).toMatchObject({ level: 'L2', same: true });
    expect(of(report, first).what).toBe(`Gaia-X, by First Assessor (${first.did})`);
    expect(of(report, notary.host).what).toBe(`gx:VatID ${provider.company.vat}, by Test notary (${notary.host.did})`);
    const { stdout } = await run(undefined);
    const { part } = of(report, second);
    expect(stdout).toContain(`  ${part}, Gaia-X, by Second Assessor (${second.did}): signature of ${second.key.id}`);
  });
});

describe('by a list of the reader', () => {
  it('a whole bundle is intact, ends with a code of its own, and says what differs', async () => {
    const { code, stdout } = await run(trust.slice(0, 2));
    expect(code).toBe(3);
    expect(stdout).toMatch(/\nThe bundle is intact\. By your list: gaia-x L1 instead of L2\.\n$/);
    expect(stdout).not.toContain('Failed');
    const none = await run([]);
    expect([none.code, none.stdout]).toEqual([3, expect.stringContaining('By your list: gaia-x none.')]);
    const asJson = JSON.parse((await run(trust.slice(0, 2), '--json')).stdout);
    expect(asJson).toMatchObject({ ok: false, intact: true });
  });

  it('exactly what the lost level misses is to blame, and who is not believed', async () => {
    const report = await verify({ trust: trust.slice(0, 2) });
    const { here } = gaiaXOf(report);
    expect(here).toMatchObject({ level: 'L1', without: [of(report, second).part] });
    expect(here!.criteria.map(({ id, was, is }) => [id, was, is])).toEqual([[LAST, 'met, verified', 'unmet']]);
    const { stdout } = await run(trust.slice(0, 2));
    expect(stdout).toContain(`does not count here: Gaia-X, by Second Assessor (${second.did})`);
    // Of nobody at all: every criterion that the level asks to be certified.
    const bare = gaiaXOf(await verify({ trust: [notary.trust] })).here!;
    expect(bare.criteria.map(({ id }) => id).sort()).toEqual([...certified].sort());
    expect(bare.criteria.every(({ is }) => is === 'unmet')).toBe(true);
  });

  it('what is the same is said to be, and a bundle holds', async () => {
    const { code, stdout } = await run(trust);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/\nThe bundle is intact\. By your list: the same levels\.\n$/),
    ]);
    expect((await run(undefined)).stdout).toMatch(/\nThe bundle holds\.\n$/);
  });

  it('a changed bundle is as bad as without one, whoever signed it', async () => {
    const whole = JSON.parse(bundle) as { manifest: string; signature: { key: string; value: string }; parts: object };
    const said = (whole.parts as Record<string, string>)['decision/gaia-x']!;
    const parts = { ...whole.parts, 'decision/gaia-x': said.replace('"level":"L2"', '"level":"L3"') };
    const report = await verify({ trust }, writeBundle({ ...whole, parts }));
    expect([report.ok, report.intact]).toEqual([false, false]);
    // The node itself says more than the parts lead to: the reader's question does not hide it.
    const manifest = JSON.parse(whole.manifest) as Manifest;
    manifest.parts.find(({ name }) => name === 'decision/gaia-x')!.digest = digestOf(
      Buffer.from(parts['decision/gaia-x']),
    );
    const text = JSON.stringify(manifest);
    const value = Buffer.from(ed25519Signer(node.key)(signedBytes(text))).toString('base64url');
    writeFileSync(file, writeBundle({ manifest: text, signature: { ...whole.signature, value }, parts }));
    for (const rules of [trust, []]) {
      const { code, stdout } = await run(rules);
      expect([code, stdout]).toEqual([1, expect.stringMatching(/\nThe bundle does not hold\.\n$/)]);
      expect(stdout).toMatch(/Failed: .*\n[\s\S]* decision\/gaia-x: The other parts lead to another decision/);
    }
    writeFileSync(file, bundle);
  });
});

describe('as of another day', () => {
  it('what has ended by then is named, and the bundle is intact', async () => {
    const day = new Date(Date.now() + 70 * DAY).toISOString().slice(0, 10);
    const { code, stdout } = await run(undefined, '--at', day);
    expect([code, stdout]).toEqual([3, expect.stringMatching(/\nThe bundle is intact\. As of .*: gaia-x none\.\n$/)]);
    expect(stdout).toContain(`does not count here: gx:VatID ${provider.company.vat}, by Test notary`);
    const both = await run(trust, '--at', new Date(Date.now() + DAY).toISOString());
    expect([both.code, both.stdout]).toEqual([
      0,
      expect.stringMatching(/By your list, as of .*: the same levels\.\n$/),
    ]);
  });

  it('a listing that has ended by then is said to have', async () => {
    const report = await verify({ at: new Date(Date.now() + 200 * DAY) });
    expect(report).toMatchObject({ intact: true, ok: false, state: 'expired' });
    const { stdout } = await run(undefined, '--at', new Date(Date.now() + 200 * DAY).toISOString());
    expect(stdout).toMatch(/As of .*: the listing is expired, gaia-x none\.\n$/);
  });
});
