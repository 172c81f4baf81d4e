import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Plan } from '../../src/catalogue/planned.ts';
import { ownScheme } from '../support/own-scheme.ts';
import { type World, world } from './support.ts';

// Each runs several commands, which take seconds on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** Plans that stand in each other's way or lost a file, and the way back from what came into force. */

let w: World;
let next: string;
beforeAll(async () => {
  w = await world();
  next = w.file('next.yaml', { trust: [w.notary.trust] });
});
afterAll(() => w.end());

const enact = async (...args: string[]) => (await w.json('enact', ...args)).value;
const ofLantern = async () => (await w.node.get(`/api/v1/listings/${w.keys.get('lantern')}/planned`)).body.items;

describe('a plan', () => {
  it('for what another plan replaces too is told so when it is made', async () => {
    const first = (await enact('--policy', next, '--grace', '3')).plan as Plan;
    const other = w.file('other.yaml', { trust: [] });
    const { stdout } = await w.run('enact', '--policy', other, '--grace', '4');
    expect(stdout).toContain(`The policy is changed by the plan ${first.id} too`);
    expect(stdout).toContain('only one of them can be put in force');
    for (const { id } of (await enact('--list')).items) await w.run('enact', '--cancel', id);
  });

  it('that a change by command spoils is named by that command, and announced to nobody', async () => {
    const former = readFileSync(join(w.data, 'policy.yaml'), 'utf8');
    const { plan } = await enact('--policy', next, '--grace', '3');
    await expect.poll(ofLantern, { timeout: 15_000 }).toHaveLength(1);
    const { stdout } = await w.run('trust', 'add', 'did:web:new.example', '--role', 'certificate');
    expect(stdout).toContain(`The plan ${plan.id} from`);
    expect(stdout).toContain('will not be put in force so: the policy was changed since');
    expect(await ofLantern()).toEqual([]);
    expect((await w.node.get('/api/v1/planned')).body.items[0].conflicts).toHaveLength(1);
    writeFileSync(join(w.data, 'policy.yaml'), former);
    expect(await ofLantern()).toHaveLength(1);
    await w.run('enact', '--cancel', plan.id);
  });

  it('whose file is gone is marked, and announced to nobody', async () => {
    const { plan } = await enact('--policy', next, '--grace', '3');
    await expect.poll(ofLantern, { timeout: 15_000 }).toHaveLength(1);
    rmSync(join(w.data, 'planned', plan.id, plan.changes[0].digest));
    expect(await ofLantern()).toEqual([]);
    expect((await w.run('enact', '--list')).stdout).toMatch(
      /! {2}the policy that was planned is gone: there is no file/,
    );
    await w.run('enact', '--cancel', plan.id);
  });
});

describe('the way back', () => {
  const scheme = (edition: string) =>
    JSON.stringify(
      ownScheme(
        { id: 'N1', levels: { mark: 'declaration' }, test: { stated: 'name', say: 'It has no name' } },
        { id: 'north', name: 'North Mark', edition, levels: [{ id: 'mark', name: 'Mark', decided: true }] },
      ),
    );
  const cases = (name: string) =>
    JSON.stringify({
      scheme: 'north',
      now: '2026-11-21T09:00:00Z',
      trust: [],
      base: { one: { description: { kind: 'offering', id: 'https://a.example/s', name }, evidence: [] } },
      cases: [{ name: 'named', base: 'one', expect: { level: 'mark' } }],
    });

  it('is a command, and brings back a scheme with its cases; the newest stands first', async () => {
    mkdirSync(join(w.data, '../cases'), { recursive: true });
    const kept = () => readFileSync(join(w.data, 'schemes/cases/north.json'), 'utf8');
    const run = async (edition: string, name: string) => {
      w.file('cases/north.json', cases(name));
      return enact('--scheme', w.file('north.json', scheme(edition)));
    };
    await run('1', 'one');
    const second = await run('2', 'two');
    expect(kept()).toBe(cases('two'));
    const { stdout } = await w.run('enact', '--list');
    expect(stdout).toMatch(new RegExp(`In force\\n {2}${second.plan.id} {2}since \\d+ \\w+ \\d{4}`));
    expect(stdout).toContain(`The way back from ${second.plan.id}: ${second.back}`);
    expect(await enact(...second.back.split(' ').slice(2))).toMatchObject({ ok: true, changed: true });
    expect(kept()).toBe(cases('one'));
    expect(readFileSync(join(w.data, 'schemes/north.json'), 'utf8')).toBe(scheme('1'));
  });

  it('is printed, and takes a scheme away that was new', async () => {
    await w.run('enact', '--without-scheme', 'north');
    w.file('cases/north.json', cases('one'));
    const { stdout } = await w.run('enact', '--scheme', w.file('north.json', scheme('1')));
    expect(stdout).toContain('The way back: ./kontor enact --without-scheme north');
    const { enacted } = await enact('--list');
    expect(enacted.every(({ enacted: at }: Plan) => !Number.isNaN(Date.parse(at!)))).toBe(true);
  });
});
