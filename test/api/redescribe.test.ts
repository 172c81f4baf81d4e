import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

/** A newer Kontor on the data of an older one, which read credentials otherwise. */

const data = mkdtempSync(join(tmpdir(), 'kontor-test-'));
let provider: TestProvider;
let notary: Awaited<ReturnType<typeof testNotary>>;
beforeAll(async () => {
  [provider, notary] = await Promise.all([testProvider(), testNotary()]);
});
afterAll(async () => {
  await Promise.all([provider.host.close(), notary.host.close()]);
  rmSync(data, { recursive: true });
});

it('describes again what is held, and judges it by that', { timeout: 30_000 }, async () => {
  const policy = { trust: [notary.trust] };
  const older = await testNode({ data, policy });
  for (const jwt of [await provider.person(), await provider.terms(), await notary.vouch(provider)])
    await older.post(jwt);
  const { key } = (await older.post(await provider.offering('lantern'))).body.listing;
  await older.post(await provider.offering('steady'));
  const described = () =>
    older.database.read.selectFrom('version').select(['key', 'description', 'refs']).orderBy('key').execute();
  const done = () =>
    older.database.read.selectFrom('meta').select('value').where('name', '=', 'described-by').executeTakeFirst();
  await expect.poll(async () => (await done())?.value, { timeout: 10_000 }).toContain('"after":null');
  const before = await described();
  // As an older Kontor would have read it, that knew nothing of documents and locations.
  await older.database.transaction(async (tx) => {
    const { description } = before.find((one) => one.key === key)!;
    const poor = JSON.stringify({ ...JSON.parse(description), documents: [], locations: [] });
    await tx.updateTable('version').set({ description: poor, refs: '[]' }).where('key', '=', key).execute();
    const value = JSON.stringify({ by: 'an older Kontor', after: null });
    await tx
      .insertInto('meta')
      .values({ name: 'described-by', value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute();
    await tx.insertInto('due').values({ key }).execute();
  });
  const level = async (node: typeof older) =>
    (await node.get(`/api/v1/listings/${key}`)).body.labels.find((one: { scheme: string }) => one.scheme === 'gaia-x')
      ?.level;
  await expect.poll(() => level(older), { timeout: 10_000 }).toBeUndefined();
  await older.end();

  const newer = await testNode({ data, policy, port: older.config.port });
  await expect.poll(() => level(newer), { timeout: 10_000 }).toMatch(/^(SC|L1)$/);
  const after = await newer.database.read
    .selectFrom('version')
    .select(['key', 'description', 'refs'])
    .orderBy('key')
    .execute();
  expect(after).toEqual(before);
  const state = await newer.database.read
    .selectFrom('meta')
    .select('value')
    .where('name', '=', 'described-by')
    .executeTakeFirstOrThrow();
  expect(JSON.parse(state.value)).toMatchObject({ after: null });
  await newer.end();
});
