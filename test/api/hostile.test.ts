import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';

let node: TestNode;
let provider: TestProvider;
let good: string;

beforeAll(async () => {
  [node, provider] = await Promise.all([testNode(), testProvider()]);
  good = await provider.offering('untouched');
  expect((await node.post(good)).status).toBe(201);
});
afterAll(async () => {
  await node.end();
  await provider.host.close();
});
/** After every hostile input: nothing listed or changed, and the next good request is served. */
afterEach(async () => {
  const { body } = await node.get('/api/v1/listings?kind=offering&kind=participant&kind=data-product');
  expect(body.total).toBe(1);
  expect((await node.post(good)).status).toBe(200);
});

async function swiftly<T>(work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  expect(performance.now() - started).toBeLessThan(2_000);
  return result;
}

const nested = (depth: number, open: string, close: string) =>
  `{"type":"VerifiableCredential","a":${open.repeat(depth)}1${close.repeat(depth)}}`;

describe('A. envelope and transport', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['H-001 empty body', '', 'malformed'],
    ['H-002 body of spaces', '    ', 'malformed'],
    ['H-003 null', 'null', 'malformed'],
    ['H-004 array', '[]', 'malformed'],
    ['H-005 string', '"text"', 'malformed'],
    ['H-006 invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'malformed'],
    ['H-007 UTF-16 with BOM', Buffer.from('\ufeff{"type":"VerifiableCredential"}', 'utf16le'), 'malformed'],
    ['H-008 UTF-8 BOM', Buffer.from('\ufeff{"type":"VerifiableCredential"}'), 'malformed'],
    ['H-009 duplicate keys', '{"type":"VerifiableCredential","issuer":"a","issuer":"b"}', 'malformed'],
    ['H-010 trailing bytes', '{"type":"VerifiableCredential"}{}', 'malformed'],
    [
      'H-011 __proto__',
      '{"type":"VerifiableCredential","credentialSubject":{"__proto__":{"admin":true}}}',
      'malformed',
    ],
    ['H-011 constructor', '{"type":"VerifiableCredential","constructor":1}', 'malformed'],
    ['H-012 depth of arrays', nested(10_000, '[', ']'), 'malformed'],
    ['H-013 depth of objects', nested(10_000, '{"a":', '}'), 'malformed'],
    ['H-014 a million keys', `{${Array.from({ length: 1_000_000 }, (_, at) => `"${at}":1`).join()}}`, 'too-large'],
    ['H-015 a long string', JSON.stringify({ type: 'VerifiableCredential', a: 'x'.repeat(10_000_000) }), 'too-large'],
    ['H-016 1e400', '{"type":"VerifiableCredential","a":1e400}', 'malformed'],
    ['H-017 a long number', `{"type":"VerifiableCredential","a":${'9'.repeat(100_000)}}`, 'malformed'],
    ['H-019 over the cap by content-length', Buffer.alloc(1_000_001, 0x20), 'too-large'],
  ])('%s', async (_name, body, code) => {
    const { status, body: answer, headers } = await swiftly(() => node.post(body, 'application/vc'));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(answer).toMatchObject({ code, status, title: expect.any(String), detail: expect.any(String) });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    if (/^H-0(01|19)/.test(_name))
      expect(answer.checks).toMatchObject([{ id: 'parse.size', mend: expect.any(String) }]);
  });

  it('H-009 and H-011 name the place', async () => {
    const { body } = await node.post(
      '{"type":"VerifiableCredential","credentialSubject":{"a/b":{"__proto__":1}}}',
      'application/vc',
    );
    expect(body.checks.at(-1)).toMatchObject({
      id: 'parse.json',
      where: '/credentialSubject/a~1b/__proto__',
      mend: expect.any(String),
    });
  });

  it('H-020 a chunked stream over the cap is cut off', async () => {
    const stream = new ReadableStream({
      start(controller) {
        for (let at = 0; at < 40; at++) controller.enqueue(Buffer.alloc(64 * 1024, 0x20));
        controller.close();
      },
    });
    const response = await swiftly(() =>
      fetch(`${node.url}/api/v1/credentials`, {
        method: 'POST',
        headers: { 'content-type': 'application/vc' },
        body: stream,
        duplex: 'half',
      } as RequestInit),
    );
    expect(response.status).toBe(413);
  });

  it('H-023, H-024 compressed bodies are refused before they are unpacked', async () => {
    for (const encoding of ['gzip', 'br', 'zstd', 'gzip, gzip']) {
      const response = await swiftly(() =>
        fetch(`${node.url}/api/v1/credentials`, {
          method: 'POST',
          headers: { 'content-type': 'application/vc', 'content-encoding': encoding },
          body: gzipSync(Buffer.alloc(10_000_000)),
        }),
      );
      expect(response.status).toBe(415);
    }
  });

  it.each([
    ['H-026', 'application/octet-stream'],
    ['H-026', 'application/jose'],
    ['H-027', 'text/html'],
    ['H-028', 'multipart/form-data; boundary=x'],
  ])('%s media type %s is 415 with the list', async (_number, type) => {
    const { status, body } = await swiftly(() => node.post(good, type));
    expect(status).toBe(415);
    expect(body.checks[0].allowed).toContain('application/vc+jwt');
  });

  it('H-025 the media type has to fit the content', async () => {
    expect((await swiftly(() => node.post(good, 'application/vc'))).body.code).toBe('malformed');
    expect((await swiftly(() => node.post(good, 'application/vp+jwt'))).body.code).toBe('malformed');
    expect((await swiftly(() => node.post('{"type":"VerifiableCredential"}', 'application/vc+jwt'))).body.code).toBe(
      'malformed',
    );
  });

  it('H-021, H-029, H-030 lies and floods in headers end in 4xx', async () => {
    const raw = (text: string) =>
      new Promise<string>((resolve) => {
        let answer = '';
        const socket = connect(Number(new URL(node.url).port), '127.0.0.1', () => socket.write(text));
        socket.on('data', (data) => {
          answer += data;
          socket.end();
        });
        socket.on('close', () => resolve(answer));
        socket.on('error', () => resolve(answer));
        setTimeout(() => socket.destroy(), 1_500);
      });
    const head = 'POST /api/v1/credentials HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vc\r\n';
    for (const text of [
      `${head}Content-Length: 5\r\n\r\n{"type":"VerifiableCredential"}`,
      `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${head}${Array.from({ length: 10_000 }, (_, at) => `X-${at}: 1\r\n`).join('')}\r\n`,
      `${head}X-Long: ${'x'.repeat(65_536)}\r\n\r\n`,
    ]) {
      expect(await swiftly(() => raw(text))).toMatch(/^HTTP\/1\.1 4\d\d/);
    }
  });

  it('H-022 a body that comes a byte at a time holds up nobody', async () => {
    const port = Number(new URL(node.url).port);
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        'POST /api/v1/credentials HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vc\r\nContent-Length: 500\r\n\r\n{',
      ),
    );
    socket.on('error', () => {});
    const drip = setInterval(() => socket.write(' '), 50);
    for (let at = 0; at < 5; at++) expect((await swiftly(() => node.get('/api/v1/listings?limit=1'))).status).toBe(200);
    clearInterval(drip);
    socket.destroy();
  });

  it('H-032, H-033 odd paths and override headers reach nothing', async () => {
    for (const path of [
      '/api/v1/listings/%00',
      '/api/v1/listings/..%2f..%2fetc%2fpasswd',
      '/api/v1/credentials/..%2f',
      '/objects/..%2fx',
      '/assets/..%2f..%2fpackage.json',
      '/catalogue/1/tile/0/..%2f',
    ]) {
      const { status } = await swiftly(() => node.get(path));
      expect([400, 404], path).toContain(status);
    }
    const response = await fetch(`${node.url}/api/v1/listings`, {
      headers: { 'x-http-method-override': 'DELETE', 'x-method-override': 'POST' },
    });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  it('H-106 odd subject ids are refused by name', async () => {
    const payload = JSON.parse(Buffer.from(good.split('.')[1]!, 'base64url').toString());
    for (const id of [
      'relative',
      'javascript:alert(1)',
      `https://user:word@localhost/x`,
      `${provider.url}/${'x'.repeat(8_000)}`,
      `${provider.url}/a b`,
    ]) {
      const { status, body } = await swiftly(async () =>
        node.post(await provider.sign({ ...payload, credentialSubject: { ...payload.credentialSubject, id } })),
      );
      expect([400, 422], id).toContain(status);
      expect(
        body.checks.some(
          (check: { result: string; id: string }) =>
            check.result === 'fail' && /^(shape\.(subject|owner)|verify\.(terms|structure))$/.test(check.id),
        ),
      ).toBe(true);
    }
  });
});

