import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMAT, type Manifest, signedBytes, writeBundle } from '../../src/bundle/format.ts';
import { type BundleReport, type VerifyOptions, verifyBundle } from '../../src/bundle/verify.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { ed25519Signer } from '../../src/credentials/issuing/identity.ts';
import { signDataIntegrity } from '../../src/credentials/issuing/sign.ts';
import { kontor } from '../cli/kontor.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { statusList } from '../support/status-list.ts';
import { contexts } from '../support/verifying.ts';

// Bundles of a real node about real providers; all of them are down when a bundle is verified.
const ROOT = resolve(import.meta.dirname, '../..');
const SHAPES = join(ROOT, 'shapes');
const NOW = new Date();
const DAY = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'kontor-bundle-'));

let node: TestNode;
let other: TestNode;
let provider: TestProvider;
let notary: Awaited<ReturnType<typeof testNotary>>;
/** By what is special about each. */
const bundles: Record<string, string> = {};
let key: string;

const document = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());

beforeAll(async () => {
  [provider, notary] = await Promise.all([testProvider(NOW), testNotary(NOW)]);
  const list = statusList(provider.host, '/status/1', NOW);
  await list.publish();
  node = await testNode({ policy: { trust: [notary.trust] } });
  other = await testNode({ policy: { trust: [notary.trust], peers: [{ url: node.url, pull: 60 }] } });
  const publish = async (body: string, mediaType?: string): Promise<Body> => {
    const { status, body: judged } = await node.post(body, mediaType);
    expect([status, judged.detail]).toEqual([201, undefined]);
    return judged;
  };
  await publish(await provider.person());
  await publish(await provider.terms());
  await publish(await notary.vouch(provider));
  const listed = await publish(
    await provider.sign({ ...document(await provider.offering('lantern')), ...list.entry(7) }),
  );
  key = listed.listing.key;
  const proved = await signDataIntegrity(document(await provider.offering('proof')), provider.host.key, contexts, {
    now: NOW,
  });
  const byProof = await publish(JSON.stringify(proved), 'application/vc');
  const bare = await publish(await provider.offering('bare', { from: new Date(NOW.getTime() - DAY / 2) }));
  await other.federation.sync(node.url);
  bundles.jwt = (await node.get(`/api/v1/listings/${key}/evidence`)).text;
  bundles.proof = (await node.get(`/api/v1/listings/${byProof.listing.key}/evidence`)).text;
  bundles.bare = (await node.get(`/api/v1/listings/${bare.listing.key}/evidence`)).text;
  bundles.peer = (await other.get(`/api/v1/listings/${key}/evidence`)).text;
}, 60_000);
afterAll(async () => {
  await Promise.all([node.end(), other.end(), provider.host.close(), notary.host.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const verify = async (text: string | Uint8Array, options: Partial<VerifyOptions> = {}): Promise<BundleReport> => {
  const verified = await verifyBundle(Buffer.from(text as string), { shapesDir: SHAPES, ...options });
  if (!verified.ok) throw new Error(verified.detail);
  return verified.value;
};
const bad = (report: BundleReport) => report.parts.filter(({ result }) => result === 'failed' || result === 'unknown');
const opened = (text: string) =>
  JSON.parse(text) as { manifest: string; signature: { key: string; value: string }; parts: Record<string, string> };

describe('a bundle', () => {
  it.each(['jwt', 'proof', 'bare', 'peer'])('verifies: %s', async (name) => {
    const report = await verify(bundles[name]!);
    expect(bad(report)).toEqual([]);
    expect(report.ok).toBe(true);
    const gaiaX = report.decisions.find(({ scheme }) => scheme === 'gaia-x');
    expect(gaiaX).toMatchObject({ level: 'L1', same: true });
    const proven = report.parts.filter(({ result }) => result === 'proven').map(({ part }) => part.split('/')[0]);
    expect(new Set(proven)).toEqual(
      new Set([
        'manifest',
        'listing',
        'claim',
        'evidence',
        'label',
        'status',
        'context',
        'scheme',
        'shapes',
        'decision',
        'log',
      ]),
    );
    const trusted = report.parts.filter(({ result }) => result === 'trusted').map(({ part }) => part);
    expect(trusted).toEqual(expect.arrayContaining(['trust', `did/${provider.did}`, `did/${notary.host.did}`]));
    expect(trusted.every((part) => part === 'trust' || part.startsWith('did/'))).toBe(true);
  });

  it('says of each part what proves it', async () => {
    const { parts } = await verify(bundles.jwt!);
    const by = (begin: string) => parts.find(({ part }) => part.startsWith(begin))?.by;
    expect(by('listing')).toBe(`signature of ${provider.host.key.id}; not ended in the status list of its issuer`);
    const evidence = parts.filter(({ part }) => part.startsWith('evidence/')).map((one) => one.by);
    expect(evidence.sort()).toEqual([provider, notary].map(({ host }) => `signature of ${host.key.id}`).sort());
    expect(by('label/')).toContain(`signature of ${node.key.id}`);
    expect(by('log/')).toMatch(/^(listing|label\/\S+) is entry \d+ of the \d+ that the checkpoint of \S+ signs$/);
    expect(by('decision/')).toContain('byte for byte');
    expect(by('trust')).toContain(`The operator of ${node.did}`);
  });

  it('of a peer holds the labels of both nodes, and the log of the first', async () => {
    const { parts } = await verify(bundles.peer!);
    const of = (begin: string) =>
      parts.filter(({ part }) => part.startsWith(begin)).map(({ part, by }) => `${part} ${by}`);
    expect(of('label/')).toContainEqual(expect.stringContaining(node.key.id));
    expect(of('label/')).toContainEqual(expect.stringContaining(other.key.id));
    expect(of(`log/${node.origin}/`)).toHaveLength(1);
    expect(of(`log/${other.origin}/`).length).toBeGreaterThan(0);
  });

  it('verifies by the command in a process without a network', async () => {
    if (spawnSync('unshare', ['-rn', 'true']).status !== 0) {
      console.warn('unshare -rn is not permitted here: the command ran with a network in reach');
      return;
    }
    for (const [name, text] of Object.entries(bundles)) {
      const file = join(folder, `${name}.json`);
      writeFileSync(file, text);
      const out = execFileSync('unshare', ['-rn', join(ROOT, 'kontor'), 'verify', file, '--json'], {
        encoding: 'utf8',
      });
      expect(JSON.parse(out)).toMatchObject({ ok: true, made: { node: name === 'peer' ? other.did : node.did } });
    }
  }, 60_000);

  it('is written by the command as the node sends it', async () => {
    const file = join(folder, 'taken.json');
    const taken = await kontor(['bundle', key, '--node', node.url, '--out', file]);
    expect([taken.code, taken.stderr]).toEqual([0, '']);
    const { code, stdout } = await kontor(['verify', file]);
    expect(code).toBe(0);
    expect(stdout).toContain('The bundle holds.');
    expect(stdout).toContain('Taken on faith');
    writeFileSync(file, bundles.jwt!.replace('"listing": "ey', '"listing": "ez'));
    const changed = await kontor(['verify', file]);
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(/Failed: 1 part\n +listing: It was changed/);
    expect(changed.stdout).toContain('The bundle does not hold.');
  });
});

describe('the reader decides', () => {
  it('by a trust list of its own, and sees what that changes', async () => {
    const report = await verify(bundles.jwt!, { trust: [] });
    expect(report).toMatchObject({ ok: false, trust: 'reader' });
    expect(bad(report)).toEqual([]);
    const { level, here } = report.decisions.find(({ scheme }) => scheme === 'gaia-x')!;
    expect([level, here?.level]).toEqual(['L1', null]);
    expect(here?.criteria).toMatchObject([
      { id: 'P1.3.2', was: 'met, verified', is: expect.stringMatching(/unmet|unknown/) },
    ]);
    expect((await verify(bundles.jwt!, { trust: [notary.trust] })).ok).toBe(true);
  });

  it('as of another time: what has expired since counts no more', async () => {
    const later = await verify(bundles.jwt!, { at: new Date(NOW.getTime() + 70 * DAY) });
    expect(later.decisions.find(({ scheme }) => scheme === 'gaia-x')).toMatchObject({
      level: 'L1',
      here: { level: null },
    });
    expect(later.ok).toBe(false);
    expect((await verify(bundles.jwt!, { at: new Date(NOW.getTime() + 3_600_000) })).ok).toBe(true);
  });
});

describe('what was changed is found and named', () => {
  it('one byte of any part', async () => {
    const { parts } = opened(bundles.jwt!);
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (const [name, text] of Object.entries(parts))
      for (let turn = 0; turn < 6; turn++) {
        const at = turn === 0 ? 0 : turn === 1 ? text.length - 1 : random(text.length);
        const letter = text[at] === 'A' ? 'B' : 'A';
        const changed = { ...parts, [name]: text.slice(0, at) + letter + text.slice(at + 1) };
        const report = await verify(writeBundle({ ...opened(bundles.jwt!), parts: changed }));
        expect(report.ok).toBe(false);
        expect(bad(report).map(({ part }) => part)).toContain(name);
      }
  });

  it('one byte anywhere in the file', async () => {
    const bytes = Buffer.from(bundles.bare!);
    for (let turn = 0; turn < 400; turn++) {
      const at = Math.floor((turn * bytes.length) / 400);
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ (1 << (turn % 7));
      const verified = await verifyBundle(changed, { shapesDir: SHAPES });
      expect(verified.ok && verified.value.ok, `byte ${at}`).toBe(false);
    }
  });

  it('white space and other spellings of the same JSON', async () => {
    for (const text of [
      `${bundles.bare} `,
      JSON.stringify(opened(bundles.bare!)),
      bundles.bare!.replace('"parts"', '"\\u0070arts"'),
    ])
      expect(await verifyBundle(Buffer.from(text), { shapesDir: SHAPES })).toMatchObject({
        ok: false,
        code: 'malformed',
      });
  });

  it('a part taken out, a part added', async () => {
    const { parts, ...rest } = opened(bundles.jwt!);
    for (const name of Object.keys(parts)) {
      const { [name]: _, ...left } = parts;
      const report = await verify(writeBundle({ ...rest, parts: left }));
      expect(report.ok).toBe(false);
      expect(bad(report).map(({ part }) => part)).toContain(name);
    }
    const report = await verify(writeBundle({ ...rest, parts: { ...parts, 'evidence/more': 'x' } }));
    expect(bad(report)).toEqual([{ part: 'evidence/more', result: 'failed', by: expect.stringContaining('added') }]);
  });

  /** What the node itself could sign: the manifest made to fit other parts. */
  const resigned = (change: (manifest: Manifest, parts: Record<string, string>) => void): string => {
    const { manifest: text, parts, signature } = opened(bundles.jwt!);
    const manifest = JSON.parse(text) as Manifest;
    change(manifest, parts);
    for (const info of manifest.parts)
      if (parts[info.name] !== undefined) info.digest = digestOf(Buffer.from(parts[info.name]!));
    const spelled = JSON.stringify(manifest);
    const value = Buffer.from(ed25519Signer(node.key)(signedBytes(spelled))).toString('base64url');
    return writeBundle({ manifest: spelled, signature: { ...signature, value }, parts });
  };
  const drop = (manifest: Manifest, parts: Record<string, string>, begin: string) => {
    manifest.parts = manifest.parts.filter(({ name }) => !name.startsWith(begin));
    for (const name of Object.keys(parts)) if (name.startsWith(begin)) delete parts[name];
  };

  it('a bundle made anew is as good as the first', async () => {
    expect((await verify(resigned(() => {}))).ok).toBe(true);
  });

  it.each<[string, string, (manifest: Manifest, parts: Record<string, string>) => void]>([
    [
      'a better decision',
      'decision/gaia-x',
      (_, parts) => {
        parts['decision/gaia-x'] = parts['decision/gaia-x']!.replace('"basis":"claimed"', '"basis":"verified"');
      },
    ],
    ['evidence that is not there', 'decision/gaia-x', (manifest, parts) => drop(manifest, parts, 'evidence/')],
    ['a status list that is not there', 'listing', (manifest, parts) => drop(manifest, parts, 'status/')],
    ['a DID document that is not there', 'listing', (manifest, parts) => drop(manifest, parts, `did/${provider.did}`)],
    [
      'another DID document',
      'listing',
      (_, parts) => {
        parts[`did/${provider.did}`] = JSON.stringify({
          ...JSON.parse(parts[`did/${notary.host.did}`]!),
          id: provider.did,
        });
      },
    ],
    [
      'another trust list',
      'decision/gaia-x',
      (_, parts) => {
        parts.trust = JSON.stringify({ ...JSON.parse(parts.trust!), trust: [] });
      },
    ],
    [
      'another scheme',
      'decision/gaia-x',
      (_, parts) => {
        parts['scheme/gaia-x'] = `${parts['scheme/gaia-x']} `;
      },
    ],
    [
      'another context',
      'context/https://www.w3.org/ns/credentials/v2',
      (manifest, parts) => {
        const name = 'context/https://www.w3.org/ns/credentials/v2';
        parts[name] = JSON.stringify({ '@context': {} });
        expect(manifest.parts.map((part) => part.name)).toContain(name);
      },
    ],
    [
      'another place in the log',
      'log/',
      (_, parts) => {
        const name = Object.keys(parts).find((one) => one.startsWith('log/'))!;
        const proof = JSON.parse(parts[name]!);
        parts[name] = JSON.stringify({ ...proof, index: proof.index + 1 });
      },
    ],
    ['labels that are not there', 'label of gaia-x', (manifest, parts) => drop(manifest, parts, 'label/')],
    ['no proof of any log', 'log', (manifest, parts) => drop(manifest, parts, 'log/')],
    [
      'a second trust list beside the first',
      'trust2',
      (manifest, parts) => {
        parts.trust2 = parts.trust!;
        manifest.parts.push({ ...manifest.parts.find(({ kind }) => kind === 'trust')!, name: 'trust2' });
      },
    ],
    [
      'a later time',
      'listing',
      (manifest) => {
        manifest.at = new Date(NOW.getTime() + 200 * DAY).toISOString();
      },
    ],
  ])('even where the node itself signs %s', async (_, named, change) => {
    const report = await verify(resigned(change));
    expect(report.ok).toBe(false);
    expect(bad(report).some(({ part }) => part.startsWith(named))).toBe(true);
  });
});

describe('what is no bundle', () => {
  const refused = async (text: string | Uint8Array) => {
    const verified = await verifyBundle(Buffer.from(text as string), { shapesDir: SHAPES });
    expect(verified.ok).toBe(false);
    return verified.ok ? '' : `${verified.code}: ${verified.detail}`;
  };
  const spelled = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;

  it('is refused with a reason, whatever it is', async () => {
    expect(await refused('')).toMatch(/^malformed: The file is not whole JSON/);
    expect(await refused(bundles.bare!.slice(0, 9_000))).toMatch(/not all of one \(in the part/);
    expect(await refused(Buffer.alloc(33_000_000, 32))).toMatch(/^too-large/);
    expect(await refused(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)).toMatch(/^malformed/);
    for (const value of [null, [], {}, 'bundle', { manifest: 1, signature: {}, parts: {} }])
      expect(await refused(spelled(value))).toMatch(/^malformed: This is no evidence bundle/);
    const { manifest, signature, parts } = opened(bundles.bare!);
    expect(await refused(spelled({ manifest, signature, parts: { ...parts, listing: { deep: [] } } }))).toMatch(
      /all of text/,
    );
    const of = (change: object) =>
      spelled({ manifest: JSON.stringify({ ...JSON.parse(manifest), ...change }), signature, parts });
    expect(await refused(of({ format: 'kontor-evidence-bundle/2' }))).toContain(FORMAT);
    for (const change of [{ parts: {} }, { parts: [null] }, { at: 'soon' }, { node: 7 }, { listing: [] }])
      expect(await refused(of(change))).toMatch(/^malformed: The manifest/);
    expect(await refused(spelled({ manifest: '['.repeat(50_000), signature, parts }))).toMatch(/it is not JSON/);
  });

  it('gets an answer from the API that says what is not held', async () => {
    const missing = await node.get(`/api/v1/listings/${'A'.repeat(22)}/evidence`);
    expect([missing.status, missing.body.code]).toEqual([404, 'not-found']);
    expect((await node.get('/api/v1/listings/nonsense/evidence')).status).toBe(404);
  });
});
