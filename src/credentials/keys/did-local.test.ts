import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../credential.ts';
import { createHttp } from '../http.ts';
import { createDidResolver } from './did.ts';
import { multikeyOf } from './keys.ts';
import { encodeBase58btc } from './multibase.ts';
import { publicKeyOf } from './public-key.ts';
import { findMethod } from './verification-method.ts';

const http = createHttp({ allowPrivateNetwork: false, userAgent: 'test' });
afterAll(() => http.close());
const resolve = createDidResolver({ http, clock: () => new Date(), allowPrivateNetwork: false });
const time = { issuedAt: new Date(), now: new Date() };

const pairs = {
  Ed25519: generateKeyPairSync('ed25519'),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const encode = (value: string | object) =>
  `did:jwk:${Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')}`;
const jwkOf = (kind: keyof typeof pairs) => pairs[kind].publicKey.export({ format: 'jwk' });

/** Resolves, finds the method for both purposes and reads its key. */
async function keyOf(did: string, fragment: string) {
  const document = await resolve(did);
  if (!document.ok) return document;
  const method = findMethod(document.value, `${did}#${fragment}`, 'assertionMethod', time);
  expect(findMethod(document.value, `#${fragment}`, 'authentication', time)).toEqual(method);
  return method.ok ? publicKeyOf(method.value) : method;
}

describe('did:key', () => {
  it.each(['Ed25519', 'P-256', 'P-384'] as const)('is its own document, for %s', async (kind) => {
    const multikey = multikeyOf(jwkOf(kind));
    const found = await keyOf(`did:key:${multikey}`, multikey);
    expect(found).toMatchObject({ ok: true, value: { kind } });
    expect(found.ok && found.value.key.equals(pairs[kind].publicKey)).toBe(true);
  });

  const raw = (...bytes: number[][]) =>
    `did:key:${encodeBase58btc(Buffer.concat(bytes.map((one) => Buffer.from(one))))}`;
  const ed25519 = [...Buffer.from(jwkOf('Ed25519').x!, 'base64url')];
  it.each([
    ['an unsupported curve (secp256k1)', 'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme'],
    ['a key for encryption (X25519)', raw([0xec, 0x01], ed25519)],
    ['a key that is too short', raw([0xed, 0x01], ed25519.slice(1))],
    ['a key that is too long', raw([0xed, 0x01], ed25519, [0])],
    ['a wrong multicodec', raw([0xed, 0x02], ed25519)],
    ['a multicodec of another length', raw([0x80, 0x24], ed25519)],
    ['no multicodec', raw(ed25519)],
    ['another multibase', `did:key:u${Buffer.from([0xed, 0x01, ...ed25519]).toString('base64url')}`],
    ['a point of small order', raw([0xed, 0x01], Array(32).fill(0))],
    ['a point that is on no curve', raw([0x80, 0x24, 0x02], Array(32).fill(0xff))],
    ['nothing', 'did:key:'],
    ['an endless key', `did:key:z${'2'.repeat(100_000)}`],
  ])('H-118: with %s is refused', async (_name, did) => {
    const started = performance.now();
    expect(await resolve(did)).toMatchObject({ ok: false, code: 'issuer' });
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('did:jwk', () => {
  it.each(['Ed25519', 'P-256', 'P-384', 'RSA'] as const)('is its own document, for %s', async (kind) => {
    const did = encode({ ...jwkOf(kind), use: 'sig' });
    const found = await keyOf(did, '0');
    expect(found.ok && found.value.key.equals(pairs[kind].publicKey)).toBe(true);
    expect((await keyOf(did, '1')).ok).toBe(false);
  });

  it.each(['Ed25519', 'P-256', 'RSA'] as const)(
    'H-119: with the private part of %s is refused by name',
    async (kind) => {
      expect(await resolve(encode(pairs[kind].privateKey.export({ format: 'jwk' })))).toMatchObject({
        code: 'issuer',
        detail: expect.stringContaining('publishes its private part ("d")'),
      });
    },
  );

  it.each<[string, string | JsonObject]>([
    ['a key for encryption', { ...jwkOf('P-256'), use: 'enc' }],
    ['a JWK with a key twice', JSON.stringify(jwkOf('P-256')).replace('{', '{"kty":"RSA",')],
    ['a list', '[]'],
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe]).toString('latin1')],
    ['a JWK that is too long', { ...jwkOf('P-256'), pad: 'x'.repeat(8_000) }],
  ])('with %s is refused', async (_name, value) => {
    expect(await resolve(encode(value))).toMatchObject({ ok: false, code: 'issuer' });
  });

  it('has one spelling for each DID: padding and other alphabets are refused', async () => {
    const did = encode(jwkOf('P-256'));
    for (const spelled of [`${did}=`, `${did} `, `${did.slice(0, 20)}+${did.slice(20)}`])
      expect(await resolve(spelled), spelled).toMatchObject({ ok: false, code: 'issuer' });
  });
});

describe('other DIDs', () => {
  it.each(['did:ion', 'did:ebsi', 'did:webs', 'did:peer', 'did:example'])(
    'H-120: the method %s is not supported, and named',
    async (method) => {
      expect(await resolve(`${method}:abc`)).toMatchObject({
        code: 'unsupported',
        detail: expect.stringContaining(`The DID method ${method} is not supported`),
      });
    },
  );

  it('H-120: nor is what is no DID', async () => {
    for (const did of ['https://a.example', 'did:', 'did:WEB:a.example', '', 'web:a.example'])
      expect(await resolve(did), did).toMatchObject({ code: 'unsupported' });
  });
});
