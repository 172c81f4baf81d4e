import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CriteriaScheme } from '../../src/compliance/scheme.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { testNode } from '../support/node.ts';
import { ownScheme } from '../support/own-scheme.ts';
import { testNotary, testProvider } from '../support/provider.ts';
import { kontor, temporary } from './kontor.ts';

// Each runs several commands, which take seconds on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** `kontor schemes`: the real command on a real data folder, and a node that starts on it. */

const SHAPES = resolve(import.meta.dirname, '../../shapes');
const folders: ReturnType<typeof temporary>[] = [];
let folder: string;
beforeEach(() => {
  const made = temporary();
  folders.push(made);
  folder = made.path;
  mkdirSync(join(folder, 'cases'));
});
afterAll(() => {
  for (const { remove } of folders) remove();
});

const schemes = (...args: string[]) =>
  kontor(['schemes', ...args], { cwd: folder, env: { KONTOR_DATA: join(folder, 'data') } });
const json = async (...args: string[]) => {
  const { code, stdout } = await schemes(...args, '--json');
  return { code, value: JSON.parse(stdout) };
};
const kept = (name: string) => join(folder, 'data/schemes', name);

/** A scheme of an operator's own: one level, one criterion. */
const scheme = (more: object = {}) =>
  ownScheme(
    {
      category: 'Energy',
      title: 'All energy is renewable',
      test: {
        compare: 'environment.renewableShare',
        op: '>=',
        value: 1,
        say: 'Nothing is stated',
        sayOver: 'Too little',
      },
    },
    more,
  );
const cases = (level: string | null) => ({
  scheme: 'harbour-green',
  now: '2026-11-21T09:00:00Z',
  trust: [],
  base: {
    green: {
      description: { kind: 'offering', id: 'https://a.example/s', environment: { renewableShare: 1 } },
      evidence: [],
    },
  },
  cases: [
    { name: 'all renewable', base: 'green', expect: { level, missing: [] } },
    {
      name: 'nearly all',
      base: 'green',
      change: [{ at: '/description/environment/renewableShare', set: 0.99 }],
      expect: { level: null, unmet: ['H1'] },
    },
  ],
});
const write = (name: string, content: unknown) => {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return name;
};

