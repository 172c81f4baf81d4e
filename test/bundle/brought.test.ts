import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Manifest, signedBytes, writeBundle } from '../../src/bundle/format.ts';
import { type BundleReport, type VerifyOptions, verifyBundle } from '../../src/bundle/verify.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { ed25519Signer, generateKey } from '../../src/credentials/issuing/identity.ts';
import type { DidDocument } from '../../src/credentials/keys/did.ts';
import { kontor, temporary } from '../cli/kontor.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

// What a bundle brings along of the operator's own, and what its reader holds against it.
const SHAPES = resolve(import.meta.dirname, '../../shapes');
const NOW = new Date();
const folder = temporary();
const data = join(folder.path, 'data');

const PREFIXES = `@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix gx: <https://w3id.org/gaia-x/development#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix : <https://rules.example/> .
`;
const ONTOLOGY = `${PREFIXES} gx:VirtualMachineServiceOffering rdfs:subClassOf :Offer . gx:LegalPerson rdfs:subClassOf :Who .`;
const rules = (country: string) => `${PREFIXES}
:Seat a sh:NodeShape ; sh:targetClass :Who ;
  sh:property [ sh:path gx:legalAddress ; sh:minCount 1 ;
    sh:node [ sh:property [ sh:path gx:countryCode ; sh:in ( "${country}" ) ] ] ] .
`;
const STRICT = `${PREFIXES} :Never a sh:NodeShape ; sh:targetClass :Who ; sh:property [ sh:path :absent ; sh:minCount 1 ] .`;

let node: TestNode;
let provider: TestProvider;
let notary: Awaited<ReturnType<typeof testNotary>>;
let bundle: string;

/** Puts files into the folder of added shapes, as `kontor shapes add` does. */
function add(files: [name: string, kind: string, text: string, added: Date][]): void {
  const dir = join(data, 'shapes');
  mkdirSync(dir, { recursive: true });
  const entries = files.map(([name, kind, text, added]) => {
    const file = `${name}.${kind}.ttl`;
    writeFileSync(join(dir, file), text);
    return { name, kind, file, digest: digestOf(Buffer.from(text)), source: file, added: added.toISOString() };
  });
  writeFileSync(join(dir, 'index.json'), JSON.stringify({ files: entries }));
}

beforeAll(async () => {
  const hourAgo = new Date(NOW.getTime() - 3_600_000);
  const before: Parameters<typeof add>[0] = [
    ['classes', 'ontology', ONTOLOGY, hourAgo],
    ['seats', 'shapes', rules('NO'), hourAgo],
  ];
  add(before);
  [provider, notary] = await Promise.all([testProvider(NOW), testNotary(NOW)]);
  node = await testNode({ data, policy: { trust: [notary.trust] } });
  for (const body of [await provider.person(), await provider.terms(), await notary.vouch(provider)])
    expect((await node.post(body)).status).toBe(201);
  const listed = await node.post(await provider.offering('lantern'));
  expect(listed.status).toBe(201);
  // Added after all of it was taken: nothing that is listed is judged by it.
  add([...before, ['later', 'shapes', STRICT, new Date()]]);
  bundle = (await node.get(`/api/v1/listings/${listed.body.listing.key}/evidence`)).text;
}, 60_000);
afterAll(async () => {
  await node.end();
  await Promise.all([provider.host.close(), notary.host.close()]);
  folder.remove();
});

const verify = async (text: string, options: Partial<VerifyOptions> = {}): Promise<BundleReport> => {
  const verified = await verifyBundle(Buffer.from(text), { shapesDir: SHAPES, ...options });
  if (!verified.ok) throw new Error(verified.detail);
  return verified.value;
};
const named = ({ parts }: BundleReport, result: string) =>
  parts.filter((one) => one.result === result).map(({ part }) => part);
const opened = () =>
  JSON.parse(bundle) as { manifest: string; signature: { key: string; value: string }; parts: Record<string, string> };

/** What the node itself could sign: the manifest made to fit other parts. */
function resigned(change: (parts: Record<string, string>, manifest: Manifest) => void): string {
  const { manifest: text, parts, signature } = opened();
  const manifest = JSON.parse(text) as Manifest;
  change(parts, manifest);
  for (const info of manifest.parts) info.digest = digestOf(Buffer.from(parts[info.name]!));
  const spelled = JSON.stringify(manifest);
  const value = Buffer.from(ed25519Signer(node.key)(signedBytes(spelled))).toString('base64url');
  return writeBundle({ manifest: spelled, signature: { ...signature, value }, parts });
}

