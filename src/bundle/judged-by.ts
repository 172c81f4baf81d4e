import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../credentials/digest.ts';

/** Folders of shapes/ that a bundle has otherwise (contexts, schemes), and what nothing is judged by. */
const ELSEWHERE = new Set(['contexts', 'schemes', 'tools']);
const known = new Map<string, Record<string, string>>();

/** What content is judged by, file by file with its digest, as it was when this process looked first. */
export function shapesDigests(dir: string): Record<string, string> {
  const files = known.get(dir) ?? digests(dir);
  known.set(dir, files);
  return files;
}

/** One name for all that descriptions are made by: vocabularies and mappings. */
export const descriptionsBy = (dir: string): string =>
  digestOf(
    Buffer.from(
      JSON.stringify(Object.entries(shapesDigests(dir)).filter(([name]) => /^(?:mappings|vocabulary)\//.test(name))),
    ),
  );

function digests(dir: string): Record<string, string> {
  const names = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !ELSEWHERE.has(entry.name))
    .flatMap(({ name }) =>
      readdirSync(join(dir, name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1)),
    );
  return Object.fromEntries(names.sort().map((name) => [name, digestOf(readFileSync(join(dir, name)))]));
}
