import type { webcrypto } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createSocketServer,
  type Socket,
  type Server as SocketServer,
} from 'node:net';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import * as asn1 from 'asn1js';
import * as pkijs from 'pkijs';
import { afterAll, describe, expect, it } from 'vitest';
import { createHttp, type HttpOptions } from './http.ts';

const HOUR = 3_600_000;
const open = createHttp({ allowPrivateNetwork: true, userAgent: 'test' });
const closing: (() => unknown)[] = [() => open.close()];
afterAll(() => Promise.all(closing.map((close) => close())));

const port = (server: Server | SocketServer) => (server.address() as AddressInfo).port;
const listening = async <T extends Server | SocketServer>(server: T): Promise<T> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return server;
};
const serving = async (answer: RequestListener) => `http://localhost:${port(await listening(createServer(answer)))}`;
/** A server that says exactly these bytes; `closed` resolves when the client has hung up. */
const saying = async (speak: (socket: Socket) => void): Promise<{ url: string; closed: Promise<void> }> => {
  let hungUp = () => {};
  const closed = new Promise<void>((resolve) => {
    hungUp = resolve;
  });
  const server = createSocketServer((socket) => {
    socket.on('error', () => {}).on('close', hungUp);
    socket.once('data', () => speak(socket));
  });
  await listening(server);
  return { url: `http://localhost:${port(server)}/`, closed };
};
const fault = (url: string, options?: HttpOptions) =>
  open(url, options).then(
    () => expect.unreachable(`${url} was answered`),
    (error) => error,
  );

