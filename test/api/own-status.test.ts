import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statusListUrl } from '../../src/catalogue/own-status.ts';
import { LIST_SIZE } from '../../src/credentials/issuing/status-list.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { judge, NOW } from '../support/verifying.ts';

let now = NOW;
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let node: TestNode;

beforeAll(async () => {
  notary = await testNotary(NOW);
  provider = await testProvider(NOW);
  node = await testNode({ policy: { trust: [notary.trust] }, clock: () => now });
  for (const one of [notary.vouch(provider), provider.person(), provider.terms()]) await node.post(await one);
  for (const slug of ['stays', 'goes']) expect((await node.post(await provider.offering(slug))).status).toBe(201);
});
afterAll(async () => {
  await node.end();
  await Promise.all([notary.host.close(), provider.host.close()]);
});

const payloadOf = (jwt: string): Body => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());
const labelOf = async (slug: string): Promise<string> => {
  const { body } = await node.get(`/api/v1/listings?q=${slug}`);
  return (await node.get(`/api/v1/credentials/${body.items[0].labels[0].digest}`)).text;
};
const entryOf = (jwt: string) => payloadOf(jwt).credentialStatus;
const isSet = (list: Body, index: string) => {
  const bits = gunzipSync(Buffer.from(list.credentialSubject.encodedList.slice(1), 'base64url'));
  return (bits[Number(index) >> 3]! & (0x80 >> (Number(index) & 7))) !== 0;
};
const settled = async (slug: string) => (await node.get(`/api/v1/listings?q=${slug}`)).body.items[0].labels[0].digest;

describe('the status list of a node', () => {
  it('has a place for every label, each its own', async () => {
    const entries = [entryOf(await labelOf('stays')), entryOf(await labelOf('goes'))];
    const url = statusListUrl(node.url, 1);
    for (const entry of entries)
      expect(entry).toEqual({
        id: `${url}#${entry.statusListIndex}`,
        type: 'BitstringStatusListEntry',
        statusPurpose: 'revocation',
        statusListIndex: expect.stringMatching(/^\d+$/),
        statusListCredential: url,
      });
    expect(entries.every(({ statusListIndex }) => Number(statusListIndex) < LIST_SIZE)).toBe(true);
    expect(entries[0].statusListIndex).not.toBe(entries[1].statusListIndex);
  });

  it('is a credential of the node, in both forms, that our own verifier accepts', async () => {
    const jwt = await node.get('/status/1');
    expect([jwt.status, jwt.headers.get('content-type')]).toEqual([200, 'application/vc+jwt']);
    expect(jwt.headers.get('cache-control')).toBe('public, max-age=300');
    const json = await node.get('/status/1', { accept: 'application/vc' });
    expect(json.headers.get('content-type')).toBe('application/vc');
    expect(json.body.proof).toMatchObject({ cryptosuite: 'eddsa-rdfc-2022', verificationMethod: node.key.id });
    // The checker of this program takes either, and is given the shorter one.
    const both = await node.get('/status/1', { accept: 'application/vc+jwt, application/vc' });
    expect(both.text).toBe(jwt.text);
    for (const { text, headers } of [jwt, json]) {
      const { verified, checks } = await judge(text, headers.get('content-type')!);
      expect(verified?.issuer, JSON.stringify(checks.failure)).toBe(node.did);
      expect(headers.get('vary')).toMatch(/accept/i);
    }
    const { proof, ...document } = json.body;
    expect(payloadOf(jwt.text)).toEqual(document);
    expect(proof.created).toBe(document.validFrom);
  });

  it('is sent again only when it changed', async () => {
    const first = await node.get('/status/1');
    const etag = first.headers.get('etag')!;
    expect((await node.get('/status/1', { 'if-none-match': etag })).status).toBe(304);
    now = new Date(NOW.getTime() + 11 * 3_600_000);
    expect((await node.get('/status/1')).headers.get('etag')).toBe(etag);
    now = new Date(NOW.getTime() + 13 * 3_600_000);
    const renewed = await node.get('/status/1', { 'if-none-match': etag });
    expect(renewed.status).toBe(200);
    expect(payloadOf(renewed.text).validUntil).toBe('2026-11-23T01:00:00Z');
    now = NOW;
  });

  it('a label that ends is set in it at once, and refused by whoever asks; its neighbour is not', async () => {
    const [stays, goes] = [await labelOf('stays'), await labelOf('goes')];
    const before = await node.get('/status/1');
    for (const label of [stays, goes])
      expect(isSet(payloadOf(before.text), entryOf(label).statusListIndex)).toBe(false);
    expect((await node.post(await provider.withdrawal('goes'))).body).toMatchObject({ ok: true });

    const after = await node.get('/status/1');
    expect(after.headers.get('etag')).not.toBe(before.headers.get('etag'));
    expect(isSet(payloadOf(after.text), entryOf(goes).statusListIndex)).toBe(true);
    expect(isSet(payloadOf(after.text), entryOf(stays).statusListIndex)).toBe(false);
    expect((await judge(goes)).checks.failure).toMatchObject({ code: 'revoked' });
    const { verified, checks } = await judge(stays);
    expect(verified?.issuer, JSON.stringify(checks.failure)).toBe(node.did);
    expect(checks.list).toContainEqual(expect.objectContaining({ id: 'verify.status', result: 'pass' }));
  });

  it('a rehearsal takes no place, and settling again gives no other label', async () => {
    const places = async () =>
      (await node.database.read.selectFrom('own_status').select('digest').orderBy('digest').execute()).length;
    const count = await places();
    const rehearsal = await node.post(
      await provider.offering('tried'),
      'application/vc+jwt',
      '/api/v1/credentials/check',
    );
    expect(rehearsal.body.labels[0].level).toBe('L1');
    const digest = await settled('stays');
    await node.post(await provider.person());
    expect(await settled('stays')).toBe(digest);
    expect(await places()).toBe(count);
  });

  it('a label without a place, as an older version gave it, is given anew once', async () => {
    const before = await settled('stays');
    await node.database.transaction(async (tx) => {
      await tx.deleteFrom('own_status').where('digest', '=', before).execute();
      await tx.deleteFrom('meta').where('name', '=', 'settled-with').execute();
    });
    await expect.poll(() => settled('stays'), { timeout: 10_000 }).not.toBe(before);
    expect(entryOf(await labelOf('stays'))).toMatchObject({ type: 'BitstringStatusListEntry' });
  });

  it.each(['/status/2', '/status/0', '/status/01', '/status/x', '/status/1e3', '/status/99999999999'])(
    'there is none at %s',
    async (path) => {
      const { status, body } = await node.get(path);
      expect(status).toBe(404);
      expect(body).toMatchObject({ code: 'not-found', detail: expect.stringContaining('/status/1') });
    },
  );
});
