import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ed25519Signer, generateKey, rawPublicKey } from '../../src/credentials/issuing/identity.ts';
import { signCheckpoint } from '../../src/federation/checkpoint.ts';
import { EMPTY_EDGE, edgeRoot, extendEdge, hashLeaf } from '../../src/federation/merkle.ts';
import { encodeBundle } from '../../src/federation/tiles.ts';
import { type FaultProxy, faultProxy, type TestPeer, testPeer, time } from './support.ts';

const START = time.now;
const open: { close(): Promise<void> }[] = [];
let alpha: TestPeer;
let proxy: FaultProxy;
let beta: TestPeer;

/** Beta follows alpha through a peer that does as each test says; alpha itself can be reached as well. */
beforeEach(async () => {
  time.now = START;
  alpha = await testPeer();
  proxy = await faultProxy(alpha.url);
  beta = await testPeer({ peers: [proxy.url], limits: { timeoutMs: 300 } });
  open.push(alpha, proxy, beta);
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});
const heads = (answer: unknown) => (path: string) =>
  path.startsWith('/federation/heads') ? Buffer.from(JSON.stringify(answer)) : undefined;
const first = async () => (await beta.federation.peers.list())[0]!;

/** Nothing was harmed: the node lives, and with an honest peer it takes everything in. */
async function livesOn(): Promise<void> {
  const digest = await alpha.put(`after ${Math.random()}`);
  proxy.change = () => undefined;
  await beta.federation.sync();
  expect(await beta.holds(digest)).toBe(true);
}

