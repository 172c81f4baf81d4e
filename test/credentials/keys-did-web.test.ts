import { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { resolve as resolvePath } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttp, type HttpClientOptions } from '../../src/credentials/http.ts';
import { didDocument, generateKey } from '../../src/credentials/issuing/identity.ts';
import { createDidResolver } from '../../src/credentials/keys/did.ts';
import { publicKeyOf } from '../../src/credentials/keys/public-key.ts';
import { findMethod } from '../../src/credentials/keys/verification-method.ts';
import { make } from '../support/certificates.ts';
import { didHost } from '../support/did-host.ts';

const PATH = '/.well-known/did.json';
const SECOND_MS = 1_000;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function host() {
  const made = await didHost();
  closing.push(made.close);
  return made;
}

/** A resolver with a clock that a test can move. */
function resolver(options: Partial<HttpClientOptions> = {}) {
  const allowPrivateNetwork = options.allowPrivateNetwork ?? true;
  const http = createHttp({ allowPrivateNetwork, userAgent: 'test', ...options });
  closing.push(() => http.close());
  const time = { now: Date.parse('2026-11-21T12:00:00Z') };
  const resolve = createDidResolver({ http, clock: () => new Date(time.now), allowPrivateNetwork });
  return Object.assign(resolve, { time });
}