describe('kontor schemes', () => {
  it('lists those bundled with edition, levels and digest', async () => {
    const { code, value } = await json('list');
    expect(code).toBe(0);
    expect(value.items).toContainEqual(
      expect.objectContaining({
        id: 'gaia-x',
        levels: ['SC', 'L1', 'L2', 'L3'],
        digest: digestOf(readFileSync(join(SHAPES, 'schemes/gaia-x.json'))),
        added: false,
      }),
    );
    expect((await schemes('list')).stdout).toMatch(/gaia-x {2}Gaia-X, edition .*\n {2}SC, L1, L2, L3/);
  });

  it('tests all against their cases, with counts and no failure', async () => {
    const { code, value } = await json('test');
    expect({ code, failures: value.failures }).toEqual({ code: 0, failures: 0 });
    expect(value.schemes.find((one: { id: string }) => one.id === 'gaia-x').cases).toBeGreaterThanOrEqual(60);
    expect((await schemes('test', 'gaia-x')).stdout).toMatch(/good {2}gaia-x {2}\d+ cases\nAll hold\./);
    expect(await schemes('test', 'nothing')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no scheme nothing'),
    });
  });

  it('adds a scheme with its cases, and a node decides by it', async () => {
    write('cases/harbour-green.json', cases('green'));
    const file = write('ours.json', scheme());
    expect(await json('add', file)).toMatchObject({
      code: 0,
      value: { changed: true, id: 'harbour-green', cases: 2, doubts: [] },
    });
    expect(readFileSync(kept('harbour-green.json'), 'utf8')).toBe(JSON.stringify(scheme()));
    expect((await json('test', 'harbour-green')).value).toMatchObject({ failures: 0, schemes: [{ cases: 2 }] });
    expect((await json('list')).value.items).toContainEqual(
      expect.objectContaining({ id: 'harbour-green', added: true }),
    );
    expect((await json('add', file)).value).toMatchObject({ changed: false });
    const node = await testNode({ data: join(folder, 'data') });
    expect(node.compliance.schemes().map(({ id }) => id)).toContain('harbour-green');
    await node.close();
  });

  it('replaces an edition by another, and says that it has no cases', async () => {
    write('cases/harbour-green.json', cases('green'));
    await schemes('add', write('ours.json', scheme()));
    mkdirSync(join(folder, 'next'));
    const next = await json('add', write('next/ours.json', scheme({ edition: '2' })));
    expect(next.value).toMatchObject({ changed: true, replaced: '1', doubts: [expect.stringContaining('no cases')] });
    expect(existsSync(kept('cases/harbour-green.json'))).toBe(false);
  });

  it('removes one that was added, and says what becomes of its labels', async () => {
    write('cases/harbour-green.json', cases('green'));
    await schemes('add', write('ours.json', scheme()));
    const { code, stdout } = await schemes('remove', 'harbour-green');
    expect(code).toBe(0);
    expect(stdout).toContain('Removed: Harbour Green, edition 1.');
    expect(stdout).toContain('A running node reads it within seconds. Its labels end then');
    expect([existsSync(kept('harbour-green.json')), existsSync(kept('cases/harbour-green.json'))]).toEqual([
      false,
      false,
    ]);
    expect((await json('list')).value.items.map(({ id }: { id: string }) => id)).not.toContain('harbour-green');
    expect(await schemes('remove', 'harbour-green')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no scheme harbour-green'),
    });
  });

  it('does not remove one that is bundled, and says so', async () => {
    expect(await schemes('remove', 'gaia-x')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('gaia-x is bundled'),
    });
  });

  it('a running node decides by a scheme within seconds of its being added, and drops its labels when it is removed', async () => {
    const [provider, notary] = await Promise.all([testProvider(), testNotary()]);
    const node = await testNode({ data: join(folder, 'data'), policy: { trust: [notary.trust] } });
    try {
      for (const body of [await provider.person(), await provider.offering('quay')])
        expect((await node.post(body)).status).toBe(201);
      const labels = async () => {
        const { items } = (await node.get('/api/v1/listings?kind=offering')).body;
        return items[0].labels.map((one: { scheme: string; level: string }) => `${one.scheme}:${one.level}`);
      };
      expect(await labels()).not.toContain('harbour-green:green');
      const everything = scheme({ parts: withCriterion({ test: { stated: 'name' } }) });
      await schemes('add', write('ours.json', everything));
      await expect.poll(labels, { timeout: 15_000 }).toContain('harbour-green:green');
      await schemes('remove', 'harbour-green');
      await expect.poll(labels, { timeout: 15_000 }).not.toContain('harbour-green:green');
    } finally {
      await node.end();
      await Promise.all([provider.host.close(), notary.host.close()]);
    }
  });

  it('takes none whose cases fail, and says which', async () => {
    write('cases/harbour-green.json', cases(null));
    const { code, stdout } = await schemes('add', write('ours.json', scheme()));
    expect(code).toBe(1);
    expect(stdout).toContain('all renewable');
    expect(stdout).toContain('level is "green", expected null');
    expect(existsSync(kept('harbour-green.json'))).toBe(false);
  });

  it('tests a file before it is added, with the cases beside it', async () => {
    write('cases/harbour-green.json', cases('green'));
    const file = write('ours.json', scheme());
    expect((await schemes('test', file)).stdout).toMatch(/good {2}harbour-green {2}2 cases\nAll hold\./);
    write('cases/harbour-green.json', cases(null));
    expect(await json('test', `./${file}`)).toMatchObject({ code: 1, value: { failures: 1 } });
    expect(existsSync(join(folder, 'data/schemes'))).toBe(false);
  });

  it('does not call a file without a case tested', async () => {
    write('cases/harbour-green.json', { ...cases('green'), cases: [] });
    const file = write('ours.json', scheme());
    expect((await schemes('test', file)).stdout).toMatch(/harbour-green {2}no cases\nNothing was tested/);
    const { stdout } = await schemes('add', file);
    expect(stdout).toContain('It has no cases');
    expect(stdout).not.toContain('hold.');
  });

  describe('with a file that cannot be used', () => {
    const broken = () => kept('mine.json');
    beforeEach(() => {
      mkdirSync(join(folder, 'data/schemes'), { recursive: true });
      writeFileSync(broken(), '{');
    });

    it('lists the others, names it, and takes it away', async () => {
      const { code, value } = await json('list');
      expect({ code, ok: value.ok, files: value.broken.map(({ file }: { file: string }) => file) }).toEqual({
        code: 1,
        ok: false,
        files: [expect.stringMatching(/data\/schemes\/mine\.json$/)],
      });
      expect(value.items.length).toBeGreaterThan(10);
      const { stdout } = await schemes('list');
      expect(stdout).toMatch(/! {2}.*mine\.json: it is no JSON/);
      expect(stdout).toContain('./kontor schemes remove mine.json');
      await expect(testNode({ data: join(folder, 'data') })).rejects.toThrow(/mine\.json: it is no JSON/);
      expect(await schemes('remove', 'mine.json')).toMatchObject({ code: 0 });
      expect(existsSync(broken())).toBe(false);
    });

    it('takes an edition in its place, and one beside it with a warning', async () => {
      const beside = await json('add', write('ours.json', scheme()));
      expect(beside.value).toMatchObject({ changed: true });
      expect(beside.value.doubts).toContainEqual(expect.stringMatching(/No node starts with .*mine\.json/));
      await schemes('add', write('other.json', scheme({ id: 'mine', name: 'Mine' })));
      expect((await json('list')).value.broken).toEqual([]);
    });

    it('still asks a node', async () => {
      const node = await testNode();
      try {
        const env = { KONTOR_DATA: join(folder, 'data') };
        const { code, stderr } = await kontor(['search', 'anything', '--node', node.url], { cwd: folder, env });
        expect([code, stderr]).toEqual([expect.any(Number), expect.not.stringContaining('JSON')]);
      } finally {
        await node.end();
      }
    });
  });

  it.each<[string, unknown, string]>([
    ['that is bundled', scheme({ id: 'gaia-x' }), 'gaia-x is bundled'],
    ['that has the name of another', scheme({ name: 'gaia x' }), '/name "gaia x" is taken by the scheme gaia-x'],
    ['that does not follow the grammar', scheme({ colour: 'green' }), 'must NOT have additional properties: "colour"'],
    ['of a kind that there is not', scheme({ kind: 'feeling' }), '/kind'],
    ['with an id that is a path', scheme({ id: '../policy' }), '/id'],
    [
      'that certifies without saying by what',
      scheme({ parts: withCriterion({ levels: { green: 'certification' } }) }),
      'H1 does not say what certifies it',
    ],
    [
      'whose criterion is replaced by nothing',
      scheme({ parts: withCriterion({ levels: { green: { replacedBy: 'H2' } } }) }),
      'H1 is replaced at green by one that green does not demand',
    ],
    [
      'that names a set it does not have',
      scheme({ parts: withCriterion({ test: { within: 'type', set: 'colours' } }) }),
      'H1 names the set colours',
    ],
  ])('takes none %s', async (_, content, problem) => {
    const ran = await schemes('add', write('ours.json', content));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(problem);
    expect(existsSync(join(folder, 'data/schemes'))).toBe(false);
  });
});

/** The parts of the scheme, its criterion changed. */
function withCriterion(more: object): unknown {
  const [part] = scheme().parts as unknown as CriteriaScheme['parts'];
  return [{ ...part, criteria: [{ ...part!.criteria[0]!, ...more }] }];
}
