import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Places } from './changes.ts';
import type { Outcome, Summary } from './outcomes.ts';
import { createPlanned, makePlan, type PlannedDeps, readPlans } from './planned.ts';

let places: Places;
beforeEach(() => {
  const data = mkdtempSync(join(tmpdir(), 'kontor-test-'));
  places = { data, policy: join(data, 'policy.yaml'), shapes: join(data, 'none') };
});
afterEach(() => rmSync(places.data, { recursive: true, force: true }));

const summary: Summary = {
  at: '2026-11-21T12:00:00.000Z',
  looked: { listings: 0, evidence: 0 },
  schemes: [],
  refused: { listings: 0, evidence: 0 },
  notes: [],
};
const outcome = (at: number, why: string): Outcome => ({
  effect: 'refused',
  id: `urn:${at}`,
  name: 'gx:VatID',
  provider: 'did:web:a.example',
  digest: `u${at}`,
  why: [{ id: 'shape.shacl', result: 'fail', why }],
});
const given = { from: '2027-01-01T00:00:00.000Z', created: summary.at, changes: [] };
const plan = (outcomes: Outcome[]) =>
  makePlan(
    places,
    given,
    () => expect.unreachable(),
    () => undefined,
    async (tell) => {
      for (const one of outcomes) tell(one);
      return summary;
    },
  );
const planned = () => createPlanned({ places } as PlannedDeps);

it.each([
  ['none', []],
  ['a page that is just full', Array.from({ length: 100 }, (_, at) => outcome(at, 'short'))],
  ['many pages', Array.from({ length: 250 }, (_, at) => outcome(at, 'short'))],
  ['lines longer than what is read at once', Array.from({ length: 5 }, (_, at) => outcome(at, 'ø'.repeat(90_000)))],
])('gives every outcome once, page by page: %s', async (_, outcomes) => {
  const { id } = await plan(outcomes);
  const found: Outcome[] = [];
  const node = planned();
  for (let at: number | undefined = 0, pages = 0; at !== undefined; pages++) {
    expect(pages).toBeLessThan(5);
    const page: ReturnType<typeof node.outcomes> = node.outcomes(id, at, 100);
    found.push(...page!.items);
    at = page!.next;
  }
  expect(found).toEqual(outcomes);
});

it('is there whole or not at all', async () => {
  const failed = makePlan(
    places,
    given,
    () => expect.unreachable(),
    () => undefined,
    async () => {
      throw new Error('no room left');
    },
  );
  await expect(failed).rejects.toThrow('no room left');
  expect(readPlans(places)).toEqual([]);
  expect(readdirSync(join(places.data, 'planned'))).toEqual([]);
  await plan([]);
  await plan([outcome(1, 'anew')]);
  expect(readPlans(places)).toHaveLength(1);
});
