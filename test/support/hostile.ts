import { constants, createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import canonicalize from 'canonicalize';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Check } from '../../src/credentials/check.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import type { SigningKey } from '../../src/credentials/issuing/identity.ts';
import { canonize, expand } from '../../src/credentials/jsonld/rdf.ts';
import { encodeBase58btc } from '../../src/credentials/keys/multibase.ts';
import { CODES, type Code } from '../../src/errors.ts';
import { type Body, type TestNode, testNode } from './node.ts';
import { type TestProvider, testProvider } from './provider.ts';
import { contexts } from './verifying.ts';

/** A case that takes longer than this has failed, whatever it answers. */
export const ANSWER_MS = 2_000;

export const V2 = 'https://www.w3.org/ns/credentials/v2';
export const GX = 'https://w3id.org/gaia-x/2511#';
export const JWS_2020 = 'https://w3id.org/security/suites/jws-2020/v1';
export const CREDENTIALS = 'https://www.w3.org/2018/credentials#';
export const SECURITY = 'https://w3id.org/security#';
export const DATE_TIME = 'http://www.w3.org/2001/XMLSchema#dateTime';

/** How a case ends: the code, the first failing check and its place. */
export interface Refusal {
  code: Code;
  id: unknown;
  where?: unknown;
  found?: unknown;
  why?: unknown;
}

export interface Bench {
  node: TestNode;
  provider: TestProvider;
  /** A new offering that would be listed if it were signed and sent: only what a case changes keeps it out. */
  document: (change?: JsonObject) => Promise<JsonObject>;
  post: (body: string | object, mediaType?: string) => Promise<{ status: number; body: Body }>;
  refused: (body: string | object, expected: Refusal, mediaType?: string) => Promise<Body>;
  listed: (body: string | object, mediaType?: string) => Promise<Body>;
}

/**
 * A real node over HTTP and a provider with a real did:web host. After every case it looks whether exactly the good
 * listing stands, and whether the next good request is served.
 */
export function hostileBench(): Bench {
  const bench = {} as Bench;
  let good = '';
  let listings = 1;
  let number = 0;
  beforeAll(async () => {
    [bench.node, bench.provider] = await Promise.all([testNode(), testProvider()]);
    good = await bench.provider.offering('untouched');
    expect((await bench.node.post(good)).status).toBe(201);
    // What is slow once, contexts read for the first time, is no part of any case.
    await bench.post(await bench.provider.sign({ ...(await bench.document()), type: ['VerifiableCredential', 'x:y'] }));
  });
  afterAll(async () => {
    await bench.node.end();
    await bench.provider.host.close();
  });
  afterEach(async () => {
    const { body } = await bench.node.get('/api/v1/listings?kind=offering&kind=participant&kind=data-product');
    const expected = listings;
    listings = body.total;
    expect(body.total).toBe(expected);
    expect((await bench.node.post(good)).status).toBe(200);
  });

  bench.document = async (change = {}) => ({
    ...payloadOf(await bench.provider.offering(`case-${++number}`)),
    ...change,
  });
  bench.post = (body, mediaType) =>
    typeof body === 'string'
      ? bench.node.post(body, mediaType ?? 'application/vc+jwt')
      : bench.node.post(JSON.stringify(body), mediaType ?? 'application/vc');
  bench.refused = async (body, { code, ...check }, mediaType) => {
    const { status, body: answer } = await bench.post(body, mediaType);
    expect([answer.code, status, answer.detail]).toEqual([code, CODES[code].status, answer.detail]);
    const failed = (answer.checks as Check[]).find(({ result }) => result !== 'pass' && result !== 'warn');
    expect(failed).toMatchObject(check);
    // Small enough to read, whatever was sent.
    expect(JSON.stringify(answer).length).toBeLessThan(20_000);
    return answer;
  };
  bench.listed = async (body, mediaType) => {
    const { status, body: answer } = await bench.post(body, mediaType);
    expect([status, answer.detail]).toEqual([201, undefined]);
    listings++;
    return answer;
  };
  return bench;
}

export const payloadOf = (jwt: string): JsonObject =>
  JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());

const privateKeyOf = (key: SigningKey): KeyObject => createPrivateKey({ key: key.privateJwk, format: 'jwk' });
const HASHES: Record<string, string | null> = { EdDSA: null, ES256: 'sha256', ES384: 'sha384' };
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };

/** The signature of a key as JOSE writes it; of an RSA key PS256. */
export const signature = (data: Uint8Array, signing: SigningKey): Buffer => {
  const key = privateKeyOf(signing);
  if (key.asymmetricKeyType === 'rsa') return sign('sha256', data, { key, ...PSS });
  return sign(HASHES[signing.alg] ?? null, data, { key, dsaEncoding: 'ieee-p1363' });
};

export const base64url = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** A JWT with any header and payload at all, rightly signed. */
export function jwt(header: object, payload: unknown, key: SigningKey): string {
  const input = `${base64url({ alg: key.alg, typ: 'vc+jwt', kid: key.id, ...header })}.${base64url(payload)}`;
  return `${input}.${signature(Buffer.from(input), key).toString('base64url')}`;
}

export interface HandProof {
  /** Members of the proof; they are signed as they are given. */
  proof: JsonObject;
  /** What is signed instead of the document itself. */
  content?: JsonObject;
  hash?: 'sha256' | 'sha384';
  /** Whether JSON text is signed instead of statements. */
  jcs?: boolean;
  /** Form of the value: multibase, or a detached JWS with this header. */
  jws?: JsonObject;
  /** Signs the document's hash as text and nothing of the proof, as the first generation of Gaia-X did. */
  documentOnly?: boolean;
}

/** Adds a proof made by hand, for what no signer would make. */
export async function withProof(
  document: JsonObject,
  key: SigningKey,
  { proof, content = document, hash = 'sha256', jcs = false, jws, documentOnly = false }: HandProof,
): Promise<JsonObject> {
  const text = async (value: JsonObject) =>
    jcs ? canonicalize(value)! : canonize(await expand(value, contexts), hash);
  const digest = async (value: JsonObject) =>
    createHash(hash)
      .update(await text(value))
      .digest();
  const options = {
    type: 'DataIntegrityProof',
    created: `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`,
    verificationMethod: key.id,
    proofPurpose: 'assertionMethod',
    ...proof,
  };
  const body = await digest(content);
  const data = documentOnly
    ? Buffer.from(body.toString('hex'))
    : Buffer.concat([await digest(jcs ? options : { '@context': content['@context'], ...options }), body]);
  const head = jws ? base64url(jws) : '';
  const value = jws
    ? { jws: `${head}..${signature(Buffer.concat([Buffer.from(`${head}.`), data]), key).toString('base64url')}` }
    : { proofValue: encodeBase58btc(signature(data, key)) };
  return { ...document, proof: { ...options, ...value } };
}

/** A proof that names a good key of its own (did:key) and is not worth more than its looks. */
export const forged = (key: SigningKey, change: JsonObject = {}): JsonObject => ({
  type: 'DataIntegrityProof',
  cryptosuite: 'eddsa-rdfc-2022',
  created: '2026-01-01T00:00:00Z',
  verificationMethod: key.id,
  proofPurpose: 'assertionMethod',
  proofValue: encodeBase58btc(Buffer.alloc(64, 7)),
  ...change,
});
