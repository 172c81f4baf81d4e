import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DidHost, didHost } from '../../test/support/did-host.ts';
import { createHttp } from './http.ts';
import { createDidResolver } from './keys/did.ts';
import { didWebUrl } from './keys/did-web.ts';

const guarded = createHttp({ allowPrivateNetwork: false, userAgent: 'test' });
const open = createHttp({ allowPrivateNetwork: true, userAgent: 'test' });
let host: DidHost;
beforeAll(async () => {
  host = await didHost();
});
afterAll(async () => {
  await Promise.all([host.close(), guarded.close(), open.close()]);
});

describe('the guarded client', () => {
  it.each([
    '127.0.0.1',
    '[::1]',
    '169.254.169.254',
    '10.0.0.1',
    '0x7f000001',
    '2130706433',
    '[::ffff:127.0.0.1]',
    'localhost',
    'a.localhost',
    '100.64.0.1',
    '[64:ff9b::7f00:1]',
    '127.1',
    '0177.0.0.1',
    '127.0.0.1.',
    '0',
    'localhost.',
    '[::127.0.0.1]',
    '[2002:7f00:1::]',
    '[::]',
    '[fe80::1]',
    '[fd00::1]',
    '%31%32%37.0.0.1',
    '\u2460\u2461\u2466.0.0.1',
  ])('does not reach %s (H-116)', async (name) => {
    await expect(guarded(`https://${name}/`)).rejects.toMatchObject({ kind: 'refused' });
  });

  it('refuses http, other schemes and user names', async () => {
    for (const url of [
      'http://example.org/',
      'file:///etc/passwd',
      'ftp://example.org/',
      'https://user:word@example.org/',
      'https://user@example.org/',
      'https://[fe80::1%25eth0]/',
      'data:text/plain,x',
      `https://example.org/${'x'.repeat(8_000)}`,
      'nonsense',
    ]) {
      await expect(guarded(url)).rejects.toMatchObject({ kind: 'refused' });
    }
  });

  it('checks the address that a name resolves to, at the moment of the connection (H-117)', async () => {
    const rebinding = createHttp({
      allowPrivateNetwork: false,
      userAgent: 'test',
      hosts: { 'rebind.example': { address: '127.0.0.1', port: 443 } },
    });
    await expect(rebinding('https://rebind.example/')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('public'),
    });
    await rebinding.close();
  });

  it('caps bytes and time, also of an endless answer (H-112, H-113)', async () => {
    const server = createServer((request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(request.url === '/drip' ? '.' : Buffer.alloc(100_000)), 10);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://localhost:${(server.address() as { port: number }).port}`;
    await expect(open(`${base}/flood`, { maxBytes: 300_000 })).rejects.toMatchObject({ kind: 'limit' });
    const started = Date.now();
    await expect(open(`${base}/drip`, { timeoutMs: 300 })).rejects.toMatchObject({ kind: 'network' });
    expect(Date.now() - started).toBeLessThan(1_500);
    server.closeAllConnections();
    server.close();
  });
});

describe('did:web', () => {
  it('finds the document of host, port and path', () => {
    const url = (did: string) => didWebUrl(did, true);
    expect(url('did:web:provider.example')).toEqual({
      ok: true,
      value: 'https://provider.example/.well-known/did.json',
    });
    expect(url('did:web:provider.example%3A8443:cloud:eu')).toEqual({
      ok: true,
      value: 'https://provider.example:8443/cloud/eu/did.json',
    });
    expect(url('did:web:localhost%3A8080')).toEqual({ ok: true, value: 'http://localhost:8080/.well-known/did.json' });
    for (const did of [
      'did:web:',
      'did:web:a/b',
      'did:web:a%2Fb',
      'did:web:user%40host',
      'did:web:host:..:x',
      'did:web:%zz',
      `did:web:${'a'.repeat(3_000)}`,
    ])
      expect(url(did).ok, did).toBe(false);
  });

  it.each<[string, Parameters<DidHost['files']['set']>[1], string]>([
    ['H-108 another id', { body: JSON.stringify({ id: 'did:web:other.example' }) }, 'issuer'],
    ['H-109 a redirect', { status: 302, body: '', headers: { location: 'https://example.org/' } }, 'issuer'],
    ['H-111 HTML', { type: 'text/html', body: '<!doctype html>' }, 'issuer'],
    ['H-112 a huge document', { body: JSON.stringify({ id: 'x', pad: 'x'.repeat(400_000) }) }, 'issuer'],
    ['a missing document', { status: 404, body: '' }, 'issuer'],
    ['a host in trouble', { status: 503, body: '' }, 'key-unavailable'],
  ])('%s is told apart', async (_name, file, code) => {
    const apart = await didHost();
    apart.files.set('/.well-known/did.json', file);
    const resolve = createDidResolver({ http: open, clock: () => new Date(), allowPrivateNetwork: true });
    expect(await resolve(apart.did)).toMatchObject({ ok: false, code });
    await apart.close();
    const gone = createDidResolver({ http: open, clock: () => new Date(), allowPrivateNetwork: true });
    expect(await gone(apart.did)).toMatchObject({ ok: false, code: 'key-unavailable' });
  });

  it('serves a known document while its host is away, and never asks twice at once', async () => {
    let now = 0;
    const apart = await didHost();
    const resolve = createDidResolver({ http: open, clock: () => new Date(now), allowPrivateNetwork: true });
    const all = await Promise.all(Array.from({ length: 5 }, () => resolve(apart.did)));
    expect(all.every((one) => one.ok)).toBe(true);
    expect(apart.seen).toHaveLength(1);
    await apart.close();
    now += 3_600_000;
    expect((await resolve(apart.did)).ok).toBe(true);
    now += 100_000_000;
    expect(await resolve(apart.did)).toMatchObject({ code: 'key-unavailable' });
  });

  it('names methods and keys that it does not support (H-118, H-120)', async () => {
    const resolve = createDidResolver({ http: open, clock: () => new Date(), allowPrivateNetwork: true });
    expect(await resolve('did:ion:abc')).toMatchObject({
      code: 'unsupported',
      detail: expect.stringContaining('did:ion:abc'),
    });
    for (const did of ['did:key:z6Mk', 'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme', 'did:key:abc'])
      expect(await resolve(did)).toMatchObject({ code: 'issuer' });
  });
});
