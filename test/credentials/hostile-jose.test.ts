import { constants, createHmac, createPrivateKey, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateDidKey, generateKey, type SigningKey } from '../../src/credentials/issuing/identity.ts';
import type { Jwk } from '../../src/credentials/keys/keys.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { ANSWER_MS, base64url, hostileBench, jwt, payloadOf, signature } from '../support/hostile.ts';

const bench = hostileBench();
let other: DidHost;
beforeAll(async () => {
  other = await didHost();
});
afterAll(() => other.close());

const timed = { timeout: ANSWER_MS };
const HEADER = { id: 'verify.proof', code: 'proof' } as const;
/** A good offering under a header that is signed as it stands. */
const under = async (header: object) => jwt(header, await bench.document(), bench.provider.key);

/** A host whose DID document says what a test wants it to say of one key. */
async function hostWith(method: object | undefined, purposes: string[] = ['assertionMethod'], extra: object[] = []) {
  const host = await didHost();
  const id = `${host.did}#key-1`;
  const methods = [
    ...(method ? [{ id, type: 'JsonWebKey', controller: host.did, ...method }] : []),
    ...extra.map((one, at) => ({ id: `${host.did}#more-${at}`, type: 'JsonWebKey', controller: host.did, ...one })),
  ];
  host.files.set('/.well-known/did.json', {
    body: JSON.stringify({
      id: host.did,
      verificationMethod: methods,
      ...Object.fromEntries(purposes.map((purpose) => [purpose, methods.map((one) => one.id)])),
    }),
  });
  return host;
}

/** A claim of another issuer than the bench's provider, signed with its key. */
const by = (host: DidHost, key: SigningKey = host.key, header: object = {}) =>
  jwt(
    { kid: `${host.did}#key-1`, ...header },
    {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/2511#'],
      type: ['VerifiableCredential', 'gx:LegalPerson'],
      issuer: host.did,
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2099-01-01T00:00:00Z',
      credentialSubject: { id: host.did, type: 'gx:LegalPerson' },
    },
    key,
  );

