import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ListingDetail } from '../../src/catalogue/listing.ts';
import { DEFAULT_POLICY } from '../../src/policy.ts';
import { freePort, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { statusList, type TestList } from '../support/status-list.ts';

const NOW = new Date();
const MINUTE = 60_000;
const DAY = 86_400_000;

let ahead: number;
let data: string;
let port: number;
let node: TestNode;
let provider: TestProvider;
let notary: Awaited<ReturnType<typeof testNotary>>;
let list: TestList;

const clock = () => new Date(Date.now() + ahead);
const start = async (status: Partial<typeof DEFAULT_POLICY.status> = {}): Promise<void> => {
  const rule = { ...DEFAULT_POLICY.status, recheckSeconds: 60, keepSeconds: 3_600, ...status };
  node = await testNode({ clock, data, port, policy: { trust: [notary.trust], status: rule } });
};

beforeEach(async () => {
  ahead = 0;
  data = mkdtempSync(join(tmpdir(), 'kontor-test-'));
  [provider, notary, port] = await Promise.all([testProvider(NOW), testNotary(NOW), freePort()]);
  list = statusList(provider.host, '/status/1', NOW);
  await list.publish();
});
afterEach(async () => {
  await node.end();
  await Promise.all([provider.host.close(), notary.host.close()]);
  rmSync(data, { recursive: true, force: true });
});

/** The same credential with more in it, signed by the same provider. */
const and = (jwt: string, more: object): Promise<string> =>
  provider.sign({ ...JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString()), ...more });

/** Publishes an offering that stands in the list; gives its key. */
const publish = async (slug: string, index: number, of = list): Promise<string> => {
  const { status, body } = await node.post(await and(await provider.offering(slug), of.entry(index)));
  expect([status, body.code]).toEqual([201, undefined]);
  return body.listing.key;
};
const show = async (key: string): Promise<ListingDetail> => (await node.get(`/api/v1/listings/${key}`)).body;
/** Waits for the timed work to bring a listing where it should be. */
const until = async (key: string, wanted: object): Promise<ListingDetail> => {
  await expect.poll(() => show(key), { timeout: 10_000, interval: 100 }).toMatchObject(wanted);
  return show(key);
};
const found = async (): Promise<number> => (await node.get('/api/v1/listings')).body.total;
const away = () => provider.host.files.set('/status/1', { status: 503, body: '' });

describe('what its issuer revokes', () => {
  it('is taken down at the next look, with its labels, and stays down', async () => {
    await start();
    for (const jwt of [await provider.person(), await provider.terms(), await notary.vouch(provider)])
      await node.post(jwt);
    const key = await publish('one', 7);
    const other = await publish('two', 8);
    const before = await until(key, { state: 'current', status: { state: 'good', list: list.url } });
    expect(before.labels).not.toEqual([]);
    await list.set(7);
    ahead += 2 * MINUTE;
    const gone = await until(key, { state: 'revoked', status: { state: 'revoked' } });
    expect(gone.labels).toEqual([]);
    expect(gone.versions[0]!.sentence).toContain('revoked');
    expect(await show(other)).toMatchObject({ state: 'current', status: { state: 'good' } });
    const drops = await node.database.read
      .selectFrom('entry')
      .select(['kind', 'digest'])
      .where('op', '=', 'drop')
      .execute();
    expect(drops).toContainEqual({ kind: 'listing', digest: gone.digest });
    expect(drops.filter(({ kind }) => kind === 'label')).toHaveLength(before.labels.length);
    expect((await node.get(`/listings/${key}`)).text).toContain('This listing was revoked');
    // Revoked is for good, whatever the list says later.
    await list.set(7, false);
    ahead += 10 * MINUTE;
    await until(other, { status: { checkedAt: expect.stringMatching(clock().toISOString().slice(0, 15)) } });
    expect(await show(key)).toMatchObject({ state: 'revoked' });
    const again = await and(await provider.offering('one', { from: NOW }), list.entry(9));
    expect((await node.post(again)).status).toBe(201);
    expect(await show(key)).toMatchObject({ state: 'current', status: { state: 'good' } });
  });

  it('is refused when it comes', async () => {
    await start();
    await list.set(3);
    const { status, body } = await node.post(await and(await provider.offering('one'), list.entry(3)));
    expect([status, body.code]).toEqual([422, 'revoked']);
  });

  it('takes what rests on it along: evidence, and the self-description of the provider', async () => {
    await start();
    const vouched = statusList(notary.host, '/status/1', NOW);
    await vouched.publish();
    const vat = JSON.parse(Buffer.from((await notary.vouch(provider)).split('.')[1]!, 'base64url').toString());
    const { signJwt } = await import('../../src/credentials/issuing/sign.ts');
    await node.post(await and(await provider.person(), list.entry(1)));
    await node.post(await provider.terms());
    const evidence = await node.post(await signJwt({ ...vat, ...vouched.entry(1) }, notary.host.key));
    expect(evidence.status).toBe(201);
    const key = await publish('one', 2);
    const before = await until(key, { labels: [{ scheme: 'gaia-x' }] });
    expect(before.evidence.map(({ digest }) => digest)).toContain(evidence.body.digest);
    await vouched.set(1);
    ahead += 2 * MINUTE;
    const without = await until(key, { state: 'current', labels: [] });
    expect(without.evidence.map(({ digest }) => digest)).not.toContain(evidence.body.digest);
    expect(without.providerListing).toBeDefined();
    await list.set(1);
    ahead += 2 * MINUTE;
    await expect.poll(async () => (await show(key)).providerListing, { timeout: 10_000 }).toBeUndefined();
  });
});

