import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kontor, ROOT, temporary } from './kontor.ts';

/** docs/writing-schemes.md: each example is read and run as an operator would, by `kontor schemes test FILE`. */

const folder = temporary();
beforeAll(() => mkdirSync(join(folder.path, 'cases')));
afterAll(() => folder.remove());

const text = readFileSync(join(ROOT, 'docs/writing-schemes.md'), 'utf8');
const blocks = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map((block) => JSON.parse(block[1]!));
const schemes = blocks.filter(({ levels }) => levels);

it('has one example of each kind', () => {
  expect(schemes.map(({ kind = 'criteria' }) => kind)).toEqual(['criteria', 'certificates', 'answers']);
});

it.each(schemes.map(({ id }) => id))('the example %s is taken, and comes out as its cases say', async (id) => {
  const cases = blocks.find(({ scheme }) => scheme === id);
  writeFileSync(join(folder.path, `${id}.json`), JSON.stringify(schemes.find((one) => one.id === id)));
  writeFileSync(join(folder.path, 'cases', `${id}.json`), JSON.stringify(cases));
  const env = { KONTOR_DATA: join(folder.path, 'data') };
  const ran = await kontor(['schemes', 'test', `./${id}.json`], { cwd: folder.path, env });
  expect(ran.stderr + ran.stdout).toMatch(new RegExp(`^good {2}${id} {2}${cases.cases.length} cases\nAll hold`));
});
