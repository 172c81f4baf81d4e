import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Check, Checks } from '../../src/credentials/check.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { loadContexts } from '../../src/credentials/jsonld/contexts.ts';
import { createDidResolver, type DidDocument } from '../../src/credentials/keys/did.ts';
import { parse } from '../../src/credentials/parse.ts';
import { readProofs } from '../../src/credentials/proofs/claim.ts';
import { createProver } from '../../src/credentials/proofs/prove.ts';
import { createVerifier } from '../../src/credentials/verify.ts';
import { http } from '../support/verifying.ts';

/* Public test vectors, with what their manifest expects of each: W3C's for Data Integrity and JOSE, and JsonWebSignature2020 as four implementations sign it. */

const data = resolve(import.meta.dirname, '../../../shared/data/vc-vectors');
const read = (file: string) => readFileSync(join(data, file), 'utf8');
const json = (file: string) => JSON.parse(read(file)) as JsonObject;

interface Vector {
  file: string;
  kind: string;
  expect: { proof: string; credential: string; why?: string };
}
const { vectors } = json('manifest.json') as unknown as { vectors: Vector[] };

/** The vectors' time; theirs need not be ours. */
const NOW = new Date('2024-12-16T12:00:00Z');
const bundled = loadContexts(resolve(import.meta.dirname, '../../shapes/contexts'));
/** W3C's example vocabulary lets any word pass, so a node does not hold it; an operator may add it. */
const contexts = new Map(bundled).set('https://www.w3.org/ns/credentials/examples/v2', {
  '@context': { '@vocab': 'https://www.w3.org/ns/credentials/examples#' },
});

const documents = new Map<string, DidDocument>();
/** Puts a key into the DID document, or the controller document, of its owner. */
function know(file: string): void {
  const { privateKeyJwk: _private, secretKeyJwk: _secret, ...method } = json(file);
  const id = String(method.controller);
  const known = documents.get(id) ?? { id, verificationMethod: [], assertionMethod: [], authentication: [] };
  const { kid } = method.publicKeyJwk as { kid?: string };
  const names = [method.id, ...(kid ? [`${id}#${kid}`] : [])];
  for (const name of names) {
    (known.verificationMethod as object[]).push({ ...method, id: name });
    for (const purpose of ['assertionMethod', 'authentication']) (known[purpose] as unknown[]).push(name);
  }
  documents.set(id, known);
}
for (const name of ['0-ed25519', '1-secp256k1', '2-secp256r1', '3-secp384r1', '4-rsa2048'])
  know(`jws2020/keys/key-${name}.json`);
for (const name of ['ed25519', 'p256', 'p384']) know(`vc-jwt/vm-${name}.json`);

const resolver = createDidResolver({
  http,
  clock: () => NOW,
  allowPrivateNetwork: true,
  known: (did) => documents.get(did),
});
const verifier = (standard: boolean, held = contexts) =>
  createVerifier({ contexts: held, http, clock: () => NOW, resolveDid: resolver, standard });

async function judge(file: string, standard = true, held = contexts): Promise<{ ok: boolean; list: Check[] }> {
  const text = read(file);
  const bare = /\.txt$/.test(file) ? text.trim() : ((JSON.parse(text) as { jwt?: string }).jwt ?? undefined);
  const mediaType = bare ? 'application/jwt' : 'application/ld+json';
  return judgeText(bare ?? text, mediaType, standard, held);
}

async function judgeText(text: string, mediaType: string, standard = true, held = contexts) {
  const checks = new Checks();
  const submission = { bytes: Buffer.from(text), mediaType, source: { kind: 'provider' as const } };
  const parsed = parse(submission, { objectBytes: 262_144 }, checks);
  if (!parsed) return { ok: false, list: checks.list };
  const { credential, presentation } = verifier(standard, held);
  let ok: boolean;
  if (parsed.kind === 'credential') ok = (await credential(parsed.credential, checks)) !== undefined;
  else {
    ok = await presentation(parsed, checks);
    for (const part of parsed.parts) {
      const inner = await judgeText(Buffer.from(part.bytes).toString(), part.mediaType, standard, held);
      // SD-JWT and COSE are not taken by this node: refused by name, each on its own.
      if (/sd-jwt|cose/.test(part.mediaType)) {
        expect(inner.list).toMatchObject([{ id: 'parse.media-type', result: 'fail', found: part.mediaType }]);
        continue;
      }
      ok &&= inner.ok;
      checks.list.push(...inner.list);
    }
  }
  return { ok: ok && !checks.failure, list: checks.list };
}

