import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { generateDidKey, generateKey, type SigningKey } from '../../src/credentials/issuing/identity.ts';
import { type Cryptosuite, type ProofOptions, signDataIntegrity, signJwt } from '../../src/credentials/issuing/sign.ts';
import { decodeBase58btc, encodeBase58btc } from '../../src/credentials/keys/multibase.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { ANSWER_MS, forged, GX, hostileBench, JWS_2020, V2, withProof } from '../support/hostile.ts';
import { contexts } from '../support/verifying.ts';

const bench = hostileBench();
let other: DidHost;
beforeAll(async () => {
  other = await didHost();
});
afterAll(() => other.close());

const timed = { timeout: ANSWER_MS };
const WRONG = { code: 'proof', id: 'verify.signature' } as const;
const PROOF = { code: 'proof', id: 'verify.proof' } as const;
const stamp = (ms: number) => `${new Date(Date.now() + ms).toISOString().slice(0, 19)}Z`;
const HOUR_MS = 3_600_000;

/** A good offering with a proof of its provider. */
const signed = async (options: ProofOptions & { document?: JsonObject; key?: SigningKey } = {}) => {
  const { document = await bench.document(), key = bench.provider.key, ...rest } = options;
  return (await signDataIntegrity(document, key, contexts, rest)) as JsonObject & { proof: JsonObject };
};
const proofOf = (document: JsonObject) => document.proof as JsonObject;
/** A proof of the provider over the document with the proofs it has already. */
const again = (document: JsonObject, options: ProofOptions = {}) => signed({ document, ...options });

describe('C. how many proofs', () => {
  it.each([
    ['H-067 no proof', undefined],
    ['H-068 an empty list of proofs', []],
    ['H-068 a proof that is null', null],
  ])('%s', timed, async (_name, proof) => {
    await bench.refused({ ...(await signed()), proof }, { ...PROOF, where: '/proof' });
  });

  it('H-068 proofs that are no objects', timed, async () => {
    const good = await signed();
    for (const proof of ['text', 5, [good.proof, null], [[good.proof]], [good.proof, 'text']])
      await bench.refused({ ...good, proof }, { ...PROOF, where: expect.stringMatching(/^\/proof/) });
  });

  it('H-069 fifty proofs, the first one good', timed, async () => {
    const good = await signed();
    const proof = [good.proof, ...Array.from({ length: 49 }, () => forged(bench.provider.key))];
    await bench.refused({ ...good, proof }, { ...PROOF, where: '/proof', found: '50' });
  });

  it('H-070 a set in which one proof fails, in either order', timed, async () => {
    const good = await signed();
    const bad = { ...good.proof, created: stamp(-HOUR_MS) };
    await bench.refused({ ...good, proof: [good.proof, bad] }, { ...WRONG, where: '/proof/1' });
    await bench.refused({ ...good, proof: [bad, good.proof] }, { ...WRONG, where: '/proof/0' });
    const unknown = { ...good.proof, cryptosuite: 'bbs-2023' };
    await bench.refused({ ...good, proof: [good.proof, unknown] }, { ...PROOF, where: '/proof/1/cryptosuite' });
    const elsewhere = { ...good.proof, verificationMethod: 'did:web:nobody.invalid#key-1' };
    await bench.refused(
      { ...good, proof: [good.proof, elsewhere] },
      { code: 'key-unavailable', id: 'verify.did', where: '/proof/1' },
    );
  });

  it('H-070 a set of strangers only, each proof good', timed, async () => {
    const [one, two] = [generateDidKey('EdDSA'), generateDidKey('ES256')];
    const document = await signed({ document: await signed({ key: one }), key: two });
    await bench.refused(document, { code: 'issuer', id: 'verify.issuer', where: '/proof/0' });
  });

  it('H-071 a chain whose previous proof is missing, or there twice', timed, async () => {
    const first = await signed({ id: 'urn:uuid:11111111-1111-4111-8111-111111111111' });
    const chain = (await again(first, { previousProof: String(first.proof.id) })) as JsonObject;
    const [before, last] = chain.proof as [JsonObject, JsonObject];
    const missing = expect.stringContaining('previous proof');
    await bench.refused({ ...chain, proof: last }, { ...WRONG, where: '/proof', why: missing });
    await bench.refused({ ...chain, proof: [{ ...before, id: 'urn:x:y' }, last] }, { ...WRONG });
    await bench.refused({ ...chain, proof: [before, before, last] }, { ...WRONG, where: '/proof/2', why: missing });
    for (const previousProof of [[], null, [null], 5, {}, [[before.id]], { a: 1 }])
      await bench.refused({ ...chain, proof: [before, { ...last, previousProof }] }, { ...WRONG, where: '/proof/1' });
    // The proof that a later one rests on was changed.
    await bench.refused({ ...chain, proof: [{ ...before, created: stamp(-HOUR_MS) }, last] }, WRONG);
  });

  it('H-072 proofs that rest on each other, or on themselves', timed, async () => {
    const good = await signed();
    const link = (id: number, previous: number) =>
      forged(bench.provider.key, { id: `urn:p:${id}`, previousProof: `urn:p:${previous}` });
    const circle = expect.stringContaining('circle');
    await bench.refused({ ...good, proof: link(1, 1) }, { ...WRONG, where: '/proof', why: circle });
    await bench.refused({ ...good, proof: [link(1, 2), link(2, 1)] }, { ...WRONG, where: '/proof/0', why: circle });
    await bench.refused({ ...good, proof: [link(1, 2), link(2, 3), link(3, 1)] }, { ...WRONG, why: circle });
    const all = Array.from({ length: 4 }, (_, at) => `urn:p:${at}`);
    const dense = all.map((id) => forged(bench.provider.key, { id, previousProof: all.filter((one) => one !== id) }));
    await bench.refused({ ...good, proof: dense }, { ...WRONG, why: circle });
  });

  it('what these cases rest on: a set and a chain that are whole are listed', async () => {
    await bench.listed(await again(await signed()));
    const first = await signed({ id: 'urn:uuid:22222222-2222-4222-8222-222222222222' });
    await bench.listed(await again(first, { previousProof: String(first.proof.id) }));
  });
});