/** A certificate that a web server of a test shows, and its key; TLS goes by the clock of this machine. */
async function hostCertificate(
  name: string,
  {
    from = new Date(Date.now() - 60 * SECOND_MS),
    until = new Date(Date.now() + 3_600 * SECOND_MS),
  }: { from?: Date; until?: Date } = {},
) {
  const { pem, keys } = await make(undefined, { subject: name, san: [name], notBefore: from, notAfter: until });
  return {
    cert: pem,
    key: KeyObject.from(keys.privateKey as never).export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

type Listener = Parameters<typeof createPlain>[1];

/** A server that does as it is told, and counts its requests. */
async function server(listener: NonNullable<Listener>, tls?: { cert: string; key: string }) {
  let requests = 0;
  const counted: NonNullable<Listener> = (request, response) => {
    requests++;
    return listener(request, response);
  };
  const made = tls ? createSecure(tls, counted) : createPlain(counted);
  await new Promise<void>((done) => made.listen(0, '127.0.0.1', done));
  closing.push(() => {
    made.closeAllConnections();
    return new Promise((done) => made.close(done));
  });
  const { port } = made.address() as AddressInfo;
  return { port, did: `did:web:localhost%3A${port}`, requests: () => requests };
}

describe('the document of a did:web, over the network', () => {
  it('is taken from host, port and path, with relative ids and JWKs that point to certificates', async () => {
    const at = await host();
    const did = `${at.did}:cloud:eu`;
    const publicKeyJwk = { ...at.key.publicJwk, kid: 'key-1', x5u: `${at.url}/chain.pem` };
    at.files.set('/cloud/eu/did.json', {
      type: 'text/plain',
      body: JSON.stringify({
        id: did,
        verificationMethod: [{ id: '#key', type: 'JsonWebKey', controller: did, publicKeyJwk }],
        assertionMethod: ['#key'],
        service: [{ id: '#x', type: 'y', serviceEndpoint: at.url }],
      }),
    });
    const document = await resolver()(did);
    expect(document).toMatchObject({ ok: true, value: { id: did } });
    const time = { issuedAt: new Date(), now: new Date() };
    const method = document.ok ? findMethod(document.value, `${did}#key`, 'assertionMethod', time) : document;
    expect(method.ok && publicKeyOf(method.value)).toMatchObject({ value: { kind: 'Ed25519' } });
    expect(at.seen).toEqual(['/cloud/eu/did.json']);
  });

  it('is taken from a real Gaia-X host as it stands: RSA for PS256 and Ed25519', async () => {
    const tls = await hostCertificate('did-server');
    const body = readFileSync(resolvePath(import.meta.dirname, '../../../shared/data/xfsc/did/did.json'));
    const { port } = await server((_request, response) => void response.end(body), tls);
    const resolve = resolver({ hosts: { 'did-server': { address: '127.0.0.1', port } }, ca: tls.cert });
    const document = await resolve('did:web:did-server');
    const time = { issuedAt: new Date(), now: new Date() };
    const keys = ['#0', '#jwt-key-1'].map((id) => {
      const method = document.ok ? findMethod(document.value, id, 'assertionMethod', time) : document;
      return method.ok ? publicKeyOf(method.value) : method;
    });
    expect(keys).toMatchObject([
      { ok: true, value: { kind: 'RSA', algs: ['PS256'] } },
      { ok: true, value: { kind: 'Ed25519' } },
    ]);
  });

  it('H-107: of a look-alike name is another one, and its Unicode spelling reaches nobody', async () => {
    const latin = await hostCertificate('example.test');
    const cyrillic = await hostCertificate('xn--exmple-4nf.test');
    const asked: string[] = [];
    const answer = (name: string) =>
      server(
        (_request, response) => {
          asked.push(name);
          response.end(JSON.stringify({ id: `did:web:${name}`, verificationMethod: [{ id: `#${name}` }] }));
        },
        name === 'example.test' ? latin : cyrillic,
      );
    const [one, two] = await Promise.all(['example.test', 'xn--exmple-4nf.test'].map(answer));
    const resolve = resolver({
      hosts: {
        'example.test': { address: '127.0.0.1', port: one!.port },
        'xn--exmple-4nf.test': { address: '127.0.0.1', port: two!.port },
      },
      ca: latin.cert + cyrillic.cert,
    });
    for (const name of ['example.test', 'xn--exmple-4nf.test'])
      expect(await resolve(`did:web:${name}`)).toMatchObject({ value: { verificationMethod: [{ id: `#${name}` }] } });
    expect(await resolve('did:web:ex\u0430mple.test')).toMatchObject({ ok: false, code: 'issuer' });
    expect(asked).toEqual(['example.test', 'xn--exmple-4nf.test']);
  });

  it('H-108: with another id is refused, also when it is only spelled otherwise', async () => {
    const at = await host();
    const others = [
      'did:web:other.example',
      at.did.replace('%3A', '%3a'),
      `${at.did}#`,
      at.did.toUpperCase(),
      [at.did],
      null,
    ];
    for (const id of others) {
      at.files.set(PATH, { body: JSON.stringify({ ...didDocument(at.did, [at.key]), id }) });
      expect(await resolver()(at.did)).toMatchObject({
        ok: false,
        code: 'issuer',
        detail: expect.stringContaining('has the id'),
      });
    }
  });

  it.each([301, 302, 303, 307, 308])(
    'H-109: behind a redirect (%i) to another host is refused, which is not asked',
    async (status) => {
      const [at, target] = await Promise.all([host(), host()]);
      const headers = { location: `${target.url}${PATH}` };
      at.files.set(PATH, { status, body: '', headers });
      expect(await resolver()(at.did)).toMatchObject({
        ok: false,
        code: 'issuer',
        detail: expect.stringContaining(`redirect (${status})`),
      });
      expect(target.seen).toEqual([]);
    },
  );

  it('H-110: behind a redirect from https to http is refused', async () => {
    const tls = await hostCertificate('good.example');
    const target = await host();
    const { port } = await server(
      (_request, response) => void response.writeHead(301, { location: `${target.url}${PATH}` }).end(),
      tls,
    );
    const resolve = resolver({ hosts: { 'good.example': { address: '127.0.0.1', port } }, ca: tls.cert });
    expect(await resolve('did:web:good.example')).toMatchObject({ ok: false, code: 'issuer' });
    expect(target.seen).toEqual([]);
  });

  it.each([
    ['H-111: HTML instead of JSON', '<!doctype html><title>Not here</title>'],
    ['a list', '[]'],
    ['a member twice', '{"id":"did:web:a.example","id":"did:web:b.example"}'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['nothing', ''],
  ])('%s is refused', async (_name, body) => {
    const at = await host();
    at.files.set(PATH, { type: 'text/html', body });
    expect(await resolver()(at.did)).toMatchObject({
      ok: false,
      code: 'issuer',
      detail: expect.stringContaining('cannot be used'),
    });
  });

  it('H-112: of 100 MB is not read beyond 64 kB', async () => {
    let sent = 0;
    const { did } = await server((_request, response) => {
      const chunk = Buffer.alloc(65_536, 0x20);
      const more = () => {
        while (sent < 100_000_000 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end('{}');
      };
      more();
    });
    expect(await resolver()(did)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('more than 65536 bytes'),
    });
    expect(sent).toBeLessThan(20_000_000);
  });

  it('of exactly 64 kB is taken', async () => {
    const at = await host();
    const body = JSON.stringify(didDocument(at.did, [at.key])).padEnd(65_536);
    at.files.set(PATH, { body });
    expect((await resolver()(at.did)).ok).toBe(true);
    at.files.set(PATH, { body: `${body} ` });
    expect((await resolver()(at.did)).ok).toBe(false);
  });

  it('H-113: that drips without end is answered for within a second, as not to be had now', async () => {
    const { did } = await server((_request, response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    const started = performance.now();
    expect(await resolver()(did)).toMatchObject({ ok: false, code: 'key-unavailable' });
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  it('H-114: is taken over TLS from the host that the DID names', async () => {
    const tls = await hostCertificate('good.example');
    const body = JSON.stringify(didDocument('did:web:good.example', [generateKey('EdDSA', 'did:web:good.example')]));
    const { port } = await server((_request, response) => void response.end(body), tls);
    const resolve = resolver({ hosts: { 'good.example': { address: '127.0.0.1', port } }, ca: tls.cert });
    expect((await resolve('did:web:good.example')).ok).toBe(true);
  });

  it.each([
    ['for another name', 'other.example', {}, true, /altnames|does not match/],
    ['that has expired', 'good.example', { until: new Date(Date.now() - SECOND_MS) }, true, /expired/],
    ['that is not valid yet', 'good.example', { from: new Date(Date.now() + 60 * SECOND_MS) }, true, /not yet valid/],
    ['that nobody known signed', 'good.example', {}, false, /self-signed/],
  ])('H-114: is not asked for over TLS with a certificate %s', async (_name, name, dates, known, why) => {
    const tls = await hostCertificate(name, dates);
    const { port, requests } = await server((_request, response) => void response.end('{}'), tls);
    const hosts = { 'good.example': { address: '127.0.0.1', port } };
    const resolve = resolver({ hosts, ...(known ? { ca: tls.cert } : {}) });
    expect(await resolve('did:web:good.example')).toMatchObject({
      ok: false,
      code: 'key-unavailable',
      detail: expect.stringMatching(why),
    });
    expect(requests()).toBe(0);
  });

  it('H-115: that changes between two fetches is one of them, never both', async () => {
    const at = await host();
    const resolve = resolver();
    const next = generateKey('EdDSA', at.did, 'key-2');
    const has = async (id: string, options?: { fresh: boolean }) => {
      const document = await resolve(at.did, options);
      const time = { issuedAt: new Date(resolve.time.now), now: new Date(resolve.time.now) };
      return document.ok && findMethod(document.value, id, 'assertionMethod', time).ok;
    };
    expect(await has('#key-1')).toBe(true);
    at.files.set(PATH, { body: JSON.stringify(didDocument(at.did, [next])) });
    resolve.time.now += 10 * SECOND_MS;
    expect([await has('#key-1'), await has('#key-2')]).toEqual([true, false]);
    expect(at.seen).toHaveLength(1);
    expect([await has('#key-2', { fresh: true }), await has('#key-1'), await has('#key-2')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(at.seen).toHaveLength(2);
  });

  it.each([
    'localhost',
    '127.0.0.1',
    '[::1]',
    '169.254.169.254',
    '10.0.0.1',
    '0x7f000001',
    '2130706433',
    '[::ffff:127.0.0.1]',
  ])('H-116: of %s is not asked for, unless the network is allowed', async (name) => {
    const at = await host();
    const port = new URL(at.url).port;
    for (const written of [name, `${name}%3A${port}`, encodeURIComponent(name)])
      expect(await resolver({ allowPrivateNetwork: false })(`did:web:${written}`)).toMatchObject({
        ok: false,
        code: 'issuer',
      });
    expect(at.seen).toEqual([]);
  });

  it('H-116, H-117: of a name that resolves to this machine when it is asked is refused', async () => {
    const at = await host();
    const hosts = { 'inside.example': { address: '127.0.0.1', port: Number(new URL(at.url).port) } };
    expect(await resolver({ allowPrivateNetwork: false, hosts })('did:web:inside.example')).toMatchObject({
      ok: false,
      code: 'issuer',
      detail: expect.stringContaining('no public address'),
    });
    expect(at.seen).toEqual([]);
  });
});

describe('the cache of DID documents', () => {
  const MINUTE_MS = 60 * SECOND_MS;

  it('asks again after five minutes, and for `fresh` at most once in five seconds', async () => {
    const at = await host();
    const resolve = resolver();
    await resolve(at.did);
    await resolve(at.did, { fresh: true });
    expect(at.seen).toHaveLength(1);
    resolve.time.now += 6 * SECOND_MS;
    await resolve(at.did, { fresh: true });
    expect(at.seen).toHaveLength(2);
    resolve.time.now += 4 * MINUTE_MS;
    await resolve(at.did);
    expect(at.seen).toHaveLength(2);
    resolve.time.now += 2 * MINUTE_MS;
    await resolve(at.did);
    expect(at.seen).toHaveLength(3);
  });

  it('serves what it knows for a day while the host is away, but not what the host took down', async () => {
    const at = await host();
    const resolve = resolver();
    expect((await resolve(at.did)).ok).toBe(true);
    at.files.set(PATH, { status: 503, body: '' });
    resolve.time.now += 23 * 60 * MINUTE_MS;
    expect((await resolve(at.did, { fresh: true })).ok).toBe(true);
    at.files.set(PATH, { status: 410, body: '' });
    resolve.time.now += 6 * SECOND_MS;
    expect(await resolve(at.did, { fresh: true })).toMatchObject({ ok: false, code: 'issuer' });
    expect((await resolve(at.did)).ok).toBe(false);
  });

  it('remembers a failure for five seconds', async () => {
    const at = await host();
    const document = at.files.get(PATH)!;
    at.files.set(PATH, { status: 404, body: '' });
    const resolve = resolver();
    expect((await resolve(at.did)).ok).toBe(false);
    at.files.set(PATH, document);
    expect((await resolve(at.did, { fresh: true })).ok).toBe(false);
    expect(at.seen).toHaveLength(1);
    resolve.time.now += 5 * SECOND_MS;
    expect((await resolve(at.did)).ok).toBe(true);
  });
});
