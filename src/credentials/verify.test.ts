import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DidHost, didHost } from '../../test/support/did-host.ts';
import { Checks } from './check.ts';
import { loadContexts } from './contexts.ts';
import type { JsonObject, VerifiedCredential } from './credential.ts';
import { createDidResolver } from './did.ts';
import { createHttp } from './http.ts';
import { generateDidKey, generateKey } from './keys.ts';
import { MEDIA_TYPES, parse } from './parse.ts';
import { signDataIntegrity, signJwt, signPresentation } from './sign.ts';
import { createVerifier, type Verifier } from './verify.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const clock = () => NOW;
const contexts = loadContexts(resolve(import.meta.dirname, '../../shapes/contexts'));
const http = createHttp({ allowPrivateNetwork: true, userAgent: 'test' });
let host: DidHost;
let other: DidHost;
let p256: DidHost;
let verifier: Verifier;

beforeAll(async () => {
  [host, other, p256] = await Promise.all([didHost(), didHost(), didHost('ES256')]);
  verifier = createVerifier({ contexts, http, clock, resolveDid: createDidResolver({ http, clock, allowPrivateNetwork: true }) });
});
afterAll(async () => {
  await Promise.all([host, other, p256].map((one) => one.close()));
  await http.close();
});

const claim = (issuer: string, change: JsonObject = {}): JsonObject => ({
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/2511#'],
  id: 'urn:uuid:7c1f3c0e-6c9e-4c6e-9a63-7b0b4a3f9f01',
  type: ['VerifiableCredential', 'gx:LegalPerson'],
  issuer,
  validFrom: '2026-11-01T00:00:00Z',
  validUntil: '2027-01-01T00:00:00Z',
  credentialSubject: { id: issuer, type: 'gx:LegalPerson', name: 'Fjordsky AS', 'gx:legalAddress': { type: 'gx:Address', 'gx:countryCode': 'NO' } },
  ...change,
});

async function judge(body: string, mediaType = 'application/vc+jwt'): Promise<{ verified: VerifiedCredential | undefined; checks: Checks }> {
  const checks = new Checks();
  const parsed = parse({ bytes: Buffer.from(body), mediaType, source: { kind: 'provider' } }, { objectBytes: 262_144 }, checks);
  const verified = parsed?.kind === 'credential' ? await verifier.credential(parsed.credential, checks) : undefined;
  return { verified, checks };
}
const refusal = async (body: string, mediaType?: string) => {
  const { verified, checks } = await judge(body, mediaType);
  expect(verified).toBeUndefined();
  return { ...checks.failure, last: checks.list.at(-1) };
};
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const withHeader = async (header: object) => {
  const [, payload, signature] = (await signJwt(claim(host.did), host.key)).split('.');
  return [encode({ alg: 'EdDSA', typ: 'vc+jwt', kid: host.key.id, ...header }), payload, signature].join('.');
};

describe('what verifies', () => {
  it('takes vc+jwt with EdDSA and ES256, and eddsa-rdfc-2022, from did:web', async () => {
    const { verified } = await judge(await signJwt(claim(host.did), host.key));
    expect(verified).toMatchObject({ issuer: host.did, keyId: host.key.id, format: 'vc+jwt', types: ['gx:LegalPerson'] });
    expect(verified?.subjects[0]).toEqual({ '@id': host.did, '@type': ['gx:LegalPerson'], 'schema:name': ['Fjordsky AS'], 'gx:legalAddress': [{ '@type': ['gx:Address'], 'gx:countryCode': ['NO'] }] });
    expect((await judge(await signJwt(claim(p256.did), p256.key))).verified).toBeDefined();
    const signed = await signDataIntegrity(claim(host.did), host.key, contexts, NOW);
    expect((await judge(JSON.stringify(signed), 'application/vc')).verified).toMatchObject({ format: 'data-integrity', issuedAt: NOW });
  });

  it('takes did:key issuers, Ed25519 and P-256', async () => {
    for (const alg of ['EdDSA', 'ES256'] as const) {
      const key = generateDidKey(alg);
      expect((await judge(await signJwt(claim(key.did), key))).verified).toBeDefined();
    }
  });

  it('gives one tree for the two spellings of Gaia-X 25.11, and for full IRIs', async () => {
    const spelled = { ...claim(host.did), '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/development#'] };
    const full = {
      ...claim(host.did),
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      type: ['VerifiableCredential', 'https://w3id.org/gaia-x/2511#LegalPerson'],
      credentialSubject: { id: host.did, type: 'https://w3id.org/gaia-x/2511#LegalPerson', name: 'Fjordsky AS', 'https://w3id.org/gaia-x/2511#legalAddress': { type: 'https://w3id.org/gaia-x/2511#Address', 'https://w3id.org/gaia-x/2511#countryCode': 'NO' } },
    };
    const trees = await Promise.all([claim(host.did), spelled, full].map(async (one) => (await judge(await signJwt(one, host.key))).verified?.subjects));
    expect(trees[0]).toBeDefined();
    expect(trees[1]).toEqual(trees[0]);
    expect(trees[2]).toEqual(trees[0]);
  });

  it('never shortens a foreign namespace or an undefined prefix to gx: (H-090)', async () => {
    const bare = { ...claim(host.did), '@context': ['https://www.w3.org/ns/credentials/v2'] };
    const { verified } = await judge(await signJwt(bare, host.key));
    expect(verified?.types).toEqual(['<gx:LegalPerson>']);
    expect(Object.keys(verified!.subjects[0]!)).not.toContain('gx:legalAddress');
  });
});

