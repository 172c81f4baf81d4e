import { expect, it } from 'vitest';
import { inTurn } from './in-turn.ts';

/** Work that ends when it is told to, and says how much of it went on at once. */
function worker() {
  const ends: (() => void)[] = [];
  const seen = { running: 0, most: 0, done: 0 };
  const make = inTurn(async (key: string) => {
    seen.most = Math.max(seen.most, ++seen.running);
    await new Promise<void>((done) => ends.push(done));
    seen.running--;
    return `${key} ${++seen.done}`;
  });
  const next = async () => {
    await expect.poll(() => ends.length).toBeGreaterThan(0);
    ends.shift()!();
  };
  return { make, seen, next };
}

it('makes one at a time, and one for all who ask before its turn has come', async () => {
  const { make, seen, next } = worker();
  const first = make('a');
  await expect.poll(() => seen.running).toBe(1);
  // What changed since the first began is in the second.
  const later = Array.from({ length: 50 }, () => make('a'));
  const other = make('b');
  for (let turn = 0; turn < 3; turn++) await next();
  expect(await first).toBe('a 1');
  expect(new Set(await Promise.all(later))).toEqual(new Set(['a 2']));
  expect(await other).toBe('b 3');
  expect(seen).toEqual({ running: 0, most: 1, done: 3 });
});

it('lets 32 wait, and says to the next when to ask again', async () => {
  const { make, seen, next } = worker();
  const first = make('running');
  await expect.poll(() => seen.running).toBe(1);
  const waiting = Array.from({ length: 32 }, (_, at) => make(String(at)));
  await expect(make('more')).rejects.toMatchObject({ code: 'unavailable', extra: { retryAfter: 5 } });
  for (let turn = 0; turn < 33; turn++) await next();
  expect(await Promise.all([first, ...waiting])).toHaveLength(33);
  const after = make('more');
  await next();
  expect(await after).toBe('more 34');
});

it('goes on after one that failed', async () => {
  const make = inTurn(async (key: string) => {
    if (key === 'bad') throw new Error('not made');
    return key;
  });
  const bad = make('bad');
  const good = make('good');
  await expect(bad).rejects.toThrow('not made');
  expect(await good).toBe('good');
});
