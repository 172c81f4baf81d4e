import { expect, it } from 'vitest';
import { soon } from './soon.ts';

const after = <T>(ms: number, value: T) => new Promise<T>((resolve) => setTimeout(resolve, ms, value));

it('gives the answer that comes in time', async () => {
  expect(await soon(after(5, 'answer'), 500, () => 'late')).toBe('answer');
  expect(await soon('answer', 500, () => 'late')).toBe('answer');
});

it('gives what stands for a late answer, and lets the work go on', async () => {
  const work = after(150, 'answer');
  expect(await soon(work, 60, () => 'late')).toBe('late');
  expect(await work).toBe('answer');
});

it('gives every answer 50 ms, even when the time is over', async () => {
  expect(await soon(after(5, 'answer'), -1_000, () => 'late')).toBe('answer');
});

it('fails as the work fails', async () => {
  await expect(soon(Promise.reject(new Error('broken')), 500, () => 'late')).rejects.toThrow('broken');
});
