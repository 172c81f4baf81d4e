import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Checks } from '../../src/credentials/check.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import type { TrustStore } from '../../src/credentials/keys/anchors.ts';
import { createChainCheck } from '../../src/credentials/keys/chain-check.ts';
import { pemBlocks, readCertificate } from '../../src/credentials/keys/x509.ts';
import { days, extension, KEY_USAGE, make, makeChain, makeRoot } from '../support/certificates.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { http, NOW } from '../support/verifying.ts';

/** Chains of certificates beside a key, judged against a trust store: section 3 of the trust anchors. */

const HOST = 'fjordsky.example';
const DID = `did:web:${HOST}`;

const storeOf = (...roots: { pem: string }[]): TrustStore => {
  const anchors = roots
    .flatMap(({ pem }) => pemBlocks(pem, 'CERTIFICATE'))
    .map((der) => ({ certificate: readCertificate(der)!, from: 'test' }));
  const bySubject = Map.groupBy(anchors, ({ certificate }) => certificate.subject);
  return { configured: true, anchors, bySubject, crls: [], problems: [] };
};
const EMPTY: TrustStore = { ...storeOf(), configured: false };

/** What the node says of a key with this chain. */
async function judge(
  jwk: JsonObject,
  store: TrustStore,
  { require = false, did = DID, now = NOW, budget = 20_000 } = {},
) {
  const check = createChainCheck({ anchors: () => store, require: () => require, http, clock: () => now });
  const checks = new Checks();
  const anchored = await check(did, { id: `${did}#key-1`, publicKeyJwk: jwk }, checks, budget);
  expect(checks.list.length).toBeLessThanOrEqual(1);
  return { anchored, check: checks.list[0], failure: checks.failure };
}

type Made = Awaited<ReturnType<typeof makeChain>>;
const withChain = ({ leaf, x5c }: Made): JsonObject => ({ ...leaf.jwk, x5c });

/** A chain that is refused, and the sentence it is refused with. */
const refusal = async (chain: Made, jwk = withChain(chain)) => {
  const { anchored, check, failure } = await judge(jwk, storeOf(chain.root));
  expect(anchored).toBeUndefined();
  expect(failure?.code).toBe('untrusted');
  expect(check).toMatchObject({ id: 'verify.chain', result: 'fail', where: `${DID}#key-1` });
  expect(check?.mend).toBeTruthy();
  return check!;
};

describe('a sound chain', () => {
  it.each(['P-256', 'RSA'] as const)('of %s keys leads to its anchor', async (alg) => {
    const chain = await makeChain(HOST, { alg });
    const { anchored, check } = await judge(withChain(chain), storeOf(chain.root));
    expect(anchored).toEqual({
      anchor: 'O=Test Trust AS, CN=Test Root',
      subject: `O=Fjordsky AS, CN=${HOST}`,
      organisation: 'Fjordsky AS',
      until: days(90),
    });
    expect(check).toMatchObject({ result: 'pass', why: expect.stringContaining('by O=Test Trust AS, CN=Test Root') });
  });

  it('needs no anchor in it, and stops at the nearest', async () => {
    const { root, intermediate, leaf, x5c } = await makeChain(HOST);
    const anchors = [];
    for (const [given, store] of [
      [x5c.slice(0, 2), storeOf(root)],
      [x5c, storeOf(root, intermediate)],
      [x5c.slice(0, 1), storeOf(intermediate)],
      [x5c.slice(0, 1), storeOf(leaf)],
    ] as const)
      anchors.push((await judge({ ...leaf.jwk, x5c: [...given] }, store)).anchored?.anchor);
    expect(anchors).toEqual([
      'O=Test Trust AS, CN=Test Root',
      'CN=Test Intermediate',
      'CN=Test Intermediate',
      `O=Fjordsky AS, CN=${HOST}`,
    ]);
  });

  it('may name its host by a wildcard, one label deep', async () => {
    const chain = await makeChain(HOST, { leaf: { san: ['*.fjordsky.example'] } });
    const at = async (did: string) => (await judge(withChain(chain), storeOf(chain.root), { did })).check?.result;
    expect(await at('did:web:api.fjordsky.example')).toBe('pass');
    expect(await at('did:web:API.fjordsky.example%3A8443:users:1')).toBe('pass');
    expect(await at('did:web:a.b.fjordsky.example')).toBe('fail');
    expect(await at('did:web:fjordsky.example')).toBe('fail');
  });

  it('ends with the first of its certificates', async () => {
    const chain = await makeChain(HOST, { intermediate: { notAfter: days(10) } });
    expect((await judge(withChain(chain), storeOf(chain.root))).anchored?.until).toEqual(days(10));
  });
});