describe('an answer', () => {
  const MEMBER = gzipSync(Buffer.alloc(10_000_000));
  const BOMBS: Record<string, Buffer> = {
    gzip: Buffer.concat(Array.from({ length: 100 }, () => MEMBER)),
    br: brotliCompressSync(Buffer.alloc(200_000_000), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  };

  it.each(Object.keys(BOMBS))('that inflates to a thousand times its size stops at the cap (%s)', async (coding) => {
    const url = await serving((_, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(BOMBS[coding]);
    });
    let peak = 0;
    const before = process.memoryUsage().rss;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }, 2);
    const started = performance.now();
    expect(await fault(url, { maxBytes: 1_000_000 })).toMatchObject({ kind: 'limit' });
    clearInterval(watch);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(peak).toBeLessThan(60_000_000);
  });

  it('that is compressed twice is refused', async () => {
    const twice = gzipSync(gzipSync('{}'));
    const url = await serving((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(twice);
    });
    expect(await fault(url)).toMatchObject({ kind: 'refused', message: expect.stringContaining('twice') });
  });

  it('of another media type is refused before it is read, and its connection ends', async () => {
    const { url, closed } = await saying((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n');
      const timer = setInterval(() => socket.write('5\r\n<html\r\n'), 5);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await fault(url, { types: ['application/json', 'application/did+json'] })).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/answered with text\/html; taken is application\/json, application\/did\+json$/),
    });
    await closed;
  });

  it('without a media type is refused where one is asked for; a bad status is told as it is', async () => {
    const url = await serving((request, response) => {
      if (request.url === '/gone') response.writeHead(404, { 'content-type': 'text/html' }).end('<p>gone');
      else if (request.url === '/good') response.writeHead(200, { 'content-type': 'Application/JSON; a=b' }).end('{}');
      else response.writeHead(200).end('{}');
    });
    const types = ['application/json'];
    expect(await fault(url, { types })).toMatchObject({ message: expect.stringContaining('no media type') });
    expect((await open(`${url}/gone`, { types })).status).toBe(404);
    expect((await open(`${url}/good`, { types })).bytes.toString()).toBe('{}');
  });

  it('that says it is too long is not read at all', async () => {
    const { url, closed } = await saying((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n');
    });
    expect(await fault(url)).toMatchObject({ kind: 'limit' });
    await closed;
  });

  it.each([
    ['longer', '2', '{"a":1}', /^(?!.*"a")/],
    ['shorter', '70', '{"a":1}', /could not be reached|did not answer/],
    ['of no length', 'minus', '{"a":1}', /could not be reached/],
  ])('that is %s than its content-length says gives no more than it said', async (_, length, body, expected) => {
    const { url } = await saying((socket) => socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${body}`));
    const text = await open(url).then(
      ({ bytes }) => Buffer.from(bytes).toString(),
      (error) => error.message,
    );
    expect(text).toMatch(expected);
  });

  it.each([
    [
      'a flood of headers',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(100_000)}`),
      'limit',
    ],
    [
      'one header that never ends',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1e6)}`),
      'limit',
    ],
    ['no HTTP', (socket: Socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'), 'network'],
    ['nothing', () => {}, 'network'],
    ['interim answers without end', drip('HTTP/1.1 103 Early Hints\r\n\r\n'), 'network'],
    ['a drip of headers', drip('x: y\r\n', 'HTTP/1.1 200 OK\r\n'), 'network'],
    ['a drip of bytes (H-113)', drip('1\r\n.\r\n', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'), 'network'],
    ['the end at once', (socket: Socket) => socket.destroy(), 'network'],
  ])('that is %s ends in time, and so does the connection', async (_, speak, kind) => {
    const { url, closed } = await saying(speak);
    const started = performance.now();
    expect(await fault(url, { timeoutMs: 400 })).toMatchObject({ kind });
    expect(performance.now() - started).toBeLessThan(1_000);
    await closed;
  });
});

function drip(piece: string, first = '') {
  return (socket: Socket) => {
    socket.write(first);
    const timer = setInterval(() => socket.write(piece), 20);
    socket.on('close', () => clearInterval(timer));
  };
}

describe('redirects', () => {
  const hops = (location: (path: string) => string | undefined) =>
    serving((request, response) => {
      const to = location(request.url!);
      if (to === undefined) response.end(request.headers['x-secret'] ? 'secret' : 'here');
      else response.writeHead(302, { location: to }).end('moved');
    });
  const count = (path: string) => (Number(path.slice(1)) > 0 ? `/${Number(path.slice(1)) - 1}` : undefined);

  it('are told, not followed, unless the caller asks (H-109, H-110)', async () => {
    const url = await hops(count);
    expect(await open(`${url}/2`)).toMatchObject({ status: 302 });
    expect(Buffer.from((await open(`${url}/2`, { redirects: 2 })).bytes).toString()).toBe('here');
    expect(await fault(`${url}/3`, { redirects: 2 })).toMatchObject({ kind: 'refused' });
    expect(await fault(`${url}/99`, { redirects: 3 })).toMatchObject({ kind: 'refused' });
  });

  it('share one time', async () => {
    const url = await serving((_, response) => {
      setTimeout(() => response.writeHead(302, { location: '/' }).end(), 150);
    });
    const started = performance.now();
    expect(await fault(url, { redirects: 1_000, timeoutMs: 400 })).toMatchObject({ kind: 'network' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.each(['file:///etc/passwd', 'https://u:p@example.org/', 'gopher://localhost/', 'http://['])(
    'to %s are refused',
    async (to) => {
      const url = await hops((path) => (path === '/a' ? to : undefined));
      expect(await fault(`${url}/a`, { redirects: 3 })).toMatchObject({ kind: 'refused' });
    },
  );

  it('are for GET, and take no headers to another origin', async () => {
    const other = await hops(() => undefined);
    const url = await hops((path) => (path === '/away' ? `${other}/` : path === '/near' ? '/' : undefined));
    const options = { redirects: 3, headers: { 'x-secret': 'word' } };
    const text = async (path: string) => Buffer.from((await open(url + path, options)).bytes).toString();
    expect(await text('/near')).toBe('secret');
    expect(await text('/away')).toBe('here');
    expect(await open(`${url}/near`, { redirects: 3, method: 'POST', body: 'x' })).toMatchObject({ status: 302 });
  });
});

describe('over TLS', () => {
  const answer: RequestListener = (request, response) => {
    const to = decodeURIComponent(request.url!.slice(1));
    if (to) response.writeHead(302, { location: to }).end();
    else response.end('here');
  };
  const tls = async (cert: Awaited<ReturnType<typeof certificate>>) =>
    port(await listening(createTlsServer({ key: cert.key, cert: cert.cert }, answer)));
  const client = async (cert: { cert: string }, at: number, allow: string[]) => {
    const address = { address: '127.0.0.1', port: at };
    const http = createHttp({
      allowPrivateNetwork: false,
      allow,
      userAgent: 'test',
      hosts: { 'a.test': address, 'b.test': address },
      ca: cert.cert,
    });
    closing.push(() => http.close());
    return http;
  };

  it('an allowed host is reached although it is private, and no other', async () => {
    const cert = await certificate(['a.test', 'b.test']);
    const http = await client(cert, await tls(cert), ['a.test']);
    expect(Buffer.from((await http('https://a.test/')).bytes).toString()).toBe('here');
    await expect(http('https://b.test/')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('KONTOR_ALLOW_HOSTS=b.test'),
    });
    await expect(http('http://a.test/')).rejects.toMatchObject({ kind: 'refused' });
    for (const to of ['https://b.test/', 'https://127.0.0.1/', 'http://a.test/'])
      await expect(http(`https://a.test/${encodeURIComponent(to)}`, { redirects: 3 }), to).rejects.toMatchObject({
        kind: 'refused',
      });
  });

  it('an allowed range lets names and addresses in it be reached, and a port only itself', async () => {
    const cert = await certificate(['a.test'], {}, '127.0.0.1');
    const at = await tls(cert);
    const range = await client(cert, at, ['127.0.0.0/8']);
    expect((await range('https://a.test/')).status).toBe(200);
    expect((await range(`https://127.0.0.1:${at}/`)).status).toBe(200);
    await expect(range('https://[::1]/')).rejects.toMatchObject({ kind: 'refused' });
    const single = await client(cert, at, [`127.0.0.1:${at}`]);
    expect((await single(`https://127.0.0.1:${at}/`)).status).toBe(200);
    await expect(single('https://127.0.0.1/')).rejects.toMatchObject({ kind: 'refused' });
  });

  it('never goes on from https to http', async () => {
    const cert = await certificate(['localhost']);
    const at = await tls(cert);
    const http = createHttp({ allowPrivateNetwork: true, userAgent: 'test', ca: cert.cert });
    closing.push(() => http.close());
    const plain = await serving((_, response) => response.end('plain'));
    const url = `https://localhost:${at}/${encodeURIComponent(plain)}`;
    await expect(http(url, { redirects: 3 })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('from https to http'),
    });
    expect((await http(url)).status).toBe(302);
  });

  it.each<[string, string[], Parameters<typeof certificate>[1], RegExp]>([
    ['with another name', ['other.test'], {}, /altnames/],
    ['that has expired', ['a.test'], { from: -2 * HOUR, until: -HOUR }, /expired/],
    ['that is not valid yet', ['a.test'], { from: HOUR, until: 2 * HOUR }, /not yet valid/],
  ])('a certificate %s is not taken (H-114)', async (_, names, dates, message) => {
    const cert = await certificate(names, dates);
    const http = await client(cert, await tls(cert), ['a.test']);
    await expect(http('https://a.test/')).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringMatching(message),
    });
  });

  it('a certificate of nobody known is not taken, whatever the environment says', async () => {
    const cert = await certificate(['a.test']);
    const other = await certificate(['a.test']);
    const http = await client(other, await tls(cert), ['a.test']);
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      await expect(http('https://a.test/')).rejects.toMatchObject({ kind: 'network' });
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });
});