describe('real credentials of a Gaia-X test suite', () => {
  const folder = resolve(import.meta.dirname, '../../../shared/data/xfsc');
  it.each(readdirSync(join(folder, 'jwt/valid')))('%s verifies under its did.json', async (file) => {
    const document = readFileSync(join(folder, 'did/did.json'), 'utf8');
    const known = createVerifier({ contexts, http, clock, resolveDid: async () => ({ ok: true, value: JSON.parse(document) }) });
    const checks = new Checks();
    const mediaType = file.includes('vp') ? 'application/vp+jwt' : 'application/vc+jwt';
    const parsed = parse({ bytes: readFileSync(join(folder, 'jwt/valid', file)), mediaType, source: { kind: 'provider' } }, { objectBytes: 262_144 }, checks);
    const good = parsed?.kind === 'presentation' ? await known.presentation(parsed, checks) : await known.credential(parsed!.credential, checks);
    expect(checks.failure).toBeUndefined();
    expect(good).toBeTruthy();
  });
});

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
    const kid = typeof (header as JsonObject)['kid'] === 'string' ? { kid: String((header as JsonObject)['kid']).replace('KEY', host.did) } : {};
    expect(await refusal(await withHeader({ ...header, ...kid }))).toMatchObject({ code });
  });

  it('a key in the header never decides (H-043 to H-046)', async () => {
    const mine = generateKey('EdDSA', host.did);
    const jwt = await signJwt(claim(host.did), mine);
    const [, payload] = jwt.split('.');
    const header = encode({ alg: 'EdDSA', typ: 'vc+jwt', kid: host.key.id, jwk: mine.publicJwk, jku: `${other.url}/jwks`, x5u: `${other.url}/chain.pem`, x5c: ['AAAA'] });
    const { ed25519Signer } = await import('./keys.ts');
    const signature = Buffer.from(ed25519Signer(mine)(Buffer.from(`${header}.${payload}`))).toString('base64url');
    expect(await refusal([header, payload, signature].join('.'))).toMatchObject({ code: 'proof', last: { id: 'verify.signature' } });
    expect(other.seen).not.toContain('/jwks');
    expect(other.seen).not.toContain('/chain.pem');
  });

  it('refuses a key of another DID, and one that is not for assertions (H-048, H-050)', async () => {
    expect(await refusal(await signJwt(claim(host.did), other.key))).toMatchObject({ code: 'issuer' });
    const apart = await didHost();
    apart.files.set('/.well-known/did.json', { body: JSON.stringify({ id: apart.did, verificationMethod: [{ id: apart.key.id, type: 'JsonWebKey', controller: apart.did, publicKeyJwk: apart.key.publicJwk }], authentication: [apart.key.id] }) });
    expect(await refusal(await signJwt(claim(apart.did), apart.key))).toMatchObject({ code: 'proof', last: { id: 'verify.key' } });
    await apart.close();
  });

  it('refuses other forms of a JWT (H-054 to H-057)', async () => {
    const jwt = await signJwt(claim(host.did), host.key);
    for (const text of [`${jwt}.AAAA.BBBB`, `${jwt}.AAAA`, `${jwt}=`, `${jwt}\n`, ` ${jwt}`, JSON.stringify({ payload: jwt.split('.')[1], signatures: [] })]) {
      expect(await refusal(text)).toMatchObject({ code: 'malformed' });
    }
  });

  it('refuses VC 1.1 in a vc claim, and contradictions between JWT and credential (H-059, H-060)', async () => {
    expect(await refusal(await signJwt({ vc: claim(host.did), iss: host.did }, host.key))).toMatchObject({ code: 'malformed' });
    expect(await refusal(await signJwt({ ...claim(host.did), iss: other.did }, host.key))).toMatchObject({ code: 'issuer' });
    expect(await refusal(await signJwt({ ...claim(host.did), jti: 'urn:uuid:other' }, host.key))).toMatchObject({ code: 'malformed' });
  });

  it('reads times strictly (H-061)', async () => {
    for (const change of [{ exp: '1800000000' }, { nbf: -1 }, { exp: 9223372036854775807 }, { validFrom: '2026-11-01' }, { validFrom: 'soon' }, { validUntil: '2026-10-01T00:00:00Z' }]) {
      expect(await refusal(await signJwt(claim(host.did, change), host.key))).toMatchObject({ code: 'malformed' });
    }
    for (const change of [{ nbf: 1_900_000_000 }, { exp: 1_700_000_000, validFrom: '2020-01-01T00:00:00Z' }, { validFrom: '2026-11-21T12:06:00Z' }, { validUntil: '2026-11-21T11:59:59Z' }]) {
      expect(await refusal(await signJwt(claim(host.did, change), host.key))).toMatchObject({ code: 'expired' });
    }
  });

  it('refuses public keys of small order and points that are not on their curve (H-062, H-066)', async () => {
    for (const publicKeyJwk of [{ kty: 'OKP', crv: 'Ed25519', x: Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]).toString('base64url') }, { kty: 'EC', crv: 'P-256', x: 'AQ', y: 'AQ' }]) {
      const apart = await didHost();
      apart.files.set('/.well-known/did.json', { body: JSON.stringify({ id: apart.did, verificationMethod: [{ id: apart.key.id, type: 'JsonWebKey', controller: apart.did, publicKeyJwk }], assertionMethod: [apart.key.id] }) });
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
});

