import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Places } from './changes.ts';
import type { Outcome, Summary } from './outcomes.ts';
import { cancelPlan, createPlanned, makePlan, type Plan, type PlannedDeps, readPlans } from './planned.ts';

let places: Places;
beforeEach(() => {
  const data = mkdtempSync(join(tmpdir(), 'kontor-test-'));
  places = { data, policy: join(data, 'policy.yaml'), shapes: resolve(import.meta.dirname, '../../shapes') };
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

describe('a plan that cannot be read', () => {
  const broken = (id: string, text: string) => {
    mkdirSync(join(places.data, 'planned', id), { recursive: true });
    writeFileSync(join(places.data, 'planned', id, 'plan.json'), text);
  };
  const day = new Date('2027-01-02T00:00:00Z');

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['another plan', '{"id":"2027-01-01-else","from":"2027-01-01T00:00:00Z","changes":[],"summary":{"schemes":[]}}'],
    ['no changes', '{"id":"2026-01-01-bad","from":"2026-01-01T00:00:00Z"}'],
    ['no day', '{"id":"2026-01-01-bad","from":"soon","changes":[],"summary":{"schemes":[]}}'],
  ])('is told once, and keeps no other from being shown and put in force: %s', async (_, text) => {
    const { id } = await plan([]);
    broken('2026-01-01-bad', text);
    const told: object[] = [];
    const log = { info: () => {}, error: (details: object) => told.push(details) };
    const node = createPlanned({ places, log, clock: () => day } as unknown as PlannedDeps);
    expect(node.plans().map((one) => one.id)).toEqual([id]);
    expect(node.outcomes(id, 0, 10)).toEqual({ items: [] });
    expect(told).toEqual([{ plan: '2026-01-01-bad', error: expect.any(String) }]);
    expect(await node.enactDue()).toBe(true);
    expect(readPlans(places, 'enacted').map((one) => one.id)).toEqual([id]);
  });

  it('is taken away by a cancel', () => {
    broken('2026-01-01-bad', '{');
    expect(cancelPlan(places, '2026-01-01-bad')).toBe(true);
    expect(readdirSync(join(places.data, 'planned'))).toEqual([]);
    for (const id of ['2026-01-01-bad', '..', '../enacted', '']) expect(cancelPlan(places, id), id).toBe(false);
  });

  it('has what it would change unreadable: that is why it is not put in force, and others are', async () => {
    const { id } = await plan([]);
    const other = { ...JSON.parse(readFileSync(join(places.data, 'planned', id, 'plan.json'), 'utf8')) } as Plan;
    const change = { what: 'shapes', name: 'own', digest: null, was: 'u1' } as const;
    broken('2026-12-31-shapes', JSON.stringify({ ...other, id: '2026-12-31-shapes', changes: [change] }));
    mkdirSync(join(places.data, 'shapes'));
    writeFileSync(join(places.data, 'shapes', 'index.json'), '{');
    const log = { info: () => {}, error: () => {} };
    const node = createPlanned({ places, log, clock: () => day } as unknown as PlannedDeps);
    expect(node.plans().map(({ id: one, conflicts }) => [one, conflicts])).toEqual([
      ['2026-12-31-shapes', [expect.stringContaining('cannot be read')]],
      [id, []],
    ]);
    expect(await node.enactDue()).toBe(true);
    expect(readPlans(places).map((one) => one.id)).toEqual(['2026-12-31-shapes']);
  });
});