describe('a chain that nobody in the trust store stands behind', () => {
  it('is a warning, and a refusal where the policy requires an anchor', async () => {
    const chain = await makeChain(HOST);
    const store = storeOf(await makeRoot({ subject: 'Another Root' }));
    expect(await judge(withChain(chain), store)).toMatchObject({
      anchored: undefined,
      failure: undefined,
      check: { result: 'warn', found: 'O=Test Trust AS, CN=Test Root' },
    });
    const strict = await judge(withChain(chain), store, { require: true });
    expect([strict.failure?.code, strict.check?.result]).toEqual(['untrusted', 'fail']);
  });

  it('by an anchor of the same name and another key is not believed (H-046)', async () => {
    const chain = await makeChain(HOST);
    const { anchored, check } = await judge(withChain(chain), storeOf(await makeRoot()));
    expect([anchored, check?.result]).toEqual([undefined, 'warn']);
  });

  it('is not judged where the operator has no anchors', async () => {
    const chain = await makeChain(HOST, { leaf: { notAfter: days(-1) } });
    expect(await judge(withChain(chain), EMPTY)).toEqual({ anchored: undefined, check: undefined, failure: undefined });
  });

  it('a key without a chain is asked for one only where the policy requires it', async () => {
    const { leaf, root } = await makeChain(HOST);
    expect((await judge(leaf.jwk, storeOf(root))).check).toBeUndefined();
    expect((await judge(leaf.jwk, storeOf(root), { require: true })).failure?.code).toBe('untrusted');
    expect((await judge(leaf.jwk, EMPTY, { require: true })).failure?.code).toBe('untrusted');
    const check = createChainCheck({ anchors: () => EMPTY, require: () => true, http, clock: () => NOW });
    const checks = new Checks();
    await check(DID, { id: `${DID}#1`, publicKeyMultibase: 'z6Mk' }, checks, 100);
    expect(checks.failure?.code).toBe('untrusted');
  });
});