describe('hostile peers', () => {
  it('H-151 a head smaller than yesterday, with the same history, is only a slow mirror', async () => {
    await alpha.put('one');
    const old = await (await fetch(`${alpha.url}/catalogue/1/checkpoint`)).text();
    await alpha.put('two');
    await beta.federation.sync();
    proxy.change = heads({ version: 1, heads: [old], forks: [] });
    expect((await beta.federation.sync()).errors).toEqual([]);
    expect(await beta.size(alpha.origin)).toBe(2);
    expect((await first()).blamed).toBeNull();
    await livesOn();
  });

  it('H-153 a checkpoint of another origin, by another key, or with lines too many is refused', async () => {
    await alpha.put('one');
    const note = await (await fetch(`${alpha.url}/catalogue/1/checkpoint`)).text();
    const stranger = generateKey('EdDSA', 'did:web:stranger.example');
    const by = { publicKey: rawPublicKey(stranger), sign: ed25519Signer(stranger) };
    const forged = await signCheckpoint(
      { origin: alpha.origin, size: 9, root: Buffer.alloc(32, 1) },
      by,
      time.now / 1000,
    );
    const cases: [string, RegExp | null][] = [
      [note.replace(alpha.origin, beta.origin), null],
      [note.replace(alpha.origin, `localhost:1/catalogue/1`), null],
      [forged, null],
      [note.replace('\n\n', '\nextra\n\n'), /no checkpoint/],
      [note.replace('\n1\n', '\n2\n'), /does not hold/],
      ['not a note', /no checkpoint/],
    ];
    for (const [head, blame] of cases) {
      proxy.change = heads({ version: 5, heads: [head], forks: [] });
      await beta.federation.sync();
      expect(await beta.size(alpha.origin)).toBe(-1);
      if (blame) expect((await first()).blamed).toMatch(blame);
      else expect((await first()).blamed).toBeNull();
    }
    expect(beta.federation.halted()).toBeUndefined();
    await livesOn();
  });

  it('a checkpoint that nobody known has signed puts off nobody who has the right one', async () => {
    const digest = await alpha.put('one');
    const stranger = generateKey('EdDSA', 'did:web:stranger.example');
    const by = { publicKey: rawPublicKey(stranger), sign: ed25519Signer(stranger) };
    const head = { origin: alpha.origin, size: 9, root: Buffer.alloc(32, 1) };
    proxy.change = heads({ version: 5, heads: [await signCheckpoint(head, by, time.now / 1000)], forks: [] });
    beta.peers.push(alpha.url);
    await beta.federation.sync();
    expect(await beta.holds(digest)).toBe(true);
  });

  it('H-154 entries that do not hash to the root are thrown away', async () => {
    await alpha.put('one');
    await alpha.put('two');
    for (const change of [
      (lines: string[]) => lines.slice(0, 1),
      (lines: string[]) => [...lines].reverse(),
      (lines: string[]) => [...lines, lines[0]!],
      () => ['{}', '{}'],
    ]) {
      const gamma = await testPeer({ peers: [proxy.url] });
      proxy.change = (path, body) =>
        path.includes('/entries')
          ? Buffer.from(`${change(body.toString().trim().split('\n')).join('\n')}\n`)
          : undefined;
      const report = await gamma.federation.sync();
      expect((await gamma.federation.peers.list())[0]?.blamed).not.toBeNull();
      expect(report.entries).toBe(2);
      expect(await gamma.digests()).toEqual(await alpha.digests());
      await gamma.close();
    }
  });

  it('H-156 an entry of 65,536 bytes is not taken, even from a log that has signed it', async () => {
    const line = Buffer.from(JSON.stringify({ op: 'put', x: 'x'.repeat(65_536 - 19) }));
    expect(line.length).toBe(65_536);
    const key = { publicKey: rawPublicKey(alpha.key), sign: ed25519Signer(alpha.key) };
    const root = edgeRoot(extendEdge(EMPTY_EDGE, [hashLeaf(line)]));
    const note = await signCheckpoint({ origin: alpha.origin, size: 1, root }, key, time.now / 1000);
    proxy.change = (path) => {
      if (path.startsWith('/federation/heads'))
        return Buffer.from(JSON.stringify({ version: 5, heads: [note], forks: [] }));
      return path.includes('/entries')
        ? { type: 'application/x-ndjson', status: 200, body: Buffer.concat([line, Buffer.from('\n')]) }
        : undefined;
    };
    const report = await beta.federation.sync();
    expect(report.entries).toBe(0);
    expect(await beta.size(alpha.origin)).toBeLessThanOrEqual(0);
    expect(() => encodeBundle([line])).toThrow();

    // A little over our own rule, and inside every byte cap: refused by name.
    const long = Buffer.from(JSON.stringify({ op: 'put', x: 'x'.repeat(4_078) }));
    proxy.change = (path) => {
      if (path.startsWith('/federation/heads'))
        return Buffer.from(JSON.stringify({ version: 5, heads: [note], forks: [] }));
      return path.includes('/entries') ? { type: 'application/x-ndjson', status: 200, body: long } : undefined;
    };
    await beta.federation.sync();
    expect((await first()).blamed).toMatch(/4097 bytes long; at most 4096/);
  });

  it('an entry with a newline in it, which no range could carry on, is not taken from a log that has signed it', async () => {
    const lines = Array.from({ length: 256 }, (_, i) => Buffer.from(i === 100 ? '{"op":\n"put"}' : `{"n":${i}}`));
    const key = { publicKey: rawPublicKey(alpha.key), sign: ed25519Signer(alpha.key) };
    const root = edgeRoot(extendEdge(EMPTY_EDGE, lines.map(hashLeaf)));
    const note = await signCheckpoint({ origin: alpha.origin, size: 256, root }, key, time.now / 1000);
    proxy.change = (path) => {
      if (path.startsWith('/federation/heads')) return heads({ version: 5, heads: [note], forks: [] })(path);
      if (!path.includes('/tile/entries/')) return undefined;
      return { type: 'application/octet-stream', status: 200, body: Buffer.from(encodeBundle(lines)) };
    };
    await beta.federation.sync();
    expect(await beta.size(alpha.origin)).toBe(-1);
    expect((await first()).blamed).toMatch(/not lines/);
  });

  it('H-157 a peer that says there is always more is left after a bounded number of requests', async () => {
    let asked = 0;
    proxy.change = (path) => {
      if (!path.startsWith('/federation/heads')) return undefined;
      asked++;
      return Buffer.from(JSON.stringify({ version: 1 + (asked % 2), heads: [], forks: [], more: true }));
    };
    await beta.federation.sync();
    expect(asked).toBe(16);
    proxy.change = () => undefined;
    await livesOn();
  });

  it('H-158 endless heads are cut at the cap', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"version":1,"heads":[');
      const more = () => {
        while (response.write(`"${'x'.repeat(60_000)}",`));
        response.once('drain', more);
      };
      more();
      response.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const gamma = await testPeer({
      peers: [`http://localhost:${(server.address() as AddressInfo).port}`],
      limits: { headsBytes: 200_000 },
    });
    const start = performance.now();
    const report = await gamma.federation.sync();
    expect(report.errors[0]?.why).toMatch(/more than 200000 bytes/);
    expect(performance.now() - start).toBeLessThan(2_000);
    await gamma.close();
    server.closeAllConnections();
    server.close();
  });

  it('H-159 of a thousand new logs announced in a minute a handful is looked into', async () => {
    const key = generateKey('EdDSA', 'did:web:x.example');
    const by = { publicKey: rawPublicKey(key), sign: ed25519Signer(key) };
    const note = async (i: number) =>
      signCheckpoint(
        { origin: `localhost:${20_000 + i}/catalogue/1`, size: 1, root: Buffer.alloc(32) },
        by,
        time.now / 1000,
      );
    const notes = await Promise.all(Array.from({ length: 1000 }, (_, i) => note(i)));
    proxy.change = heads({ version: 5, heads: notes, forks: [] });
    await beta.federation.sync();
    const counted = await beta.database.read
      .selectFrom('meta')
      .select('value')
      .where('name', '=', `new-origins:${proxy.url}`)
      .executeTakeFirstOrThrow();
    expect(JSON.parse(counted.value)).toMatchObject({ count: 50 });
    expect(beta.logged.filter((line) => line.includes('as many new logs today'))).toHaveLength(950);
    expect(await beta.database.read.selectFrom('log').selectAll().execute()).toHaveLength(1);
    // Its own log is not among those counted, once it is honest again under its own name.
    beta.peers.push(alpha.url);
    const digest = await alpha.put('one');
    await beta.federation.sync();
    expect(await beta.holds(digest)).toBe(true);
  });

  it('H-161 an announcement makes nobody fetch an address named by a stranger', async () => {
    const announce = (body: unknown) =>
      fetch(`${beta.url}/federation/announce`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    for (const origin of ['169.254.169.254/catalogue/1', '127.0.0.1:9/catalogue/1', alpha.origin]) {
      const answer = await announce({ origin, size: 5 });
      expect(answer.status).toBe(202);
      expect(await answer.json()).toEqual({ pull: false });
    }
    expect(proxy.seen).toEqual([]);
    expect(alpha.seen).toEqual([]);
    for (const body of [
      {},
      { origin: 'http://x/', size: 1 },
      { origin: alpha.origin, size: -1 },
      { origin: alpha.origin },
    ])
      expect((await announce(body)).status).toBe(400);
    expect((await announce({ origin: 'x'.repeat(2000), size: 1 })).status).toBe(413);
  });

  it('a peer that is announced over and over is asked once in a while only', async () => {
    const gamma = await testPeer({ peers: [alpha.url] });
    gamma.federation.start();
    await expect.poll(() => gamma.size(alpha.origin), { timeout: 5_000 }).toBe(0);
    alpha.seen.length = 0;
    for (let i = 0; i < 50; i++) {
      const body = JSON.stringify({ origin: alpha.origin, size: 9 + i });
      expect(await (await fetch(`${gamma.url}/federation/announce`, { method: 'POST', body })).json()).toEqual({
        pull: true,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(alpha.seen.filter((line) => line === 'GET /federation/heads').length).toBeLessThanOrEqual(1);
    await gamma.close();
  });

  it('H-164 a peer that does not answer costs one timeout, is backed off, and holds up nobody else', async () => {
    await alpha.put('one');
    proxy.change = (path) =>
      path.startsWith('/federation/heads')
        ? new Promise((resolve) => setTimeout(resolve, 3_000, undefined))
        : undefined;
    beta.peers.push(alpha.url);
    const start = performance.now();
    const report = await beta.federation.sync();
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(report.errors[0]).toMatchObject({
      url: proxy.url,
      why: expect.stringMatching(/did not answer within 300 ms/),
    });
    expect(report.entries).toBe(1);
    const [slow, good] = await beta.federation.peers.list();
    expect(slow).toMatchObject({
      failures: 1,
      lastError: expect.stringMatching(/300 ms/),
      nextTry: new Date(time.now + 60_000).toISOString(),
    });
    expect(good).toMatchObject({ failures: 0, lastError: null, nextTry: null });
  });

  it('stopping does not wait for a peer that never answers', async () => {
    const gamma = await testPeer({ peers: [proxy.url], limits: { timeoutMs: 60_000 } });
    proxy.change = () => new Promise((resolve) => setTimeout(resolve, 1_500, undefined));
    gamma.federation.start();
    await expect.poll(() => proxy.seen.length, { timeout: 3_000 }).toBeGreaterThan(0);
    const start = performance.now();
    await gamma.federation.stop();
    expect(performance.now() - start).toBeLessThan(500);
    await gamma.close();
  });

  it('H-165 a login page with status 200 is taken for what it is, everywhere', async () => {
    await alpha.put('one');
    const page = { status: 200, type: 'text/html; charset=utf-8', body: '<!doctype html><title>Log in</title>' };
    proxy.change = () => page;
    expect((await beta.federation.sync()).errors[0]?.why).toMatch(/did not answer with JSON/);
    proxy.change = (path) => (path.startsWith('/federation/heads') ? undefined : page);
    expect((await beta.federation.sync()).entries).toBe(1);
    expect((await first()).blamed).toBeNull();
    await livesOn();
  });

  it('a peer that asks for patience gets it, and no failure for it', async () => {
    proxy.change = () => ({ status: 429, body: '' });
    await beta.federation.sync();
    expect(await first()).toMatchObject({ failures: 0, lastError: expect.stringMatching(/429/) });
    await livesOn();
  });

  it.each([
    '[]',
    '{}',
    '{"version":-1,"heads":[]}',
    '{"version":1e300,"heads":[]}',
    '{"version":1,"heads":[7]}',
    'null',
    '\u0000',
    '{"version":1,"heads":{}}',
  ])('heads that are %s are refused', async (body) => {
    proxy.change = (path) => (path.startsWith('/federation/heads') ? Buffer.from(body) : undefined);
    await beta.federation.sync();
    expect((await first()).blamed).toMatch(/heads are not/);
    await livesOn();
  });
});
