import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

const LIMITS = { perKey: 2, total: 3, waitingPerKey: 2, waiting: 3 };
const never = new AbortController().signal;
const soon = () => new Promise((resolve) => setImmediate(resolve));

it('gives each key its share, and the rest in order of coming', async () => {
  const take = createTurns(LIMITS);
  const begun: string[] = [];
  const asked = (name: string) =>
    take(name[0]!, never).then((end) => {
      begun.push(name);
      return end!;
    });
  const ends = [asked('a1'), asked('a2'), asked('a3'), asked('b1'), asked('c1')];
  await soon();
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  (await ends[0]!)();
  await soon();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  const end = await ends[3]!;
  end();
  end();
  await soon();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'c1']);
});

it('passes over a key that has its share', async () => {
  const take = createTurns({ ...LIMITS, total: 10 });
  await take('a', never);
  await take('a', never);
  void take('a', never);
  expect(await take('b', never)).toBeTypeOf('function');
});

it('lets only so many wait, for one key and in all', async () => {
  const take = createTurns({ ...LIMITS, total: 1 });
  await take('a', never);
  void take('a', never);
  void take('a', never);
  expect(await take('a', never)).toBeUndefined();
  void take('b', never);
  expect(await take('c', never)).toBeUndefined();
});

it('gives the place of one who no longer waits to the next', async () => {
  const take = createTurns({ ...LIMITS, perKey: 1 });
  const first = (await take('a', never))!;
  const gone = new AbortController();
  const second = take('a', gone.signal);
  const third = take('a', never);
  gone.abort(new Error('late'));
  await expect(second).rejects.toThrow('late');
  await expect(take('a', gone.signal)).rejects.toThrow('late');
  first();
  expect(await third).toBeTypeOf('function');
});
