import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/catalogue/log-entry.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { ed25519Signer, generateKey, rawPublicKey } from '../../src/credentials/issuing/identity.ts';
import { signCheckpoint } from '../../src/federation/checkpoint.ts';
import { faultProxy, type TestPeer, type TestPeerOptions, testPeer, time } from './support.ts';

const START = time.now;
const open: { close(): Promise<void> }[] = [];
const peer = async (options: TestPeerOptions = {}): Promise<TestPeer> => {
  const one = await testPeer(options);
  open.push(one);
  return one;
};
const filler = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ op: 'note', n: from + i }) as unknown as LogEntry);
const stranger = () => generateKey('EdDSA', 'did:web:stranger.example');
/** A DID document is asked for again after some seconds only. */
const later = () => {
  time.now += 10_000;
};
const offered = async (node: TestPeer) =>
  (await (await fetch(`${node.url}/federation/heads`)).json()) as { heads: string[]; forks: unknown[] };

let alpha: TestPeer;
let beta: TestPeer;
const seenOf = async (node: TestPeer, origin = alpha.origin) =>
  (await node.federation.status()).origins.find((one) => one.origin === origin);

beforeEach(async () => {
  time.now = START;
  alpha = await peer();
  beta = await peer({ peers: [alpha.url] });
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

describe('a node whose key is not the one it publishes', () => {
  it('is shown as unverified, is told of once, and is followed again when the key is back', async () => {
    await alpha.put('one');
    await beta.federation.sync();
    alpha.published = [stranger()];
    const second = await alpha.put('two');
    // A document that was fetched is used for five minutes.
    time.now += 6 * 60_000;
    const since = new Date(time.now).toISOString();
    await beta.federation.sync();
    later();
    const report = await beta.federation.sync();

    expect(await seenOf(beta)).toMatchObject({ state: 'unverified', size: 1 });
    expect((await seenOf(beta))?.sentence).toBe(
      `Its newest head cannot be verified with the key it publishes, since ${since}; what was received before stands.`,
    );
    expect(await beta.federation.catalogues()).toMatchObject([{ state: 'unverified', since }]);
    const why = expect.stringMatching(/newest head cannot be verified with the key it publishes: No key that/);
    expect((await beta.federation.peers.list())[0]).toMatchObject({ failures: 0, lastError: why, blamed: null });
    expect(report.errors).toEqual([{ url: alpha.url, why }]);
    expect(beta.logged.filter((line) => line.startsWith('warn'))).toEqual([
      `warn ${alpha.origin}: Its newest head cannot be verified with the key it publishes`,
    ]);
    // Others could not verify what is held of it either.
    expect((await offered(beta)).heads.some((note) => note.startsWith(alpha.origin))).toBe(false);

    await beta.restart();
    expect(await seenOf(beta)).toMatchObject({ state: 'unverified' });
    alpha.published = undefined;
    later();
    expect((await beta.federation.sync()).errors).toEqual([]);
    expect(await seenOf(beta)).toMatchObject({ state: 'following', size: 2 });
    expect(await beta.holds(second)).toBe(true);
    expect((await beta.federation.peers.list())[0]).toMatchObject({ lastError: null });
    expect((await offered(beta)).heads.some((note) => note.startsWith(alpha.origin))).toBe(true);
  });

  it('is believed again also when it has nothing new to show', async () => {
    await alpha.put('one');
    await beta.federation.sync();
    const key = alpha.key;
    alpha.key = stranger();
    await alpha.restart();
    alpha.published = [key];
    await alpha.append(filler(1));
    later();
    await beta.federation.sync();
    expect(await seenOf(beta)).toMatchObject({ state: 'unverified', size: 1 });
    alpha.published = undefined;
    later();
    await beta.federation.sync();
    expect(await seenOf(beta)).toMatchObject({ state: 'following', size: 2 });
    // Now without an entry: only the log's node can have caused the doubt, and only it ends it.
    alpha.published = [stranger()];
    time.now += 10 * 60_000;
    await beta.federation.sync();
    expect(await seenOf(beta)).toMatchObject({ state: 'unverified' });
    alpha.published = undefined;
    later();
    await beta.federation.sync();
    expect(await seenOf(beta)).toMatchObject({ state: 'following', size: 2 });
  });

  it('a peer cannot put the log of another in doubt', async () => {
    await alpha.put('one');
    await beta.federation.sync();
    const key = stranger();
    const by = { publicKey: rawPublicKey(key), sign: ed25519Signer(key) };
    const head = { origin: alpha.origin, size: 9, root: Buffer.alloc(32, 1) };
    const note = await signCheckpoint(head, by, time.now / 1000);
    const proxy = await faultProxy(alpha.url);
    open.push(proxy);
    proxy.change = (path) =>
      path.startsWith('/federation/heads')
        ? Buffer.from(JSON.stringify({ version: 5, heads: [note], forks: [] }))
        : undefined;
    beta.peers.push(proxy.url);
    later();
    await beta.federation.sync();
    expect(await seenOf(beta)).toMatchObject({ state: 'following', size: 1 });
    expect((await beta.federation.peers.list())[1]?.lastError).toMatch(/It carries a head that cannot be verified/);
  });

  it('a key that is changed as it should be changes nothing else', async () => {
    await alpha.put('one');
    await beta.federation.sync();
    alpha.key = stranger();
    await alpha.restart();
    const second = await alpha.put('two');
    later();
    expect((await beta.federation.sync()).errors).toEqual([]);
    expect(await beta.holds(second)).toBe(true);
    expect(await seenOf(beta)).toMatchObject({ state: 'following', size: 2 });
    expect((await beta.federation.status()).forks).toEqual([]);
  });
});

describe('a node that lost its folder and came back under its old name', () => {
  /** Alpha with its log of five entries and a label gone, and in its place one with a new key and `count` other entries. */
  async function reborn(count: number): Promise<{ again: TestPeer; label: string }> {
    await alpha.append(filler(4));
    const label = await alpha.label(digestOf(Buffer.from('x')));
    await beta.federation.sync();
    const port = Number(new URL(alpha.url).port);
    await alpha.close();
    open.splice(open.indexOf(alpha), 1);
    const again = await peer({ port });
    await again.append(filler(count, 700));
    later();
    return { again, label };
  }

  it.each([
    ['smaller', 2],
    ['equal', 5],
    ['larger', 9],
    ['much larger', 300],
  ])('a %s other history is a fork by both keys that were met, and nobody else is blamed', async (_, count) => {
    const { label } = await reborn(count);
    await beta.federation.sync();
    const status = await beta.federation.status();
    expect(status.origins).toMatchObject([{ state: 'forked', size: 5 }]);
    expect(status.forks).toMatchObject([
      { origin: alpha.origin, sentence: expect.stringMatching(/shows another history than the one it signed before/) },
    ]);
    expect(status.peers).toMatchObject([{ blamed: null, failures: 0 }]);
    const labels = await beta.database.read.selectFrom('label').select(['digest', 'state']).execute();
    expect(labels).toEqual([{ digest: label, state: 'suspended' }]);
    // Nobody else has met the former key: what cannot be checked is not passed on.
    const feed = await offered(beta);
    expect(feed.forks).toEqual([]);
    expect(feed.heads.some((note) => note.startsWith(alpha.origin))).toBe(false);
  });

  it.each([
    ['smaller', 2],
    ['equal', 5],
    ['larger', 9],
  ])('a %s other history is followed no further when nothing can be proven', async (_, count) => {
    await reborn(count);
    await beta.database.transaction((tx) =>
      tx.deleteFrom('meta').where('name', '=', `head-key:${alpha.origin}`).execute(),
    );
    await beta.federation.sync();
    later();
    await beta.federation.sync();
    const status = await beta.federation.status();
    expect(status.origins).toMatchObject([
      {
        state: 'unverified',
        size: 5,
        sentence: expect.stringMatching(/another history than the one it signed before/),
      },
    ]);
    expect(status.forks).toEqual([]);
    expect(status.peers).toMatchObject([{ blamed: null, lastError: expect.stringMatching(/another history/) }]);
    expect(beta.logged.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('evidence by a former key is not believed from others: that key may have been stolen', async () => {
    await alpha.append(filler(3));
    const old = (await offered(alpha)).heads[0]!;
    const key = alpha.key;
    await beta.federation.sync();
    alpha.key = stranger();
    await alpha.restart();
    await alpha.append(filler(1, 3));
    later();
    await beta.federation.sync();
    const thief = { publicKey: rawPublicKey(key), sign: ed25519Signer(key) };
    const head = { origin: alpha.origin, size: 3, root: Buffer.alloc(32, 1) };
    const forged = await signCheckpoint(head, thief, time.now / 1000);
    const formerKey = Buffer.from(rawPublicKey(key)).toString('base64');
    const proxy = await faultProxy(alpha.url);
    open.push(proxy);
    proxy.change = (path) =>
      path.startsWith('/federation/heads')
        ? Buffer.from(
            JSON.stringify({
              version: 5,
              heads: [],
              forks: [{ origin: alpha.origin, notes: [old, forged], formerKey }],
            }),
          )
        : undefined;
    beta.peers.push(proxy.url);
    later();
    await beta.federation.sync();
    expect(await seenOf(beta)).toMatchObject({ state: 'following', size: 4 });
    expect((await beta.federation.status()).forks).toEqual([]);
  });
});

describe('what the federation writes to the log', () => {
  it('a peer that fails is named once, and once when it answers again', async () => {
    await beta.federation.sync();
    await alpha.online(false);
    for (let i = 0; i < 3; i++) await beta.federation.sync();
    await alpha.online(true);
    for (let i = 0; i < 2; i++) await beta.federation.sync();
    const about = beta.logged.filter((line) => line.includes(`The peer ${alpha.url}`));
    expect(about).toEqual([
      expect.stringMatching(/^warn The peer .* fails: .*\w/),
      `info The peer ${alpha.url} answers again`,
    ]);
    await alpha.online(false);
    await beta.federation.sync();
    expect(beta.logged.filter((line) => line.startsWith('warn'))).toHaveLength(2);
    await alpha.online(true);
  });

  it('start and stop are told, once each, and a stop is held against no peer', async () => {
    await alpha.append(filler(2));
    const proxy = await faultProxy(alpha.url);
    open.push(proxy);
    proxy.change = () => new Promise((resolve) => setTimeout(resolve, 1_000, undefined));
    const gamma = await peer({ peers: [proxy.url] });
    gamma.federation.start();
    await expect.poll(() => proxy.seen.length, { timeout: 3_000 }).toBeGreaterThan(0);
    await gamma.federation.stop();
    await gamma.federation.stop();
    expect(gamma.logged).toEqual([
      `info This node keeps the log ${gamma.origin} of 0 entries; peers: ${proxy.url}`,
      'info The exchange with other catalogues has stopped',
    ]);
    expect((await gamma.federation.peers.list())[0]).toMatchObject({ failures: 0, lastError: null });
  });
});