const failing = ({ list }: { list: Check[] }) => list.filter(({ result }) => result === 'fail').map(({ id }) => id);
const signed = ({ list }: { list: Check[] }) => {
  const signatures = list.filter(({ id }) => id === 'verify.signature');
  return signatures.length > 0 && signatures.every(({ result }) => result === 'pass');
};

const skipped = (vector: Vector) => /skip$/.test(vector.expect.why ?? '');
/** What the manifest calls an invalid credential because the issuer is no DID of the key: a warning in the standard's own reading. */
const byIssuer = (vector: Vector) => vector.expect.why?.startsWith('issuer is not the controller');

/** The signature alone, of vectors whose credential is refused before anybody looks at the signature. */
async function proves(file: string): Promise<boolean> {
  const { jwt: compact, ...document } = json(file) as JsonObject & { jwt?: string };
  const header = compact && (JSON.parse(Buffer.from(compact.split('.')[0]!, 'base64url').toString()) as JsonObject);
  const jwt = header ? { header, compact: compact!, payload: {} } : undefined;
  const claims = readProofs({ document, ...(jwt ? { jwt } : {}) }, 'assertionMethod', new Checks())!;
  const proofs = claims.map((claim) => {
    const methods = documents.get(claim.controller)!.verificationMethod as JsonObject[];
    return { claim, method: methods.find(({ id }) => id === claim.keyId)! };
  });
  const job = { document, ...(compact ? { compact } : {}), proofs, claims: false };
  const outcome = await createProver(contexts)(job);
  return outcome.proofs.length > 0 && outcome.proofs.every((one) => one.ok);
}

/** Copies of a document, each with one letter changed in one place that is signed. */
function* changes(document: JsonObject): Generator<JsonObject> {
  const walk = function* (value: unknown, path: string[]): Generator<string[]> {
    if (typeof value === 'string') yield path;
    else if (value !== null && typeof value === 'object')
      for (const [key, inner] of Object.entries(value)) yield* walk(inner, [...path, key]);
  };
  for (const path of walk(document, [])) {
    const copy = structuredClone(document);
    const last = path.pop()!;
    let at = copy as Record<string, unknown>;
    for (const key of path) at = at[key] as Record<string, unknown>;
    const text = String(at[last]);
    const middle = Math.floor(text.length / 2);
    at[last] = `${text.slice(0, middle)}${text[middle] === '1' ? '2' : '1'}${text.slice(middle + 1)}`;
    yield copy;
  }
}

describe.each(vectors.filter((vector) => !skipped(vector)))('$file ($kind)', (vector) => {
  const { proof, credential, why = '' } = vector.expect;
  const isJwt = /txt$/.test(vector.file) || 'jwt' in json(vector.file);
  const stays = /intermediate step.*verifies/.test(why);

  it(`proof ${proof}`, async () => {
    const found = await judge(vector.file);
    if (/citizenship/.test(proof)) {
      const last = { id: 'verify.context', found: 'https://w3id.org/citizenship/v4rc1' };
      expect([found.ok, found.list.at(-1)]).toEqual([false, expect.objectContaining(last)]);
    } else if (/^valid/.test(proof)) {
      const early = failing(found).filter((id) => ['verify.structure', 'parse.kind'].includes(id));
      if (early.length === 0) expect([signed(found), failing(found)]).toEqual([true, expect.anything()]);
      else expect(await proves(vector.file)).toBe(true);
    } else if (proof === 'invalid') expect(failing(found).at(-1)).toMatch(/verify\.(signature|proof)/);
    else expect(proof).toMatch(/^see credential|^-$/);
  });

  it(`credential ${credential}`, async () => {
    const found = await judge(vector.file);
    if (credential === 'valid') expect([found.ok, failing(found)]).toEqual([true, []]);
    if (credential !== 'invalid') return;
    if (!byIssuer(vector) && !stays) expect(found.ok).toBe(false);
    // As a catalogue reads it: its issuer must be the DID of the key.
    expect((await judge(vector.file, false)).ok).toBe(false);
  });

  it('is refused after a change of one letter anywhere', async () => {
    if (isJwt || !(await judge(vector.file)).ok) return;
    const taken: string[] = [];
    for (const changed of changes(json(vector.file)))
      if ((await judgeText(JSON.stringify(changed), 'application/ld+json')).ok) taken.push(JSON.stringify(changed));
    expect(taken).toEqual([]);
  });
});