describe('C. what a proof says', () => {
  it.each([
    'authentication',
    'keyAgreement',
    'https://w3id.org/security#assertionMethod',
    '',
    null,
    ['assertionMethod'],
  ])('H-073 the purpose %j on a credential', timed, async (proofPurpose) => {
    const good = await signed();
    await bench.refused(
      { ...good, proof: { ...good.proof, proofPurpose } },
      { ...PROOF, where: '/proof/proofPurpose' },
    );
  });

  it('H-073 a proof that was made for authentication', timed, async () => {
    await bench.refused(await signed({ purpose: 'authentication' }), {
      ...PROOF,
      where: '/proof/proofPurpose',
      found: 'authentication',
    });
  });

  it('H-074 a method of another controller', timed, async () => {
    const signer = { code: 'issuer', id: 'verify.issuer', where: '/proof', found: other.did } as const;
    await bench.refused(await signed({ key: other.key }), signer);
    const good = await signed();
    await bench.refused(
      { ...good, proof: { ...good.proof, verificationMethod: other.key.id } },
      { ...WRONG, where: '/proof' },
    );
    for (const verificationMethod of [
      { id: bench.provider.key.id },
      [bench.provider.key.id],
      '#key-1',
      'key-1',
      '',
      null,
    ])
      await bench.refused(
        { ...good, proof: { ...good.proof, verificationMethod } },
        { ...PROOF, where: '/proof/verificationMethod' },
      );
    for (const part of ['?versionId=1', '/path'])
      await bench.refused(
        { ...good, proof: { ...good.proof, verificationMethod: `${bench.provider.did}${part}#key-1` } },
        { ...PROOF, where: '/proof/verificationMethod' },
      );
  });

  it('H-074 a whole key in place of its name', timed, async () => {
    const mine = generateKey('EdDSA', bench.provider.did);
    const method = { id: mine.id, type: 'JsonWebKey', controller: mine.did, publicKeyJwk: mine.publicJwk };
    const document = await signed({ key: mine });
    await bench.refused(
      { ...document, proof: { ...document.proof, verificationMethod: method } },
      { ...PROOF, where: '/proof/verificationMethod' },
    );
  });

  it.each<[string, (host: DidHost) => object]>([
    ['H-075 a document that does not list the method back', () => ({ assertionMethod: [] })],
    [
      'H-075 a document that lists it under another purpose',
      (host) => ({ authentication: [host.key.id], assertionMethod: [] }),
    ],
    [
      'H-075 a method that another controls',
      (host) => ({ verificationMethod: [methodOf(host, { controller: 'did:web:x.example' })] }),
    ],
    [
      'H-075 a method without controller',
      (host) => ({ verificationMethod: [methodOf(host, { controller: undefined })] }),
    ],
    ['H-075 two methods of one id', (host) => ({ verificationMethod: [methodOf(host), methodOf(host)] })],
  ])('%s', timed, async (_name, change) => {
    const host = await didHost();
    const id = host.key.id;
    const document = { id: host.did, verificationMethod: [methodOf(host)], assertionMethod: [id], ...change(host) };
    host.files.set('/.well-known/did.json', { body: JSON.stringify(document) });
    const offering = await bench.document({ issuer: host.did });
    await bench.refused(await signed({ document: offering, key: host.key }), {
      code: 'proof',
      id: 'verify.key',
      where: '/proof',
    });
    await host.close();
  });
  const methodOf = ({ key }: DidHost, change = {}) => ({
    id: key.id,
    type: 'JsonWebKey',
    controller: key.did,
    publicKeyJwk: key.publicJwk,
    ...change,
  });

  it('H-076 created in the future, or not a time', timed, async () => {
    await bench.refused(await signed({ now: new Date(Date.now() + HOUR_MS) }), {
      code: 'expired',
      id: 'verify.validity',
    });
    const good = await signed();
    for (const created of [
      '2026-11-21',
      'soon',
      1_700_000_000,
      '2026-02-30T00:00:00Z',
      '2026-11-21T10:00:00',
      { a: 1 },
      `2026-11-21T10:00:00.${'0'.repeat(9_999)}Z`,
    ])
      await bench.refused({ ...good, proof: { ...good.proof, created } }, { ...PROOF, where: '/proof/created' });
  });

  it('H-077 a proof that has expired', timed, async () => {
    const document = await bench.document();
    for (const cryptosuite of ['eddsa-rdfc-2022', 'eddsa-jcs-2022'] as const) {
      const jcs = cryptosuite === 'eddsa-jcs-2022';
      const context = jcs ? { '@context': document['@context'] } : {};
      const proof = { cryptosuite, created: stamp(-2 * HOUR_MS), expires: stamp(-HOUR_MS), ...context };
      await bench.refused(await withProof(document, bench.provider.key, { proof, jcs }), {
        code: 'expired',
        id: 'verify.validity',
      });
    }
    const good = await signed();
    await bench.refused({ ...good, proof: { ...good.proof, expires: 'never' } }, { ...PROOF, where: '/proof/expires' });
  });
});

