import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIST_SIZE } from '../credentials/issuing/status-list.ts';
import { type Database, openDatabase } from './database.ts';
import { drawPlace, type Place, takePlace } from './own-status.ts';

let database: Database;
beforeEach(async () => {
  database = await openDatabase(':memory:');
});
afterEach(() => database.close());

const take = (digest: string) =>
  database.transaction(async (tx) => {
    const place = await drawPlace(tx);
    await takePlace(tx, place, digest, 'key');
    return place;
  });

describe('places in the status lists', () => {
  it('are drawn at random from the first list, and none twice', async () => {
    const places: Place[] = [];
    for (let i = 0; i < 300; i++) places.push(await take(`label-${i}`));
    expect(new Set(places.map(({ idx }) => idx)).size).toBe(300);
    expect(places.every(({ list, idx }) => list === 1 && idx >= 0 && idx < LIST_SIZE)).toBe(true);
    // Of 300 in a row about half follow a smaller one; fewer than a hundred is as likely as never.
    const rises = places.filter(({ idx }, i) => i > 0 && idx > places[i - 1]!.idx).length;
    expect(rises).toBeGreaterThan(100);
    expect(rises).toBeLessThan(200);
  });

  it('a full list starts the next one, which is used from then on', async () => {
    await database.transaction((tx) =>
      sql`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${LIST_SIZE - 1})
        INSERT INTO own_status SELECT 1, i, 'label-' || i, 'key', 0 FROM n`.execute(tx),
    );
    expect((await take('next')).list).toBe(2);
    expect((await take('after')).list).toBe(2);
  });

  it('a place is given once, and a label has one', async () => {
    const place = await take('one');
    await expect(database.transaction((tx) => takePlace(tx, place, 'two', 'key'))).rejects.toThrow(/UNIQUE/);
    await expect(database.transaction((tx) => takePlace(tx, { list: 9, idx: 1 }, 'one', 'key'))).rejects.toThrow(
      /UNIQUE/,
    );
  });
});
