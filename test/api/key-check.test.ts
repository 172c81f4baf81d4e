import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ListingDetail } from '../../src/catalogue/listing.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { didDocument, generateKey } from '../../src/credentials/issuing/identity.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import type { DidHost } from '../support/did-host.ts';
import { freePort, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

const NOW = new Date();
const HOUR = 3_600_000;
const DOCUMENT = '/.well-known/did.json';
const REVOKED = new Date(NOW.getTime() - HOUR).toISOString();

let ahead: number;
let data: string;
let port: number;
let node: TestNode;
let provider: TestProvider;
let notary: Awaited<ReturnType<typeof testNotary>>;

const clock = () => new Date(Date.now() + ahead);
const start = async (): Promise<void> => {
  node = await testNode({ clock, data, port, policy: { trust: [notary.trust] } });
};

beforeEach(async () => {
  ahead = 0;
  data = mkdtempSync(join(tmpdir(), 'kontor-test-'));
  [provider, notary, port] = await Promise.all([testProvider(NOW), testNotary(NOW), freePort()]);
  await start();
});
afterEach(async () => {
  await node.end();
  await Promise.all([provider.host.close(), notary.host.close()]);
  rmSync(data, { recursive: true, force: true });
});

/** Lets the hosted document say more of the key, and list others beside it. */
const host = ({ did, key, files }: DidHost, more: JsonObject, others = [] as DidHost['key'][]): void => {
  const document = didDocument(did, [key, ...others]);
  const [method, ...rest] = document.verificationMethod as JsonObject[];
  files.set(DOCUMENT, { body: JSON.stringify({ ...document, verificationMethod: [{ ...method, ...more }, ...rest] }) });
};
const publishAll = async (): Promise<string> => {
  for (const jwt of [await provider.person(), await provider.terms(), await notary.vouch(provider)])
    expect((await node.post(jwt)).status).toBe(201);
  return (await node.post(await provider.offering('one'))).body.listing.key;
};
const show = async (key: string): Promise<ListingDetail> => (await node.get(`/api/v1/listings/${key}`)).body;
const until = async (key: string, wanted: object): Promise<ListingDetail> => {
  await expect.poll(() => show(key), { timeout: 10_000, interval: 100 }).toMatchObject(wanted);
  return show(key);
};
/** Lets two hours pass, and waits until the hosts that answer have been asked. */
const nextLook = async (...dids: string[]): Promise<void> => {
  ahead += 2 * HOUR;
  const at = clock().toISOString();
  const looked = async () =>
    (await node.database.read.selectFrom('signer').selectAll().execute())
      .filter(({ did, next_at }) => dids.includes(did) && next_at > at)
      .map(({ did }) => did);
  await expect.poll(looked, { timeout: 10_000 }).toHaveLength(dids.length);
};
const drops = () =>
  node.database.read.selectFrom('entry').select(['kind', 'digest']).where('op', '=', 'drop').execute();

describe('a key that its holder revokes', () => {
  it('H-122: ends what it signed, with its labels, and says so', async () => {
    const key = await publishAll();
    const before = await until(key, { state: 'current', labels: [{ scheme: 'gaia-x' }] });
    expect(before.status).toBeUndefined();
    const other = generateKey('EdDSA', provider.did, 'key-2');
    host(provider.host, { revoked: REVOKED }, [other]);
    ahead += 2 * HOUR;
    const gone = await until(key, {
      state: 'revoked',
      labels: [],
      status: { state: 'revoked', key: provider.host.key.id, since: REVOKED },
    });
    const why = `its key ${provider.host.key.id} was revoked on ${REVOKED.slice(0, 10)}`;
    expect(gone.versions[0]!.sentence).toContain(why);
    expect((await node.get('/api/v1/listings')).body.total).toBe(0);
    expect((await node.get(`/listings/${key}`)).text).toContain('This listing ended with its key');
    const changes = await node.explain.changes(key);
    expect(changes.at(-1)).toMatchObject({ level: null, reason: expect.stringContaining(why) });
    expect(await drops()).toContainEqual({ kind: 'listing', digest: gone.digest });
    for (const { digest } of before.labels) expect(await drops()).toContainEqual({ kind: 'label', digest });

    // For good, also over a restart, whatever the document says later.
    host(provider.host, {}, [other]);
    await node.end();
    await start();
    ahead += 3 * HOUR;
    const again = await provider.offering('one', { from: NOW });
    const claim = JSON.parse(Buffer.from(again.split('.')[1]!, 'base64url').toString());
    expect(await show(key)).toMatchObject({ state: 'revoked' });
    // Signed again with the new key, it is back.
    expect((await node.post(await signJwt(claim, other))).status).toBe(201);
    expect(await show(key)).toMatchObject({ state: 'current', credential: { keyId: other.id } });
    await nextLook(provider.did);
    expect(await show(key)).toMatchObject({ state: 'current' });
  });

  it('ends all that it signed, little by little, and asks for the document once', async () => {
    const slugs = Array.from({ length: 80 }, (_, at) => `many-${at}`);
    for (const slug of slugs) expect((await node.post(await provider.offering(slug))).status).toBe(201);
    const total = async () => (await node.get('/api/v1/listings')).body.total;
    expect(await total()).toBe(slugs.length);
    const asked = () => provider.host.seen.filter((path) => path === DOCUMENT).length;
    const before = asked();
    host(provider.host, { revoked: REVOKED });
    ahead += 2 * HOUR;
    await expect.poll(total, { timeout: 20_000 }).toBe(0);
    expect(asked()).toBe(before + 1);
    expect((await drops()).filter(({ kind }) => kind === 'listing')).toHaveLength(slugs.length);
  });

  it('takes the evidence along that it signed', async () => {
    const key = await publishAll();
    const before = await until(key, { labels: [{ scheme: 'gaia-x' }] });
    const [number] = before.evidence.filter(({ issuer }) => issuer === notary.host.did);
    host(notary.host, { revoked: REVOKED });
    ahead += 2 * HOUR;
    const without = await until(key, { state: 'current', labels: [] });
    expect(without.evidence.map(({ digest }) => digest)).not.toContain(number!.digest);
    expect(await drops()).toContainEqual({ kind: 'evidence', digest: number!.digest });
    const reasons = (await node.explain.changes(key)).map(({ reason }) => reason);
    expect(reasons.at(-1)).toContain(`its key ${notary.host.key.id} was revoked`);
  });
});

describe.each([
  ['expired in good order', () => host(provider.host, { expires: REVOKED })],
  ['is announced to be revoked later', () => host(provider.host, { revoked: '2999-01-01T00:00:00Z' })],
  ['has a "revoked" that is no time', () => host(provider.host, { revoked: 'yes' })],
  ['is gone from the document', () => host(provider.host, { id: '#another' })],
  ['belongs to a document that is gone', () => provider.host.files.set(DOCUMENT, { status: 404, body: '' })],
])('a key that %s', (_name, change) => {
  it('ends nothing', async () => {
    const key = await publishAll();
    await until(key, { state: 'current', labels: [{ scheme: 'gaia-x' }] });
    change();
    await nextLook(provider.did, notary.host.did);
    expect(await show(key)).toMatchObject({ state: 'current', labels: [{ scheme: 'gaia-x' }] });
  });
});

it('a host that is silent ends nothing; when its key was last read is told', async () => {
  const key = await publishAll();
  await until(key, { state: 'current' });
  const { keyReadAt } = (await show(key)).credential;
  await nextLook(provider.did);
  const read = (await show(key)).credential.keyReadAt!;
  expect(read > keyReadAt!).toBe(true);
  provider.host.files.set(DOCUMENT, { status: 503, body: '' });
  ahead += 48 * HOUR;
  await nextLook(provider.did);
  expect(await show(key)).toMatchObject({ state: 'current', credential: { keyReadAt: read } });
  expect((await node.get(`/listings/${key}`)).text).toContain('Key last read');
});

it('asks each issuer once an hour or so, and forgets whom nothing is by any more', async () => {
  await publishAll();
  for (const slug of ['two', 'three', 'four']) await node.post(await provider.offering(slug));
  const asked = () => provider.host.seen.filter((path) => path === DOCUMENT).length;
  const before = asked();
  await nextLook(provider.did);
  expect(asked()).toBe(before + 1);
  ahead += 400 * 24 * HOUR;
  await expect
    .poll(() => node.database.read.selectFrom('signer').select('did').execute(), { timeout: 10_000 })
    .toEqual([]);
});
