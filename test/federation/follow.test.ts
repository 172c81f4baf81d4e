import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/catalogue/log-entry.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { mirrorName } from '../../src/federation/origins.ts';
import { readWholeLog } from './mini-reader.ts';
import { faultProxy, settle, type TestPeer, type TestPeerOptions, testPeer, time } from './support.ts';

const START = time.now;
const open: { close(): Promise<void> }[] = [];
const peer = async (options: TestPeerOptions = {}): Promise<TestPeer> => {
  const one = await testPeer(options);
  open.push(one);
  return one;
};
/** Acts that name no object, to fill a log. */
const filler = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ op: 'note', n: from + i }) as unknown as LogEntry);
const labelStates = async (node: TestPeer) =>
  (await node.database.read.selectFrom('label').select(['digest', 'state']).execute()).map(({ digest, state }) => [
    digest,
    state,
  ]);

beforeEach(() => {
  time.now = START;
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

describe('two nodes', () => {
  let alpha: TestPeer;
  let beta: TestPeer;
  beforeEach(async () => {
    alpha = await peer();
    beta = await peer({ peers: [alpha.url] });
  });

  it('the follower holds the same entries, the same root and every object', async () => {
    const digests = [
      await alpha.put('one'),
      await alpha.put('two', 'evidence'),
      await alpha.put('three', 'withdrawal'),
    ];
    const report = await beta.federation.sync();
    expect(report).toMatchObject({ entries: 3, objects: 3, rejected: [], errors: [] });
    for (const digest of digests) expect(await beta.holds(digest)).toBe(true);
    const mirror = `${beta.url}/federation/mirror/${mirrorName(alpha.origin)}`;
    const own = await readWholeLog(alpha.url);
    expect(await (await fetch(`${mirror}/checkpoint`)).text()).toBe(own.note);
    const range = await (await fetch(`${mirror}/entries?since=0`)).text();
    expect(range.trimEnd().split('\n')).toEqual(own.entries);
    const [origin] = (await beta.federation.status()).origins;
    expect(origin).toMatchObject({
      origin: alpha.origin,
      did: alpha.key.did,
      state: 'following',
      size: 3,
      head: 3,
      pending: 0,
      refused: [],
      sources: [alpha.url],
    });
    expect(await beta.database.read.selectFrom('carriage').selectAll().execute()).toHaveLength(3);
  });

  it('a quiet round is one request answered 304', async () => {
    await alpha.put('one');
    await beta.federation.sync();
    alpha.seen.length = 0;
    expect(await beta.federation.sync()).toMatchObject({ bytes: 0, requests: 1, entries: 0 });
    expect(alpha.seen).toEqual(['GET /federation/heads']);
  });

  it('a fresh timestamp travels without an entry', async () => {
    await alpha.put('one');
    await beta.federation.sync();
    time.now += 70 * 60_000;
    await alpha.online(false);
    await beta.federation.sync();
    expect((await beta.federation.status()).origins[0]).toMatchObject({ state: 'unreachable' });
    await alpha.online(true);
    expect(await beta.federation.sync()).toMatchObject({ entries: 0, errors: [] });
    expect((await beta.federation.status()).origins[0]).toMatchObject({
      state: 'following',
      freshAt: new Date(time.now).toISOString(),
    });
    time.now += 61 * 60_000;
    expect((await beta.federation.status()).origins[0]).toMatchObject({ state: 'stale' });
  });

  it('after months away only the difference is transferred', async () => {
    for (let i = 0; i < 40; i++) await alpha.put(`before ${i}`, 'listing', { text: 'x'.repeat(2000) });
    const full = await beta.federation.sync();
    const kept = await alpha.put('one more', 'listing', { text: 'x'.repeat(2000) });
    await beta.restart();
    const delta = await beta.federation.sync();
    expect(await beta.holds(kept)).toBe(true);
    expect(delta).toMatchObject({ entries: 1, objects: 1 });
    expect(delta.requests).toBeLessThanOrEqual(4);
    expect(delta.bytes).toBeLessThan(full.bytes / 15);
    const [status] = await beta.federation.peers.list();
    expect(status?.bytes).toBe(full.bytes + delta.bytes);
  });

  it('reads a long log in bundles, and a longer one in proven steps', async () => {
    await alpha.append(filler(700));
    await beta.federation.sync();
    expect(await beta.size(alpha.origin)).toBe(700);
    expect(alpha.seen.filter((line) => line.includes('/tile/entries/'))).toHaveLength(2);
    expect(alpha.seen.filter((line) => line.includes('/tile/0/'))).toHaveLength(0);

    const gamma = await peer({ peers: [alpha.url], limits: { entriesPerStep: 256 } });
    expect(await gamma.federation.sync()).toMatchObject({ entries: 700, errors: [] });
    const nodes = await gamma.database.read.selectFrom('tile_node').select(['level', 'idx']).execute();
    expect(nodes).toEqual([
      { level: 8, idx: 0 },
      { level: 8, idx: 1 },
    ]);
    // Cut short on the way: what is there stays, is not served, and the next pull goes on behind it.
    const delta = await peer({ peers: [alpha.url], limits: { entriesPerStep: 256, stepsPerPull: 1 } });
    await delta.federation.sync();
    expect((await delta.federation.status()).origins[0]).toMatchObject({
      state: 'bootstrapping',
      size: 256,
      head: 700,
    });
    expect((await fetch(`${delta.url}/federation/mirror/${mirrorName(alpha.origin)}/checkpoint`)).status).toBe(404);
    expect(await settle(delta)).toBeLessThan(10);
    expect(await delta.size(alpha.origin)).toBe(700);
  });

  it('a dropped listing loses this carrier only; a dropped label ends; a drop by another log does not count', async () => {
    const listing = await alpha.put('one');
    const label = await alpha.label(listing);
    await beta.federation.sync();
    expect(await labelStates(beta)).toEqual([[label, 'current']]);
    const gamma = await peer();
    beta.peers.push(gamma.url);
    await gamma.drop('label', label);
    await beta.federation.sync();
    expect(await labelStates(beta)).toEqual([[label, 'current']]);
    await alpha.drop('label', label);
    await alpha.drop('listing', listing);
    await beta.federation.sync();
    expect(await labelStates(beta)).toEqual([[label, 'withdrawn']]);
    expect(await beta.holds(listing)).toBe(true);
    expect(await beta.database.read.selectFrom('carriage').selectAll().execute()).toEqual([]);
  });

  it('refuses a label that is not of the log it comes in, and shows the reason', async () => {
    const label = await alpha.label(await alpha.put('one'));
    await beta.federation.sync();
    const gamma = await peer();
    beta.peers.push(gamma.url);
    await gamma.append([
      {
        op: 'put',
        kind: 'label',
        id: 'urn:x',
        digest: label,
        about: label,
        label: 'gaia-x:L3',
        validUntil: '2027-01-01T00:00:00Z',
        size: 10,
      },
    ]);
    await settle(beta);
    const refused = (await beta.federation.status()).origins.find(({ origin }) => origin === gamma.origin)?.refused;
    expect(refused).toMatchObject([{ code: 'issuer', count: 1 }]);
    expect(await labelStates(beta)).toEqual([[label, 'current']]);
  });

  it('reports what is refused once, and tries again what may pass later', async () => {
    const bad = await alpha.put('bad', 'listing', { bad: true });
    await alpha.put('held', 'listing', { bad: 'unreachable' });
    const report = await beta.federation.sync();
    expect(report.rejected).toEqual([
      { digest: bad, origin: alpha.origin, code: 'shape', detail: 'It has not the required shape' },
    ]);
    expect((await beta.federation.sync()).requests).toBe(1);
    const status = (await beta.federation.status()).origins[0]!;
    expect(status).toMatchObject({
      pending: 1,
      refused: [{ code: 'shape', count: 1, example: `${bad}: It has not the required shape` }],
    });
    time.now += 3_600_000;
    alpha.seen.length = 0;
    await beta.federation.sync();
    expect(alpha.seen).toContain('POST /objects');
  });

  it('does not fetch what is past its end, and keeps what it does not understand', async () => {
    const digest = digestOf(Buffer.from('old'));
    const times = { validFrom: '2025-01-01T00:00:00Z', validUntil: '2026-01-01T00:00:00Z' };
    await alpha.append([
      {
        op: 'put',
        kind: 'listing',
        id: 'https://provider.example/old',
        digest,
        type: 'gx:ServiceOffering',
        ...times,
        size: 9,
      },
      ...filler(1),
      { op: 'put', kind: 'poem', digest } as unknown as LogEntry,
    ]);
    expect(await beta.federation.sync()).toMatchObject({ entries: 3, objects: 0 });
    expect(alpha.seen).not.toContain('POST /objects');
    expect(
      (
        await beta.database.read
          .selectFrom('entry')
          .select('op')
          .where('origin', '=', alpha.origin)
          .orderBy('idx')
          .execute()
      ).map(({ op }) => op),
    ).toEqual(['put', 'unknown', 'unknown']);
  });

  it('follows by itself, is nudged by an announcement, and stops cleanly', async () => {
    // Beta asks once a minute only: what arrives sooner came by the nudge. Alpha knows beta, so it can tell it.
    beta = await peer({ peers: [alpha.url], limits: { nudgeMs: 100 } });
    alpha.peers.push(beta.url);
    alpha.federation.start();
    beta.federation.start();
    await expect.poll(() => beta.size(alpha.origin), { timeout: 5_000 }).toBe(0);
    const digest = await alpha.put('one');
    await expect.poll(() => beta.holds(digest), { timeout: 8_000 }).toBe(true);
    await beta.federation.stop();
    const met = alpha.seen.length;
    await alpha.put('two');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(alpha.seen.length).toBe(met);
  });

  it('keeps peers the operator adds, and says what it takes', async () => {
    const gamma = await peer();
    await beta.federation.peers.add(gamma.url);
    await gamma.put('one');
    await settle(beta);
    expect(await beta.size(gamma.origin)).toBe(1);
    await beta.restart();
    expect((await beta.federation.peers.list()).map(({ url, source }) => [url, source])).toEqual([
      [alpha.url, 'policy'],
      [gamma.url, 'operator'],
    ]);
    await expect(beta.federation.peers.remove(alpha.url)).rejects.toThrow(/policy file/);
    await beta.federation.peers.remove(gamma.url);
    expect(await beta.federation.peers.list()).toHaveLength(1);
    await expect(beta.federation.peers.add('ftp://x')).rejects.toThrow(/base URL of a node/);
    await expect(beta.federation.peers.add(beta.url)).rejects.toThrow(/own peer/);
    await expect(beta.federation.sync('https://nobody.example')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('three nodes in a ring', () => {
  let alpha: TestPeer;
  let beta: TestPeer;
  let gamma: TestPeer;
  beforeEach(async () => {
    [alpha, beta, gamma] = [await peer(), await peer(), await peer()];
    alpha.peers.push(beta.url);
    beta.peers.push(gamma.url);
    gamma.peers.push(alpha.url);
  });

  it('agree, each through one peer only, and then are quiet', async () => {
    for (const node of [alpha, beta, gamma]) for (let i = 0; i < 5; i++) await node.put(`${node.host} ${i}`);
    expect(await settle(alpha, beta, gamma)).toBeLessThan(10);
    const all = await alpha.digests();
    expect(all).toHaveLength(15);
    expect(await beta.digests()).toEqual(all);
    expect(await gamma.digests()).toEqual(all);
    for (const node of [alpha, beta, gamma])
      expect(await node.federation.sync()).toMatchObject({ bytes: 0, requests: 1 });
  });

  it('carry the log of a node that is away, proven by its key as it was met', async () => {
    await alpha.put('one');
    expect(await settle(alpha, beta, gamma)).toBeLessThan(10);
    const late = await alpha.put('two');
    await gamma.federation.sync();
    await alpha.online(false);
    time.now += 10 * 60_000;
    await beta.restart();
    // Beta meets alpha only through gamma, and alpha's did.json cannot be had.
    expect(await beta.federation.sync()).toMatchObject({ entries: 1, objects: 1, errors: [] });
    expect(await beta.holds(late)).toBe(true);
    await alpha.online(true);
  });
});

describe('a peer that changes what it carries', () => {
  let alpha: TestPeer;
  beforeEach(async () => {
    alpha = await peer();
  });
  const proxied = async (target: TestPeer) => {
    const proxy = await faultProxy(target.url);
    open.push(proxy);
    return proxy;
  };
  const flip = (body: Buffer, at: number): Buffer => {
    const copy = Buffer.from(body);
    copy[at]! ^= 1;
    return copy;
  };

  it('is blamed for a byte of an entry, and another source is used', async () => {
    const digest = await alpha.put('one');
    const proxy = await proxied(alpha);
    proxy.change = (path, body) => (path.includes('/entries') ? flip(body, 30) : undefined);
    const beta = await peer({ peers: [proxy.url] });
    const report = await beta.federation.sync();
    const [status] = await beta.federation.peers.list();
    expect(status?.blamed).toMatch(/entries 0 to 1 of localhost.*do not come to the root/);
    expect(report.errors).toHaveLength(1);
    // The entries came from alpha itself, which is not even a peer.
    expect(report.entries).toBe(1);
    expect(await beta.holds(digest)).toBe(true);
  });

  it('every single byte of heads, entries and bodies matters: nothing changed is ever taken', async () => {
    await alpha.put('one');
    await alpha.label(await alpha.put('two'));
    const honest = await peer({ peers: [alpha.url] });
    await honest.federation.sync();
    const right = { digests: await honest.digests(), root: (await readWholeLog(alpha.url)).root };
    const proxy = await proxied(alpha);
    const paths = ['/federation/heads', '/entries', '/objects'];
    for (let i = 0; i < 60; i++) {
      const where = paths[i % 3]!;
      let before = '';
      proxy.change = (path, body) => {
        if (!path.includes(where) || path.includes('mirror') !== (where === '/entries')) return undefined;
        before = body.toString('latin1');
        return flip(body, (i * 7919) % body.length);
      };
      const beta = await testPeer({ peers: [proxy.url], random: () => 0 });
      await alpha.online(true).catch(() => {});
      await beta.federation.sync();
      expect(before).not.toBe('');
      const digests = await beta.digests();
      for (const digest of digests) expect(right.digests).toContain(digest);
      for (const row of await beta.database.read.selectFrom('object').selectAll().execute())
        expect(digestOf(row.bytes)).toBe(row.digest);
      const log = await beta.database.read
        .selectFrom('log')
        .select(['size', 'root'])
        .where('origin', '=', alpha.origin)
        .executeTakeFirst();
      if (log && log.size > 0) expect(log.root).toBe(right.root);
      await beta.close();
    }
  });

  it('H-155 is blamed for an object of another digest, which is thrown away', async () => {
    const digest = await alpha.put('one');
    const proxy = await proxied(alpha);
    proxy.change = (path, body) => {
      if (path !== '/objects') return undefined;
      const line = JSON.parse(body.toString());
      return Buffer.from(
        JSON.stringify({ ...line, body: Buffer.from('{"kind":"listing","name":"forged"}').toString('base64url') }),
      );
    };
    const beta = await peer({ peers: [proxy.url] });
    await beta.federation.sync();
    expect((await beta.federation.peers.list())[0]?.blamed).toMatch(/other bytes than those of/);
    expect(await beta.digests()).toEqual([digest]);
  });

  it('that withholds bodies holds up no entry, and the bodies come from elsewhere later', async () => {
    const digest = await alpha.put('one');
    const proxy = await proxied(alpha);
    proxy.change = (path) => (path === '/objects' ? { status: 503, body: '' } : undefined);
    const beta = await peer({ peers: [proxy.url] });
    const objects = alpha.seen;
    await alpha.online(true).catch(() => {});
    const report = await beta.federation.sync();
    expect(report.entries).toBe(1);
    expect(await beta.holds(digest)).toBe(true);
    expect(objects).toContain('POST /objects');
  });

  it('a label that is dropped while its body is on the way does not stay', async () => {
    const label = await alpha.label(await alpha.put('one'));
    const proxy = await proxied(alpha);
    const beta = await peer({ peers: [proxy.url], limits: { nudgeMs: 50 } });
    let asked = 0;
    proxy.change = async (path) => {
      if (path !== '/objects' || asked++ > 0) return undefined;
      await alpha.drop('label', label);
      beta.federation.start();
      await expect.poll(() => beta.size(alpha.origin), { timeout: 5_000 }).toBe(3);
      return undefined;
    };
    await beta.federation.sync();
    expect(asked).toBeGreaterThan(0);
    expect(await labelStates(beta)).toEqual([[label, 'withdrawn']]);
  });

  it('a mirror proxy that serves tampered steps of a long log is found out', async () => {
    await alpha.append(filler(700));
    const proxy = await proxied(alpha);
    proxy.change = (path, body) => (path.includes('/tile/1/') ? flip(body, 3) : undefined);
    const beta = await peer({ peers: [proxy.url], limits: { entriesPerStep: 256 } });
    expect((await beta.federation.sync()).entries).toBe(700);
    expect((await beta.federation.peers.list())[0]?.blamed).toMatch(/tiles .* do not come to the signed root/);
  });
});

describe('a log with two histories', () => {
  /** Two nodes with one key and one name: the second is reached through a proxy that claims to be a mirror of it. */
  async function twins(honest: number, common: number, other: number) {
    const alpha = await peer();
    await alpha.append(filler(common));
    const evil = await peer({ key: alpha.key });
    // The twin's log under alpha's name: same key, same origin line.
    const { createFederation } = await import('../../src/federation/federation.ts');
    const { ed25519Signer, rawPublicKey } = await import('../../src/credentials/issuing/identity.ts');
    const { join } = await import('node:path');
    const twin = await createFederation({
      database: evil.database,
      config: { url: alpha.url, allowPrivateNetwork: true },
      policy: () => ({
        publishers: 'open',
        peers: [],
        authorities: [],
        trust: [],
        status: { unknown: 'hold', recheckSeconds: 300, keepSeconds: 86_400 },
        limits: { bodyBytes: 1e6, objectBytes: 262_144 },
      }),
      clock: () => new Date(time.now),
      random: () => 0.5,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      http: () => Promise.reject(new Error('the twin asks nobody')),
      resolveDid: () => Promise.resolve({ ok: false, code: 'unavailable', detail: '' }),
      key: {
        id: alpha.key.id,
        did: alpha.key.did,
        publicKey: rawPublicKey(alpha.key),
        former: [],
        sign: ed25519Signer(alpha.key),
      },
      ingest: () => Promise.reject(new Error('the twin takes nothing in')),
      dropLabel: () => Promise.resolve(),
      lockPath: join(evil.folder, 'twin.lock'),
    });
    const grow = async (entries: LogEntry[]) => {
      await evil.database.transaction((tx) => twin.append(tx, entries));
      await twin.publish();
    };
    await grow(filler(common));
    await alpha.append(filler(honest, 1000));
    await grow(filler(other, 5000));
    return { alpha, evil, grow, twin };
  }

  it.each([
    ['H-152 another root at the same size', 3, 5, 3],
    ['H-151 a smaller head that is no prefix', 9, 5, 4],
    ['a larger head that does not continue what is held', 2, 5, 300],
    ['a fork from the first entry on', 3, 0, 4],
  ])('%s: the evidence is kept, passed on, and believed only when it proves it', async (_, honest, common, other) => {
    const { alpha, evil } = await twins(honest, common, other);
    const label = await alpha.label(digestOf(Buffer.from('x')));
    // The head that shows the fork must stand against the one beta holds whatever the label added.
    const beta = await peer({ peers: [alpha.url] });
    await beta.federation.sync();
    expect(await labelStates(beta)).toEqual([[label, 'current']]);
    beta.peers.push(evil.url);
    await beta.federation.sync();
    const status = await beta.federation.status();
    expect(status.origins.find(({ origin }) => origin === alpha.origin)).toMatchObject({ state: 'forked' });
    expect(status.forks).toMatchObject([{ origin: alpha.origin, sentence: expect.stringMatching(/has signed/) }]);
    expect(await labelStates(beta)).toEqual([[label, 'suspended']]);

    // Nothing is followed of it any more, and what was received stays.
    await alpha.put('after');
    expect((await beta.federation.sync()).entries).toBe(0);
    expect(await beta.holds(label)).toBe(true);

    // Gamma meets the honest history only, and beta's evidence: it checks it and stops too, and would pass it on.
    const gamma = await peer({ peers: [alpha.url] });
    await gamma.federation.sync();
    gamma.peers.push(beta.url);
    await gamma.federation.sync();
    expect((await gamma.federation.status()).forks).toHaveLength(1);
    const heads = (await (await fetch(`${gamma.url}/federation/heads`)).json()) as {
      forks: { origin: string }[];
      heads: string[];
    };
    expect(heads.forks.map(({ origin }) => origin)).toEqual([alpha.origin]);
    expect(heads.heads.some((note) => note.startsWith(`${alpha.origin}\n`))).toBe(false);

    // Told of it, alpha itself stops signing.
    alpha.peers.push(gamma.url);
    await alpha.federation.sync();
    expect(alpha.federation.halted()).toMatch(/Remedy: start anew with another KONTOR_URL/);
  });

  it('an honest log is never framed: made-up evidence is refused and its bearer blamed', async () => {
    const alpha = await peer();
    await alpha.append(filler(5));
    const first = (await readWholeLog(alpha.url)).note;
    await alpha.append(filler(6, 5));
    const second = (await readWholeLog(alpha.url)).note;
    const zero = Buffer.alloc(32).toString('base64');
    const forgeries: unknown[] = [
      { origin: alpha.origin, notes: [first, first] },
      { origin: alpha.origin, notes: [first, second] },
      { origin: alpha.origin, notes: [first, second], rootAtFirst: zero, proof: [zero, zero, zero] },
      { origin: alpha.origin, notes: [second, first], rootAtFirst: zero, proof: [] },
      { origin: alpha.origin, notes: [first, second.replace('\n11\n', '\n5\n')] },
      { origin: alpha.origin, notes: 'x' },
      null,
    ];
    const mallory = await peer();
    const proxy = await faultProxy(mallory.url);
    open.push(proxy);
    for (const forgery of forgeries) {
      proxy.change = (path) =>
        path.startsWith('/federation/heads')
          ? Buffer.from(JSON.stringify({ version: 7, heads: [], forks: [forgery] }))
          : undefined;
      const beta = await testPeer({ peers: [proxy.url, alpha.url] });
      await beta.federation.sync();
      const status = await beta.federation.status();
      expect(status.forks).toEqual([]);
      expect(status.peers[0]?.blamed).toMatch(/evidence|does not hold/);
      expect(status.origins.find(({ origin }) => origin === alpha.origin)).toMatchObject({
        state: 'following',
        size: 11,
      });
      await beta.close();
    }
  });

  it('a node that sees its own signature on more than it holds stops signing', async () => {
    const alpha = await peer();
    const beta = await peer({ peers: [alpha.url] });
    alpha.peers.push(beta.url);
    await alpha.append(filler(3));
    await beta.federation.sync();
    // The database and the lock file are both put back from before.
    await alpha.database.transaction(async (tx) => {
      await tx.deleteFrom('entry').where('origin', '=', alpha.origin).execute();
      await tx.deleteFrom('log').where('origin', '=', alpha.origin).execute();
    });
    const { rmSync } = await import('node:fs');
    rmSync(`${alpha.folder}/lock`, { recursive: true });
    await alpha.restart();
    await alpha.append(filler(1, 50));
    await alpha.federation.sync();
    expect(alpha.federation.halted()).toMatch(/restored from an older copy/);
    await expect(alpha.append(filler(1, 51))).rejects.toMatchObject({ code: 'unavailable' });
  });
});