describe('a broken chain is refused, and the certificate named', () => {
  const cases: [name: string, change: Parameters<typeof makeChain>[1], says: RegExp][] = [
    ['H-124 expired leaf', { leaf: { notAfter: days(-1) } }, /^Certificate 1 of 3 .*fjordsky.*It expired/],
    ['a leaf of the future', { leaf: { notBefore: days(1) } }, /^Certificate 1 of 3 .*not valid before/],
    ['an expired intermediate', { intermediate: { notAfter: days(-1) } }, /^Certificate 2 of 3 .*It expired/],
    ['H-125 expired root', { root: { notAfter: days(-1) } }, /^Certificate 3 of 3 .*It expired/],
    ['H-128 another host', { leaf: { san: ['other.example'] } }, /not for fjordsky\.example/],
    ['H-128 no subjectAltName, and a common name that would fit', { leaf: { san: undefined } }, /not for fjordsky/],
    ['H-128 only the end of the name', { leaf: { san: ['evil-fjordsky.example', 'example'] } }, /not for fjordsky/],
    ['H-129 CA:FALSE', { intermediate: { ca: false } }, /^Certificate 2 of 3 .*CA:FALSE/],
    ['H-129 no basicConstraints', { intermediate: { ca: undefined } }, /^Certificate 2 of 3 .*CA:FALSE/],
    ['H-130 path length of the root', { root: { pathLength: 0 } }, /^Certificate 3 of 3 .*more authorities/],
    [
      'a leaf whose key may not sign',
      { leaf: { keyUsage: KEY_USAGE.keyCertSign } },
      /^Certificate 1 of 3 .*digitalSignature/,
    ],
    [
      'an authority whose key may not certify',
      { intermediate: { keyUsage: KEY_USAGE.digitalSignature } },
      /^Certificate 2 of 3 .*keyCertSign/,
    ],
    [
      'a signature with SHA-1',
      { intermediate: { alg: 'RSA with SHA-1' }, leaf: { hash: 'SHA-1' } },
      /^Certificate 2 of 3 .*too weak/,
    ],
    ['an RSA key of 1,024 bits', { leaf: { alg: 'RSA-1024' } }, /^Certificate 1 of 3 .*key is too weak/],
    ['names outside the permitted tree', { root: { permitted: ['other.example'] } }, /name constraints/],
    ['names in an excluded tree', { intermediate: { excluded: ['example'] } }, /name constraints/],
    [
      'a constraint that the next authority widened',
      { root: { permitted: ['other.example'] }, intermediate: { permitted: ['example'] } },
      /^Certificate 3 of 3 .*name constraints/,
    ],
    [
      'a wildcard into an excluded tree',
      { leaf: { san: [HOST, '*.example'] }, root: { excluded: ['bank.example'] } },
      /name constraints/,
    ],
    [
      'a critical extension that nobody knows',
      {
        leaf: {
          extensions: [extension('1.2.3.4.5', true, { toBER: () => new Uint8Array([5, 0]).buffer })],
        },
      },
      /critical extension/,
    ],
  ];
  it.each(cases)('%s', async (_name, change, says) => {
    const { why } = await refusal(await makeChain(HOST, change));
    expect(why).toMatch(says);
  });

  it('H-126 wrong order', async () => {
    const chain = await makeChain(HOST);
    const [leaf, intermediate, root] = chain.x5c;
    for (const x5c of [
      [leaf, root, intermediate],
      [intermediate, leaf, root],
      [root, intermediate, leaf],
    ])
      expect((await refusal(chain, { ...chain.leaf.jwk, x5c })).why).toMatch(/not in order|CA:FALSE|another key|sign/);
    expect((await refusal(chain, { ...chain.leaf.jwk, x5c: [leaf, root, intermediate] })).why).toMatch(/not in order/);
  });

  it('H-127 the leaf is for another key than the JWK', async () => {
    const chain = await makeChain(HOST);
    const { leaf } = await makeChain(HOST);
    expect((await refusal(chain, { ...leaf.jwk, x5c: chain.x5c })).why).toMatch(/another key/);
  });

  it('H-127 the JWK is no key', async () => {
    const chain = await makeChain(HOST);
    expect((await refusal(chain, { kty: 'EC', x5c: chain.x5c })).why).toMatch(/not a public key/);
  });

  it('H-130 path length of an authority in the middle', async () => {
    const root = await makeRoot();
    const first = await make(root, { subject: 'First', ca: true, pathLength: 0, keyUsage: 0x06 });
    const second = await make(first, { subject: 'Second', ca: true, keyUsage: 0x06 });
    const leaf = await make(second, { subject: HOST, san: [HOST] });
    const x5c = [leaf, second, first, root].map(({ base64 }) => base64);
    const { why } = await refusal({ root, intermediate: first, leaf, x5c });
    expect(why).toMatch(/^Certificate 3 of 4 .*CN=First.*more authorities/);
  });

  it('H-130 path length of an anchor outside the chain', async () => {
    const chain = await makeChain(HOST, { root: { pathLength: 0 } });
    const { why } = await refusal(chain, { ...chain.leaf.jwk, x5c: chain.x5c.slice(0, 2) });
    expect(why).toMatch(/^The trust anchor .*more authorities/);
  });

  it('an expired anchor outside the chain stands behind nobody', async () => {
    const chain = await makeChain(HOST, { root: { notAfter: days(-1) } });
    expect((await refusal(chain, { ...chain.leaf.jwk, x5c: chain.x5c.slice(0, 2) })).why).toMatch(
      /^The trust anchor .*expired/,
    );
  });

  it('H-131 twenty certificates, and more than 64 KB', async () => {
    const chain = await makeChain(HOST);
    const twenty = Array.from({ length: 20 }, (_, at) => chain.x5c[Math.min(at, 2)]!);
    expect((await refusal(chain, { ...chain.leaf.jwk, x5c: twenty })).why).toMatch(/20 certificates; at most 10/);
    const big = [chain.x5c[0]!, 'A'.repeat(70_000)];
    expect((await refusal(chain, { ...chain.leaf.jwk, x5c: big })).why).toMatch(/at most 10 certificates and 65536/);
  });

  it('a link that was signed with another key than that of the issuer named', async () => {
    const impostor = await makeRoot();
    const chain = await makeChain(HOST, { leaf: { signer: impostor } });
    expect((await refusal(chain)).why).toMatch(/but not the key/);
  });

  it('two authorities that certified each other, in a circle, end', async () => {
    const a = await makeRoot({ subject: 'A' });
    const b = await make(a, { subject: 'B', ca: true, keyUsage: 0x06 });
    const aByB = await make(b, { subject: 'A', organisation: 'Test Trust AS', ca: true, keyUsage: 0x06, keys: a.keys });
    const leaf = await make(aByB, { subject: HOST, san: [HOST] });
    const x5c = [leaf, aByB, b, aByB, b].map(({ base64 }) => base64);
    const circle: Made = { root: await makeRoot({ subject: 'C' }), intermediate: b, leaf, x5c };
    const { check } = await judge(withChain(circle), storeOf(circle.root));
    expect(check?.result).toBe('warn');
    expect((await judge(withChain(circle), storeOf(a))).anchored?.anchor).toBe('O=Test Trust AS, CN=A');
  });

  it.each([
    ['x5c of text', 'text'],
    ['an empty x5c', []],
    ['x5c of numbers', [1]],
    ['x5c that is no base64', ['%%%']],
    ['x5c in base64url', ['MII-_w']],
    ['x5c with bytes after the certificate', undefined],
    ['x5c with an extension nested 8,000 deep', null],
  ])('%s', async (_name, given) => {
    const chain = await makeChain(HOST);
    let x5c: unknown = given;
    if (given === undefined)
      x5c = [Buffer.concat([Buffer.from(chain.x5c[0]!, 'base64'), Buffer.from([0])]).toString('base64')];
    if (given === null) {
      let nested = Buffer.from([0x30, 0]);
      for (let depth = 0; depth < 8_000; depth++) {
        const { length } = nested;
        const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
        nested = Buffer.concat([Buffer.from([0x30, ...size]), nested]);
      }
      const value = { toBER: () => new Uint8Array(nested).buffer };
      const deep = await makeChain(HOST, { leaf: { extensions: [extension('2.5.29.32', false, value)] } });
      const started = performance.now();
      await refusal(deep);
      expect(performance.now() - started).toBeLessThan(2_000);
      return;
    }
    await refusal(chain, { ...chain.leaf.jwk, x5c });
  });
});

