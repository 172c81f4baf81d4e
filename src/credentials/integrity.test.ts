import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DidHost, didHost } from '../../test/support/did-host.ts';
import { NOW } from '../../test/support/verifying.ts';
import { Checks } from './check.ts';
import type { JsonObject } from './credential.ts';
import { digestOf } from './digest.ts';
import { createHttp } from './http.ts';
import { type Allowance, createAllowance, createRelatedCheck, formsOf, linkedIn, type Within } from './integrity.ts';

const V2 = 'https://www.w3.org/ns/credentials/v2';
const V2_SRI = 'sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU';
const V2_MULTIBASE = 'uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ';
const http = createHttp({ allowPrivateNetwork: true, userAgent: 'test' });
const guarded = createHttp({ allowPrivateNetwork: false, userAgent: 'test' });
const own = Buffer.from('{"@context":{}}');
const sri = (of: string | Uint8Array, name = 'sha384') => `${name}-${createHash(name).update(of).digest('base64')}`;
const hex = (of: string | Uint8Array) => `sha256-${createHash('sha256').update(of).digest('hex')}`;

let host: DidHost;
let now: Date;
let check: ReturnType<typeof createRelatedCheck>;
beforeAll(async () => {
  host = await didHost();
});
beforeEach(() => {
  now = NOW;
  host.files.clear();
  host.seen.length = 0;
  check = createRelatedCheck({ http, clock: () => now });
});
afterAll(() => Promise.all([host.close(), http.close(), guarded.close()]));

const put = (path: string, body: string, type = 'application/json', more = {}) => {
  host.files.set(path, { body, type, ...more });
  return `${host.url}${path}`;
};
const run = async (
  document: JsonObject,
  options: { budgetMs?: number; within?: Within; allowance?: Allowance } = {},
) => {
  const checks = new Checks();
  await check(document, checks, { budgetMs: 1_500, ...options });
  expect(checks.list.every(({ id }) => id === 'verify.related')).toBe(true);
  return checks;
};
const results = (checks: Checks) => checks.list.map(({ result, where }) => (where ? `${result} ${where}` : result));
const related = (...relatedResource: unknown[]) => ({ type: ['VerifiableCredential'], relatedResource });