describe('B. which algorithm', () => {
  it.each([
    ['H-035 alg none', { alg: 'none' }, 'none'],
    ['H-036 alg in other case', { alg: 'eddsa' }, 'eddsa'],
    ['H-036 alg in other case', { alg: 'NONE' }, 'NONE'],
    ['H-037 no alg', { alg: undefined }, 'missing'],
    ['H-037 alg is null', { alg: null }, 'null'],
    ['H-037 alg is a list', { alg: ['EdDSA'] }, '["EdDSA"]'],
  ])('%s', timed, async (_name, header, found) => {
    await bench.refused(await under(header), { ...HEADER, where: 'jwt:header/alg', found });
  });

  it('H-035 alg none without a signature', timed, async () => {
    const [header, payload] = (await under({ alg: 'none' })).split('.');
    await bench.refused(`${header}.${payload}.`, { ...HEADER, where: 'jwt:header/alg' });
    const [good, body] = (await under({})).split('.');
    await bench.refused(`${good}.${body}.`, { code: 'proof', id: 'verify.signature', where: 'jwt:header' });
  });

  it('H-038 HS256 with the public key as the secret', timed, async () => {
    const { publicJwk } = bench.provider.key;
    for (const secret of [publicJwk.x!, Buffer.from(publicJwk.x!, 'base64url'), JSON.stringify(publicJwk)]) {
      const input = (await under({ alg: 'HS256' })).split('.').slice(0, 2).join('.');
      const mac = createHmac('sha256', secret).update(input).digest('base64url');
      await bench.refused(`${input}.${mac}`, { ...HEADER, where: 'jwt:header/alg', found: 'HS256' });
    }
  });

  it.each(['RS256', 'ES384', 'EdDSA', 'ES256K'])('H-039 %s under a P-256 key', timed, async (alg) => {
    const host = await didHost('ES256');
    await bench.refused(by(host, host.key, { alg }), {
      code: 'proof',
      id: 'verify.signature',
      why: expect.stringContaining(alg),
    });
    await host.close();
  });

  it('H-039 PS256 and RS256 are not each other, and a salt has the length of the hash', timed, async () => {
    const key = generateKey('PS256', 'did:web:x');
    const host = await hostWith({ publicKeyJwk: key.publicJwk });
    const privateKey = createPrivateKey({ key: key.privateJwk, format: 'jwk' });
    const rsa = (alg: string, options: object) => {
      const [header, payload] = by(host, { ...other.key, alg: alg as never }, { alg }).split('.');
      const input = `${header}.${payload}`;
      return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, ...options }).toString('base64url')}`;
    };
    const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
    const pkcs1 = { padding: constants.RSA_PKCS1_PADDING };
    for (const bad of [rsa('RS256', pss(32)), rsa('PS256', pkcs1), rsa('PS256', pss(0)), rsa('PS256', pss(64))])
      await bench.refused(bad, { code: 'proof', id: 'verify.signature' });
    // The same credential under the right padding fails later, at its shape.
    expect((await bench.post(rsa('PS256', pss(32)))).body.code).toBe('shape');
    await host.close();
  });
});

describe('B. which signature', () => {
  const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const bytesOf = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
  const wrong = { code: 'proof', id: 'verify.signature', where: 'jwt:header' } as const;

  it('H-040 ES256 in DER; H-041 r or s of 0 or n', timed, async () => {
    const host = await didHost('ES256');
    const [header, payload, value] = by(host).split('.') as [string, string, string];
    const raw = Buffer.from(value, 'base64url');
    const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
    const privateKey = createPrivateKey({ key: host.key.privateJwk, format: 'jwk' });
    const der = sign('sha256', Buffer.from(`${header}.${payload}`), privateKey);
    const edges = [Buffer.alloc(32), bytesOf(N)].flatMap((edge) => [
      Buffer.concat([edge, s]),
      Buffer.concat([r, edge]),
      Buffer.concat([edge, edge]),
    ]);
    for (const bad of [der, ...edges, Buffer.concat([raw, Buffer.alloc(1)]), raw.subarray(0, 63)])
      await bench.refused(`${header}.${payload}.${bad.toString('base64url')}`, wrong);
    await host.close();
  });

  it('H-042 the twin of an ECDSA signature is the same version', async () => {
    const host = await didHost('ES256');
    // A participant's shape is not the matter here: what counts is that the node knows the statement again.
    const person = payloadOf(await bench.provider.person());
    const document = JSON.parse(
      JSON.stringify(person).replaceAll(bench.provider.did, host.did).replaceAll(bench.provider.url, host.url),
    );
    const token = jwt({}, document, host.key);
    const first = await bench.listed(token);
    const [header, payload, value] = token.split('.') as [string, string, string];
    const raw = Buffer.from(value, 'base64url');
    const s = BigInt(`0x${raw.subarray(32).toString('hex')}`);
    const twin = Buffer.concat([raw.subarray(0, 32), bytesOf(N - s)]).toString('base64url');
    const { status, body } = await bench.post(`${header}.${payload}.${twin}`);
    expect([status, body.known, body.listing.key]).toEqual([200, true, first.listing.key]);
    const { body: listing } = await bench.node.get(`/api/v1/listings/${first.listing.key}`);
    expect(listing.versions).toHaveLength(1);
    await host.close();
  });

  it('H-063 an Ed25519 S that is not below the order', timed, async () => {
    const L = 2n ** 252n + 27742317777372353535851937790883648493n;
    const [header, payload, value] = (await under({})).split('.') as [string, string, string];
    const raw = Buffer.from(value, 'base64url');
    const s = BigInt(`0x${Buffer.from(raw.subarray(32)).reverse().toString('hex')}`);
    const above = Buffer.from((s + L).toString(16).padStart(64, '0'), 'hex').reverse();
    const bad = Buffer.concat([raw.subarray(0, 32), above]).toString('base64url');
    await bench.refused(`${header}.${payload}.${bad}`, wrong);
  });
});

describe('B. which key', () => {
  const x = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  const ed25519 = (first: number) => ({
    kty: 'OKP',
    crv: 'Ed25519',
    x: x(Buffer.concat([Buffer.from([first]), Buffer.alloc(31)])),
  });
  const rsa = (bytes: number, e: string) => ({ kty: 'RSA', n: x(Buffer.alloc(bytes, 0xab)), e });

  it.each<[string, Jwk, RegExp]>([
    ['H-062 Ed25519 of small order', ed25519(1), /small order/],
    ['H-062 Ed25519 of order four', ed25519(0), /small order/],
    ['H-064 RSA of 512 bits', rsa(64, 'AQAB'), /512 bits/],
    ['H-064 RSA with exponent 1', rsa(256, 'AQ'), /exponent/],
    ['H-065 RSA of 65,536 bits', rsa(8_192, 'AQAB'), /more than 8192 bits/],
    ['H-065 RSA with an exponent of 2,048 bits', rsa(256, x(Buffer.alloc(256, 0xab))), /exponent/],
    [
      'H-066 P-256 point not on the curve',
      { kty: 'EC', crv: 'P-256', x: x(Buffer.alloc(32, 1)), y: x(Buffer.alloc(32, 2)) },
      /not a point/,
    ],
    [
      'H-066 P-256 at infinity',
      { kty: 'EC', crv: 'P-256', x: x(Buffer.alloc(32)), y: x(Buffer.alloc(32)) },
      /not a point/,
    ],
    [
      'H-066 P-384 point in a P-256 key',
      { kty: 'EC', crv: 'P-256', x: x(Buffer.alloc(48, 1)), y: x(Buffer.alloc(48, 2)) },
      /32 bytes/,
    ],
  ])('%s', timed, async (_name, publicKeyJwk, why) => {
    const host = await hostWith({ publicKeyJwk });
    await bench.refused(by(host), { code: 'proof', id: 'verify.key', why: expect.stringMatching(why) });
    await host.close();
  });

  it('H-062 a signature that a key of small order would take for any message', timed, async () => {
    const host = await hostWith({ publicKeyJwk: ed25519(1) });
    const [header, payload] = by(host, other.key).split('.');
    const universal = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]).toString('base64url');
    await bench.refused(`${header}.${payload}.${universal}`, { code: 'proof', id: 'verify.key' });
    await host.close();
  });

  it.each([
    ['H-047 relative kid', '#key-1'],
    ['H-047 bare fragment', 'key-1'],
    ['H-049 kid with a path', 'did:web:localhost/../../x#key-1'],
    ['H-049 kid with a query', 'did:web:localhost?service=files#key-1'],
    ['H-049 kid that is a URL', 'https://localhost/did.json#key-1'],
    ['H-049 kid with line breaks', 'did:web:localhost\r\n#key-1'],
    ['H-051 empty kid', ''],
    ['H-051 kid of 10 kB', `did:web:${'a'.repeat(10_000)}#key-1`],
  ])('%s', timed, async (_name, kid) => {
    await bench.refused(await under({ kid }), { ...HEADER, where: 'jwt:header/kid' });
  });

  it.each([
    ['..%2F..%2Fetc', 'verify.did'],
    ['%2e%2e:x', 'verify.did'],
    ['x%00', 'verify.did'],
  ])('H-049 kid with path traversal in the DID: %s', timed, async (path, id) => {
    const did = `${bench.provider.did}:${path}`;
    await bench.refused(await under({ kid: `${did}#key-1` }), { code: 'issuer', id, where: 'jwt:header', found: did });
    expect(
      bench.provider.host.seen.filter((seen) => !/^\/(\.well-known\/did\.json|offerings|legal)/.test(seen)),
    ).toEqual([]);
  });

  it('H-048 kid of another DID', timed, async () => {
    await bench.refused(jwt({ kid: other.key.id }, await bench.document(), other.key), {
      code: 'issuer',
      id: 'verify.issuer',
      where: 'jwt:header',
      found: other.did,
    });
    // The other's key under the issuer's name, and the issuer's key under the other's.
    await bench.refused(jwt({ kid: bench.provider.key.id }, await bench.document(), other.key), {
      code: 'proof',
      id: 'verify.signature',
    });
    await bench.refused(await under({ kid: other.key.id }), { code: 'proof', id: 'verify.signature' });
  });

  it('H-050 kid that the document does not have, or not under assertionMethod', timed, async () => {
    const unlisted = { code: 'proof', id: 'verify.key', where: 'jwt:header' } as const;
    await bench.refused(await under({ kid: `${bench.provider.did}#other` }), unlisted);
    for (const purposes of [['authentication'], ['keyAgreement'], []]) {
      const host = await didHost();
      const apart = await hostWith({ publicKeyJwk: host.key.publicJwk }, purposes);
      await bench.refused(by(apart, host.key), unlisted);
      await Promise.all([host.close(), apart.close()]);
    }
  });

  it('H-051 no kid, with several keys to choose from', timed, async () => {
    const second = generateKey('EdDSA', other.did);
    const host = await hostWith(
      { publicKeyJwk: other.key.publicJwk },
      ['assertionMethod'],
      [{ publicKeyJwk: second.publicJwk }],
    );
    await bench.refused(by(host, other.key, { kid: undefined }), { ...HEADER, where: 'jwt:header/kid' });
    await host.close();
  });
});

