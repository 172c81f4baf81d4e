import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Code } from '../errors.ts';
import { type Database, openDatabase } from './database.ts';
import { hold, retryHeld } from './held.ts';
import type { Judgement } from './judgement.ts';
import * as firstLight from './migrations/001-first-light.ts';
import * as heldRoom from './migrations/005-held-room.ts';

const MB = 1_000_000;
let folder: string;
let database: Database;
let now: number;
let failures: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kontor-held-'));
  database = await openDatabase(join(folder, 'kontor.db'));
  now = Date.parse('2026-11-21T12:05:05Z');
  failures = [];
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

const judged = (digest: string, code?: Code, items?: Judgement[]): Judgement => ({
  ok: code === undefined,
  ...(code ? { code, detail: 'away' } : {}),
  digest,
  stage: 'verify',
  checks: [],
  ...(items ? { items } : {}),
});
const provided = (text: string, size = text.length) => ({
  bytes: Buffer.from(text.padEnd(size)),
  mediaType: 'application/vc+jwt',
  source: { kind: 'provider' as const },
});
const clock = () => new Date(now);
/** Sends what cannot be judged yet; its text is its digest. */
const send = (text: string, issuer: unknown, size?: number) =>
  hold({ database, clock }, provided(text, size), judged(text, 'key-unavailable'), issuer);
const retry = (ingest: (text: string) => Promise<Judgement>) =>
  retryHeld(
    { database, clock },
    ({ bytes }) => ingest(Buffer.from(bytes).toString().trim()),
    (digest) => failures.push(digest),
  );
const rows = () => database.read.selectFrom('held').select(['digest', 'tries']).orderBy('digest').execute();
const held = async () => (await rows()).map(({ digest }) => digest);
const refusedOf = (answers: Judgement[]) => answers.filter(({ code }) => code === 'unavailable');

async function haveListing(issuer: string): Promise<void> {
  const text = { digest: 'x', subject: 'x', provider: 'x', kind: 'x', type: 'x', name: 'x', name_folded: 'x' };
  const dates = { valid_from: 'x', valid_until: 'x', updated_at: 'x' };
  await database.transaction((tx) =>
    tx
      .insertInto('listing')
      .values({ key: issuer, issuer, ...text, ...dates, state: 'current', summary: '{}' })
      .execute(),
  );
}

/** Fills the queue with what 50 strangers sent, one after the other. */
async function fill(): Promise<void> {
  for (let at = 0; at < 1_000; at++) {
    now++;
    const { code } = await send(`s${String(at).padStart(3, '0')}`, `did:web:a.stranger-${at % 50}.example`);
    expect(code).toBe('key-unavailable');
  }
}

describe('room', () => {
  it.each([
    ['names of one domain', (at: number) => `did:web:a${at}.away.example%3A${8000 + at}:u:${at}`, 'away.example'],
    ['issuers given as objects', (at: number) => ({ id: `did:web:a${at}.away.example` }), 'away.example'],
    ['did:key', (at: number) => `did:key:z6Mk${at}`, 'did:key'],
    ['what is no DID', (at: number) => (at % 2 ? { name: at } : `https://a${at}.example/`), 'no DID'],
  ])('is 20 for %s together', async (_, issuer, place) => {
    const answers = [];
    for (let at = 0; at < 25; at++) answers.push(await send(`d${at}`, issuer(at)));
    expect(refusedOf(answers)).toHaveLength(5);
    expect(answers[24]!.detail).toBe(
      `away. There is no room to hold it: 20 submissions and 4 MB may wait for ${place}, and this would be more. Send it again when the key or status list can be had`,
    );
    expect((await send('other', 'did:web:other.example')).code).toBe('key-unavailable');
    // What is held already is held, however full it is.
    expect((await send('d7', issuer(7))).code).toBe('key-unavailable');
  });

  it('is 4 MB for one neighbourhood', async () => {
    const answers = [];
    for (let at = 0; at < 5; at++) answers.push(await send(`d${at}`, 'did:web:away.example', MB));
    expect(answers.map(({ code }) => code)).toEqual([...Array(4).fill('key-unavailable'), 'unavailable']);
  });

  it('is 64 MB in all, of which a known issuer takes as much of strangers as it needs', async () => {
    for (let at = 0; at < 64; at++) {
      now++;
      await send(`d${String(at).padStart(2, '0')}`, `did:web:stranger-${at}.example`, MB);
    }
    expect((await send('small', 'did:web:else.example')).detail).toContain(
      '1,000 submissions and 64 MB may wait in all',
    );
    await haveListing('did:web:known.example');
    expect((await send('known', 'did:web:known.example', 2 * MB + 1)).code).toBe('key-unavailable');
    expect((await held()).slice(-2)).toEqual(['d60', 'known']);
  });

  it('when all is taken, is given to known issuers and to no stranger', async () => {
    await fill();
    expect(refusedOf([await send('one-more', 'did:web:else.example')])).toHaveLength(1);
    expect(await held()).toHaveLength(1_000);
    for (const at of [1, 2]) await haveListing(`did:web:known-${at}.example`);
    // Whoever writes a known name takes no more than that issuer's own share.
    const answers = [];
    for (let at = 0; at < 25; at++) answers.push(await send(`t${at}`, 'did:web:known-1.example'));
    expect(refusedOf(answers)).toHaveLength(5);
    expect((await send('u', 'did:web:known-2.example')).code).toBe('key-unavailable');
    const left = await held();
    expect(left).toHaveLength(1_000);
    expect(left.filter((digest) => digest.startsWith('s')).at(-1)).toBe('s978');
  });
});

