import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/catalogue/log-entry.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { Problem } from '../../src/errors.ts';
import { readWholeLog } from './mini-reader.ts';
import { type TestPeer, testPeer, time } from './support.ts';

const START = time.now;
const entry = (n: number): LogEntry => ({
  op: 'put',
  kind: 'withdrawal',
  id: `https://provider.example/${n}`,
  digest: digestOf(Buffer.from(String(n))),
  size: n,
});
const entries = (count: number, from = 0) => Array.from({ length: count }, (_, i) => entry(from + i));

describe('the log of a node', () => {
  let node: TestPeer;
  const open: TestPeer[] = [];
  beforeEach(async () => {
    time.now = START;
    node = await testPeer();
    open.push(node);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  const lockPath = () => join(node.folder, 'lock', 'log.lock');

  it('is proven by a stranger with the key of did.json alone, at every kind of size', async () => {
    expect(await readWholeLog(node.url)).toMatchObject({ size: 0, origin: node.origin });
    let size = 0;
    for (const more of [1, 2, 252, 1, 1, 300, 211]) {
      await node.append(entries(more, size));
      size += more;
      const log = await readWholeLog(node.url);
      expect(log.size).toBe(size);
      expect(log.at).toBe(START / 1000);
      expect(log.entries).toEqual(entries(size).map((one) => JSON.stringify(one)));
      for (const index of [0, size >> 1, size - 1]) expect(log.includes(index)).toBe(true);
    }
    // The same under the name a mirror has for it.
    const { createHash } = await import('node:crypto');
    const mirror = `${node.url}/federation/mirror/${createHash('sha256').update(node.origin).digest('hex')}`;
    expect((await readWholeLog(node.url, 1, mirror)).size).toBe(size);
  });

  it('says where each entry stands and who carries it', async () => {
    const placed = await node.database.transaction((tx) => node.federation.append(tx, entries(3)));
    expect(placed).toEqual([0, 1, 2].map((index) => ({ origin: node.origin, index })));
    const [first] = entries(1);
    await node.append([
      { op: 'drop', kind: 'listing', digest: (first as { digest: string }).digest, reason: 'takedown' },
    ]);
    const carried = await node.database.read.selectFrom('carriage').selectAll().execute();
    expect(carried.map(({ idx }) => idx).sort()).toEqual([1, 2]);
  });

  it('rolls back with the transaction of the act', async () => {
    await expect(
      node.database.transaction(async (tx) => {
        await node.federation.append(tx, entries(2));
        throw new Error('the act failed');
      }),
    ).rejects.toThrow('the act failed');
    await node.append(entries(1));
    expect((await readWholeLog(node.url)).size).toBe(1);
  });

  it('takes no entry over 4,096 bytes', async () => {
    const long = { ...entry(1), id: `https://provider.example/${'x'.repeat(4096)}` };
    await expect(node.append([long])).rejects.toThrow(Problem);
    expect((await readWholeLog(node.url)).size).toBe(0);
  });

  it('signs what many append at once, each once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => node.append([entry(i)])));
    expect((await readWholeLog(node.url)).size).toBe(20);
  });

  it('shows only what is signed', async () => {
    await node.append(entries(2));
    await node.database.transaction((tx) => node.federation.append(tx, entries(1, 2)));
    expect((await readWholeLog(node.url)).size).toBe(2);
    expect((await fetch(`${node.url}/catalogue/1/tile/0/000.p/3`)).status).toBe(404);
    expect((await fetch(`${node.url}/catalogue/1/entries?since=3`)).status).toBe(400);
  });

  it('re-makes the timestamp within ten minutes, and nothing else', async () => {
    await node.append(entries(1));
    const before = await readWholeLog(node.url);
    time.now += 8 * 60_000;
    expect((await readWholeLog(node.url)).note).toBe(before.note);
    time.now += 2 * 60_000;
    const after = await readWholeLog(node.url);
    expect(after.at).toBe(time.now / 1000);
    expect([after.size, after.root]).toEqual([before.size, before.root]);
    time.now -= 60 * 60_000;
    expect((await readWholeLog(node.url)).note).toBe(after.note);
  });

  it('goes on after a restart where it was', async () => {
    await node.append(entries(5));
    await node.restart();
    await node.append(entries(5, 5));
    expect((await readWholeLog(node.url)).entries).toHaveLength(10);
    expect((await node.federation.status()).own).not.toHaveProperty('blocked');
    expect(node.federation.halted()).toBeUndefined();
  });

  it('publishes at the start what was committed or locked before a crash', async () => {
    await node.append(entries(1));
    await node.database.transaction((tx) => node.federation.append(tx, entries(1, 1)));
    await node.restart();
    expect((await readWholeLog(node.url)).size).toBe(2);

    // Killed after the lock file was written and before the database was: the note in the database is the older one.
    const { note: older } = await node.database.read
      .selectFrom('log')
      .select('note')
      .where('origin', '=', node.origin)
      .executeTakeFirstOrThrow();
    await node.append(entries(1, 2));
    await node.database.transaction((tx) =>
      tx.updateTable('log').set({ note: older }).where('origin', '=', node.origin).execute(),
    );
    writeFileSync(`${lockPath()}.new`, 'half a lock fi');
    await node.restart();
    expect((await readWholeLog(node.url)).size).toBe(3);
    expect(existsSync(`${lockPath()}.new`)).toBe(false);
  });

  it('refuses to sign when the database is older than the lock, names the remedies, and still reads', async () => {
    const file = join(node.folder, 'kontor.db');
    const copy = join(node.folder, 'copy.db');
    await node.append(entries(3));
    await node.restart();
    copyFileSync(file, copy);
    await node.append(entries(2, 3));
    await node.federation.stop();
    await node.database.close();
    for (const part of ['', '-wal', '-shm']) rmSync(file + part, { force: true });
    copyFileSync(copy, file);
    await node.restart().catch(() => {});
    expect(node.federation.halted()).toMatch(
      /restored from an older copy: it holds 3 entries .* but 5 were signed.*Remedies: put the newest copy of the database beside log\.lock, or start anew with another KONTOR_URL/s,
    );
    const { own } = await node.federation.status();
    expect(own.blocked).toBe(node.federation.halted());
    await expect(node.append(entries(1, 9))).rejects.toMatchObject({ code: 'unavailable' });
    expect((await readWholeLog(node.url)).size).toBe(3);
  });

  it('refuses to sign when the entries are not those that were signed, or the lock is gone', async () => {
    await node.append(entries(3));
    const other = Buffer.alloc(32, 7);
    await node.database.transaction((tx) =>
      tx.updateTable('entry').set({ leaf: other }).where('idx', '=', 1).execute(),
    );
    await node.restart();
    expect(node.federation.halted()).toMatch(/not those that were signed/);

    const second = await testPeer();
    open.push(second);
    await second.append(entries(1));
    rmSync(join(second.folder, 'lock', 'log.lock'));
    await second.restart();
    expect(second.federation.halted()).toMatch(/Put the lock file back/);
  });

  it('stops when another process signs the same log', async () => {
    await node.append(entries(1));
    const all = JSON.parse(readFileSync(lockPath(), 'utf8'));
    writeFileSync(lockPath(), JSON.stringify({ ...all, [node.origin]: `${all[node.origin]}x` }));
    await node.append(entries(1, 1));
    expect(node.federation.halted()).toMatch(/Another process has signed/);
    expect((await readWholeLog(node.url)).size).toBe(1);
  });
});

describe('the log over HTTP', () => {
  let node: TestPeer;
  let digest: string;
  beforeEach(async () => {
    time.now = START;
    node = await testPeer();
    await node.append(entries(259));
    digest = await node.put('object');
  });
  afterEach(() => node.close());

  it('has the media types, caching and validators that the formats ask for', async () => {
    const checkpoint = await fetch(`${node.url}/catalogue/1/checkpoint`);
    expect(checkpoint.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(checkpoint.headers.get('cache-control')).toBe('public, max-age=5');
    const etag = checkpoint.headers.get('etag')!;
    expect((await fetch(`${node.url}/catalogue/1/checkpoint`, { headers: { 'if-none-match': etag } })).status).toBe(
      304,
    );
    const tile = await fetch(`${node.url}/catalogue/1/tile/0/000`);
    expect(tile.headers.get('content-type')).toBe('application/octet-stream');
    expect(tile.headers.get('cache-control')).toContain('immutable');
    expect((await tile.arrayBuffer()).byteLength).toBe(8192);
    const object = await fetch(`${node.url}/objects/${digest}`);
    expect(object.headers.get('content-type')).toBe('application/vc');
    expect(digestOf(Buffer.from(await object.arrayBuffer()))).toBe(digest);
  });

  it('serves bundles compressed to whoever takes it', async () => {
    const plain = await fetch(`${node.url}/catalogue/1/tile/entries/000`, {
      headers: { 'accept-encoding': 'identity' },
    });
    expect(plain.headers.get('content-encoding')).toBeNull();
    const { request } = await import('node:http');
    const raw = await new Promise<Buffer>((resolve) => {
      request(`${node.url}/catalogue/1/tile/entries/000`, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
      }).end();
    });
    expect(gunzipSync(raw)).toEqual(Buffer.from(await plain.arrayBuffer()));
  });

  it('serves ranges verbatim, 2,560 entries at most', async () => {
    const range = await fetch(`${node.url}/catalogue/1/entries?since=257&to=259`);
    expect(range.headers.get('content-type')).toBe('application/x-ndjson');
    expect(await range.text()).toBe(
      `${entries(2, 257)
        .map((one) => JSON.stringify(one))
        .join('\n')}\n`,
    );
    await node.append(entries(2500, 1000));
    expect((await (await fetch(`${node.url}/catalogue/1/entries?since=0`)).text()).split('\n')).toHaveLength(2561);
  });

  it.each([
    ['/catalogue/1/tile/0/001.p/5', 404],
    ['/catalogue/1/tile/0/001', 404],
    ['/catalogue/1/tile/1/000.p/2', 404],
    ['/catalogue/1/tile/2/000.p/1', 404],
    ['/catalogue/2/checkpoint', 404],
    ['/catalogue/x/checkpoint', 404],
    ['/catalogue/1/tile/64/000', 400],
    ['/catalogue/1/tile/0/1', 400],
    ['/catalogue/1/tile/0/000.p/256', 400],
    ['/catalogue/1/entries?since=-1', 400],
    ['/catalogue/1/entries?since=9999', 400],
    ['/catalogue/1/entries?since=5&to=2', 400],
    ['/catalogue/1/entries?from=5', 400],
    ['/catalogue/1/checkpoint?x=1', 400],
    ['/federation/heads?since=abc', 400],
    ['/federation/heads?since=1&since=2', 400],
    ['/federation/mirror/abc/checkpoint', 400],
    [`/federation/mirror/${'0'.repeat(64)}/checkpoint`, 404],
    ['/objects/abc', 400],
    [`/objects/${digestOf(Buffer.from('nothing'))}`, 404],
  ])('answers %s with %i and says why', async (path, status) => {
    const answer = await fetch(node.url + path);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ status, detail: expect.stringMatching(/\w/) });
  });

  it('answers batches of objects, and says which it does not hold', async () => {
    const missing = digestOf(Buffer.from('nothing'));
    const post = (body: unknown) =>
      fetch(`${node.url}/objects`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const answer = await post({ digests: [missing, digest, digest] });
    const lines = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { digest: missing, missing: true },
      { digest, mediaType: 'application/vc', body: expect.any(String) },
    ]);
    expect(digestOf(Buffer.from(lines[1].body, 'base64url'))).toBe(digest);
    for (const body of [{}, { digests: [] }, { digests: ['x'] }, { digests: Array(257).fill(digest) }, []])
      expect((await post(body)).status).toBe(400);
    expect((await post({ digests: ['x'.repeat(40_000)] })).status).toBe(413);
  });

  it('tells only what changed since a cursor, and 304 when nothing did', async () => {
    const first = (await (await fetch(`${node.url}/federation/heads`)).json()) as {
      version: number;
      heads: string[];
      forks: unknown[];
    };
    expect(first.heads).toHaveLength(1);
    expect(first.forks).toEqual([]);
    expect((await fetch(`${node.url}/federation/heads?since=${first.version}`)).status).toBe(304);
    await node.append(entries(1, 5000));
    const second = (await (await fetch(`${node.url}/federation/heads?since=${first.version}`)).json()) as typeof first;
    expect(second.version).toBeGreaterThan(first.version);
    // A cursor of a database that is no more: everything is told again.
    expect(
      ((await (await fetch(`${node.url}/federation/heads?since=${second.version + 1e6}`)).json()) as typeof first)
        .heads,
    ).toHaveLength(1);
  });
});