describe('many requests at once', () => {
  it('reach one host six at a time, and another host meanwhile', async () => {
    let now = 0;
    let most = 0;
    const slow = await serving((_, response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        response.end();
      }, 60);
    });
    const quick = await serving((_, response) => response.end());
    const all = Array.from({ length: 30 }, () => open(slow));
    const started = performance.now();
    await open(quick);
    expect(performance.now() - started).toBeLessThan(150);
    expect((await Promise.all(all)).every(({ status }) => status === 200)).toBe(true);
    expect(most).toBe(6);
  });

  it('reach the many names of one owner twelve at a time, and others meanwhile', async () => {
    let now = 0;
    let most = 0;
    const slow = await listening(
      createServer((_, response) => {
        most = Math.max(most, ++now);
        setTimeout(() => {
          now--;
          response.end();
        }, 60);
      }),
    );
    const names = Array.from({ length: 30 }, (_, at) => `a${at}.evil.example`);
    const address = { address: '127.0.0.1', port: port(slow) };
    const http = createHttp({
      allowPrivateNetwork: true,
      userAgent: 'test',
      hosts: Object.fromEntries(names.map((name) => [name, address])),
    });
    closing.push(() => http.close());
    const quick = await serving((_, response) => response.end());
    const order: string[] = [];
    const asked = async (url: string) => order.push((await http(url)).status === 200 ? url : 'refused');
    const all = names.flatMap((name) => [asked(`http://${name}/`), asked(`http://${name}/`)]);
    await asked(quick);
    expect(order.length).toBeLessThan(all.length);
    await Promise.all(all);
    expect(order).not.toContain('refused');
    expect(most).toBe(12);
  });

  it('wait with their time running, and no more than a bounded number', async () => {
    const silent = await serving(() => {});
    const faults = await Promise.all(Array.from({ length: 80 }, () => fault(silent, { timeoutMs: 300 })));
    const count = (words: string) => faults.filter(({ message }) => message.includes(words)).length;
    expect([count('did not answer within 300 ms'), count('too many requests are waiting')]).toEqual([70, 10]);
    expect(faults.every(({ kind }) => kind === 'network')).toBe(true);
  });
});

