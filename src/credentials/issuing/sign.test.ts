import { createECDH, createPrivateKey, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decode } from 'base58-universal';
import { compactVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DidHost, didHost } from '../../../test/support/did-host.ts';
import { contexts as bundled, claim, judge, NOW } from '../../../test/support/verifying.ts';
import type { JsonObject } from '../credential.ts';
import type { Alg, Jwk } from '../keys/keys.ts';
import { generateDidKey, generateKey, type SigningKey } from './identity.ts';
import { type Cryptosuite, signDataIntegrity, signJwt, suitesOf } from './sign.ts';

const VECTORS = resolve(import.meta.dirname, '../../../../shared/data/vc-vectors');
const read = (path: string) => JSON.parse(readFileSync(join(VECTORS, path), 'utf8'));
/** With the context of W3C's examples, which is no more than this. */
const contexts = new Map<string, object>([
  ...bundled,
  [
    'https://www.w3.org/ns/credentials/examples/v2',
    { '@context': { '@vocab': 'https://www.w3.org/ns/credentials/examples#' } },
  ],
]);

/** The key of a vector, from the multibase pair that the working groups publish. */
function vectorKey(pair: Record<string, string>, id: string): SigningKey {
  const secret = Buffer.from(decode((pair.privateKeyMultibase ?? pair.secretKeyMultibase)!.slice(1))!).subarray(2);
  const alg: Alg = id.includes('#z6Mk') ? 'EdDSA' : id.includes('#zDn') ? 'ES256' : 'ES384';
  let key: KeyObject;
  if (alg === 'EdDSA') {
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]);
    key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } else {
    const curve = alg === 'ES256' ? ['prime256v1', 'P-256', 32] : ['secp384r1', 'P-384', 48];
    const ecdh = createECDH(curve[0] as string);
    ecdh.setPrivateKey(secret);
    const point = ecdh.getPublicKey();
    const length = curve[2] as number;
    const [x, y, d] = [point.subarray(1, 1 + length), point.subarray(1 + length), secret].map((one) =>
      one!.toString('base64url'),
    );
    key = createPrivateKey({ key: { kty: 'EC', crv: curve[1] as string, x, y, d } as never, format: 'jwk' });
  }
  const privateJwk = key.export({ format: 'jwk' }) as Jwk;
  const publicJwk = createPublicKey(key).export({ format: 'jwk' }) as Jwk;
  return { id, did: id.slice(0, id.indexOf('#')), alg, privateJwk, publicJwk };
}

/** Signs as a proof configuration of the vectors says. */
function follow(document: object, config: JsonObject, pair: Record<string, string>): Promise<JsonObject> {
  const { cryptosuite, created, verificationMethod, id, previousProof } = config as Record<string, string>;
  const key = vectorKey(pair, verificationMethod!);
  return signDataIntegrity(document, key, contexts, {
    cryptosuite: cryptosuite as Cryptosuite,
    now: new Date(created!),
    ...(id ? { id } : {}),
    ...(previousProof ? { previousProof } : {}),
  });
}

