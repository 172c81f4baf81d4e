import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttp } from '../../src/credentials/http.ts';
import {
  ed25519Signer,
  type Identity,
  loadOrCreateIdentity,
  rawPublicKey,
  rotateIdentity,
} from '../../src/credentials/issuing/identity.ts';
import { createDidResolver } from '../../src/credentials/keys/did.ts';
import { findMethod } from '../../src/credentials/keys/verification-method.ts';
import { signCheckpoint } from '../../src/federation/checkpoint.ts';
import { type Body, freePort, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { type FaultProxy, faultProxy } from './support.ts';

const START = Date.parse('2026-11-21T12:00:00Z');
let now = START;
const clock = () => new Date(now);
/** A DID document that was fetched is used for five minutes. */
const later = (minutes = 6) => {
  now += minutes * 60_000;
};

const open: { end(): Promise<void> }[] = [];
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let folder: string;
let port: number;
let alpha: TestNode;
let beta: TestNode;
let stranger: FaultProxy;

const node = async (options: Parameters<typeof testNode>[0]) => {
  const one = await testNode({ clock, ...options });
  open.push(one);
  return one;
};
const startAlpha = async () => {
  alpha = await node({ data: folder, port, policy: { trust: [notary.trust] } });
};
const follower = (url: string) =>
  node({
    policy: { trust: [notary.trust], peers: [{ url, pull: 3600 }], authorities: [{ did: alpha.did }] },
  });
const stopAlpha = async () => {
  open.splice(open.indexOf(alpha), 1);
  await alpha.end();
};
/** What alpha's operator does: stop, `kontor rotate-key`, start. */
const rotate = async (revoke?: string): Promise<Identity> => {
  await stopAlpha();
  later(1);
  const identity = rotateIdentity(folder, alpha.did, clock(), revoke);
  later(1);
  await startAlpha();
  return identity;
};
const originOf = (at: TestNode, origin: string) =>
  at.federation.status().then(({ origins }) => origins.find((one) => one.origin === origin));
const levels = async (at: TestNode, slug: string): Promise<Body[]> =>
  (await at.get(`/api/v1/listings?q=${slug}`)).body.items[0]?.labels.filter((label: Body) => label.by === alpha.did) ??
  [];
const kidOf = async (at: TestNode, digest: string): Promise<string> => {
  const { text } = await at.get(`/api/v1/credentials/${digest}`);
  return JSON.parse(Buffer.from(text.split('.')[0]!, 'base64url').toString()).kid;
};

beforeAll(async () => {
  notary = await testNotary(clock());
  provider = await testProvider(clock());
  folder = mkdtempSync(join(tmpdir(), 'kontor-rotation-'));
  port = await freePort();
  await startAlpha();
  for (const one of [notary.vouch(provider), provider.person(), provider.terms(), provider.offering('first')])
    await alpha.post(await one);
  beta = await follower(alpha.url);
  await beta.federation.sync();
});
afterAll(async () => {
  for (const one of open.splice(0).reverse()) await one.end();
  await stranger?.close();
  await Promise.all([notary.host.close(), provider.host.close()]);
  rmSync(folder, { recursive: true, force: true });
});

describe('a node that changes its key', () => {
  it('is followed on, and its old labels still count', async () => {
    expect(await levels(beta, 'first')).toMatchObject([{ level: 'L1' }]);
    const [before] = await levels(beta, 'first');
    await rotate();
    expect(alpha.key.id).toBe(`${alpha.did}#key-2`);
    await alpha.post(await provider.offering('second'));

    // Beta still has the document from before in its cache: the unknown key makes it ask again.
    const report = await beta.federation.sync();
    expect(report.errors).toEqual([]);
    expect(await originOf(beta, alpha.origin)).toMatchObject({ state: 'following' });
    expect(await levels(beta, 'second')).toMatchObject([{ level: 'L1' }]);
    expect(await kidOf(beta, (await levels(beta, 'second'))[0].digest)).toBe(`${alpha.did}#key-2`);
    expect((await levels(beta, 'first'))[0].digest).toBe(before.digest);
    expect(await kidOf(beta, before.digest)).toBe(`${alpha.did}#key-1`);
  });

  it('signs its head anew although nothing was added, and a new reader takes its old labels', async () => {
    const gamma = await follower(alpha.url);
    const report = await gamma.federation.sync();
    expect(report.errors).toEqual([]);
    expect(await originOf(gamma, alpha.origin)).toMatchObject({ state: 'following' });
    expect(await levels(gamma, 'first')).toMatchObject([{ level: 'L1' }]);
  });

  it('serves a DID document that our own resolver reads, with the former key for what it signed in its time', async () => {
    const http = createHttp({ allowPrivateNetwork: true, userAgent: 'test' });
    const resolve = createDidResolver({ http, clock, allowPrivateNetwork: true });
    const document = await resolve(alpha.did);
    if (!document.ok) throw new Error(document.detail);
    const { headers } = await alpha.get('/.well-known/did.json');
    expect(headers.get('content-type')).toBe('application/did+json');
    expect(headers.get('cache-control')).toBe('max-age=300');
    const usable = (key: string, issuedAt: Date) =>
      findMethod(document.value, `${alpha.did}#${key}`, 'assertionMethod', { issuedAt, now: clock() }).ok;
    expect(usable('key-2', clock())).toBe(true);
    expect(usable('key-1', new Date(START))).toBe(true);
    expect(usable('key-1', clock())).toBe(false);
    await http.close();
  });

  it('a head from the time of the former key is believed, one that it signed later is not', async () => {
    const stolen = { ...alpha.key, former: [] } as Identity;
    await rotate();
    expect(alpha.key.id).toBe(`${alpha.did}#key-3`);
    later();
    await beta.federation.sync();
    const held = await originOf(beta, alpha.origin);
    const before = await forge(beta, stolen, START + 150_000);
    expect(before.lastError).toBeNull();
    const after = await forge(beta, stolen, now);
    expect(after.lastError).toMatch(/cannot be verified/);
    expect(await originOf(beta, alpha.origin)).toMatchObject({ state: 'following', size: held!.size });
  });
});

describe('a node whose key was stolen', () => {
  it('revokes it: a forged head is refused, and its labels are issued anew under the next key', async () => {
    const stolen = { ...alpha.key };
    await alpha.post(await provider.offering('third'));
    await beta.federation.sync();
    const [old] = await levels(beta, 'second');
    expect(await kidOf(beta, (await levels(beta, 'third'))[0].digest)).toBe(stolen.id);
    await rotate('current');
    expect(alpha.key.id).toBe(`${alpha.did}#key-4`);
    await waitFor(async () => (await kidOf(alpha, (await levels(alpha, 'third'))[0].digest)) === alpha.key.id);
    later();
    const report = await beta.federation.sync();
    expect(report.errors).toEqual([]);
    const [label] = await levels(beta, 'third');
    expect(label).toMatchObject({ level: 'L1' });
    expect(await kidOf(beta, label.digest)).toBe(alpha.key.id);
    // Signed by a key that was replaced in good order: it stands.
    expect((await levels(beta, 'second'))[0].digest).toBe(old.digest);

    const held = await originOf(beta, alpha.origin);
    for (const time of [now, START]) {
      const { lastError } = await forge(beta, stolen, time);
      expect(lastError).toMatch(/cannot be verified/);
    }
    expect(await originOf(beta, alpha.origin)).toMatchObject({ state: 'following', size: held!.size });
  });

  it('can tell of a former key too, and then what it signed goes as well', async () => {
    await rotate(`${alpha.did}#key-1`);
    expect(alpha.key.id).toBe(`${alpha.did}#key-4`);
    await waitFor(async () => (await kidOf(alpha, (await levels(alpha, 'first'))[0].digest)) === alpha.key.id);
    later();
    await beta.federation.sync();
    expect(await kidOf(beta, (await levels(beta, 'first'))[0].digest)).toBe(alpha.key.id);
    expect(loadOrCreateIdentity(folder, alpha.did).former).toHaveLength(3);
  });
});

/** Has a peer of the follower show the head that it holds, or a longer one, as signed by a key at a time. */
async function forge(at: TestNode, key: Identity, time: number): Promise<{ lastError: string | null }> {
  const row = await at.database.read
    .selectFrom('log')
    .select(['size', 'root'])
    .where('origin', '=', alpha.origin)
    .executeTakeFirstOrThrow();
  const by = { publicKey: rawPublicKey(key), sign: ed25519Signer(key) };
  const head = { origin: alpha.origin, size: row.size, root: Buffer.from(row.root, 'base64') };
  const note = await signCheckpoint(head, by, Math.floor(time / 1000));
  await stranger?.close();
  stranger = await faultProxy(alpha.url);
  stranger.change = (path) =>
    path.startsWith('/federation/heads')
      ? Buffer.from(JSON.stringify({ version: 99, heads: [note], forks: [] }))
      : undefined;
  await at.federation.peers.add(stranger.url);
  later();
  await at.federation.sync(stranger.url);
  const { lastError } = (await at.federation.peers.list()).find(({ url }) => url === stranger.url)!;
  await at.federation.peers.remove(stranger.url);
  return { lastError };
}

/** A running node settles what is due within seconds. */
async function waitFor(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not come about within ten seconds');
}
