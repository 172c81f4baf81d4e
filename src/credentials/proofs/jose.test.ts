import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DidHost, didHost } from '../../../test/support/did-host.ts';
import { claim, judge, refusal } from '../../../test/support/verifying.ts';
import type { JsonObject } from '../credential.ts';
import { ed25519Signer, generateKey } from '../issuing/identity.ts';
import { signJwt } from '../issuing/sign.ts';

let host: DidHost;
let other: DidHost;
beforeAll(async () => {
  [host, other] = await Promise.all([didHost(), didHost()]);
});
afterAll(async () => {
  await Promise.all([host, other].map((one) => one.close()));
});

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const withHeader = async (header: object) => {
  const [, payload, signature] = (await signJwt(claim(host.did), host.key)).split('.');
  return [encode({ alg: 'EdDSA', typ: 'vc+jwt', kid: host.key.id, ...header }), payload, signature].join('.');
};

describe('JOSE traps', () => {
  it.each([
    ['H-035 alg none', { alg: 'none' }, 'proof'],
    ['H-036 alg in other case', { alg: 'eddsa' }, 'proof'],
    ['H-037 missing alg', { alg: undefined }, 'proof'],
    ['H-038 HS256', { alg: 'HS256' }, 'proof'],
    ['H-039 another alg than the key', { alg: 'ES256' }, 'proof'],
    ['H-047 relative kid', { kid: '#key-1' }, 'proof'],
    ['H-049 kid with a path', { kid: 'did:web:localhost/../../x#key-1' }, 'proof'],
    ['H-050 kid that is not in the document', { kid: 'KEY#other' }, 'proof'],
    ['H-051 missing kid', { kid: undefined }, 'proof'],
    ['H-052 crit', { crit: ['exp'], exp: 1 }, 'proof'],
    ['H-053 b64', { b64: false }, 'proof'],
    ['H-058 typ of a presentation', { typ: 'vp+jwt' }, 'malformed'],
  ])('%s is refused', async (_name, header, code) => {
    const kid =
      typeof (header as JsonObject).kid === 'string'
        ? { kid: String((header as JsonObject).kid).replace('KEY', host.did) }
        : {};
    expect(await refusal(await withHeader({ ...header, ...kid }))).toMatchObject({ code });
  });

  it('a key in the header never decides (H-043, H-044, H-045, H-046)', async () => {
    const mine = generateKey('EdDSA', host.did);
    const jwt = await signJwt(claim(host.did), mine);
    const [, payload] = jwt.split('.');
    const header = encode({
      alg: 'EdDSA',
      typ: 'vc+jwt',
      kid: host.key.id,
      jwk: mine.publicJwk,
      jku: `${other.url}/jwks`,
      x5u: `${other.url}/chain.pem`,
      x5c: ['AAAA'],
    });
    const signature = Buffer.from(ed25519Signer(mine)(Buffer.from(`${header}.${payload}`))).toString('base64url');
    expect(await refusal([header, payload, signature].join('.'))).toMatchObject({
      code: 'proof',
      last: { id: 'verify.signature' },
    });
    expect(other.seen).not.toContain('/jwks');
    expect(other.seen).not.toContain('/chain.pem');
  });

  it('refuses a key of another DID, and one that is not for assertions (H-048, H-050)', async () => {
    expect(await refusal(await signJwt(claim(host.did), other.key))).toMatchObject({ code: 'issuer' });
    const apart = await didHost();
    apart.files.set('/.well-known/did.json', {
      body: JSON.stringify({
        id: apart.did,
        verificationMethod: [
          { id: apart.key.id, type: 'JsonWebKey', controller: apart.did, publicKeyJwk: apart.key.publicJwk },
        ],
        authentication: [apart.key.id],
      }),
    });
    expect(await refusal(await signJwt(claim(apart.did), apart.key))).toMatchObject({
      code: 'proof',
      last: { id: 'verify.key' },
    });
    await apart.close();
  });

  it('names a signature that was cut off, and an algorithm that is not taken', async () => {
    const jwt = await signJwt(claim(host.did), host.key);
    const empty = jwt.slice(0, jwt.lastIndexOf('.') + 1);
    const why = async (text: string) => (await refusal(text)).last?.why;
    expect(await why(empty)).toBe('The signature has 0 bytes, EdDSA needs 64: it was cut off');
    expect(await why(jwt.slice(0, -45))).toBe(
      'The signature, of 41 characters, is not canonical base64url: it was cut off or changed',
    );
    expect(await why(jwt.slice(0, -46))).toBe('The signature has 30 bytes, EdDSA needs 64: it was cut off');
    expect((await refusal(await withHeader({ alg: 'HS256' }))).last).toMatchObject({
      why: 'The header\'s alg "HS256" is not taken here',
      mend: expect.stringMatching(/^Have it issued with one of EdDSA, /),
    });
  });

  it('refuses other forms of a JWT (H-054 to H-057)', async () => {
    const jwt = await signJwt(claim(host.did), host.key);
    for (const text of [
      `${jwt}.AAAA.BBBB`,
      `${jwt}.AAAA`,
      `${jwt}=`,
      `${jwt}\n`,
      ` ${jwt}`,
      JSON.stringify({ payload: jwt.split('.')[1], signatures: [] }),
    ]) {
      expect(await refusal(text)).toMatchObject({ code: 'malformed' });
    }
  });

  it('refuses VC 1.1 in a vc claim, and contradictions between JWT and credential (H-059, H-060)', async () => {
    expect(await refusal(await signJwt({ vc: claim(host.did), iss: host.did }, host.key))).toMatchObject({
      code: 'malformed',
    });
    expect(await refusal(await signJwt({ ...claim(host.did), iss: other.did }, host.key))).toMatchObject({
      code: 'issuer',
    });
    expect(await refusal(await signJwt({ ...claim(host.did), jti: 'urn:uuid:other' }, host.key))).toMatchObject({
      code: 'malformed',
    });
  });

  it('reads times strictly (H-061)', async () => {
    for (const change of [
      { exp: '1800000000' },
      { nbf: -1 },
      { exp: 9e18 },
      { validFrom: '2026-11-01' },
      { validFrom: 'soon' },
      { validUntil: '2026-10-01T00:00:00Z' },
    ]) {
      expect(await refusal(await signJwt(claim(host.did, change), host.key))).toMatchObject({ code: 'malformed' });
    }
    for (const change of [
      { nbf: 1_900_000_000 },
      { exp: 1_700_000_000, validFrom: '2020-01-01T00:00:00Z' },
      { validFrom: '2026-11-21T12:06:00Z' },
      { validUntil: '2026-11-21T11:59:59Z' },
    ]) {
      expect(await refusal(await signJwt(claim(host.did, change), host.key))).toMatchObject({ code: 'expired' });
    }
  });

  it('refuses public keys of small order and points that are not on their curve (H-062, H-066)', async () => {
    for (const publicKeyJwk of [
      { kty: 'OKP', crv: 'Ed25519', x: Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]).toString('base64url') },
      { kty: 'EC', crv: 'P-256', x: 'AQ', y: 'AQ' },
    ]) {
      const apart = await didHost();
      apart.files.set('/.well-known/did.json', {
        body: JSON.stringify({
          id: apart.did,
          verificationMethod: [{ id: apart.key.id, type: 'JsonWebKey', controller: apart.did, publicKeyJwk }],
          assertionMethod: [apart.key.id],
        }),
      });
      expect(await refusal(await signJwt(claim(apart.did), apart.key))).toMatchObject({ code: 'proof' });
      await apart.close();
    }
  });

  it('refuses every single changed character of a JWT', async () => {
    const jwt = await signJwt(claim(host.did), host.key);
    for (let at = 0; at < jwt.length; at += 7) {
      const changed = `${jwt.slice(0, at)}${jwt[at] === 'A' ? 'B' : 'A'}${jwt.slice(at + 1)}`;
      expect((await judge(changed)).verified, `character ${at}`).toBeUndefined();
    }
  });

  describe('signatures in other encodings (H-040 to H-042, H-063)', () => {
    const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const bytesOf = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
    const der = (signature: Buffer) => {
      const integer = (part: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), part]);
      const body = Buffer.concat([integer(signature.subarray(0, 32)), integer(signature.subarray(32))]);
      return Buffer.concat([Buffer.from([0x30, body.length]), body]);
    };

    it('refuses DER, and r or s of 0 or n; takes the twin of a good signature as the same statement', async () => {
      const p256 = await didHost('ES256');
      const jwt = await signJwt(claim(p256.did), p256.key);
      const [header, payload, signature] = jwt.split('.') as [string, string, string];
      const raw = Buffer.from(signature, 'base64url');
      const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
      const twin = Buffer.concat([r, bytesOf(N - BigInt(`0x${s.toString('hex')}`))]);
      const zero = Buffer.alloc(32);
      const edge = bytesOf(N);
      for (const bad of [der(raw), ...[zero, edge].flatMap((x) => [Buffer.concat([x, s]), Buffer.concat([r, x])])])
        expect(await refusal(`${header}.${payload}.${bad.toString('base64url')}`)).toMatchObject({ code: 'proof' });
      const first = (await judge(jwt)).verified!;
      const second = (await judge(`${header}.${payload}.${twin.toString('base64url')}`)).verified!;
      expect(second.digest).not.toBe(first.digest);
      expect(second.statement).toBe(first.statement);
      await p256.close();
    });

    it('refuses an Ed25519 signature whose S is not below the order', async () => {
      const L = 2n ** 252n + 27742317777372353535851937790883648493n;
      const [header, payload, signature] = (await signJwt(claim(host.did), host.key)).split('.') as [
        string,
        string,
        string,
      ];
      const raw = Buffer.from(signature, 'base64url');
      const s = BigInt(`0x${Buffer.from(raw.subarray(32)).reverse().toString('hex')}`);
      const above = Buffer.from((s + L).toString(16).padStart(64, '0'), 'hex').reverse();
      const other = Buffer.concat([raw.subarray(0, 32), above]).toString('base64url');
      expect(await refusal(`${header}.${payload}.${other}`)).toMatchObject({ code: 'proof' });
    });

    it('has no use for RSA keys of any size, and wastes no time on them (H-064, H-065)', async () => {
      for (const length of [64, 8_192]) {
        const apart = await didHost();
        const publicKeyJwk = { kty: 'RSA', n: Buffer.alloc(length, 0xab).toString('base64url'), e: 'AQ' };
        const method = { id: apart.key.id, type: 'JsonWebKey', controller: apart.did, publicKeyJwk };
        apart.files.set('/.well-known/did.json', {
          body: JSON.stringify({ id: apart.did, verificationMethod: [method], assertionMethod: [apart.key.id] }),
        });
        const started = performance.now();
        expect(await refusal(await signJwt(claim(apart.did), apart.key))).toMatchObject({ code: 'proof' });
        expect(performance.now() - started).toBeLessThan(1_000);
        await apart.close();
      }
    });
  });
});
