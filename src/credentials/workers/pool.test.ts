import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { TestJob, TestOutcome } from '../../../test/support/pool-worker.ts';
import { createPool, type Pool, type PoolOptions } from './pool.ts';

const WORKER = new URL('../../../test/support/pool-worker.ts', import.meta.url);
const DEADLINE_MS = 300;
/** Patience is long, as tests run on machines that are busy with others. */
const GIVEN: PoolOptions = { size: 2, deadlineMs: DEADLINE_MS, patienceMs: 10_000, maxQueue: 100, memoryMb: 64 };

let pool: Pool<TestJob, TestOutcome>;
const make = (options: Partial<PoolOptions> = {}, url = WORKER) => {
  pool = createPool(url, { ...GIVEN, ...options });
  return pool;
};
const echo = (text: string) => pool.run({ kind: 'echo', text });
const texts = async (verdicts: ReturnType<typeof echo>[]) =>
  (await Promise.all(verdicts)).map((verdict) => (verdict.ok ? verdict.value.text : verdict.detail));
const numbers = (length: number) => Array.from({ length }, (_, at) => String(at));
const timed = async <T>(work: Promise<T>) => {
  const started = performance.now();
  return { result: await work, ms: performance.now() - started };
};
afterEach(() => pool.close());

describe('a pool at work', () => {
  it('starts no thread before there is work, one for one job, and never more than its size', async () => {
    make();
    expect(pool.stats()).toEqual({ workers: 0, busy: 0, queued: 0, lost: 0 });
    await echo('one');
    expect(pool.stats().workers).toBe(1);
    await texts(numbers(50).map(echo));
    expect(pool.stats()).toEqual({ workers: 2, busy: 0, queued: 0, lost: 0 });
  });

  it('gives each job its own answer, however many are sent at once', async () => {
    make();
    const wanted = numbers(100);
    expect(await texts(wanted.map(echo))).toEqual(wanted);
  });

  it('runs jobs at the same time in several threads', async () => {
    make();
    await texts(numbers(2).map(echo));
    const { result, ms } = await timed(Promise.all(numbers(4).map(() => pool.run({ kind: 'wait', ms: 300 }))));
    expect(new Set(result.map((verdict) => verdict.ok && verdict.value.thread)).size).toBe(2);
    expect(ms).toBeLessThan(1_000);
  });

  it('hands its setup to every worker', async () => {
    make({ setup: new Map([['six', 42]]) });
    expect(await echo('')).toMatchObject({ value: { setup: [['six', 42]] } });
  });

  it('refuses at once what comes when the queue is full', async () => {
    make({ maxQueue: 3 });
    const waiting = numbers(3).map(echo);
    expect(await echo('too many')).toMatchObject({ ok: false, code: 'unavailable' });
    expect(await texts(waiting)).toEqual(numbers(3));
    expect(await texts([echo('again')])).toEqual(['again']);
  });

  it('does not count the wait in the queue as running', async () => {
    make({ size: 1 });
    const verdicts = await Promise.all(numbers(5).map(() => pool.run({ kind: 'work', ms: DEADLINE_MS / 2 })));
    expect(verdicts.every(({ ok }) => ok)).toBe(true);
  });

  it('does not count the wait for a processor, or for another thread, as running', async () => {
    make({ size: 1 });
    expect(await pool.run({ kind: 'wait', ms: 2 * DEADLINE_MS })).toMatchObject({ ok: true });
    expect(pool.stats().lost).toBe(0);
  });

  it('takes an answer that came while this thread was held up', async () => {
    make({ size: 1, patienceMs: 500 });
    await echo('started');
    const answer = pool.run({ kind: 'work', ms: 10 });
    const until = performance.now() + 2_000;
    while (performance.now() < until);
    expect(await answer).toMatchObject({ ok: true });
    expect(pool.stats().lost).toBe(0);
  });
});

