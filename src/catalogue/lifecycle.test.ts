import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../policy.ts';
import { type Database, openDatabase } from './database.ts';
import { settleDue } from './lifecycle.ts';
import { type SettleDeps, settleSoon } from './settle.ts';

let now: Date;
let database: Database;
beforeEach(async () => {
  now = new Date('2026-11-21T09:00:00Z');
  database = await openDatabase(':memory:');
});
afterEach(() => database.close());

const deps = (policy: SettleDeps['policy']): SettleDeps => ({
  clock: () => now,
  policy,
  schemes: () => [],
  key: { id: 'did:web:node.example#key-1', revoked: [] },
  did: 'did:web:node.example',
  url: 'https://node.example',
  sign: async () => expect.unreachable(),
  append: async () => expect.unreachable(),
});
const due = () => database.read.selectFrom('due').select('key').orderBy('key').execute();

it('tries again what could not be settled, later each time, and goes on with the rest', async () => {
  const version = (key: string) => ({
    digest: `u-${key}`,
    key,
    subject: key,
    issuer: key,
    key_id: '',
    statement: key,
    format: '',
    type: '',
    valid_from: now.toISOString(),
    valid_until: '2027-11-21T09:00:00.000Z',
    issued_at: now.toISOString(),
    verified_at: now.toISOString(),
    state: 'current',
    // What cannot be read is one way to fail.
    description: key === 'broken' ? '{' : '{"resources":[],"locations":[],"dependencies":[],"jurisdictions":[]}',
    refs: '[]',
    names: '[]',
    at: now.toISOString(),
    anchored: null,
  });
  await database.transaction(async (tx) => {
    await tx.insertInto('version').values(version('broken')).execute();
    await settleSoon(tx, ['broken', 'nothing-held']);
  });
  const failures: string[] = [];
  const run = () =>
    settleDue(
      database,
      deps(() => DEFAULT_POLICY),
      (key) => failures.push(key),
    );
  expect(await run()).toBe(1);
  expect([failures, await due()]).toEqual([['broken'], [{ key: 'broken' }]]);
  // Not at once, but after half a minute; the next time after a whole one.
  expect(await run()).toBe(0);
  for (const [seconds, tries] of [
    [29, 1],
    [30, 2],
    [89, 2],
    [90, 3],
  ] as const) {
    now = new Date(Date.parse('2026-11-21T09:00:00Z') + seconds * 1_000);
    await run();
    expect([seconds, failures.length]).toEqual([seconds, tries]);
  }
  await database.transaction((tx) => tx.deleteFrom('version').execute());
  now = new Date('2026-11-21T10:00:00Z');
  expect(await run()).toBe(1);
  expect(await due()).toEqual([]);
});
