import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabelOutcome } from '../../src/catalogue/outcomes.ts';
import type { Plan } from '../../src/catalogue/planned.ts';
import { ownScheme } from '../support/own-scheme.ts';
import { predicted, type World, world } from './support.ts';

/** Plans: nothing before their day, everything on it, and whoever loses sees it in time. */

const DAY_MS = 86_400_000;
let w: World;
let next: string;
let former: string;
beforeAll(async () => {
  w = await world();
  former = readFileSync(join(w.data, 'policy.yaml'), 'utf8');
  next = w.file('next.yaml', { trust: [w.notary.trust] });
});
afterAll(() => w.end());

const plan = async (...args: string[]): Promise<Plan> => {
  const { value } = await w.json('enact', ...args);
  expect(value).toMatchObject({ ok: true });
  return value.plan;
};
const listed = async () => (await w.json('enact', '--list')).value;
const policyNow = () => readFileSync(join(w.data, 'policy.yaml'), 'utf8');
const settles = (expected: Record<string, string>) =>
  expect.poll(() => w.standing(), { timeout: 15_000, interval: 200 }).toEqual(expected);
/** A few turns of the node's timed work. */
const turns = () => new Promise((resolve) => setTimeout(resolve, 3_000));

describe('a plan', () => {
  it('changes nothing before its day, is shown to all and to whom it concerns, and comes true on its day', async () => {
    const before = await w.standing();
    const made = await plan('--policy', next, '--grace', '30');
    expect(Date.parse(made.from) - Date.now()).toBeGreaterThan(29 * DAY_MS);
    w.ahead(29 * DAY_MS);
    await turns();
    expect([await w.standing(), policyNow()]).toEqual([before, former]);

    const { body } = await w.node.get('/api/v1/planned');
    expect(body.items).toEqual([{ ...made, conflicts: [] }]);
    expect(body.items[0].changes).toMatchObject([{ what: 'policy', source: 'next.yaml' }]);
    const shown = (await w.node.get(`/api/v1/planned/${made.id}`)).body;
    expect(shown.items).toMatchObject([{ effect: 'loses', key: w.keys.get('lantern') }]);
    const of = (slug: string) => w.node.get(`/api/v1/listings/${w.keys.get(slug)}/planned`);
    expect((await of('lantern')).body.items).toMatchObject([
      { plan: { id: made.id, from: made.from }, effect: 'loses', scheme: 'gaia-x', to: { level: 'L1' } },
    ]);
    expect((await of('harbour')).body.items).toEqual([]);
    const page = async (slug: string) =>
      (await w.node.get(`/listings/${w.keys.get(slug)}`, { accept: 'text/html' })).text.replace(/<[^>]*>/g, '');
    expect(await page('lantern')).toMatch(/This node will decide by other rules.*: Gaia-X L2 is lost, L1 holds\./);
    expect(await page('harbour')).not.toContain('This node will decide by other rules');
    const { stdout } = await w.run('explain', w.keys.get('lantern')!, '--node', w.node.url);
    expect(stdout).toMatch(/Planned by the operator of this node\n {2}from .*:\n {4}loses {5}Offer lantern/);

    const expected = predicted(before, { ok: true, outcomes: shown.items, summary: made.summary });
    w.ahead(31 * DAY_MS);
    await settles(expected);
    expect(policyNow()).toBe(readFileSync(join(w.data, '../next.yaml'), 'utf8'));
    const { items } = (await w.node.get(`/api/v1/listings/${w.keys.get('lantern')}/labels/changes`)).body;
    expect(items.at(-1)).toMatchObject({ former: 'L2', level: 'L1' });
    expect(items.at(-1).reason).toContain(`${w.assessor.did} no longer counts here`);
    expect((await w.node.get('/api/v1/planned')).body.items).toEqual([]);
    expect((await listed()).enacted.map(({ id }: Plan) => id)).toEqual([made.id]);
    w.ahead(0);
    await plan('--policy', w.file('former.yaml', former));
    await settles(before);
  });

  it('judges by the mandates of its day', async () => {
    const from = new Date(Date.now() + 20 * DAY_MS).toISOString().slice(0, 10);
    const [notary, assessor] = w.policy.trust!;
    const policy = w.file('later.yaml', { trust: [notary, { ...assessor, from }] });
    const made = await plan('--policy', policy, '--from', from);
    expect(made.summary.schemes).toEqual([]);
    expect((await w.rehearse('--policy', policy)).summary.schemes).toMatchObject([{ scheme: 'gaia-x', loses: 1 }]);
    await w.run('enact', '--cancel', made.id);
  });

  it('is taken back by a cancel', async () => {
    const { id } = await plan('--policy', next, '--grace', '2');
    expect((await w.run('enact', '--list')).stdout).toMatch(
      new RegExp(`${id} {2}from .*\\n {2}policy is replaced, from next.yaml\\n {2}0 listings gain, 1 listing loses`),
    );
    expect((await w.json('enact', '--cancel', id)).value).toEqual({ ok: true, cancelled: id });
    expect(await w.json('enact', '--cancel', id)).toMatchObject({ code: 1, value: { code: 'not-found' } });
    expect(await w.json('enact', '--cancel', '../enacted')).toMatchObject({ code: 1 });
    w.ahead(3 * DAY_MS);
    await turns();
    expect(policyNow()).toBe(former);
    w.ahead(0);
  });

  it('is not put in force over what was changed meanwhile, until that is put back', async () => {
    const before = await w.standing();
    const { id } = await plan('--policy', next, '--grace', '2');
    writeFileSync(join(w.data, 'policy.yaml'), `${former}# by hand\n`);
    w.ahead(3 * DAY_MS);
    await turns();
    expect([policyNow(), await w.standing()]).toEqual([`${former}# by hand\n`, before]);
    const [waiting] = (await listed()).items;
    expect(waiting).toMatchObject({ id, conflicts: [expect.stringMatching(/^the policy was changed since/)] });
    expect((await w.node.get('/api/v1/planned')).body.items[0].conflicts).toEqual(waiting.conflicts);
    expect((await w.run('enact', '--list')).stdout).toContain('It will not be put in force so.');
    writeFileSync(join(w.data, 'policy.yaml'), former);
    await expect.poll(async () => (await listed()).items, { timeout: 10_000 }).toEqual([]);
    expect(policyNow()).not.toContain(w.assessor.did);
    w.ahead(0);
    await plan('--policy', w.file('former.yaml', former));
    await settles(before);
  });

  it('comes true after a restart, finishes what was half done, and goes by one step twice without harm', async () => {
    const before = await w.standing();
    const green = w.file('green.json', GREEN);
    const made = await plan('--policy', next, '--scheme', green, '--grace', '2');
    const rehearsed = (await w.node.get(`/api/v1/planned/${made.id}`)).body.items;
    expect(rehearsed.map(({ effect, scheme }: LabelOutcome) => [effect, scheme]).sort()).toEqual([
      ['gains', 'harbour-green'],
      ['loses', 'gaia-x'],
    ]);
    await w.stop();
    // As if the node had been cut off between the two files, and once more before it noted that it was done.
    mkdirSync(join(w.data, 'schemes'), { recursive: true });
    writeFileSync(join(w.data, 'schemes/harbour-green.json'), GREEN);
    w.ahead(3 * DAY_MS);
    await w.start();
    await settles(predicted(before, { ok: true, outcomes: rehearsed, summary: made.summary }));
    expect((await listed()).items).toEqual([]);
    await w.stop();
    renameSync(join(w.data, 'enacted', made.id), join(w.data, 'planned', made.id));
    await w.start();
    await expect.poll(async () => (await listed()).items, { timeout: 10_000 }).toEqual([]);
    expect(readdirSync(join(w.data, 'schemes'))).toEqual(['harbour-green.json']);
    w.ahead(0);
    await plan('--policy', w.file('former.yaml', former), '--without-scheme', 'harbour-green');
    await settles(before);
  });

  it('is not put in force with a file that is not what was planned', async () => {
    const { id, changes } = await plan('--policy', next, '--grace', '2');
    writeFileSync(join(w.data, 'planned', id, changes[0]!.digest!), 'publishers: open\n');
    w.ahead(3 * DAY_MS);
    await turns();
    expect(policyNow()).toBe(former);
    expect((await listed()).items).toHaveLength(1);
    w.ahead(0);
    await w.run('enact', '--cancel', id);
  });

  it('is not what was cut off while it was made', async () => {
    const { id } = await plan('--policy', next, '--grace', '2');
    cpSync(join(w.data, 'planned', id), join(w.data, 'planned', `.${id}.1`), { recursive: true });
    await w.run('enact', '--cancel', id);
    expect(existsSync(join(w.data, 'planned', `.${id}.1`))).toBe(true);
    expect((await listed()).items).toEqual([]);
    expect((await w.node.get('/api/v1/planned')).body.items).toEqual([]);
  });

  it.each([
    [['--grace', '3', '--from', '2099-01-01'], 'both say when'],
    [['--from', '2020-01-01'], 'is over'],
    [['--grace', 'soon'], 'A number from 1'],
  ])('refuses %s', async (args, why) => {
    const { code, stderr } = await w.run('enact', '--policy', next, ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  });

  it('refuses questions that it does not understand', async () => {
    for (const path of ['planned?x=1', 'planned/x?cursor=-1'])
      expect((await w.node.get(`/api/v1/${path}`)).status).toBe(400);
    expect((await w.node.get('/api/v1/planned/none')).status).toBe(404);
  });
});

const GREEN = JSON.stringify(ownScheme({ test: { is: 'name', value: 'Offer harbour', say: 'Another name' } }));