it('what its issuer suspends goes, and comes back when that is lifted', async () => {
  await start();
  const suspension = statusList(provider.host, '/status/2', NOW, { purpose: 'suspension' });
  await suspension.publish();
  const key = await publish('one', 5, suspension);
  await suspension.set(5);
  ahead += 2 * MINUTE;
  await until(key, { state: 'suspended', status: { state: 'suspended' } });
  expect(await found()).toBe(0);
  // A list out of reach lifts nothing.
  const body = provider.host.files.get('/status/2')!;
  provider.host.files.set('/status/2', { status: 503, body: '' });
  ahead += 120 * MINUTE;
  await expect
    .poll(() => node.database.read.selectFrom('status_list').select('reason').execute(), { timeout: 10_000 })
    .toEqual([{ reason: expect.stringContaining('503') }]);
  expect(await show(key)).toMatchObject({ state: 'suspended' });
  provider.host.files.set('/status/2', body);
  await suspension.set(5, false);
  ahead += 2 * MINUTE;
  await until(key, { state: 'current', status: { state: 'good' } });
  expect(await found()).toBe(1);
});

describe('a list out of reach (H-137)', () => {
  it('leaves a listing shown with "unknown since", hides it in the end, and brings it back; also over a restart', async () => {
    await start();
    const key = await publish('one', 5);
    away();
    ahead += 2 * MINUTE;
    const first = await until(key, { state: 'current', status: { state: 'unknown' } });
    expect(first.status!.reason).toContain('503');
    expect(first.status!.checkedAt! < first.status!.since).toBe(true);
    expect((await node.get(`/listings/${key}`)).text).toContain('is not known since');
    await node.end();
    ahead += 10 * MINUTE;
    await start();
    expect(await until(key, { state: 'current' })).toMatchObject({ status: { since: first.status!.since } });
    const [warned, told] = [vi.spyOn(node.log, 'warn'), vi.spyOn(node.log, 'info')];
    ahead += 60 * MINUTE;
    await until(key, { state: 'status-unknown', status: { state: 'unknown', since: first.status!.since } });
    expect(await found()).toBe(0);
    await list.publish();
    ahead += 60 * MINUTE;
    await until(key, { state: 'current', status: { state: 'good' } });
    expect(await found()).toBe(1);
    // One line for each change, not for each look.
    const about = { key, url: list.url, since: first.status!.since };
    expect(warned.mock.calls).toEqual([[about, expect.stringContaining('hidden')]]);
    const back = { ...about, state: 'good', since: expect.any(String) };
    expect(told.mock.calls).toEqual([[back, expect.stringContaining('status list')]]);
  });

  it('is left in peace for a minute, and twice as long each time, up to an hour', async () => {
    await start();
    await publish('one', 5);
    away();
    const waits: number[] = [];
    for (let asked = 2; asked < 10; asked++) {
      ahead += 60 * MINUTE;
      await expect.poll(list.asked, { timeout: 10_000, interval: 50 }).toBe(asked);
      const next = async () =>
        (await node.database.read.selectFrom('status_list').select('next_at').executeTakeFirstOrThrow()).next_at;
      await expect.poll(async () => (await next()) > clock().toISOString(), { timeout: 10_000 }).toBe(true);
      waits.push(Math.round((Date.parse(await next()) - clock().getTime()) / MINUTE));
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('that comes back as it was yesterday counts as out of reach, also after a restart (H-143)', async () => {
    await start();
    const key = await publish('one', 5);
    await until(key, { state: 'current' });
    await expect
      .poll(() => node.database.read.selectFrom('status_list').select('newest').execute(), { timeout: 10_000 })
      .toEqual([{ newest: expect.stringMatching(/^20/) }]);
    await node.end();
    await list.publish({ from: new Date(NOW.getTime() - DAY), until: new Date(NOW.getTime() + DAY) });
    ahead += 2 * MINUTE;
    await start();
    const { status } = await until(key, { status: { state: 'unknown' } });
    expect(status!.reason).toContain('was seen before');
  });

  it('holds a submission, which is listed when the list is there', async () => {
    await start();
    away();
    const { status, body } = await node.post(await and(await provider.offering('one'), list.entry(5)));
    expect([status, body.code]).toEqual([202, 'status-unavailable']);
    expect(body.checks.at(-1)).toMatchObject({ id: 'verify.status', result: 'unknown' });
    expect(await found()).toBe(0);
    await list.publish();
    ahead += MINUTE;
    await expect.poll(found, { timeout: 10_000 }).toBe(1);
  });

  it('refuses a submission where the operator says so', async () => {
    await start({ unknown: 'refuse' });
    away();
    const { status, body } = await node.post(await and(await provider.offering('one'), list.entry(5)));
    expect([status, body.code]).toEqual([422, 'status']);
  });
});

it('many listings on one list cost one request a look', async () => {
  await start();
  const keys: string[] = [];
  for (let index = 0; index < 100; index++) keys.push(await publish(`offer-${index}`, index));
  expect(list.asked()).toBe(1);
  ahead += 2 * MINUTE;
  await list.set(99);
  await until(keys[99]!, { state: 'revoked' });
  expect(list.asked()).toBe(2);
  expect(await found()).toBe(99);
});

it('a stranger whose 200 lists never answer keeps no revocation of others waiting', async () => {
  await start();
  const stranger = await testProvider(NOW);
  const silent = statusList(stranger.host, '/status/1', NOW);
  await silent.publish();
  const offer = await and(await provider.offering('one'), list.entry(5));
  const given = JSON.parse(
    Buffer.from((await stranger.offering('other')).split('.')[1]!, 'base64url').toString(),
  ) as object;
  expect((await node.post(await stranger.sign({ ...given, ...silent.entry(5) }))).status).toBe(201);
  const key: string = (await node.post(offer)).body.listing.key;
  await until(key, { state: 'current' });
  const paths = Array.from({ length: 200 }, (_, at) => `/silent/${at}`);
  for (const path of paths) stranger.host.files.set(path, { body: '', delayMs: 60_000 });
  const urls = paths.map((path) => stranger.host.url + path);
  const at = new Date(NOW.getTime() - DAY).toISOString();
  await node.database.transaction(async (tx) => {
    const row = await tx.selectFrom('status_entry').selectAll().where('url', '=', silent.url).executeTakeFirstOrThrow();
    await tx
      .insertInto('status_entry')
      .values(urls.map((url) => ({ ...row, url })))
      .execute();
    await tx
      .insertInto('status_list')
      .values(urls.map((url) => ({ url, checked_at: at, newest: at, next_at: at })))
      .execute();
  });
  const asked = () => stranger.host.seen.filter((path) => path.startsWith('/silent/')).length;
  await expect.poll(asked, { timeout: 5_000 }).toBeGreaterThan(0);
  await list.set(5);
  ahead += 2 * MINUTE;
  await until(key, { state: 'revoked' });
  // Two at a time, each for five seconds.
  expect(asked()).toBeLessThanOrEqual(6);
  await stranger.host.close();
}, 20_000);
