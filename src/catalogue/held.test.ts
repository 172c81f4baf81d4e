import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { hold, retryHeld } from './held.ts';
import type { Judgement } from './judgement.ts';

it('keeps what it promised to keep, also when a host has as many waiting as it may', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-held-'));
  const database = await openDatabase(join(folder, 'kontor.db'));
  let now = Date.parse('2026-11-21T12:00:00Z');
  const deps = { database, clock: () => new Date(now) };
  const submit = (at: number) => {
    const judgement: Judgement = {
      ok: false,
      code: 'key-unavailable',
      detail: 'away',
      digest: `d${at}`,
      stage: 'verify',
      checks: [],
    };
    const submission = {
      bytes: Buffer.from(String(at)),
      mediaType: 'application/vc+jwt',
      source: { kind: 'provider' as const },
    };
    return hold(deps, submission, judgement, `did:web:away.example%3A${8000 + at}`);
  };
  const answers = [];
  for (let at = 0; at < 25; at++) answers.push((await submit(at)).code);
  expect(answers.filter((code) => code === 'key-unavailable')).toHaveLength(20);
  const held = async () => (await database.read.selectFrom('held').select(['digest', 'tries']).execute()).length;
  now += 6_000;
  await retryHeld(deps, async (submission) => submit(Number(Buffer.from(submission.bytes).toString())));
  expect(await held()).toBe(20);
  now += 86_400_000;
  await retryHeld(deps, async () => ({ ok: true, digest: 'x', stage: 'commit', checks: [] }));
  expect(await held()).toBe(0);
  await database.close();
  rmSync(folder, { recursive: true });
});
