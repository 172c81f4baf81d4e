import Sqlite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refused } from '../errors.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import { type Database, openDatabase } from './database.ts';
import { createKeyCheck } from './key-check.ts';
import * as firstLight from './migrations/001-first-light.ts';
import * as signers from './migrations/007-signers.ts';
import type { NewRow, Tables } from './schema.ts';

const NOW = new Date('2026-11-21T09:00:00Z');
const HOUR = 3_600_000;
const LATER = '2027-11-21T09:00:00.000Z';

const version = (digest: string, keyId: string): Omit<NewRow<'version'>, 'anchored'> => ({
  digest,
  key: digest,
  subject: digest,
  issuer: keyId.split('#')[0]!,
  key_id: keyId,
  statement: digest,
  format: 'vc+jwt',
  type: 'gx:ServiceOffering',
  valid_from: NOW.toISOString(),
  valid_until: LATER,
  issued_at: NOW.toISOString(),
  verified_at: NOW.toISOString(),
  state: 'current',
  description: '{}',
  refs: '[]',
  at: NOW.toISOString(),
});

let database: Database;
beforeEach(async () => {
  database = await openDatabase(':memory:');
});
afterEach(() => database.close());

it('does not burst: a few documents at once, few of one neighbourhood, and the next looks are spread', async () => {
  const crowd = Array.from({ length: 150 }, (_, at) => `did:web:s${at}.crowd.example`);
  const others = Array.from({ length: 60 }, (_, at) => `did:web:other${at}.example`);
  const due = { read_at: NOW.toISOString(), next_at: NOW.toISOString() };
  await database.transaction(async (tx) => {
    for (const did of [...crowd, ...others]) {
      await tx
        .insertInto('version')
        .values(version(did, `${did}#key-1`))
        .execute();
      await tx
        .insertInto('signer')
        .values({ did, ...due })
        .execute();
    }
  });
  let asked: string[] = [];
  const check = createKeyCheck({
    database,
    clock: () => NOW,
    resolveDid: async (did) => {
      asked.push(did);
      return refused('key-unavailable', 'silent');
    },
    policy: () => DEFAULT_POLICY,
    failed: () => expect.unreachable(),
    told: () => expect.unreachable(),
    did: 'did:web:node.example',
    url: 'https://node.example',
    key: { id: 'did:web:node.example#key-1', revoked: [] },
    schemes: () => [],
    sign: async () => expect.unreachable(),
    append: async () => expect.unreachable(),
  });
  const seen = new Set<string>();
  for (let run = 0; run < 40 && others.some((did) => !seen.has(did)); run++) {
    asked = [];
    await check.run();
    expect(asked.length).toBeLessThanOrEqual(8);
    expect(asked.filter((did) => crowd.includes(did)).length).toBeLessThanOrEqual(2);
    for (const did of asked) {
      expect(seen.has(did)).toBe(false);
      seen.add(did);
    }
  }
  expect(others.filter((did) => !seen.has(did))).toEqual([]);
  const rows = await database.read.selectFrom('signer').selectAll().where('did', 'in', others).execute();
  const minutes = rows.map((row) => (Date.parse(row.next_at) - NOW.getTime()) / 60_000);
  expect(Math.min(...minutes)).toBeGreaterThanOrEqual(45);
  expect(Math.max(...minutes)).toBeLessThanOrEqual(75);
  expect(new Set(minutes).size).toBeGreaterThan(50);
  expect(rows[0]).toMatchObject({ reason: 'silent', read_at: NOW.toISOString() });
});

it('a database from before learns which keys signed its evidence, and asks spread over an hour', async () => {
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Sqlite(':memory:') }) });
  await firstLight.up(db as Kysely<unknown>);
  const [one, two] = ['did:web:one.example', 'did:web:two.example'];
  const header = (kid: string) => Buffer.from(JSON.stringify({ alg: 'EdDSA', kid })).toString('base64url');
  const proof = (method: string) => ({ type: 'DataIntegrityProof', verificationMethod: method });
  const texts: [digest: string, issuer: string, text: string][] = [
    ['jwt', one, `${header(`${one}#key-1`)}.e30.c2ln`],
    ['short', one, `${header('key-2')}.e30.c2ln`],
    ['proofs', two, JSON.stringify({ proof: [proof(`${one}#key-9`), proof(`${two}#key-3`)] })],
    ['strange', two, 'nothing'],
  ];
  for (const [digest, issuer, text] of texts) {
    const bytes = Buffer.from(text);
    await db
      .insertInto('object')
      .values({ digest, kind: 'evidence', media_type: '', bytes, size: bytes.length, first_seen: NOW.toISOString() })
      .execute();
    const dates = { valid_from: NOW.toISOString(), valid_until: LATER };
    const row = {
      digest,
      about: digest,
      issuer,
      statement: digest,
      type: '',
      ...dates,
      subjects: '{}',
      state: 'current',
    };
    await db
      .insertInto('evidence')
      .values(row as NewRow<'evidence'>)
      .execute();
  }
  await db
    .insertInto('version')
    .values(version('v', `${two}#key-1`) as NewRow<'version'>)
    .execute();
  await signers.up(db as Kysely<unknown>);
  const keys = await db.selectFrom('evidence').select(['digest', 'key_id']).orderBy('digest').execute();
  expect(keys.map(({ digest, key_id }) => [digest, key_id])).toEqual([
    ['jwt', `${one}#key-1`],
    ['proofs', `${two}#key-3`],
    ['short', `${one}#key-2`],
    ['strange', ''],
  ]);
  const asked = await db.selectFrom('signer').selectAll().orderBy('did').execute();
  expect(asked.map(({ did }) => did)).toEqual([one, two]);
  for (const { next_at, read_at } of asked) {
    expect(read_at).toBe(NOW.toISOString());
    expect(next_at).toBe(new Date(next_at).toISOString());
    expect(Math.abs(Date.parse(next_at) - Date.now())).toBeLessThan(1.1 * HOUR);
  }
  await db.destroy();
});
