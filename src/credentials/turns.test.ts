import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

const LIMITS = { perKey: 2, perGroup: 3, total: 4, waitingPerKey: 2, waitingPerGroup: 3, waiting: 4 };
const never = new AbortController().signal;
const soon = () => new Promise((resolve) => setImmediate(resolve));

/** Turns by name, such as `ax1`: the first of key `ax` in group `a`. A name stands in `begun` when its turn has come. */
function asking(limits: Partial<typeof LIMITS> = {}) {
  const take = createTurns({ ...LIMITS, ...limits });
  const begun: string[] = [];
  const refused: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = async (name: string, signal = never) => {
    const end = await take(name.slice(0, 2), name[0]!, signal);
    (end ? begun : refused).push(name);
    if (end) ends.set(name, end);
  };
  const end = async (name: string) => {
    ends.get(name)!();
    await soon();
  };
  return { ask, begun, refused, end };
}

it('gives each key its share, and the rest in order of coming', async () => {
  const { ask, begun, end } = asking({ total: 3 });
  for (const name of ['ax1', 'ax2', 'ax3', 'bx1', 'cx1']) void ask(name);
  await soon();
  expect(begun).toEqual(['ax1', 'ax2', 'bx1']);
  await end('ax1');
  expect(begun).toEqual(['ax1', 'ax2', 'bx1', 'ax3']);
  await end('ax3');
  await end('ax3');
  expect(begun).toEqual(['ax1', 'ax2', 'bx1', 'ax3', 'cx1']);
});

it('passes over a key or a group that has its share', async () => {
  const { ask, begun, end } = asking({ total: 10 });
  for (const name of ['ax1', 'ax2', 'ax3', 'ay1', 'az1', 'bx1', 'bx2', 'bx3', 'by1']) void ask(name);
  await soon();
  expect(begun).toEqual(['ax1', 'ax2', 'ay1', 'bx1', 'bx2', 'by1']);
  // The turn of one key in a group may go to another key of it.
  await end('ay1');
  expect(begun.slice(6)).toEqual(['az1']);
  await end('az1');
  expect(begun.slice(6)).toEqual(['az1']);
  await end('ax1');
  expect(begun.slice(6)).toEqual(['az1', 'ax3']);
});

it.each([
  ['one key', {}, ['ax1', 'ax2', 'ax3', 'ay1'], ['ax3']],
  ['one group', { waitingPerKey: 9 }, ['ax1', 'ay1', 'ax2', 'az1', 'bx1', 'cx1'], ['az1', 'cx1']],
  ['all', {}, ['ax1', 'ay1', 'bx1', 'cx1', 'dx1'], ['dx1']],
])('lets only so many wait, for %s', async (_, limits, names, expected) => {
  const { ask, refused } = asking({ ...limits, total: 1 });
  for (const name of ['00', ...names]) void ask(name);
  await soon();
  expect(refused).toEqual(expected);
});

it('gives the place of one who no longer waits to the next', async () => {
  const { ask, begun, end } = asking({ perKey: 1 });
  void ask('ax1');
  const gone = new AbortController();
  const second = ask('ax2', gone.signal);
  void ask('ax3');
  gone.abort(new Error('late'));
  await expect(second).rejects.toThrow('late');
  await expect(ask('ax4', gone.signal)).rejects.toThrow('late');
  await end('ax1');
  expect(begun).toEqual(['ax1', 'ax3']);
});
