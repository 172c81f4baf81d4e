import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CODES } from '../src/errors.ts';

const root = resolve(import.meta.dirname, '..');
const under = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

describe.each(['README.md', ...under('docs', '.md'), ...under('shapes', '.md')])('%s', (page) => {
  it('links to what exists', () => {
    const targets = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    const dead = targets.filter((one) => !/^(https?|mailto):/.test(one) && !existsSync(join(root, dirname(page), one)));
    expect(dead).toEqual([]);
  });
});

it('docs/checks.md explains every check and every code', () => {
  const page = read('docs/checks.md');
  const ids = under('src', '.ts')
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      [...read(file).matchAll(/'((?:parse|verify|shape|commit)\.[a-z-]+)'/g)].map((match) => match[1]!),
    );
  expect(ids.length).toBeGreaterThan(20);
  expect([...new Set(ids)].filter((id) => !page.includes(`\`${id}\``))).toEqual([]);
  const refusals = Object.entries(CODES).filter(([, { status }]) => status === 422 || status === 409);
  expect(refusals.map(([code]) => code).filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});
