import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LabelOutcome } from '../../src/catalogue/outcomes.ts';
import type { CriterionResult, Decision } from '../../src/compliance/decision.ts';
import { type World, world } from './support.ts';

// Each runs several commands, which take seconds on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** What editions of one scheme, and the ends of mandates, are told to change: in rehearsals, plans and histories alike. */

const DAY_MS = 86_400_000;
let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.end());

const asked = (...levels: string[]) => Object.fromEntries(levels.map((level) => [level, 'declaration']));
/** Everybody has a name, only the harbour its own, and nobody the other. */
const edition = (name: string, own: string[]) =>
  JSON.stringify({
    id: 'north',
    name: 'North Mark',
    edition: name,
    levels: ['bronze', 'gold', 'platinum'].map((id) => ({ id, name: id, decided: true })),
    roles: {},
    sets: {},
    parts: [
      {
        name: 'services',
        appliesTo: { kinds: ['offering'] },
        criteria: [
          {
            id: 'N1',
            category: 'Name',
            title: 'A name',
            levels: asked('bronze', 'gold', 'platinum'),
            effort: 1,
            test: { stated: 'name', say: 'It has no name' },
            met: 'It has a name',
          },
          {
            id: 'N3',
            category: 'Name',
            title: 'A policy',
            levels: asked(...own),
            effort: 2,
            test: { is: 'name', value: 'Offer harbour', say: 'No policy is published', mend: 'Publish one' },
            met: 'It is published',
          },
          {
            id: 'N4',
            category: 'Name',
            title: 'Another name',
            levels: asked('platinum'),
            effort: 1,
            test: { is: 'name', value: 'Nobody', say: 'It is not nobody' },
            met: 'It is nobody',
          },
        ],
      },
    ],
    notApplicable: 'Only services are graded.',
  });
const file = (name: string, ...own: string[]) => w.file('north.json', edition(name, own));
const ofLantern = (outcomes: unknown[]) =>
  (outcomes as LabelOutcome[]).filter(({ key, scheme }) => key === w.keys.get('lantern') && scheme === 'north');
const last = async () => {
  const { items } = (await w.node.get(`/api/v1/listings/${w.keys.get('lantern')}/labels/changes`)).body;
  return items.filter(({ scheme }: { scheme: string }) => scheme === 'north').at(-1)?.reason;
};
const enacted = async (...args: string[]) =>
  expect((await w.json('enact', ...args)).value).toMatchObject({ ok: true, changed: true });
const mend = { id: 'N3', why: 'No policy is published', mend: 'Publish one' };

describe('another edition', () => {
  it('that asks what was missing at a higher level already names it, with its mend, wherever it is told', async () => {
    await enacted('--scheme', file('2026.1', 'gold', 'platinum'));
    await expect.poll(last, { timeout: 40_000 }).toBe('bronze reached');
    const next = file('2027.1', 'bronze', 'gold', 'platinum');
    const { outcomes } = await w.rehearse('--scheme', next);
    expect(ofLantern(outcomes)).toMatchObject([
      { effect: 'loses', from: { level: 'bronze' }, to: { level: null }, why: [mend] },
    ]);

    const { plan } = (await w.json('enact', '--scheme', next, '--grace', '2')).value;
    const { body } = await w.node.get(`/api/v1/listings/${w.keys.get('lantern')}/planned`);
    expect(ofLantern(body.items)).toMatchObject([{ why: [mend] }]);
    const { stdout } = await w.run('explain', w.keys.get('lantern')!, '--node', w.node.url);
    expect(stdout).toMatch(/N3: No policy is published\n +Mend: Publish one/);
    await w.run('enact', '--cancel', plan.id);

    await enacted('--scheme', next);
    await expect
      .poll(last, { timeout: 40_000 })
      .toBe('bronze lost: the scheme is now edition 2027.1; N3: No policy is published');
  });

  it('that asks less says what is asked no more', async () => {
    const { outcomes } = await w.rehearse('--scheme', file('2027.2', 'platinum'));
    expect(ofLantern(outcomes)).toMatchObject([
      { effect: 'gains', to: { level: 'gold' }, why: [{ id: 'N3', why: 'It is not asked any more' }] },
    ]);
  });

  it('by which one rises is told as a rise, whatever the level above wants', async () => {
    await enacted('--scheme', file('2026.1', 'gold', 'platinum'));
    await expect.poll(last, { timeout: 40_000 }).toBe('bronze reached: N3 is not asked any more');
    await enacted('--scheme', file('2027.2', 'platinum'));
    await expect
      .poll(last, { timeout: 40_000 })
      .toBe('gold in place of bronze: the scheme is now edition 2027.2; N3 is not asked any more');
    await enacted('--without-scheme', 'north');
  });
});

