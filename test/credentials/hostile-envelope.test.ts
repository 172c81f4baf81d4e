import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { signDataIntegrity, signPresentation } from '../../src/credentials/issuing/sign.ts';
import { ANSWER_MS, base64url, hostileBench, jwt } from '../support/hostile.ts';
import { contexts } from '../support/verifying.ts';

const bench = hostileBench();
const timed = { timeout: ANSWER_MS };
const PATH = '/api/v1/credentials';
const JSON_FAULT = { code: 'malformed', id: 'parse.json' } as const;

/** Sends bytes as they are and gives what came back until the other side closes, or it has been quiet for a while. */
const raw = (text: string | Buffer, quietMs = 700) =>
  new Promise<string>((resolve) => {
    let answer = '';
    let quiet: NodeJS.Timeout;
    const socket = connect(Number(new URL(bench.node.url).port), '127.0.0.1', () => socket.write(text));
    const rest = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => socket.destroy(), quietMs);
    };
    rest();
    socket.on('data', (data) => {
      answer += data;
      rest();
    });
    socket.on('close', () => {
      clearTimeout(quiet);
      resolve(answer);
    });
    socket.on('error', () => {});
  });
const head = (more: string) =>
  `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vc\r\n${more}\r\n\r\n`;

describe('A. bytes', () => {
  it('H-001 to H-005 in a JWT as well: H-001 empty, H-003 null, H-004 a list, H-005 text', timed, async () => {
    for (const part of ['null', '[]', '"text"', '5', 'true', ' ', '{'])
      for (const token of [
        `${base64url(part)}.e30.AAAA`,
        `${base64url({ alg: 'EdDSA', kid: 'did:key:z#z' })}.${base64url(part)}.AAAA`,
      ])
        await bench.refused(token, { ...JSON_FAULT, where: expect.stringMatching(/^jwt:(header|payload)/) });
    const { status, body } = await bench.post('');
    expect([status, body.code]).toEqual([400, 'malformed']);
  });

  it('H-008 the digest of what was refused is of the bytes received, the mark among them', timed, async () => {
    const bytes = Buffer.from(`\ufeff${JSON.stringify(await bench.document())}`);
    const { status, body } = await bench.node.post(bytes, 'application/vc');
    expect([status, body.code, body.checks[0].why]).toEqual([
      400,
      'malformed',
      expect.stringContaining('byte-order mark'),
    ]);
    expect(body.digest).toBe(
      `u${Buffer.concat([Buffer.from([0x12, 0x20]), createHash('sha256').update(bytes).digest()]).toString('base64url')}`,
    );
  });

  it('H-009 duplicate keys in header, payload and proof, plain or escaped', timed, async () => {
    const payload = JSON.stringify(await bench.document());
    const { key } = bench.provider;
    const twice = payload.replace('"issuer":', '"issuer":"did:web:x.example","\\u0069ssuer":');
    await bench.refused(`${base64url({ alg: 'EdDSA', kid: key.id })}.${base64url(twice)}.AAAA`, {
      ...JSON_FAULT,
      where: 'jwt:payload/issuer',
    });
    await bench.refused(`${base64url(`{"alg":"none","alg":"EdDSA","kid":"${key.id}"}`)}.${base64url(payload)}.AAAA`, {
      ...JSON_FAULT,
      where: 'jwt:header/alg',
    });
    const signed = JSON.stringify(await signDataIntegrity(await bench.document(), key, contexts));
    await bench.refused(
      signed.replace('"proofPurpose":', '"proofPurpose":"x","proofPurpose":'),
      { ...JSON_FAULT, where: '/proof/proofPurpose' },
      'application/vc',
    );
    await bench.refused(
      signed.replace('"type":"gx:TermsAndConditions"', '"type":"gx:X","type":"gx:TermsAndConditions"'),
      { ...JSON_FAULT, where: expect.stringContaining('/type') },
      'application/vc',
    );
  });

  it('H-010 bytes behind a document that is signed', timed, async () => {
    const signed = JSON.stringify(await signDataIntegrity(await bench.document(), bench.provider.key, contexts));
    for (const tail of ['{}', ',', '\u0000', 'x', '//', '/**/'])
      await bench.refused(
        signed + tail,
        { ...JSON_FAULT, why: expect.stringContaining('after the document') },
        'application/vc',
      );
    await bench.refused(`${await bench.provider.offering('tail')}\n`, { code: 'malformed', id: 'parse.jwt' });
  });

  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON'];
  it.each(names)('H-011 the key %s at every level', timed, async (name) => {
    const good = JSON.stringify(await signDataIntegrity(await bench.document(), bench.provider.key, contexts));
    const poisoned = `${JSON.stringify(name)}:{"admin":true},`;
    for (const [at, where] of [
      ['{"@context"', `/${name}`],
      ['"credentialSubject":{', `/credentialSubject/${name}`],
      ['"proof":{', `/proof/${name}`],
    ] as const) {
      const text = at.startsWith('{') ? good.replace(/^\{/, `{${poisoned}`) : good.replace(at, `${at}${poisoned}`);
      await bench.refused(text, { ...JSON_FAULT, where, why: expect.stringContaining(`"${name}"`) }, 'application/vc');
    }
    const header = `{"alg":"EdDSA",${poisoned}"kid":"${bench.provider.key.id}"}`;
    await bench.refused(`${base64url(header)}.${base64url(good)}.AAAA`, { ...JSON_FAULT, where: `jwt:header/${name}` });
    await bench.refused(jwt({ typ: { [name]: 1 } }, {}, bench.provider.key), {
      ...JSON_FAULT,
      where: `jwt:header/typ/${name}`,
    });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(typeof {}.toString).toBe('function');
  });

  it.each([
    ['H-012', '[', ']'],
    ['H-013', '{"a":', '}'],
  ])('%s depth in a header and in a payload', timed, async (_number, open, close) => {
    const deep = `{"a":${open.repeat(9_000)}1${close.repeat(9_000)}}`;
    await bench.refused(`${base64url(deep)}.e30.AAAA`, { ...JSON_FAULT, why: expect.stringContaining('deeper') });
    await bench.refused(`${base64url({ alg: 'EdDSA' })}.${base64url(deep)}.AAAA`, {
      ...JSON_FAULT,
      why: expect.stringContaining('deeper'),
    });
  });
});

describe('A. transport', () => {
  it('H-019 a length over the cap is answered before the body comes', timed, async () => {
    const answer = await raw(head('Content-Length: 4000000000'));
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
    expect(answer).toContain('too-large');
  });

  it('H-020 a chunked body is cut when it crosses the cap', timed, async () => {
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 0x20), Buffer.from('\r\n')]);
    const answer = await raw(
      Buffer.concat([Buffer.from(head('Transfer-Encoding: chunked')), ...Array.from({ length: 30 }, () => chunk)]),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
  });

  it('H-021 a length that is too long waits for nobody else, one that is no number is refused', timed, async () => {
    const waiting = raw(`${head('Content-Length: 500')}{"type":"VerifiableCredential"}`, 500);
    await bench.refused('{"a":1}', { code: 'malformed', id: 'parse.kind' }, 'application/vc');
    expect(await waiting).toBe('');
    for (const length of ['abc', '-1', '5, 6', '0x10'])
      expect(await raw(head(`Content-Length: ${length}`), 300)).toMatch(/^HTTP\/1\.1 400/);
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('H-023 a body in %s that would be a gigabyte', timed, async (encoding, compress) => {
    // The start of the bomb is enough: it is to be refused before it is unpacked, so its length does not matter.
    const body = compress(Buffer.alloc(20_000_000, 0x20));
    const response = await fetch(bench.node.url + PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/vc', 'content-encoding': encoding },
      body,
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([415, 'unsupported']);
  });

  it('H-024 nested and unknown encodings', timed, async () => {
    const body = gzipSync(gzipSync('{}'));
    for (const encoding of ['gzip, gzip', 'identity, gzip', 'deflate', 'compress', 'x', 'GZIP']) {
      const response = await fetch(bench.node.url + PATH, {
        method: 'POST',
        headers: { 'content-type': 'application/vc', 'content-encoding': encoding },
        body,
      });
      expect(response.status, encoding).toBe(415);
      await response.body?.cancel();
    }
  });

  it('H-025 JSON sent as a JWT and the reverse', timed, async () => {
    await bench.refused(
      JSON.stringify(await bench.document()),
      { code: 'malformed', id: 'parse.jwt' },
      'application/vc+jwt',
    );
    await bench.refused(await bench.provider.offering('wrong-type'), JSON_FAULT, 'application/vc');
    await bench.refused(randomBytes(1_000).toString('latin1'), JSON_FAULT, 'application/vc');
  });

  it('a JWT that was sent as JSON or in quotes, and an SD-JWT, are told by name', timed, async () => {
    const jwt = await bench.provider.offering('other-form');
    const told = async (body: string, mediaType: string) => (await bench.post(body, mediaType)).body.detail;
    expect(await told(jwt, 'application/json')).toBe(
      'This is a JWT, and was sent as application/json, which is for JSON',
    );
    for (const mediaType of ['application/json', 'application/vc+jwt'])
      expect(await told(JSON.stringify(jwt), mediaType)).toBe('This is a JWT in quotes');
    for (const mediaType of ['application/vc+jwt', 'application/dc+sd-jwt', 'application/vc'])
      expect(await told(`${jwt}~WyJzYWx0Il0~`, mediaType)).toMatch(/^This is an SD-JWT; .* not supported/);
    const header = Buffer.from('{"alg":"EdDSA","typ":"vc+sd-jwt"}').toString('base64url');
    expect(await told(jwt.replace(/^[^.]+/, header), 'application/vc+jwt')).toMatch(/^This is an SD-JWT/);
  });

  it('H-026 media types that say more than one thing', timed, async () => {
    const token = await bench.provider.offering('typed');
    for (const type of ['application/vc+jwt, text/html', 'application/vc+jwt/x', '*/*', 'application/vc+jwt+x'])
      expect((await bench.post(token, type)).status, type).toBe(415);
  });

  it('H-031 CR LF in a query value ends in no header', timed, async () => {
    for (const path of [
      '/api/v1/listings?q=a%0d%0aSet-Cookie:%20x=1',
      `${PATH}/%0d%0aSet-Cookie:%20x=1`,
      '/listings?q=%0d%0aLocation:%20https://evil.example/',
      '/%0d%0aSet-Cookie:%20x=1',
    ]) {
      const response = await fetch(bench.node.url + path, { redirect: 'manual' });
      expect([...response.headers.keys()]).not.toContain('set-cookie');
      expect(response.headers.get('location') ?? '').not.toContain('evil');
      expect(response.status, path).toBeLessThan(500);
      await response.body?.cancel();
    }
    const answer = await raw('GET /api/v1/listings?q=a\r\nSet-Cookie: x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n', 300);
    expect(answer.toLowerCase()).not.toContain('set-cookie');
  });

  it('H-033 a method in a header changes no request', timed, async () => {
    const token = await bench.provider.offering('override');
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      const response = await fetch(bench.node.url + PATH, {
        headers: { [name]: 'POST', 'content-type': 'application/vc+jwt' },
      });
      expect(response.status).toBe(405);
      await response.body?.cancel();
    }
    const response = await fetch(`${bench.node.url + PATH}?_method=DELETE`, {
      method: 'POST',
      headers: { 'content-type': 'application/vc+jwt' },
      body: token,
    });
    expect(response.status).toBe(400);
    await response.body?.cancel();
  });

  it('H-034 of three credentials the third is broken: two are listed, and each has its report', async () => {
    const [one, two, three] = await Promise.all(
      ['one', 'two', 'three'].map((slug) => bench.provider.offering(`batch-${slug}`)),
    );
    const broken = `${three!.slice(0, -8)}AAAAAAAA`;
    const presentation = await signPresentation([one!, two!, broken], bench.provider.key);
    const { status, body } = await bench.post(presentation, 'application/vp+jwt');
    expect([status, body.items.map((item: { ok: boolean }) => item.ok)]).toEqual([422, [true, true, false]]);
    expect(body.items[2]).toMatchObject({ code: 'proof', stage: 'verify' });
    expect(body.checks.find((check: { result: string }) => check.result === 'fail')).toMatchObject({
      id: 'verify.signature',
      where: '/verifiableCredential/2 jwt:header',
    });
    for (const token of [one!, two!]) expect((await bench.post(token)).body.known).toBe(true);
    await bench.node.post(await bench.provider.withdrawal('batch-one', new Date()));
    await bench.node.post(await bench.provider.withdrawal('batch-two', new Date()));
  });
});
