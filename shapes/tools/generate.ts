import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { generate } from './gaia-x.ts';

/**
 * Writes the generated files of shapes/: `node shapes/tools/generate.ts FOLDER`, FOLDER holding the official Gaia-X
 * 25.11 files. Format afterwards with `npm run format`.
 */
const [source] = process.argv.slice(2);
if (!source) {
  process.stderr.write('usage: node shapes/tools/generate.ts FOLDER\n');
  process.exit(2);
}
const shapes = resolve(import.meta.dirname, '..');
for (const [path, content] of generate(resolve(source))) {
  const file = join(shapes, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}