describe('the vectors of the W3C working groups', () => {
  it.each([
    ['eddsa-rdfc-2022', 'proofConfigDataInt', 'signedDataInt'],
    ['eddsa-jcs-2022', 'proofConfigJCS', 'signedJCS'],
  ])('%s gives the published signature, byte for byte', async (suite, config, signed) => {
    const made = await follow(
      read('di-eddsa/unsigned.json'),
      read(`di-eddsa/${suite}/${config}.json`),
      read('di-eddsa/keyPair.json'),
    );
    expect(made).toEqual(read(`di-eddsa/${suite}/${signed}.json`));
  });

  it('proof sets and chains: each proof as published, the previous ones covered', async () => {
    const at = (name: string) => read(`di-eddsa/proof-set-chain/${name}.json`);
    const pairs = at('multiKeyPairs');
    let document: JsonObject = at('unsigned');
    const steps = ['proofSetConfig1', 'proofSetConfig2', 'proofChainConfig1', 'proofChainConfig2'];
    for (const [i, config] of steps.entries()) document = await follow(document, at(config), pairs[`keyPair${i + 1}`]);
    expect(document).toEqual(at('signedProofChain2'));
  });

  it('a chain names the proof that is missing', async () => {
    const key = generateDidKey('EdDSA');
    const work = signDataIntegrity(claim(key.did), key, bundled, { previousProof: 'urn:uuid:none' });
    await expect(work).rejects.toThrow('no proof urn:uuid:none');
  });

  // ECDSA takes a random number for each signature, so it is what others find valid that tells.
  it.each([
    ['ecdsa-rdfc-2019', 'p256', 'ECDSAP256'],
    ['ecdsa-rdfc-2019', 'p384', 'ECDSAP384'],
    ['ecdsa-jcs-2019', 'p256', 'JCSECDSAP256'],
    ['ecdsa-jcs-2019', 'p384', 'JCSECDSAP384'],
  ])('%s on %s: the published hashes are what is signed', async (suite, curve, name) => {
    const folder = `di-ecdsa/${suite}-${curve}`;
    const config = read(`${folder}/proofConfig${name}.json`);
    const key = vectorKey(read(`di-ecdsa/${curve}KeyPair.json`), config.verificationMethod);
    const made = await signDataIntegrity(read('di-ecdsa/unsigned.json'), key, contexts, {
      cryptosuite: suite as Cryptosuite,
      now: new Date(config.created),
    });
    const { proofValue, ...proof } = made.proof as JsonObject;
    expect(proof).toEqual(config['@context'] && suite.includes('rdfc') ? without(config, '@context') : config);
    const hashes = Buffer.from(readFileSync(join(VECTORS, folder, `combinedHash${name}.txt`), 'utf8').trim(), 'hex');
    const publicKey = createPublicKey({ key: key.publicJwk as never, format: 'jwk' });
    const signature = decode(String(proofValue).slice(1))!;
    expect(signature.length).toBe(curve === 'p256' ? 64 : 96);
    const hash = curve === 'p256' ? 'sha256' : 'sha384';
    expect(verify(hash, hashes, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
  });
});

const without = (value: JsonObject, name: string): JsonObject => {
  const { [name]: _, ...rest } = value;
  return rest;
};

describe('JOSE', () => {
  it.each(['EdDSA', 'ES256', 'ES384', 'PS256', 'RS256'] as const)('%s signs what bare jose verifies', async (alg) => {
    const key = generateKey(alg, 'did:web:provider.example');
    const jwt = await signJwt(claim(key.did), key);
    const { payload, protectedHeader } = await compactVerify(
      jwt,
      createPublicKey({ key: key.publicJwk as never, format: 'jwk' }),
    );
    expect(protectedHeader).toEqual({ alg, typ: 'vc+jwt', cty: 'vc', kid: key.id, iss: key.did });
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual(claim(key.did));
  });
});

describe('our own node accepts', () => {
  const ALGS = ['EdDSA', 'ES256', 'ES384', 'PS256', 'RS256'] as const;
  const hosts = new Map<Alg, DidHost>();
  beforeAll(async () => {
    for (const alg of ALGS) hosts.set(alg, await didHost(alg));
  });
  afterAll(async () => {
    for (const host of hosts.values()) await host.close();
  });

  it.each(ALGS)('vc+jwt by %s', async (alg) => {
    const { did, key } = hosts.get(alg)!;
    const { checks, verified } = await judge(await signJwt(claim(did), key));
    expect(verified?.keyId, JSON.stringify(checks.failure)).toBe(key.id);
  });

  const suites = ALGS.flatMap((alg) => suitesOf({ alg }).map((suite) => [suite, alg] as const));
  it.each(suites)('%s by %s', async (cryptosuite, alg) => {
    const { did, key } = hosts.get(alg)!;
    const signed = await signDataIntegrity(claim(did), key, bundled, { cryptosuite, now: NOW });
    const { checks, verified } = await judge(JSON.stringify(signed), 'application/vc');
    expect(verified?.keyId, JSON.stringify(checks.failure)).toBe(key.id);
  });
});

describe('a suite', () => {
  it('refuses a key of another kind, and names those it takes', async () => {
    const key = generateKey('PS256', 'did:web:provider.example');
    await expect(signDataIntegrity(claim(key.did), key, bundled)).rejects.toThrow(
      'A Data Integrity proof needs a key for EdDSA, ES256 or ES384; did:web:provider.example#key-1 is for PS256',
    );
    const other = generateDidKey('ES256');
    await expect(
      signDataIntegrity(claim(other.did), other, bundled, { cryptosuite: 'eddsa-jcs-2022' }),
    ).rejects.toThrow('eddsa-jcs-2022 needs a key for EdDSA');
  });

  it.each(['eddsa-rdfc-2022', 'eddsa-jcs-2022'] as const)(
    '%s signs no term that nobody defined',
    async (cryptosuite) => {
      const key = generateDidKey('EdDSA');
      const document = claim(key.did, { '@context': ['https://www.w3.org/ns/credentials/v2'], shoeSize: 43 });
      await expect(signDataIntegrity(document, key, bundled, { cryptosuite })).rejects.toThrow();
    },
  );

  it('binds a presentation to challenge and domain', async () => {
    const key = generateDidKey('EdDSA');
    const presentation = {
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      type: ['VerifiablePresentation'],
      holder: key.did,
    };
    const { proof } = await signDataIntegrity(presentation, key, bundled, {
      purpose: 'authentication',
      challenge: 'n-0S6_WzA2Mj',
      domain: 'node.example',
      now: NOW,
    });
    expect(proof).toMatchObject({
      proofPurpose: 'authentication',
      challenge: 'n-0S6_WzA2Mj',
      domain: 'node.example',
      created: '2026-11-21T12:00:00Z',
    });
  });
});