describe('B. which form', () => {
  it.each([
    ['H-052 crit with an unknown name', { crit: ['http://example.org/x'], 'http://example.org/x': 1 }, 'crit'],
    ['H-052 crit with a registered name', { crit: ['exp'], exp: 1 }, 'crit'],
    ['H-052 empty crit', { crit: [] }, 'crit'],
    ['H-053 b64 false', { b64: false, crit: ['b64'] }, 'crit'],
    ['H-053 b64 without crit', { b64: false }, 'b64'],
    ['H-053 b64 true', { b64: true }, 'b64'],
  ])('%s', timed, async (_name, header, member) => {
    await bench.refused(await under(header), { ...HEADER, where: `jwt:header/${member}` });
  });

  it('H-053 an unencoded payload', timed, async () => {
    const head = base64url({ alg: 'EdDSA', typ: 'vc+jwt', kid: bench.provider.key.id, b64: false, crit: ['b64'] });
    const payload = JSON.stringify(await bench.document());
    const value = signature(Buffer.from(`${head}.${payload}`), bench.provider.key).toString('base64url');
    await bench.refused(`${head}.${payload}.${value}`, { code: 'malformed', id: 'parse.jwt' });
  });

  it.each<[string, (token: string) => string]>([
    [
      'H-054 a JWE',
      (token) => `${base64url({ alg: 'dir', enc: 'A256GCM' })}..${'A'.repeat(16)}.${token.split('.')[1]}.AAAA`,
    ],
    ['H-055 four parts', (token) => `${token}.AAAA`],
    ['H-055 two parts', (token) => token.split('.').slice(0, 2).join('.')],
    ['H-056 padding', (token) => `${token}==`],
    ['H-056 padding in the payload', (token) => token.replace('.', '=.')],
    ['H-056 line break at the end', (token) => `${token}\n`],
    ['H-056 the other alphabet', (token) => `${token.slice(0, -1)}+`],
    ['H-057 JSON serialization', (token) => JSON.stringify({ payload: token.split('.')[1], signatures: [{}, {}] })],
    [
      'H-057 flattened JSON',
      (token) =>
        JSON.stringify({
          payload: token.split('.')[1],
          protected: token.split('.')[0],
          signature: token.split('.')[2],
        }),
    ],
  ])('%s', timed, async (_name, change) => {
    await bench.refused(change(await under({})), { code: 'malformed', id: 'parse.jwt' });
  });

  it('H-056 two spellings of one signature in base64url', timed, async () => {
    const token = await under({});
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 64 bytes leave four bits of the last digit unused.
    const last = digits[digits.indexOf(token.at(-1)!) ^ 1];
    expect(Buffer.from(`${token.slice(0, -1)}${last}`.split('.')[2]!, 'base64url')).toEqual(
      Buffer.from(token.split('.')[2]!, 'base64url'),
    );
    await bench.refused(`${token.slice(0, -1)}${last}`, { code: 'malformed', id: 'parse.jwt' });
  });

  it.each([
    ['H-058 typ of a presentation', { typ: 'vp+jwt' }, 'typ'],
    ['H-058 typ of a presentation, spelled out', { typ: 'application/VP+JWT' }, 'typ'],
    ['H-058 typ of something else', { typ: 'at+jwt' }, 'typ'],
    ['H-058 typ that is null', { typ: null }, 'typ'],
    ['H-058 typ that is a list', { typ: ['vc+jwt'] }, 'typ'],
    ['H-058 typ that is no text', { typ: { a: 1 } }, 'typ'],
    ['H-058 cty of a presentation', { cty: 'vp' }, 'cty'],
    ['H-058 cty of a page', { cty: 'text/html' }, 'cty'],
    ['H-058 cty that is no text', { cty: { a: 1 } }, 'cty'],
  ])('%s', timed, async (_name, header, member) => {
    await bench.refused(await under(header), {
      code: 'malformed',
      id: expect.stringMatching(/^parse\.(kind|jwt)$/),
      where: `jwt:header/${member}`,
    });
  });

  it('H-058 a presentation sent as a credential, and the reverse', timed, async () => {
    const { key } = bench.provider;
    const presentation = {
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      type: ['VerifiablePresentation'],
      holder: key.did,
    };
    const kind = { code: 'malformed', id: 'parse.kind', where: 'jwt:payload/type' } as const;
    await bench.refused(jwt({}, presentation, key), kind);
    await bench.refused(await under({ typ: 'vp+jwt' }), kind, 'application/vp+jwt');
    const both = await bench.document({ type: ['VerifiableCredential', 'VerifiablePresentation'] });
    await bench.refused(jwt({}, both, key), kind);
  });

  it('H-058 a presentation in a presentation', timed, async () => {
    const { key } = bench.provider;
    const vp = (id: string) =>
      jwt(
        { typ: 'vp+jwt' },
        {
          '@context': ['https://www.w3.org/ns/credentials/v2'],
          type: ['VerifiablePresentation'],
          holder: key.did,
          verifiableCredential: [{ type: 'EnvelopedVerifiableCredential', id }],
        },
        key,
      );
    const inner = vp(`data:application/vc+jwt,${await under({})}`);
    const { status, body } = await bench.post(vp(`data:application/vp+jwt,${inner}`), 'application/vp+jwt');
    expect([status, body.code]).toEqual([400, 'malformed']);
  });
});

it('what every case above rests on: unchanged, such a JWT is listed, also from did:key', async () => {
  await bench.listed(await under({}));
  const key = generateDidKey('ES384');
  const { code, checks } = (await bench.post(jwt({}, await bench.document({ issuer: key.did }), key))).body;
  expect(checks.find((check: { id: string }) => check.id === 'verify.signature')).toMatchObject({ result: 'pass' });
  expect(code).toBe('issuer');
});
