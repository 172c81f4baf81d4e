import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map((file) => join('src', file));

/** Who may import whom: the house rules of docs/architecture.md. Files at the top of src may be imported by all. */
const MAY: Record<string, string[]> = {
  credentials: [],
  compliance: ['credentials'],
  catalogue: ['credentials', 'compliance'],
  federation: ['credentials', 'compliance', 'catalogue'],
  bundle: ['credentials', 'compliance', 'catalogue', 'federation'],
  api: ['credentials', 'compliance', 'catalogue', 'federation', 'bundle'],
  web: ['credentials', 'compliance', 'catalogue', 'federation'],
  cli: ['credentials', 'compliance', 'catalogue', 'federation', 'bundle'],
};
/** Packages that only one part of the house touches. */
const ONLY_IN: [pattern: RegExp, folders: string[]][] = [
  [/^better-sqlite3$|^pg$/, ['catalogue']],
  [/^@digitalbazaar\/|^jsonld|^jose$|^pkijs$|^asn1js$/, ['credentials']],
  [/^hono|^@hono\//, ['api', 'web', 'federation']],
  [/^commander$/, ['cli']],
];
const ROOT_FILES = ['config', 'errors', 'policy'];

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)[^'"\n]*?(?:from\s*)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|\}\s*from\s*['"]([^'"]+)['"]/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3]!);
}

const folderOf = (file: string) => (file.split(sep).length > 2 ? file.split(sep)[1]! : '');

describe.each(files.filter((file) => !file.endsWith('.test.ts')))('%s', (file) => {
  const folder = folderOf(file);

  it('stays under 400 lines', () => {
    expect(readFileSync(join(root, file), 'utf8').split('\n').length).toBeLessThanOrEqual(400);
  });

  it('imports only what its part of the house may', () => {
    const wrong = importsOf(file).filter((name) => {
      if (!name.startsWith('.'))
        return folder !== '' && ONLY_IN.some(([pattern, folders]) => pattern.test(name) && !folders.includes(folder));
      const target = relative(root, resolve(root, dirname(file), name));
      const other = folderOf(target);
      if (folder === '' || !target.startsWith('src')) return false;
      if (other === '')
        return !ROOT_FILES.includes(target.slice(4, -3)) && !(folder === 'cli' && target === join('src', 'node.ts'));
      return other !== folder && !MAY[folder]!.includes(other);
    });
    expect(wrong).toEqual([]);
  });
});

it('imports what loads jsonld only when it is wrapped (docs/decisions/013)', () => {
  const data = /-context$/;
  const loads = files
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/^import [^;]*'((?:@digitalbazaar\/|jsonld)[^']*)'/gm)]
        .filter(([text, name]) => !text.startsWith('import type') && !data.test(name!))
        .map(([, name]) => `${file}: ${name}`),
    );
  expect(loads).toEqual([]);
});

it('knows every folder of src', () => {
  expect([...new Set(files.map(folderOf))].filter(Boolean).sort()).toEqual(Object.keys(MAY).sort());
});
