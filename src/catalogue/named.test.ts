import { createHash } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { namesOf } from '../compliance/clearing-house.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import { type Database, openDatabase } from './database.ts';
import * as firstLight from './migrations/001-first-light.ts';
import * as named from './migrations/009-named.ts';
import { heardAbout, keepNames, labelsNaming, namesWithRoom } from './named.ts';
import type { NewRow, Tables } from './schema.ts';

const AT = '2026-11-21T09:00:00.000Z';
const LATER = '2027-11-21T09:00:00.000Z';

let database: Database;
beforeEach(async () => {
  database = await openDatabase(':memory:');
});
afterEach(() => database.close());

const label = (digest: string, until = LATER): Promise<unknown> =>
  database.transaction(async (tx) => {
    const row: NewRow<'evidence'> = {
      digest,
      about: `https://house.example/${digest}`,
      issuer: 'did:web:house.example',
      key_id: 'did:web:house.example#key-1',
      statement: digest,
      type: 'gx:LabelCredential',
      valid_from: AT,
      valid_until: until,
      subjects: '{}',
      state: 'current',
    };
    await tx.insertInto('evidence').values(row).execute();
    await keepNames(tx, digest, row.about, ['urn:x:credential']);
  });
const room = (heard: string[] = []) => namesWithRoom(database.read, ['urn:x:credential', 'urn:x:other'], heard, 3, AT);

it('strangers crowd each other out under one name, not whoever is listened to, and not for longer than they hold', async () => {
  for (const digest of ['uOne', 'uTwo']) await label(digest);
  await label('uOver', AT);
  expect(await room()).toEqual(['urn:x:credential', 'urn:x:other']);
  await label('uThree');
  expect(await room()).toEqual(['urn:x:other']);
  expect(await room(['urn:x:credential'])).toEqual(['urn:x:credential', 'urn:x:other']);
  expect((await labelsNaming(database.read, ['urn:x:credential'])).map(({ digest }) => digest)).toEqual([
    'uOne',
    'uOver',
    'uThree',
    'uTwo',
  ]);
});

it('what is listed under a name rests on a label from the moment it comes, whoever gave it', async () => {
  await database.transaction((tx) =>
    tx.insertInto('depends').values({ key: 'listing', on_id: 'urn:x:credential' }).execute(),
  );
  await label('uOne');
  const rows = await database.read.selectFrom('depends').select('on_id').where('key', '=', 'listing').execute();
  expect(rows.map(({ on_id }) => on_id).sort()).toEqual(['https://house.example/uOne', 'urn:x:credential']);
});

it('the operator is heard about every name, a stranger about none', async () => {
  const trusted = { ...DEFAULT_POLICY, trust: [{ did: 'did:web:house.example', role: 'clearing-house' as const }] };
  const ids = ['urn:x:credential', 'https://provider.example/a'];
  expect(await heardAbout(database.read, ids, 'did:web:house.example', trusted)).toEqual(ids);
  expect(await heardAbout(database.read, ids, 'did:web:house.example', DEFAULT_POLICY)).toEqual([]);
});

it('a database from before learns what its credentials are named by, in every form they are held in', async () => {
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Sqlite(':memory:') }) });
  await firstLight.up(db as Kysely<unknown>);
  const jwt = (payload: object) => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;
  const texts = {
    json: JSON.stringify({ type: 'VerifiableCredential', id: 'https://p.example/json' }, null, 2),
    jwt: jwt({ issuer: 'did:web:p.example', id: 'https://p.example/jwt' }),
    older: jwt({ jti: 'urn:uuid:1', vc: { type: ['VerifiableCredential'] } }),
    bare: jwt({ b: 1, a: 2 }),
  };
  for (const [digest, text] of Object.entries(texts)) {
    const bytes = Buffer.from(text);
    const object = { digest, kind: 'listing' as const, media_type: '', bytes, size: bytes.length, first_seen: AT };
    await db.insertInto('object').values(object).execute();
    const same = { key: digest, subject: digest, issuer: '', key_id: '', statement: digest, format: '', type: '' };
    const times = { valid_from: AT, valid_until: LATER, issued_at: AT, verified_at: AT, at: AT };
    const row = { digest, ...same, ...times, state: 'current', description: '{}', refs: '[]' };
    await db
      .insertInto('version')
      .values(row as NewRow<'version'>)
      .execute();
  }
  await named.up(db as Kysely<unknown>);
  const rows = await db.selectFrom('version').select(['digest', 'names']).execute();
  const found = Object.fromEntries(rows.map(({ digest, names }) => [digest, JSON.parse(names) as string[]]));
  for (const [digest, text] of Object.entries(texts)) expect(found[digest]).toEqual(namesOf(Buffer.from(text)));
  const hash = createHash('sha256').update('{"a":2,"b":1}').digest('base64');
  expect(found.bare).toEqual([`sha256-${hash}`]);
  expect([found.json![0], found.jwt![0], found.older![0]]).toEqual([
    'https://p.example/json',
    'https://p.example/jwt',
    'urn:uuid:1',
  ]);
  await db.destroy();
});
