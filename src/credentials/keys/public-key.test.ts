import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { make } from '../../../test/support/certificates.ts';
import type { JsonObject } from '../credential.ts';
import { type Jwk, multikeyOf } from './keys.ts';
import { encodeBase58btc, encodeMultikey } from './multibase.ts';
import { publicKeyOf } from './public-key.ts';

const VECTORS = resolve(import.meta.dirname, '../../../../shared/data/vc-vectors');
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const pairs = {
  Ed25519: generateKeyPairSync('ed25519'),
  'P-256': ec('P-256'),
  'P-384': ec('P-384'),
  secp256k1: ec('secp256k1'),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const jwkOf = (kind: keyof typeof pairs) => pairs[kind].publicKey.export({ format: 'jwk' }) as Jwk;
const method = (key: JsonObject): JsonObject => ({ id: 'did:web:a.example#key-1', ...key });
const ofJwk = (jwk: object) => publicKeyOf(method({ publicKeyJwk: jwk }));
const refusalOf = (verdict: ReturnType<typeof publicKeyOf>) => {
  expect(verdict).toMatchObject({ ok: false, code: 'proof' });
  return verdict.ok ? '' : verdict.detail;
};
const number = (bits: number, fill = 0xff) => Buffer.alloc(bits / 8, fill).toString('base64url');

describe('the public key of a verification method', () => {
  it.each([
    ['Ed25519', null, ['EdDSA', 'Ed25519']],
    ['P-256', 'sha256', ['ES256']],
    ['P-384', 'sha384', ['ES384']],
    ['secp256k1', 'sha256', ['ES256K']],
    ['RSA', 'sha256', ['PS256', 'PS384', 'PS512', 'RS256']],
  ] as const)('is read from a JWK of %s and verifies what its other half signed', (kind, hash, algs) => {
    const found = ofJwk({
      ...jwkOf(kind),
      use: 'sig',
      key_ops: ['verify'],
      kid: 'any',
      x5u: 'https://a.example/c.pem',
    });
    expect(found).toMatchObject({ ok: true, value: { kind, algs } });
    const text = Buffer.from('said');
    if (found.ok) expect(verify(hash, text, found.value.key, sign(hash, text, pairs[kind].privateKey))).toBe(true);
  });

  it.each(['Ed25519', 'P-256', 'P-384'] as const)('is the same from a Multikey of %s', (kind) => {
    const jwk = jwkOf(kind);
    const found = publicKeyOf(method({ type: 'Multikey', publicKeyMultibase: multikeyOf(jwk) }));
    expect(found.ok && found.value.key.export({ format: 'jwk' })).toEqual(jwk);
  });

  it('is read from the base58 of an Ed25519VerificationKey2018, and of no other type', () => {
    const publicKeyBase58 = encodeBase58btc(Buffer.from(jwkOf('Ed25519').x!, 'base64url')).slice(1);
    const found = publicKeyOf(method({ type: 'Ed25519VerificationKey2018', publicKeyBase58 }));
    expect(found.ok && found.value.key.equals(pairs.Ed25519.publicKey)).toBe(true);
    expect(publicKeyOf(method({ type: 'X25519KeyAgreementKey2019', publicKeyBase58 })).ok).toBe(false);
    const short = method({ type: 'Ed25519VerificationKey2018', publicKeyBase58: publicKeyBase58.slice(3) });
    expect(refusalOf(publicKeyOf(short))).toContain('32 bytes');
  });

  it.each(readdirSync(join(VECTORS, 'jws2020/keys')))('is read from the public vector %s', (file) => {
    const { privateKeyJwk, ...open } = JSON.parse(readFileSync(join(VECTORS, 'jws2020/keys', file), 'utf8'));
    expect(publicKeyOf(open).ok).toBe(true);
    expect(privateKeyJwk).toBeDefined();
  });

  it('is imported once, however often and under whatever name it is met', () => {
    const [first, again] = [jwkOf('P-384'), jwkOf('P-384')].map(ofJwk);
    expect(first?.ok && again?.ok && first.value.key === again.value.key).toBe(true);
    const named = (id: string) => refusalOf(publicKeyOf({ id, publicKeyMultibase: 'z6Mk' }));
    expect(named('did:web:a.example#one')).toContain('did:web:a.example#one');
    expect(named('did:web:a.example#two')).toContain('did:web:a.example#two');
  });

  it('is used for the algorithm that its JWK names, and no other', () => {
    expect(ofJwk({ ...jwkOf('RSA'), alg: 'PS256' })).toMatchObject({ value: { algs: ['PS256'] } });
    expect(ofJwk({ ...jwkOf('Ed25519'), alg: 'EdDSA' })).toMatchObject({ value: { algs: ['EdDSA', 'Ed25519'] } });
  });

  it.each<[string, object, RegExp]>([
    ['an algorithm of another kind', { alg: 'ES384' }, /"ES384".*ES256/],
    ['an algorithm that only shares a secret', { alg: 'HS256' }, /"HS256"/],
    ['encryption', { use: 'enc' }, /not for signatures.*"enc"/],
    ['signing only', { key_ops: ['sign'] }, /not for verifying.*\["sign"\]/],
    ['operations that are no list', { key_ops: 'verify' }, /not for verifying/],
  ])('is refused when its JWK is for %s', (_name, members, why) => {
    expect(refusalOf(ofJwk({ ...jwkOf('P-256'), ...members }))).toMatch(why);
  });

  it.each<[string, JsonObject, RegExp]>([
    ['P-521', { publicKeyJwk: ec('P-521').publicKey.export({ format: 'jwk' }) }, /EC P-521; Ed25519, P-256/],
    ['X25519', { publicKeyJwk: { kty: 'OKP', crv: 'X25519', x: number(256, 9) } }, /OKP X25519/],
    ['a curve named like a member of objects', { publicKeyJwk: { kty: 'EC', crv: 'constructor' } }, /EC constructor/],
    ['nothing', {}, /neither/],
    ['a text instead of a JWK', { publicKeyJwk: 'x' }, /neither/],
    [
      'a Multikey of another type',
      { publicKeyMultibase: 'zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme' },
      /P-384/,
    ],
    ['an endless Multikey', { publicKeyMultibase: `z${'2'.repeat(60_000)}` }, /Multikey/],
    ['two forms', { publicKeyJwk: {}, publicKeyMultibase: 'z6Mk' }, /more than one form/],
  ])('is refused when it is %s', (_name, key, why) => {
    expect(refusalOf(publicKeyOf(method(key)))).toMatch(why);
  });

  it('has one spelling: no padding, no white space, coordinates in full length', () => {
    const jwk = jwkOf('P-256');
    for (const x of [`${jwk.x}=`, ` ${jwk.x}`, jwk.x!.slice(0, -2), `AA${jwk.x}`, 7, undefined])
      expect(refusalOf(ofJwk({ ...jwk, x })), String(x)).toContain('32 bytes each');
    const multikey = multikeyOf(jwk);
    for (const spelled of [`${multikey} `, `${multikey.slice(0, 9)}\n${multikey.slice(9)}`, `u${multikey.slice(1)}`])
      expect(publicKeyOf(method({ publicKeyMultibase: spelled })).ok, spelled).toBe(false);
  });
});

describe('keys that prove nothing', () => {
  const y = (hex: string) => Buffer.from(hex.padEnd(62, hex.startsWith('e') ? 'f' : '0'), 'hex');
  const order8 = [
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ].map((hex) => Buffer.from(hex, 'hex'));
  const small = [
    ...['00', '01'].map((low) => Buffer.concat([y(low), Buffer.of(0)])),
    ...['ec', 'ed', 'ee'].map((low) => Buffer.concat([y(low), Buffer.of(0x7f)])),
    ...order8,
  ];

  it.each(small.map((point) => point.toString('hex')))('H-062: the point of small order %s, either sign', (hex) => {
    for (const sign of [0, 0x80]) {
      const point = Buffer.from(hex, 'hex');
      point[31]! |= sign;
      refusalOf(ofJwk({ kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') }));
      refusalOf(publicKeyOf(method({ publicKeyMultibase: encodeMultikey('Ed25519', point) })));
    }
  });

  it('H-064: RSA keys that are too short, and exponents that are too small or even', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 512 }).publicKey.export({ format: 'jwk' });
    expect(refusalOf(ofJwk(short))).toContain('512 bits; 2048 to 8192');
    const { n } = jwkOf('RSA');
    for (const [e, why] of [
      ['AQ', 'exponent 1;'],
      ['Aw', 'exponent 3;'],
      ['AQAC', 'exponent 65538;'],
      ['', 'exponent'],
      ['AAAB', 'exponent 1;'],
    ])
      expect(refusalOf(ofJwk({ kty: 'RSA', n, e })), e).toContain(why);
    expect(refusalOf(ofJwk({ kty: 'RSA', n: number(2048, 0xfe), e: 'AQAB' }))).toContain('even RSA modulus');
  });

  it('H-065: an RSA key of 65,536 bits costs no time, nor does an exponent of as many', () => {
    const started = performance.now();
    expect(refusalOf(ofJwk({ kty: 'RSA', n: number(65_536), e: 'AQAB' }))).toContain('more than 8192 bits');
    expect(refusalOf(ofJwk({ kty: 'RSA', n: number(8_200), e: 'AQAB' }))).toContain('8192');
    expect(refusalOf(ofJwk({ ...jwkOf('RSA'), e: number(65_536) }))).toContain('exponent');
    expect(refusalOf(ofJwk({ ...jwkOf('RSA'), e: number(128) }))).toContain('64 bits');
    expect(performance.now() - started).toBeLessThan(100);
  });

  it.each(['P-256', 'P-384', 'secp256k1'] as const)('H-066: a point that is not on %s', (kind) => {
    const jwk = jwkOf(kind);
    const y = Buffer.from(jwk.y!, 'base64url');
    y[0]! ^= 1;
    expect(refusalOf(ofJwk({ ...jwk, y: y.toString('base64url') }))).toContain(`not a point of ${kind}`);
    expect(refusalOf(ofJwk({ ...jwk, x: number(y.length * 8), y: number(y.length * 8) }))).toContain('not a point');
  });

  it('H-066: a compressed point whose x no point of the curve has', () => {
    const beyond = encodeMultikey('P-256', Buffer.concat([Buffer.of(2), Buffer.alloc(32, 0xff)]));
    expect(refusalOf(publicKeyOf(method({ publicKeyMultibase: beyond })))).toContain('not a point of P-256');
  });

  it.each(['Ed25519', 'P-256', 'RSA'] as const)(
    'H-119: a published private JWK of %s, by the name of its part',
    (kind) => {
      const jwk = pairs[kind].privateKey.export({ format: 'jwk' });
      expect(refusalOf(ofJwk(jwk))).toContain('publishes its private part ("d")');
      expect(refusalOf(ofJwk({ ...jwkOf(kind), p: 'AQAB' }))).toContain('("p")');
      expect(refusalOf(publicKeyOf(method({ publicKeyJwk: jwkOf(kind), secretKeyJwk: jwk })))).toContain(
        '("secretKeyJwk")',
      );
    },
  );

  it('H-119: a shared secret', () => {
    expect(refusalOf(ofJwk({ kty: 'oct', k: 'c2VjcmV0' }))).toContain('("k")');
  });
});

describe('a certificate chain beside the key', () => {
  it('H-127: its first certificate is for this key, else the method is refused', async () => {
    const [mine, others] = await Promise.all([1, 2].map(() => make(undefined, { subject: 'a.example' })));
    const { jwk } = mine!;
    const [x5c, foreign] = [[mine!.base64], [others!.base64]];
    expect(ofJwk({ ...jwk, x5c }).ok).toBe(true);
    expect(refusalOf(ofJwk({ ...jwk, x5c: foreign }))).toContain('for another key');
    expect(refusalOf(ofJwk({ ...jwkOf('RSA'), x5c }))).toContain('for another key');
    for (const wrong of [[], 'MII', [7], [''], ['AAAA'], null, [mine!.base64.slice(0, 80)]])
      expect(refusalOf(ofJwk({ ...jwk, x5c: wrong })), JSON.stringify(wrong)).toContain('x5c');
  });
});
