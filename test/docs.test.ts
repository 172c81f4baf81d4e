import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CODES, type Code } from '../src/errors.ts';

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

describe('the checks', () => {
  const written = new Set(
    under('src', '.ts')
      .filter((file) => !file.endsWith('.test.ts'))
      .flatMap((file) => [...read(file).matchAll(/'((?:parse|verify|shape|commit)\.[a-z-]+)'/g)].map(([, id]) => id!)),
  );
  const index = read('docs/checks.md');
  const pages = under('docs/checks', '.md').map((file) => ({ id: basename(file, '.md'), text: read(file) }));
  const codesOf = (text: string) => new Set([...text.matchAll(/`([a-z-]+)` \((\d{3})\)/g)].map(([, code]) => code!));
  const commands = under('src/cli', '.ts').flatMap((file) =>
    [...read(file).matchAll(/(?:command|peer|context)\((?:[a-z]+, )?'([a-z-]+)'/g)].map(([, name]) => name!),
  );

  it('that are written are those that have a page, and those of the index', () => {
    expect(written.size).toBeGreaterThan(40);
    expect(pages.map(({ id }) => id).sort()).toEqual([...written].sort());
    const listed = [...index.matchAll(/^\| \[([\w.-]+)\]\(checks\/([\w.-]+)\.md\)/gm)];
    expect(listed.map(([, id]) => id).sort()).toEqual([...written].sort());
    expect(listed.filter(([, id, file]) => id !== file)).toEqual([]);
  });

  it.each(pages)('$id: its page has the form of all, and says what the index says', ({ id, text }) => {
    const [head, ...parts] = text.split(/^## /m);
    expect(parts.map((part) => part.split('\n')[0])).toEqual([
      'Results',
      'What it protects from',
      'How to mend',
      'Specification',
    ]);
    const [title, question] = head!.split('\n\n');
    expect(title).toBe(`# ${id}`);
    expect(question).toMatch(/\?\s*$/);
    const [results, , mend, specification] = parts as [string, string, string, string];
    const items = results.split(/^- /m).slice(1);
    expect(items.length).toBeGreaterThan(0);
    for (const item of items) {
      expect(item).toMatch(/^\*\*(pass|fail|warn|unknown)\*\*(, `[a-z-]+` \(\d{3}\))?: [A-Z]/);
      expect(item.startsWith('**fail**') && codesOf(item).size === 0).toBe(false);
    }
    expect(specification).toMatch(/^- \[/m);
    for (const [, command] of mend.matchAll(/^\.\/kontor ([a-z-]+)/gm)) expect(commands).toContain(command);
    const row = index.split('\n').find((line) => line.startsWith(`| [${id}](`))!;
    expect(row).toContain(`| ${question!.trim().replace(/\s+/g, ' ')} |`);
    expect(codesOf(row)).toEqual(codesOf(results));
  });

  it('name codes by the status they are told with, and every code of a refusal', () => {
    for (const { text } of [...pages, { text: index }])
      for (const [, code, status] of text.matchAll(/`([a-z-]+)` \((\d{3})\)/g))
        expect([code, CODES[code as Code]?.status]).toEqual([code, Number(status)]);
    const refusals = Object.entries(CODES).filter(([, { status }]) => [202, 409, 422].includes(status));
    expect(refusals.map(([code]) => code).filter((code) => !codesOf(index).has(code))).toEqual([]);
  });
});