describe('the end of a mandate', () => {
  const day = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

  it('that comes earlier lets labels end earlier, and that is an outcome of its own', async () => {
    const [notary, assessor] = w.policy.trust!;
    const until = day(20);
    const policy = w.file('short.yaml', { trust: [notary, { ...assessor, until }] });
    const { outcomes, summary } = await w.rehearse('--policy', policy);
    expect(outcomes).toMatchObject([
      {
        effect: 'shorter',
        key: w.keys.get('lantern'),
        scheme: 'gaia-x',
        from: { level: 'L2' },
        to: { level: 'L2', until: `${until}T23:59:59.999Z` },
      },
    ]);
    expect(summary.schemes).toMatchObject([{ scheme: 'gaia-x', loses: 0, weaker: 0, shorter: 1, longer: 0 }]);
    const { stdout } = await w.run('rehearse', '--policy', policy);
    expect(stdout).toMatch(/shorter +Offer lantern {2}gaia-x L2 ends earlier: \d+ \w+ \d{4} -> \d+ \w+ \d{4}/);
    expect(stdout).toContain('gaia-x: 1 ending earlier');
    await enacted('--policy', policy);
    const ends = async () => {
      const { decisions } = (await w.node.get(`/api/v1/listings/${w.keys.get('lantern')}`)).body;
      return decisions.find(({ scheme }: Decision) => scheme === 'gaia-x').validUntil;
    };
    await expect.poll(ends, { timeout: 40_000 }).toBe(`${until}T23:59:59.999Z`);
    const former = w.file('former.yaml', w.policy);
    expect((await w.rehearse('--policy', former)).outcomes).toMatchObject([{ effect: 'longer' }]);
    await enacted('--policy', former);
  });

  it('before the day of a plan is told in the words of that day', async () => {
    const [notary, assessor] = w.policy.trust!;
    const policy = w.file('ends.yaml', { trust: [{ ...notary, until: day(3) }, assessor] });
    const from = day(6);
    const rehearsed = (await w.json('rehearse', '--policy', policy, '--from', from)).value;
    const lost = rehearsed.outcomes.find(
      ({ key, scheme }: LabelOutcome) => key === w.keys.get('harbour') && scheme === 'gaia-x',
    ) as LabelOutcome;
    expect(lost).toMatchObject({ effect: 'loses' });
    expect(lost.why[0]!.why).toContain('whose mandate on that list does not cover it today');
    await enacted('--policy', policy);
    w.ahead(7 * DAY_MS);
    const reasons = async () => {
      const { decisions } = (await w.node.get(`/api/v1/listings/${w.keys.get('harbour')}`)).body;
      const { criteria, level } = decisions.find(({ scheme }: Decision) => scheme === 'gaia-x') as Decision;
      return level === lost.to.level && criteria.map(({ id, why }: CriterionResult) => `${id}: ${why}`);
    };
    await expect
      .poll(reasons, { timeout: 40_000 })
      .toEqual(expect.arrayContaining(lost.why.map(({ id, why }) => `${id}: ${why}`)));
  });
});