describe('G. what people see', () => {
  it.each([
    'limit=-1',
    'limit=1e9',
    'limit=NaN',
    'limit=101',
    'facets=colour',
    'sort=price',
    'kind=cloud',
    'colour=teal',
    'label=gaia-x',
    'label=gaia-x:L9',
    'label=seal:1',
    'country=Norway',
    'country=XX',
    'law=NO',
    'provider=banana',
    'type=banana',
    'certification=banana',
    'energy=banana',
    'exit=banana',
    'openness=banana',
    'basis=sure',
    'q=a&q=b',
    'cursor=xyz',
    `q=${'x'.repeat(10_000)}`,
    'q=a%00b',
  ])('H-168, H-170 ?%s is a 400 that says what is taken', async (query) => {
    const { status, body } = await swiftly(() => node.get(`/api/v1/listings?${query}`));
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'bad-request',
      detail: expect.stringMatching(/known|taken|cursor|written|country/i),
    });
  });

  it.each([
    '"',
    '*',
    'NEAR(a b)',
    'a AND',
    'name:x',
    '-',
    '!!!',
    "'; DROP TABLE listing; --",
    '(((',
    'col : "x" * ^',
    '🙂',
    '\u202e',
    'ø',
    '%',
  ])('H-167 the search text %s is only text', async (q) => {
    const { status, body } = await swiftly(() => node.get(`/api/v1/listings?q=${encodeURIComponent(q)}`));
    expect(status).toBe(200);
    expect(Array.isArray(body.items)).toBe(true);
  });

  it('H-169 a cursor of another question, or a changed one, is refused', async () => {
    const other = await testProvider();
    const crowded = await testNode();
    for (const slug of ['one', 'two', 'three']) await crowded.post(await other.offering(slug));
    const { body } = await crowded.get('/api/v1/listings?limit=1');
    expect(body.next).toBeTypeOf('string');
    expect((await crowded.get(`/api/v1/listings?limit=1&q=two&cursor=${body.next}`)).status).toBe(400);
    expect((await crowded.get(`/api/v1/listings?limit=1&cursor=${body.next.slice(0, -6)}`)).status).toBe(400);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: { key: string }[]; next: string | null } = (
        await crowded.get(`/api/v1/listings?limit=1${cursor ? `&cursor=${cursor}` : ''}`)
      ).body;
      seen.push(...page.items.map((item) => item.key));
      cursor = page.next;
    }
    expect(new Set(seen).size).toBe(3);
    expect(seen).toHaveLength(3);
    await crowded.end();
    await other.host.close();
  });

  it('H-173 guessed tokens are slowed down, the right one is never locked out', async () => {
    const guarded = await testNode();
    const statuses: number[] = [];
    for (let at = 0; at < 40; at++)
      statuses.push((await guarded.get('/api/v1/admin/policy', { authorization: `Bearer kontor_guess${at}` })).status);
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses.at(-1)).toBe(429);
    expect((await guarded.get('/api/v1/admin/policy')).status).toBe(429);
    const right = { authorization: `Bearer ${await guarded.firstToken()}` };
    expect((await guarded.get('/api/v1/admin/policy', right)).status).toBe(200);
    await guarded.end();
  });

  it('H-175 pages cannot be framed', async () => {
    const { headers } = await node.get('/', { accept: 'text/html' });
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });
});