describe('x5u', () => {
  let host: DidHost;
  let did: string;
  let chain: Made;
  beforeAll(async () => {
    host = await didHost();
    did = host.did;
    chain = await makeChain('localhost');
    const bundle = [chain.leaf, chain.intermediate, chain.root].map(({ pem }) => pem).join('');
    const type = 'application/x-pem-file';
    host.files.set('/chain.pem', { type, body: `Some words\n${bundle}` });
    host.files.set('/page.pem', { type: 'text/html', body: '<html>no certificate</html>' });
    host.files.set('/long.pem', { type, body: bundle.repeat(7) });
    host.files.set('/big.pem', { type, body: 'x'.repeat(70_000) });
    host.files.set('/slow.pem', { type, body: bundle, delayMs: 1_500 });
    host.files.set('/down.pem', { status: 503, body: '' });
    const other = await makeChain('localhost');
    host.files.set('/other.pem', { type, body: other.leaf.pem });
  });
  afterAll(() => host.close());
  const at = (path: string, options = {}) =>
    judge({ ...chain.leaf.jwk, x5u: `${host.url}${path}` }, storeOf(chain.root), { did, ...options });

  it('leads to the anchor, and is fetched once', async () => {
    const store = storeOf(chain.root);
    const check = createChainCheck({ anchors: () => store, require: () => false, http, clock: () => NOW });
    const jwk = { ...chain.leaf.jwk, x5u: `${host.url}/chain.pem` };
    const all = await Promise.all(
      [1, 2, 3].map((number) => check(did, { id: `${did}#${number}`, publicKeyJwk: jwk }, new Checks(), 20_000)),
    );
    expect(all.map((one) => one?.organisation)).toEqual(['Fjordsky AS', 'Fjordsky AS', 'Fjordsky AS']);
    expect(host.seen.filter((path) => path === '/chain.pem')).toHaveLength(1);
  });

  it.each([
    ['/page.pem', /no certificate in PEM form/],
    ['/long.pem', /21 certificates; at most 10/],
    ['/big.pem', /more than 65536|at most/],
    ['/other.pem', /another key/],
  ])('%s is refused', async (path, says) => {
    const { check, failure } = await at(path);
    expect([failure?.code, check?.why]).toEqual(['untrusted', expect.stringMatching(says)]);
  });

  it.each(['/down.pem', '/none.pem'])('%s: unknown, never silently fine', async (path) => {
    expect(await at(path)).toMatchObject({ anchored: undefined, failure: undefined, check: { result: 'unknown' } });
    const { check, failure } = await at(path, { require: true });
    expect(check).toMatchObject({ result: 'unknown', why: expect.stringContaining('could not be established') });
    expect(failure?.code).toBe(path === '/down.pem' ? 'key-unavailable' : 'untrusted');
  });

  it('a slow host costs its time only, and its answer serves the next', async () => {
    const store = storeOf(chain.root);
    const check = createChainCheck({ anchors: () => store, require: () => true, http, clock: () => NOW });
    const method = { id: `${did}#1`, publicKeyJwk: { ...chain.leaf.jwk, x5u: `${host.url}/slow.pem` } };
    const checks = new Checks();
    const started = performance.now();
    expect(await check(did, method, checks, 60)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1_300);
    expect(checks.failure?.code).toBe('key-unavailable');
    await new Promise((done) => setTimeout(done, 2_000));
    expect((await check(did, method, new Checks(), 10_000))?.subject).toBe('O=Fjordsky AS, CN=localhost');
  });

  it('x5u that is no URL, or of another scheme, is not asked', async () => {
    for (const x5u of ['file:///etc/passwd', 'chain.pem', 7]) {
      const { anchored, check } = await judge({ ...chain.leaf.jwk, x5u }, storeOf(chain.root), { did });
      expect([anchored, ['fail', 'unknown'].includes(check!.result)]).toEqual([undefined, true]);
    }
  });
});