describe('C. which suite', () => {
  it.each([
    ['eddsa-2022', 'cryptosuite'],
    ['EDDSA-RDFC-2022', 'cryptosuite'],
    ['bbs-2023', 'cryptosuite'],
    ['__proto__', 'cryptosuite'],
    [undefined, 'cryptosuite'],
    [['eddsa-rdfc-2022'], 'cryptosuite'],
    [{ a: 1 }, 'cryptosuite'],
  ])('H-078 the cryptosuite %j', timed, async (cryptosuite, member) => {
    const good = await signed();
    await bench.refused({ ...good, proof: { ...good.proof, cryptosuite } }, {
      ...PROOF,
      where: `/proof/${member}`,
      allowed: expect.stringContaining('eddsa-rdfc-2022'),
    } as never);
  });

  it.each([
    'RsaSignature2018',
    'Ed25519Signature2018',
    'https://w3id.org/security#DataIntegrityProof',
    ['DataIntegrityProof'],
    undefined,
    { a: 1 },
  ])('H-078 the proof type %j', timed, async (type) => {
    const good = await signed();
    await bench.refused({ ...good, proof: { ...good.proof, type } }, { ...PROOF, where: '/proof/type' });
  });

  it.each<[Cryptosuite, SigningKey['alg']]>([
    ['ecdsa-rdfc-2019', 'EdDSA'],
    ['ecdsa-jcs-2019', 'EdDSA'],
    ['eddsa-rdfc-2022', 'ES256'],
    ['eddsa-jcs-2022', 'ES384'],
    ['ecdsa-rdfc-2019', 'RS256'],
  ])('H-079 %s with a key for %s', timed, async (cryptosuite, alg) => {
    const host = await didHost(alg);
    const document = await bench.document({ issuer: host.did });
    const jcs = cryptosuite.includes('jcs');
    const proof = { cryptosuite, ...(jcs ? { '@context': document['@context'] } : {}) };
    await bench.refused(await withProof(document, host.key, { proof, jcs }), {
      ...WRONG,
      where: '/proof',
      why: expect.stringContaining(cryptosuite),
    });
    await host.close();
  });

  it('H-079 P-384 with SHA-256, and P-256 with SHA-384', timed, async () => {
    for (const [alg, hash] of [
      ['ES384', 'sha256'],
      ['ES256', 'sha384'],
    ] as const) {
      const host = await didHost(alg);
      const document = await bench.document({ issuer: host.did });
      await bench.refused(
        await withProof(document, host.key, { proof: { cryptosuite: 'ecdsa-rdfc-2019' }, hash }),
        WRONG,
      );
      await host.close();
    }
  });

  it('H-079 a proof of one suite under the name of another', timed, async () => {
    const document = await bench.document({
      '@context': [V2, GX, 'https://w3id.org/kontor/v1', JWS_2020, 'https://w3id.org/security/suites/ed25519-2020/v1'],
    });
    for (const cryptosuite of ['eddsa-rdfc-2022', 'eddsa-jcs-2022'] as const) {
      const good = await signed({ document, cryptosuite });
      const swapped = cryptosuite === 'eddsa-rdfc-2022' ? 'eddsa-jcs-2022' : 'eddsa-rdfc-2022';
      await bench.refused({ ...good, proof: { ...good.proof, cryptosuite: swapped } }, { ...WRONG, where: '/proof' });
      const { '@context': _, ...proof } = good.proof;
      await bench.refused({ ...good, proof: { ...proof, type: 'Ed25519Signature2020' } }, WRONG);
    }
  });

  const value = async () => {
    const good = await signed();
    return { good, bytes: decodeBase58btc(String(good.proof.proofValue))! };
  };
  it('H-080 a proofValue in base64, hex, or base58btc without its header', timed, async () => {
    const { good, bytes } = await value();
    const text = String(good.proof.proofValue);
    for (const proofValue of [
      `m${Buffer.from(bytes).toString('base64')}`,
      `u${Buffer.from(bytes).toString('base64url')}`,
      `f${Buffer.from(bytes).toString('hex')}`,
      text.slice(1),
      `${text} `,
      ` ${text}`,
      `z ${text.slice(1)}`,
      `z1${text.slice(1)}`,
      'z',
      `z${'w'.repeat(4_095)}`,
    ])
      await bench.refused({ ...good, proof: { ...good.proof, proofValue } }, { ...WRONG, where: '/proof' });
    for (const proofValue of [undefined, null, 5, [text], { a: 1 }])
      await bench.refused({ ...good, proof: { ...good.proof, proofValue } }, { ...PROOF, where: '/proof/proofValue' });
  });

  it('H-081 a proofValue cut short, or with something behind it', timed, async () => {
    const { good, bytes } = await value();
    for (const part of [
      bytes.slice(0, 63),
      bytes.slice(0, 32),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      Buffer.concat([bytes, Buffer.alloc(32)]),
    ])
      await bench.refused(
        { ...good, proof: { ...good.proof, proofValue: encodeBase58btc(part) } },
        { ...WRONG, where: '/proof' },
      );
  });

  it('H-082 the proof of another document of the same provider', timed, async () => {
    for (const cryptosuite of ['eddsa-rdfc-2022', 'eddsa-jcs-2022'] as const) {
      const [one, two] = [await signed({ cryptosuite }), await signed({ cryptosuite })];
      await bench.refused({ ...one, proof: two.proof }, { ...WRONG, where: '/proof' });
    }
    const token = await signJwt(await bench.document(), bench.provider.key);
    const [, , jose] = token.split('.') as [string, string, string];
    const good = await signed();
    await bench.refused(
      { ...good, proof: { ...proofOf(good), proofValue: encodeBase58btc(Buffer.from(jose, 'base64url')) } },
      WRONG,
    );
  });
});
