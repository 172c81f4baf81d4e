import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { ANSWER_MS, base64url, GX, hostileBench, JWS_2020, V2, withProof } from '../support/hostile.ts';

const bench = hostileBench();
const timed = { timeout: ANSWER_MS };
const WRONG = { code: 'proof', id: 'verify.signature' } as const;
const proofOf = (document: JsonObject) => document.proof as JsonObject;
const stamp = (ms: number) => `${new Date(Date.now() + ms).toISOString().slice(0, 19)}Z`;
const HOUR_MS = 3_600_000;

describe('C. JsonWebSignature2020', () => {
  const HEADER = { alg: 'EdDSA', b64: false, crit: ['b64'] };
  const proof = { type: 'JsonWebSignature2020' };
  const offering = async () => bench.document({ '@context': [V2, GX, 'https://w3id.org/kontor/v1', JWS_2020] });
  const made = async (jws: object) =>
    withProof(await offering(), bench.provider.key, { proof, jws: jws as JsonObject });

  it.each<[string, object]>([
    ['H-035 alg none', { ...HEADER, alg: 'none' }],
    ['H-036 alg in other case', { ...HEADER, alg: 'eddsa' }],
    ['H-037 no alg', { b64: false, crit: ['b64'] }],
    ['H-039 another alg than the key', { ...HEADER, alg: 'ES256' }],
    ['H-052 crit with another name', { ...HEADER, crit: ['b64', 'exp'], exp: 1 }],
    ['H-052 no crit', { alg: 'EdDSA', b64: false }],
    ['H-053 b64 true', { ...HEADER, b64: true }],
    ['H-053 b64 absent', { alg: 'EdDSA', crit: ['b64'] }],
    ['H-053 b64 that is no boolean', { ...HEADER, b64: 0 }],
    ['H-037 alg that is no text', { ...HEADER, alg: { a: 1 } }],
  ])('%s in a detached JWS', timed, async (_name, header) => {
    await bench.refused(await made(header), { ...WRONG, where: '/proof', why: expect.stringContaining('header') });
  });

  it('H-055 and H-056 a detached JWS in another form', timed, async () => {
    const good = await made(HEADER);
    const [head = '', , jose = ''] = String(proofOf(good).jws).split('.');
    for (const jws of [
      `${head}.${jose}`,
      `${head}.${base64url('x')}.${jose}`,
      `${head}..${jose}.`,
      `${head}..${jose}==`,
      `${head}=..${jose}`,
      `..${jose}`,
      `${head}..`,
      `${base64url('[]')}..${jose}`,
      `${base64url('{"alg":"EdDSA","alg":"EdDSA","b64":false,"crit":["b64"]}')}..${jose}`,
      '',
    ])
      await bench.refused({ ...good, proof: { ...proofOf(good), jws } }, { ...WRONG, where: '/proof' });
  });

  it('what these cases rest on: the same proof with its right header is listed', async () => {
    await bench.listed(await made(HEADER));
  });

  /** Gaia-X 22.10 signed the document's hash and nothing of the proof, so whatever the proof says is anybody's word. */
  describe('that covers the document only', () => {
    const V1 = 'https://www.w3.org/2018/credentials/v1';
    const old = async () => {
      const { validFrom, validUntil, ...document } = await offering();
      return {
        ...document,
        '@context': [V1, GX, 'https://w3id.org/kontor/v1', JWS_2020],
        issuanceDate: validFrom,
        expirationDate: validUntil,
      };
    };
    const covering = async (document: JsonObject, change: JsonObject = {}) => {
      const good = await withProof(document, bench.provider.key, { proof, jws: HEADER, documentOnly: true });
      return { ...good, proof: { ...proofOf(good), ...change } };
    };

    it('H-185 neither the time of the proof nor its end is believed', timed, async () => {
      const document = await old();
      const first = await bench.listed(await covering(document));
      for (const change of [
        { expires: stamp(5_000) },
        { created: stamp(-1_000) },
        { created: stamp(-9_000 * HOUR_MS) },
        { id: 'urn:x:y' },
      ]) {
        const { status, body } = await bench.post(await covering(document, change));
        expect([status, body.known, body.listing?.key], JSON.stringify(change)).toEqual([200, true, first.listing.key]);
      }
      const { body: listing } = await bench.node.get(`/api/v1/listings/${first.listing.key}`);
      expect(listing.validUntil).toBe(new Date(String(document.expirationDate)).toISOString());
      expect(listing.versions).toHaveLength(1);
    });

    it('H-185 nor is an end that comes first', timed, async () => {
      const document = await old();
      const first = await bench.listed(await covering(document, { expires: stamp(5_000) }));
      const { body: listing } = await bench.node.get(`/api/v1/listings/${first.listing.key}`);
      expect(listing.validUntil).toBe(new Date(String(document.expirationDate)).toISOString());
    });

    it('H-186 the window never comes from the proof', timed, async () => {
      const { validFrom: _from, validUntil: _until, ...timeless } = await offering();
      const { status, body } = await bench.post(await covering(timeless, { created: stamp(-HOUR_MS) }));
      expect([status, body.ok ?? false]).toEqual([expect.not.stringMatching('201'), false]);
    });
  });
});