describe('a poisoned job costs itself only', () => {
  it.each<[TestJob['kind'], string, RegExp]>([
    ['hang', 'too-large', /more than 300 ms of processor time/],
    ['hang in promises', 'too-large', /more than 300 ms of processor time/],
    ['hang in a pattern', 'too-large', /more than 300 ms of processor time/],
    ['wait for ever', 'unavailable', /too busy/],
    ['fill the memory', 'too-large', /more than 64 MB of memory/],
    ['exit', 'internal', /code 7/],
    ['fail', 'internal', /nothing works/],
    ['fail later', 'internal', /nobody caught this/],
  ])('%s is answered as %s, and the jobs before, beside and behind it are done', async (kind, code, why) => {
    make({ size: 1, ...(kind === 'wait for ever' ? { patienceMs: 1_000 } : {}) });
    const before = numbers(10).map(echo);
    const poisoned = pool.run({ kind } as TestJob);
    const behind = numbers(10).map(echo);
    const verdict = await poisoned;
    expect(verdict).toMatchObject({ ok: false, code });
    expect(!verdict.ok && verdict.detail).toMatch(why);
    expect(await texts(before)).toEqual(numbers(10));
    expect(await texts(behind)).toEqual(numbers(10));
    expect(pool.stats()).toEqual({ workers: 1, busy: 0, queued: 0, lost: kind === 'fail' ? 0 : 1 });
  });

  it('ends a hanging job soon after its deadline', async () => {
    make();
    await echo('started');
    const { ms } = await timed(pool.run({ kind: 'hang' }));
    expect(ms).toBeGreaterThanOrEqual(DEADLINE_MS);
    expect(ms).toBeLessThan(5_000);
  });

  it('moves the jobs that were sent behind a hanging one to other workers before it is ended', async () => {
    make({ deadlineMs: 3_000 });
    await texts(numbers(2).map(echo));
    const poisoned = pool.run({ kind: 'hang' });
    const { result, ms } = await timed(texts(numbers(40).map(echo)));
    expect(result).toEqual(numbers(40));
    expect(ms).toBeLessThan(2_500);
    expect(await poisoned).toMatchObject({ code: 'too-large' });
  });

  it('replaces every worker when all of them hang, and as often as they do', async () => {
    make();
    const jobs = numbers(6).flatMap((text) => [pool.run({ kind: 'hang' }), echo(text)]);
    const verdicts = await Promise.all(jobs);
    expect(verdicts.filter(({ ok }) => ok)).toHaveLength(6);
    expect(pool.stats()).toMatchObject({ busy: 0, queued: 0, lost: 6 });
    expect(await texts([echo('more')])).toEqual(['more']);
  });

  it('runs a job that cost a thread no second time', async () => {
    make({ size: 1 });
    await Promise.all([pool.run({ kind: 'exit' }), pool.run({ kind: 'exit' }), echo('good')]);
    expect(pool.stats().lost).toBe(2);
  });
});

describe('a pool whose workers cannot start', () => {
  it.each([
    ['the module is not there', new URL('./not-there.ts', WORKER), /not-there/],
    ['the thread cannot be made', new URL('http://localhost/worker.ts'), /file/],
  ])('says so for every job and does not try over and over: %s', async (_case, url, why) => {
    make({}, url);
    const verdicts = await Promise.all(numbers(5).map(echo));
    for (const verdict of verdicts) {
      expect(verdict).toMatchObject({ ok: false, code: 'unavailable' });
      expect(!verdict.ok && verdict.detail).toMatch(why);
    }
    const { lost } = pool.stats();
    const { result, ms } = await timed(echo('later'));
    expect(result).toMatchObject({ code: 'unavailable' });
    expect(ms).toBeLessThan(500);
    expect(pool.stats().lost).toBe(lost);
  });
});

describe('the end of a pool', () => {
  it('refuses what is running, waiting or coming', async () => {
    make({ size: 1 });
    await echo('started');
    const verdicts = [pool.run({ kind: 'hang' }), ...numbers(20).map(echo)];
    await pool.close();
    for (const verdict of await Promise.all([...verdicts, echo('late')]))
      expect(verdict).toMatchObject({ ok: false, code: 'unavailable' });
    expect(pool.stats()).toEqual({ workers: 0, busy: 0, queued: 0, lost: 0 });
  });

  it('comes by itself with the end of a program that waits for no job, and not before', async () => {
    make();
    const folder = mkdtempSync(join(tmpdir(), 'kontor-pool-'));
    const program = join(folder, 'program.mjs');
    writeFileSync(
      program,
      `import { createPool } from ${JSON.stringify(new URL('./pool.ts', import.meta.url).href)};
      const pool = createPool(new URL(${JSON.stringify(WORKER.href)}), ${JSON.stringify(GIVEN)});
      console.log((await pool.run({ kind: 'wait', ms: 200 })).value.text);`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 10_000 });
    rmSync(folder, { recursive: true });
    expect(stdout).toBe('wait\n');
  });
});