it('tells since when it is held, when it is tried next and how often', async () => {
  const outlook = async () => (await send('d', 'did:web:away.example')).detail;
  expect(await outlook()).toBe(
    'away. It is held since 12:05:05Z and tried again at 12:05:10Z, up to 9 times within 43 min',
  );
  now += 5_000;
  expect(await outlook()).toContain('tried again soon, up to 9 times within 43 min');
  const told = [];
  for (let tries = 0; tries < 9; tries++) {
    await retry(async (text) => judged(text, 'key-unavailable'));
    if (tries === 8) break;
    told.push((await outlook())!.replace(/^.* tried again /, ''));
    now = Date.parse(
      (await database.read.selectFrom('held').select('not_before').executeTakeFirstOrThrow()).not_before,
    );
  }
  expect(told[0]).toBe('at 12:05:20Z, up to 8 times within 43 min');
  expect(told.at(-1)).toBe('at 12:47:40Z, for the last time');
  expect(await held()).toEqual([]);
});

describe('trying again', () => {
  it('takes eight at a time, those first that are due longest', async () => {
    for (let at = 0; at < 20; at++) {
      now += 10;
      await send(`d${String(at).padStart(2, '0')}`, `did:web:a${at}.example`);
    }
    now += 10_000;
    const asked: string[] = [];
    const take = async (text: string) => {
      asked.push(text);
      return judged(text);
    };
    await retry(take);
    expect(asked.sort()).toEqual(['d00', 'd01', 'd02', 'd03', 'd04', 'd05', 'd06', 'd07']);
    await retry(take);
    await retry(take);
    expect(asked).toHaveLength(20);
    expect(await held()).toEqual([]);
  });

  it.each<[string, () => Promise<Judgement>, number]>([
    ['a judgement that throws', () => Promise.reject(new Error('broken')), 1],
    ['no time to judge it', async () => judged('d', 'unavailable'), 0],
    ['a fault of the node', async () => judged('d', 'internal'), 0],
    ['a key that cannot be had', async () => judged('d', 'key-unavailable'), 0],
    ['a list that cannot be had', async () => judged('d', 'status-unavailable'), 0],
  ])('counts %s as a try, and keeps what it promised to keep', async (_, answer, failed) => {
    await send('d', 'did:web:away.example');
    now += 5_000;
    await retry(answer);
    expect(await rows()).toEqual([{ digest: 'd', tries: 1 }]);
    expect(failures).toHaveLength(failed);
    now += 86_400_000;
    await retry(async () => judged('d', 'proof'));
    expect(await held()).toEqual([]);
  });

  it('lets a presentation go when it was opened, unless there was no room for what is in it', async () => {
    await send('p', 'did:web:away.example');
    const opened = (...codes: Code[]) =>
      judged(
        'p',
        codes[0],
        codes.map((code) => judged('part', code)),
      );
    now += 5_000;
    await retry(async () => opened('proof', 'unavailable'));
    expect(await held()).toEqual(['p']);
    now += 86_400_000;
    await retry(async () => opened('key-unavailable'));
    expect(await held()).toEqual([]);
  });
});

it('knows the size of what was held before sizes were written down', async () => {
  const sqlite = new Sqlite(':memory:');
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: sqlite }) });
  await firstLight.up(db);
  sqlite.exec(`INSERT INTO held VALUES ('d', 'did:web:x', 'm', x'010203', '{}', '', 0, '', '')`);
  await heldRoom.up(db);
  expect(sqlite.prepare('SELECT known, size FROM held').all()).toEqual([{ known: 0, size: 3 }]);
  await db.destroy();
});