describe('relatedResource', () => {
  it.each<[string, unknown]>([
    ['by digestSRI', { id: V2, digestSRI: V2_SRI }],
    ['by digestMultibase', { id: V2, digestMultibase: V2_MULTIBASE }],
    ['by both, in a list', [{ id: V2, digestSRI: V2_SRI, digestMultibase: V2_MULTIBASE }]],
    ['with a media type', [{ id: V2, mediaType: 'application/ld+json', digestSRI: V2_SRI }]],
  ])('that names a context of W3C %s is compared without a request', async (_, relatedResource) => {
    expect(results(await run({ relatedResource }))).toEqual(['pass']);
    expect(host.seen).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['a text', V2, '/relatedResource'],
    ['a list of texts', [V2], '/relatedResource/0'],
    ['an empty list', [], '/relatedResource'],
    ['null', null, '/relatedResource'],
    ['an object without id', [{ digestMultibase: V2_MULTIBASE }], '/relatedResource/0'],
    ['an id that is no URL', [{ id: 'context', digestSRI: V2_SRI }], '/relatedResource/0'],
    ['an id that is no text', [{ id: [V2], digestSRI: V2_SRI }], '/relatedResource/0'],
    ['no digest', [{ id: V2 }], '/relatedResource/0'],
    ['only a digest of Gaia-X', [{ id: V2, 'gx:digestSRI': V2_SRI }], '/relatedResource/0'],
    [
      'one id twice',
      [
        { id: V2, digestSRI: V2_SRI },
        { id: V2, digestMultibase: V2_MULTIBASE },
      ],
      '/relatedResource/1/id',
    ],
    ['a digest that is none', [{ id: V2, digestSRI: 'sha384-abc' }], '/relatedResource/0/digestSRI'],
    ['too many', Array.from({ length: 101 }, (_, n) => ({ id: `urn:x:${n}`, digestSRI: V2_SRI })), ''],
  ])('may not be %s', async (_, relatedResource, where) => {
    const checks = await run({ relatedResource });
    expect(checks.failure).toMatchObject({ code: 'malformed' });
    expect(checks.list[0]).toMatchObject(where ? { result: 'fail', where } : { result: 'fail' });
    expect(host.seen).toEqual([]);
  });

  it('with another digest is refused, naming both', async () => {
    const wrong = [
      { id: V2, digestMultibase: 'uM4RgWQc3RUDtjJCSgTJtTfvpZ7SPEg_LNO0ESlovQC0' },
      { id: V2, digestSRI: 'sha384-_rCVIV7fSXXTNIvpiq26jRDyj8JG8TDjij-tD0ewLk4JpnXEz6a5AeeY_1qQ0d0P' },
      { id: V2, digestSRI: V2_SRI, digestMultibase: digestOf(own) },
    ];
    for (const one of wrong) {
      const checks = await run(related(one));
      expect(checks.failure).toMatchObject({ code: 'proof' });
      expect(checks.list).toMatchObject([
        {
          result: 'fail',
          where: '/relatedResource/0',
          found: expect.stringMatching(/^sha(256|384)-/),
          allowed: expect.stringContaining(one.digestMultibase ?? one.digestSRI),
        },
      ]);
    }
  });

  it('is fetched, each once, and compared byte for byte', async () => {
    const id = put('/terms.pdf', '%PDF-1.7 terms', 'application/pdf');
    const good = related({ id, digestSRI: sri('%PDF-1.7 terms'), mediaType: 'application/pdf' });
    expect(results(await run(good))).toEqual(['pass']);
    expect(results(await run(good))).toEqual(['pass']);
    expect(host.seen).toEqual(['/terms.pdf']);
    put('/terms.pdf', '%PDF-1.7 Terms', 'application/pdf');
    now = new Date(NOW.getTime() + 300_001);
    expect(results(await run(good))).toEqual(['fail /relatedResource/0']);
    const spaced = put('/x.json', '{ "a": 1 }');
    expect(results(await run(related({ id: spaced, digestSRI: sri('{"a":1}') })))).toEqual(['fail /relatedResource/0']);
  });

  it('served as another media type than the issuer said is refused', async () => {
    const id = put('/terms.pdf', 'login', 'text/html; charset=utf-8');
    const { list } = await run(related({ id, digestSRI: sri('login'), mediaType: 'application/pdf' }));
    expect(list).toMatchObject([{ result: 'fail', found: 'text/html' }]);
  });

  it('that cannot be had is unknown since then, and refuses nothing', async () => {
    const id = put('/away', '', 'text/plain', { status: 503 });
    const document = related({ id, digestSRI: sri('x') });
    const first = await run(document);
    expect(first.failure).toBeUndefined();
    expect(first.list).toMatchObject([
      { result: 'unknown', why: expect.stringContaining(`503; since ${NOW.toISOString()}`) },
    ]);
    now = new Date(NOW.getTime() + 60_000);
    expect((await run(document)).list[0]!.why).toContain(`since ${NOW.toISOString()}`);
    expect(host.seen).toHaveLength(2);
    put('/away', 'x', 'text/plain');
    now = new Date(NOW.getTime() + 120_000);
    expect(results(await run(document))).toEqual(['pass']);
  });

  it('that is late does not hold up the answer, and is known the next time', async () => {
    const id = put('/slow', 'x', 'text/plain', { delayMs: 400 });
    const document = related({ id, digestSRI: sri('x') });
    const started = performance.now();
    expect(results(await run(document, { budgetMs: 100 }))).toEqual(['unknown /relatedResource/0']);
    expect(performance.now() - started).toBeLessThan(1_900);
    await new Promise((resolve) => setTimeout(resolve, 450));
    expect(results(await run(document))).toEqual(['pass']);
    expect(host.seen).toEqual(['/slow']);
  });

  it('larger than 1 MB, or by an id that leads nowhere, is unknown', async () => {
    const id = put('/large', 'x'.repeat(1_000_001), 'text/plain');
    const checks = await run(related({ id, digestSRI: sri('x') }, { id: 'urn:x:y', digestSRI: sri('x') }));
    expect(results(checks)).toEqual(['unknown /relatedResource/0', 'unknown /relatedResource/1']);
  });

  it('is fetched for no more than ten of them', async () => {
    const list = Array.from({ length: 14 }, (_, n) => ({ id: put(`/${n}`, 'x', 'text/plain'), digestSRI: sri('x') }));
    const checks = await run(related(...list));
    expect(host.seen).toHaveLength(10);
    expect(results(checks)).toEqual([10, 11, 12, 13].map((n) => `unknown /relatedResource/${n}`).concat('pass'));
  });

  it('counts for all parts of one submission together: ten, each once', async () => {
    const allowance = createAllowance();
    const list = Array.from({ length: 14 }, (_, n) => ({ id: put(`/${n}`, 'x', 'text/plain'), digestSRI: sri('x') }));
    expect(results(await run(related(...list.slice(0, 8)), { allowance }))).toEqual(['pass']);
    const [second, third] = await Promise.all([
      run(related(...list.slice(4, 11)), { allowance }),
      run(related(list[0], list[13]), { allowance }),
    ]);
    expect(results(second)).toEqual(['unknown /relatedResource/6', 'pass']);
    expect(results(third)).toEqual(['unknown /relatedResource/1', 'pass']);
    expect(host.seen).toHaveLength(10);
    expect(results(await run(related(list[13])))).toEqual(['pass']);
  });

  it('is fetched up to 5 MB for one submission', async () => {
    const body = 'x'.repeat(900_000);
    const list = Array.from({ length: 8 }, (_, n) => ({ id: put(`/${n}`, body, 'text/plain'), digestSRI: sri(body) }));
    const checks = await run(related(...list));
    expect(host.seen).toHaveLength(5);
    expect(results(checks)).toEqual([5, 6, 7].map((n) => `unknown /relatedResource/${n}`).concat('pass'));
    expect(checks.list[0]!.why).toContain('10 resources and 5 MB');
  });

  it('that is larger counts with what was read of it', async () => {
    const body = 'x'.repeat(1_000_001);
    const list = Array.from({ length: 8 }, (_, n) => ({ id: put(`/${n}`, body, 'text/plain'), digestSRI: sri(body) }));
    await run(related(...list));
    expect(host.seen).toHaveLength(5);
  });

  it('that many name is hashed once', async () => {
    const id = put('/large', 'x'.repeat(900_000), 'text/plain');
    const subject = Array.from({ length: 100 }, () => ({ id, digestSRI: sri('y', 'sha512') }));
    await run({ credentialSubject: subject });
    const started = performance.now();
    await run({ credentialSubject: subject });
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  it('by an id that every object of the language has is unknown', async () => {
    const checks = await run({ evidence: { id: 'constructor', digestSRI: sri('x') } });
    expect(results(checks)).toEqual(['unknown /evidence']);
  });

  it('may redirect, since the digest proves it', async () => {
    put('/new', 'x', 'text/plain');
    const id = put('/old', '', 'text/plain', { status: 302, headers: { location: '/new' } });
    expect(results(await run(related({ id, digestSRI: sri('x') })))).toEqual(['pass']);
  });
});

describe('evidence', () => {
  const evidence = (one: JsonObject) => ({ credentialSubject: { id: 'did:web:a.test', certificate: [one] } });

  it('whose digest differs is refused (H-148)', async () => {
    const id = put('/iso.pdf', 'ISO 27001, scope: all', 'application/pdf');
    expect(results(await run(evidence({ id, digestSRI: sri('ISO 27001, scope: all') })))).toEqual(['pass']);
    const checks = await run(evidence({ id, digestSRI: sri('ISO 27001, scope: one room') }));
    expect(checks.failure).toMatchObject({ code: 'proof' });
    expect(results(checks)).toEqual(['fail /credentialSubject/certificate/0']);
  });

  it.each([
    'https://127.0.0.1/iso.pdf',
    'https://169.254.169.254/latest',
    'https://localhost/x',
    'http://example.org/iso.pdf',
    'https://user:word@example.org/iso.pdf',
  ])('at %s is refused without a request (H-149)', async (id) => {
    check = createRelatedCheck({ http: guarded, clock: () => now });
    const checks = await run(evidence({ id, digestSRI: sri('x') }));
    expect(checks.failure).toMatchObject({ code: 'proof', detail: expect.stringContaining('may not be fetched') });
  });

  it('that redirects to a private address is refused (H-149)', async () => {
    const id = put('/x', '', 'text/plain', { status: 302, headers: { location: 'gopher://10.0.0.1/' } });
    expect((await run(evidence({ id, digestSRI: sri('x') }))).failure?.code).toBe('proof');
  });

  it('without a digest, or without an id, is nobody to compare', async () => {
    const { list } = await run(evidence({ id: put('/x', 'x'), name: 'ISO' }));
    expect(list).toEqual([]);
    expect((await run(evidence({ digestSRI: 'of nothing' }))).list).toEqual([]);
    expect(host.seen).toEqual([]);
  });

  it('with a digest that cannot be read is malformed', async () => {
    const checks = await run(evidence({ id: 'https://a.test/x', 'gx:digestSRI': 'sha256-xxxx' }));
    expect(checks.failure?.code).toBe('malformed');
    expect(results(checks)).toEqual(['fail /credentialSubject/certificate/0/gx:digestSRI']);
  });
});

describe('what a clearing house lists', () => {
  const credential = { id: 'https://a.test/vat.json', type: ['VerifiableCredential'], n: 1.0, proof: { jws: 'x' } };
  const canonical = Buffer.from(canonicalize(credential)!);
  const part = { bytes: Buffer.from(JSON.stringify(credential)) };
  const payload = { ...credential, proof: undefined, id: 'https://a.test/person.json' };
  const jwt = { bytes: Buffer.from(`e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`) };
  const tagus = (digest: string, more = {}) => ({
    credentialSubject: [{ type: 'gx:compliance', id: credential.id, 'gx:integrity': digest, ...more }],
  });
  const loire = (id: string, digest: string) => ({
    credentialSubject: { id: 'urn:x:y', 'gx:compliantCredentials': [{ id, type: 'gx:VatID', 'gx:digestSRI': digest }] },
  });
  const within = linkedIn([part, jwt, { bytes: Buffer.from('nothing') }]);

  it('is found in the presentation first: the canonical form of an embedded credential', async () => {
    const more = { 'gx:integrityNormalization': 'RFC8785:JCS' };
    expect(results(await run(tagus(hex(canonical), more), { within }))).toEqual(['pass']);
    expect(results(await run(loire(credential.id, sri(canonical, 'sha256')), { within }))).toEqual(['pass']);
    const checks = await run(tagus(hex('other'), more), { within });
    expect(checks.failure?.code).toBe('proof');
    expect(results(checks)).toEqual(['fail /credentialSubject/0']);
  });

  it('is found in the presentation first: the text of a JWT, or what it says', async () => {
    for (const digest of [hex(jwt.bytes), hex(canonicalize(payload)!)])
      expect(results(await run(loire(payload.id, digest), { within }))).toEqual(['pass']);
    const changed = linkedIn([{ bytes: Buffer.from(jwt.bytes.toString().replace('c2ln', 'c2lm')) }]);
    expect(results(await run(loire(payload.id, hex(jwt.bytes)), { within: changed }))).toEqual([
      'fail /credentialSubject/gx:compliantCredentials/0',
    ]);
  });

  it('is fetched when it did not come along, with white space that does not count', async () => {
    const id = put('/vat.json', JSON.stringify(credential, null, 2));
    expect(results(await run(loire(id, hex(canonical))))).toEqual(['pass']);
    const text = put('/person.jwt', `${jwt.bytes}\n`, 'application/vc+jwt');
    expect(results(await run(loire(text, hex(jwt.bytes))))).toEqual(['pass']);
    expect(results(await run(loire(text, hex('other'))))).toHaveLength(1);
  });

  it('after a normalisation that is not known here is unknown', async () => {
    const checks = await run(tagus(hex('x'), { 'gx:integrityNormalization': 'URDNA2015' }), { within });
    expect(checks.list).toMatchObject([{ result: 'unknown', why: expect.stringContaining('URDNA2015') }]);
  });

  it('counts either of two credentials with one id, by its digest', async () => {
    const twin = { bytes: Buffer.from(JSON.stringify({ ...credential, n: 2 })) };
    const both = linkedIn([part, twin]);
    expect(results(await run(tagus(hex(twin.bytes)), { within: both }))).toEqual(['pass']);
    expect(both('https://a.test/none')).toEqual([]);
  });

  it('counts no more than four of one id', async () => {
    const twins = (count: number) =>
      linkedIn(Array.from({ length: count }, (_, n) => ({ bytes: Buffer.from(JSON.stringify({ ...credential, n })) })));
    const digest = hex(JSON.stringify({ ...credential, n: 3 }));
    expect(results(await run(tagus(digest), { within: twins(4) }))).toEqual(['pass']);
    const checks = await run(tagus(digest), { within: twins(5) });
    expect(checks.failure?.code).toBe('malformed');
    expect(checks.list).toMatchObject([{ where: '/credentialSubject/0', found: '5', allowed: 'up to 4' }]);
  });

  it('is hashed once for each of its forms, whoever asks', async () => {
    const bytes = Buffer.from(JSON.stringify({ id: credential.id, text: 'x'.repeat(1_000_000) }));
    const near = linkedIn([{ bytes }]);
    const subject = Array.from({ length: 100 }, () => ({ id: credential.id, 'gx:digestSRI': hex('other') }));
    await run({ credentialSubject: subject }, { within: near });
    const started = performance.now();
    for (let part = 0; part < 10; part++) await run({ credentialSubject: subject }, { within: near });
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  it('has as its forms the bytes, the text and the canonical form', () => {
    const texts = (bytes: Uint8Array) => formsOf(bytes).map((form) => Buffer.from(form).toString());
    expect(texts(Buffer.from('%PDF'))).toEqual(['%PDF']);
    expect(texts(Buffer.from('{"b":1, "a":[]}'))).toEqual(['{"b":1, "a":[]}', '{"a":[],"b":1}']);
    expect(texts(Buffer.from('e30.e30.\n'))).toEqual(['e30.e30.\n', 'e30.e30.', '{}']);
    expect(texts(Buffer.from('{"a":1,"a":2}'))).toEqual(['{"a":1,"a":2}']);
  });
});