it('H-132 an anchor that was taken out of the store stops counting at once', async () => {
  const chain = await makeChain(HOST);
  let store = storeOf(chain.root);
  const check = createChainCheck({ anchors: () => store, require: () => true, http, clock: () => NOW });
  const ask = async () => {
    const checks = new Checks();
    await check(DID, { id: `${DID}#1`, publicKeyJwk: withChain(chain) }, checks, 20_000);
    return checks.failure?.code ?? 'good';
  };
  const said = [await ask(), await ask()];
  store = { ...storeOf(), configured: true };
  expect([...said, await ask()]).toEqual(['good', 'good', 'untrusted']);
});

it('what was good is bad from the moment a certificate of it ends', async () => {
  const chain = await makeChain(HOST, { leaf: { notAfter: days(1) } });
  const store = storeOf(chain.root);
  let now = NOW;
  const check = createChainCheck({ anchors: () => store, require: () => false, http, clock: () => now });
  const ask = () => check(DID, { id: `${DID}#1`, publicKeyJwk: withChain(chain) }, new Checks(), 20_000);
  expect(await ask()).toBeDefined();
  now = new Date(days(1).getTime() + 1_000);
  expect(await ask()).toBeUndefined();
});

it('a DID that names no host is bound by its key alone', async () => {
  const chain = await makeChain(HOST);
  const { anchored } = await judge(withChain(chain), storeOf(chain.root), { did: 'did:jwk:abc' });
  expect(anchored?.organisation).toBe('Fjordsky AS');
});

it('the real self-made chain does not name its did:web host, anchored or not', async () => {
  const folder = resolve(import.meta.dirname, '../../../shared/data/xfsc/did');
  const pem = readFileSync(resolve(folder, 'chain.pem'), 'utf8');
  const document = JSON.parse(readFileSync(resolve(folder, 'did.json'), 'utf8'));
  const [rsa, ed25519] = document.verificationMethod;
  const x5c = pemBlocks(pem, 'CERTIFICATE').map((der) => der.toString('base64'));
  const { x5u: _x5u, ...jwk } = rsa.publicKeyJwk;
  const { x5u: _other, ...second } = ed25519.publicKeyJwk;
  const store = storeOf({ pem });
  expect((await judge({ ...jwk, x5c }, EMPTY, { did: document.id })).check).toBeUndefined();
  expect((await judge({ ...jwk, x5c }, store, { did: document.id })).check?.why).toMatch(/not for did-server/);
  expect((await judge({ ...second, x5c }, store, { did: document.id })).check?.why).toMatch(/another key/);
});

it('a chain with any one byte changed anchors nothing', async () => {
  const chain = await makeChain(HOST);
  const store = storeOf(chain.root);
  const check = createChainCheck({ anchors: () => store, require: () => true, http, clock: () => NOW });
  const ders = chain.x5c.slice(0, 2).map((one) => Buffer.from(one, 'base64'));
  const passed: string[] = [];
  for (const [at, der] of ders.entries())
    for (let byte = 0; byte < der.length; byte++) {
      const changed = Buffer.from(der);
      changed[byte]! ^= 1 << (byte % 8);
      const x5c = ders.map((one, index) => (index === at ? changed : one).toString('base64'));
      const method = { id: `${DID}#1`, publicKeyJwk: { ...chain.leaf.jwk, x5c } };
      if (await check(DID, method, new Checks(), 20_000)) passed.push(`${at}:${byte}`);
    }
  expect(passed).toEqual([]);
}, 60_000);