/** A self-made certificate and its key, as PEM. Dates are milliseconds from now. */
async function certificate(names: string[], { from = -HOUR, until = HOUR } = {}, address?: string) {
  const alg = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = (await crypto.subtle.generateKey(alg, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const cert = new pkijs.Certificate();
  cert.version = 2;
  cert.serialNumber = new asn1.Integer({ value: 1 + Math.floor(Math.random() * 1e9) });
  for (const name of [cert.subject, cert.issuer])
    name.typesAndValues.push(
      new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1.Utf8String({ value: names[0]! }) }),
    );
  cert.notBefore.value = new Date(Date.now() + from);
  cert.notAfter.value = new Date(Date.now() + until);
  const altNames = names.map((value) => new pkijs.GeneralName({ type: 2, value }));
  if (address) {
    const octets = Uint8Array.from(address.split('.').map(Number));
    altNames.push(new pkijs.GeneralName({ type: 7, value: new asn1.OctetString({ valueHex: octets.buffer }) }));
  }
  const extnValue = new pkijs.GeneralNames({ names: altNames }).toSchema().toBER();
  cert.extensions = [new pkijs.Extension({ extnID: '2.5.29.17', critical: false, extnValue })];
  await cert.subjectPublicKeyInfo.importKey(keys.publicKey);
  await cert.sign(keys.privateKey, 'SHA-256');
  const pem = (type: string, bytes: ArrayBuffer) =>
    `-----BEGIN ${type}-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${type}-----\n`;
  return {
    cert: pem('CERTIFICATE', cert.toSchema(true).toBER()),
    key: pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey)),
  };
}
