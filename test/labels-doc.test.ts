import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { loadSchemes } from '../src/compliance/scheme.ts';

const ROOT = resolve(import.meta.dirname, '..');
const page = readFileSync(resolve(ROOT, 'docs/labels.md'), 'utf8');
const schemes = loadSchemes(resolve(ROOT, 'shapes/schemes'));

it.each(schemes.map(({ id }) => id))('docs/labels.md tells of the scheme %s', (id) => {
  expect(page.includes(`\`${id}\``) || page.includes(`shapes/schemes/${id}.json`)).toBe(true);
});

it.each(schemes.filter(({ kind }) => kind === 'certificates').map(({ id }) => id))(
  'docs/labels.md says of %s what it proves, what not, and what this node cannot know',
  (id) => {
    const table = page.split('\n').filter((line) => line.startsWith('| `'));
    const rows = table.filter((line) => line.split('|')[1]!.includes(`\`${id}\``)).map((line) => line.split('|'));
    const section = page.split(/^## /m).find((text) => text.includes(`shapes/schemes/${id}.json`)) ?? '';
    const said = rows.find((cells) => cells.length === 6)?.slice(2, 5) ?? [
      /\*\*Proves?\*\*/.exec(section)?.[0] ?? '',
      /\*\*Does not prove\*\*/i.exec(section)?.[0] ?? '',
      /cannot know/i.exec(section)?.[0] ?? '',
    ];
    expect(said.map((text) => text.trim().length > 0)).toEqual([true, true, true]);
  },
);