describe('Data Integrity and JSON-LD traps', () => {
  const signed = (change: JsonObject = {}) => signDataIntegrity(claim(host.did, change), host.key, contexts, NOW);
  const post = (document: object) => refusal(JSON.stringify(document), 'application/vc');

  it('refuses missing, empty, many and altered proofs (H-067 to H-082)', async () => {
    const good = await signed();
    const proof = good['proof'] as JsonObject;
    const { proof: _gone, ...unsigned } = good;
    for (const document of [
      unsigned,
      { ...good, proof: [] },
      { ...good, proof: [proof, proof] },
      { ...good, proof: { ...proof, proofPurpose: 'authentication' } },
      { ...good, proof: { ...proof, cryptosuite: 'ecdsa-rdfc-2019' } },
      { ...good, proof: { ...proof, verificationMethod: `${host.did}#other` } },
      { ...good, proof: { ...proof, previousProof: 'urn:uuid:none' } },
      { ...good, proof: { ...proof, proofValue: `u${Buffer.alloc(64, 1).toString('base64url')}` } },
      { ...good, proof: { ...proof, proofValue: String(proof['proofValue']).slice(0, -4) } },
      { ...good, proof: { ...proof, created: '2026-11-20T00:00:00Z' } },
      { ...good, validUntil: '2027-02-01T00:00:00Z' },
    ]) {
      expect(await post(document)).toMatchObject({ code: 'proof' });
    }
    expect(await post({ ...good, proof: { ...proof, verificationMethod: other.key.id } })).toMatchObject({ code: 'issuer' });
  });

  it('refuses contexts that are not held, without a request, and inline ones (H-083, H-087)', async () => {
    for (const context of [`${other.url}/context.jsonld`, 'file:///etc/passwd', 'data:application/ld+json,{}', { gx: 'https://evil.example/' }, [['https://www.w3.org/ns/credentials/v2']]]) {
      const document = claim(host.did, { '@context': ['https://www.w3.org/ns/credentials/v2', context] });
      const jwt = await signJwt(document, host.key);
      if (!Array.isArray(context)) expect(await refusal(jwt)).toMatchObject({ code: 'terms', last: { id: 'verify.context' } });
    }
    expect(other.seen).not.toContain('/context.jsonld');
  });

  it('names a term that nobody defined (H-086), and keywords that hide claims (H-096, H-097)', async () => {
    const subject = claim(host.did)['credentialSubject'] as JsonObject;
    const jwt = await signJwt({ ...claim(host.did), '@context': ['https://www.w3.org/ns/credentials/v2'], credentialSubject: { ...subject, colour: 'teal' } }, host.key);
    expect(await refusal(jwt)).toMatchObject({ code: 'terms', last: { found: 'colour' } });
    for (const keyword of ['@nest', '@reverse', '@included', '@graph']) {
      expect(await refusal(await signJwt(claim(host.did, { credentialSubject: { ...subject, [keyword]: { name: 'x' } } }), host.key))).toMatchObject({ code: 'terms', last: { found: keyword } });
    }
  });

  it('bounds what a poisoned graph can cost (H-093, H-094)', async () => {
    const blank = Array.from({ length: 20 }, (_, at) => ({ id: `_:b${at}`, 'gx:dependsOn': Array.from({ length: 20 }, (_, to) => ({ id: `_:b${(at + to + 1) % 20}` })) }));
    const started = Date.now();
    const good = await signed();
    await post({ ...good, credentialSubject: { id: host.did, type: 'gx:LegalPerson', 'gx:dependsOn': blank } });
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  it('wants subjects, an issuer and VC 2.0 (H-104)', async () => {
    for (const change of [{ credentialSubject: [] }, { credentialSubject: {} }, { credentialSubject: undefined }, { issuer: undefined }, { issuer: 'https://provider.example' }, { '@context': ['https://www.w3.org/2018/credentials/v1'] }]) {
      expect(await refusal(await signJwt(claim(host.did, change), host.key))).toMatchObject({ code: 'malformed' });
    }
  });
});

describe('status', () => {
  const listCredential = (bits: Uint8Array, statusPurpose = 'revocation') => ({
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    id: `${host.url}/status/1`,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer: host.did,
    validFrom: '2026-11-01T00:00:00Z',
    credentialSubject: { id: `${host.url}/status/1#list`, type: 'BitstringStatusList', statusPurpose, encodedList: `u${gzipSync(bits).toString('base64url')}` },
  });
  const entry = (index: number, path: string, statusPurpose = 'revocation') => ({ credentialStatus: { id: `${host.url}${path}#${index}`, type: 'BitstringStatusListEntry', statusPurpose, statusListIndex: String(index), statusListCredential: `${host.url}${path}` } });
  const publish = async (path: string, body: string, type = 'application/vc+jwt') => host.files.set(path, { type, body });
  const bits = Buffer.alloc(16_384);
  bits[1] = 0b0100_0000;

  it('tells good from revoked', async () => {
    await publish('/status/1', await signJwt(listCredential(bits), host.key));
    expect((await judge(await signJwt(claim(host.did, entry(8, '/status/1')), host.key))).verified).toBeDefined();
    expect(await refusal(await signJwt(claim(host.did, entry(9, '/status/1')), host.key))).toMatchObject({ code: 'revoked' });
  });

  it.each<[string, string, () => Promise<string>, object]>([
    ['H-137 a list that is not there', '/status/none', async () => '', { code: 'status', last: { result: 'unknown' } }],
    ['H-138 a list of another issuer', '/status/2', () => signJwt({ ...listCredential(bits), issuer: other.did }, other.key), { code: 'status' }],
    ['H-140 a list that inflates without end', '/status/4', () => signJwt(listCredential(Buffer.alloc(400_000_000)), host.key), { code: 'status' }],
    ['H-141 a list for another purpose', '/status/5', () => signJwt(listCredential(bits, 'suspension'), host.key), { code: 'status' }],
    ['H-142 an expired list', '/status/6', () => signJwt({ ...listCredential(bits), validUntil: '2026-11-02T00:00:00Z' }, host.key), { code: 'status' }],
  ])('%s is never silently fine', async (_name, path, body, expected) => {
    const text = await body();
    if (text) await publish(path, text);
    expect(await refusal(await signJwt(claim(host.did, entry(8, path)), host.key))).toMatchObject(expected);
  });

  it('refuses an index beyond the list (H-139)', async () => {
    await publish('/status/1', await signJwt(listCredential(bits), host.key));
    expect(await refusal(await signJwt(claim(host.did, entry(131_072, '/status/1')), host.key))).toMatchObject({ code: 'status' });
  });
});

describe('presentations', () => {
  it('holds its credentials as they were signed', async () => {
    const jwt = await signJwt(claim(host.did), host.key);
    const presentation = await signPresentation([jwt], host.key);
    const checks = new Checks();
    const parsed = parse({ bytes: Buffer.from(presentation), mediaType: 'application/vp+jwt', source: { kind: 'provider' } }, { objectBytes: 262_144 }, checks);
    expect(parsed).toMatchObject({ kind: 'presentation', holder: host.did });
    expect(parsed?.kind === 'presentation' && (await verifier.presentation(parsed, checks))).toBe(true);
    expect(parsed?.kind === 'presentation' && Buffer.from(parsed.parts[0]!.bytes).toString()).toBe(jwt);
  });

  it('says which media types it takes (H-026)', async () => {
    const { checks } = await judge('{}', 'text/html');
    expect(checks.failure?.code).toBe('unsupported');
    for (const type of MEDIA_TYPES) expect(checks.list[0]?.allowed).toContain(type);
  });
});