describe('shapes that the operator added', () => {
  it('are in the bundle by their digest, and what was taken since they are in force is held against them', async () => {
    const { manifest, parts } = opened();
    const added = (JSON.parse(manifest) as Manifest).parts.filter(({ kind }) => kind === 'added');
    expect(added.map(({ name, digest }) => [name, digest])).toEqual([
      ['added/classes/ontology', digestOf(Buffer.from(ONTOLOGY))],
      ['added/seats/shapes', digestOf(Buffer.from(rules('NO')))],
      ['added/later/shapes', digestOf(Buffer.from(STRICT))],
    ]);
    expect(parts['added/seats/shapes']).toBe(rules('NO'));
    const report = await verify(bundle);
    expect([named(report, 'failed'), named(report, 'unknown')]).toEqual([[], []]);
    expect(report.ok).toBe(true);
    expect(named(report, 'trusted')).toEqual(expect.arrayContaining(added.map(({ name }) => name)));
    expect(report.parts.find(({ part }) => part === 'added/seats/shapes')?.by).toContain(node.did);
  });

  it('changed by one byte are named', async () => {
    const whole = opened();
    const text = whole.parts['added/seats/shapes']!;
    const changed = { ...whole.parts, 'added/seats/shapes': text.replace('"NO"', '"NL"') };
    expect(named(await verify(writeBundle({ ...whole, parts: changed })), 'failed')).toEqual(['added/seats/shapes']);
  });

  it('that the credentials do not conform to make these fail, whoever signs the manifest', async () => {
    const report = await verify(resigned((parts) => Object.assign(parts, { 'added/seats/shapes': rules('SE') })));
    expect(report.ok).toBe(false);
    const failed = report.parts.filter(({ part, result }) => result === 'failed' && part.startsWith('claim/'));
    expect(failed.map(({ by }) => by).join()).toContain('seats');
  });

  it('that are no Turtle are named, and nothing is decided by them', async () => {
    const report = await verify(resigned((parts) => Object.assign(parts, { 'added/seats/shapes': '@prefix : <x' })));
    expect(named(report, 'failed')).toContain('added/seats/shapes');
    expect(report.ok).toBe(false);
  });
});

describe('DID documents of the reader', () => {
  const published = (): DidDocument => JSON.parse(opened().parts[`did/${provider.did}`]!);
  const verdict = ({ parts }: BundleReport) => parts.find(({ part }) => part === `did/${provider.did}`);

  it('prove those of the bundle where the keys are the same', async () => {
    const own = { ...published(), service: [{ id: `${provider.did}#more`, type: 'More', serviceEndpoint: 'x' }] };
    const report = await verify(bundle, { dids: new Map([[provider.did, own]]) });
    expect(verdict(report)).toMatchObject({ result: 'proven' });
    expect(report.ok).toBe(true);
    expect(named(report, 'trusted')).toContain(`did/${notary.host.did}`);
  });

  it.each<[string, (document: DidDocument) => DidDocument]>([
    [
      'another key under the same name',
      (own) => ({
        ...own,
        verificationMethod: (own.verificationMethod as object[]).map((method) => ({
          ...method,
          publicKeyJwk: generateKey('EdDSA', provider.did).publicJwk,
        })),
      }),
    ],
    ['the key is gone', (own) => ({ ...own, verificationMethod: [], assertionMethod: [] })],
    ['the key may no longer state anything', (own) => ({ ...own, assertionMethod: [] })],
    [
      'the key was revoked',
      (own) => ({
        ...own,
        verificationMethod: (own.verificationMethod as object[]).map((method) => ({
          ...method,
          revoked: '2026-01-01T00:00:00Z',
        })),
      }),
    ],
  ])('name that of the bundle where %s', async (_, change) => {
    const report = await verify(bundle, { dids: new Map([[provider.did, change(published())]]) });
    expect(verdict(report)).toMatchObject({ result: 'failed', by: expect.stringContaining(provider.host.key.id) });
    expect(report.ok).toBe(false);
  });

  it('are given to the command as files, of which one at least must be of the bundle', async () => {
    const file = (name: string, content: string) => {
      writeFileSync(join(folder.path, name), content);
      return join(folder.path, name);
    };
    const written = file('offer.bundle.json', bundle);
    const own = file('did.json', JSON.stringify(published()));
    const good = await kontor(['verify', written, '--did', own, '--json']);
    expect([good.code, verdict(JSON.parse(good.stdout))?.result]).toEqual([0, 'proven']);
    const other = file('other.json', JSON.stringify({ id: 'did:web:elsewhere.example' }));
    const strange = await kontor(['verify', written, '--did', other]);
    expect(strange.code).toBe(2);
    expect(strange.stderr).toContain(provider.did);
    expect((await kontor(['verify', written, '--did', other, '--did', own])).code).toBe(0);
  });
});

describe('many who ask at once', () => {
  it('for one listing share what is made: far fewer bundles than requests', async () => {
    const { key } = (JSON.parse(opened().manifest) as Manifest).listing;
    const answers = await Promise.all(Array.from({ length: 50 }, () => node.get(`/api/v1/listings/${key}/evidence`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ text }) => text)).size).toBeLessThan(25);
  });
});

describe('certificates behind keys', () => {
  it('are the word of the node, and the report says so plainly', async () => {
    const { faith } = await verify(bundle);
    expect(faith).toEqual([
      expect.stringContaining('That nothing was left out'),
      expect.stringMatching(/^That the keys in the \d+ DID documents are those that their owners published/),
    ]);
    const report = await verify(
      resigned((_, { parts }) => {
        parts.find(({ kind }) => kind === 'listing')!.anchored = { anchor: 'CN=Root One', subject: 'CN=Cloud' };
      }),
    );
    expect(report.ok).toBe(true);
    expect(report.faith).toContainEqual(expect.stringMatching(/CN=Root One certified the key of CN=Cloud: .*word of/));
    expect(report.faith.join()).toContain(node.did);
  });
});
