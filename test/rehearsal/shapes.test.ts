import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type World, world } from './support.ts';

// Each runs several commands, which take seconds on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.end());

const shape = (name: string, namespace: string) => `@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix gx: <${namespace}> .
@prefix schema: <https://schema.org/> .
<https://rules.example/${name}> a sh:NodeShape ; sh:targetClass gx:ContainerServiceOffering , gx:ServiceOffering ;
  sh:property [ sh:path schema:name ; sh:hasValue "Offer harbour" ] .
`;

describe('a rehearsal of shapes', () => {
  it('says so where they apply to nothing that is held', async () => {
    const file = w.file('other.ttl', shape('Name', 'https://w3id.org/gaia-x/elsewhere#'));
    const { stdout } = await w.run('rehearse', '--shapes', `other-1=${file}`);
    expect(stdout).toMatch(/The shapes other-1 apply to none of the \d+ listings and \d+ pieces of evidence held/);
    expect(stdout).not.toContain('nothing changes');
    const { summary } = await w.rehearse('--shapes', `other-1=${file}`);
    expect(summary.notes).toHaveLength(1);
  });

  it('says once what two shapes ask of one value', async () => {
    const namespace = 'https://w3id.org/gaia-x/development#';
    const file = w.file('twice.ttl', shape('Name', namespace) + shape('Again', namespace));
    const { outcomes, summary } = await w.rehearse('--shapes', `twice-1=${file}`);
    expect(outcomes.length).toBeGreaterThan(0);
    expect(outcomes.map(({ why }) => why.length)).toEqual(outcomes.map(() => 1));
    expect(summary.notes).toEqual([]);
  });
});

describe('a policy', () => {
  it('is also read from the standard input', async () => {
    const { stdout } = await w.run('rehearse', '--policy', '-');
    expect(stdout).toContain('policy is replaced, from -');
  });
});
