import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { verifyBundle } from '../../src/bundle/verify.ts';

// Verifies every bundle of a folder, and prints for each whether it holds and which of its parts do not.
const [dir = ''] = process.argv.slice(2);
const shapesDir = resolve(import.meta.dirname, '../../shapes');
const found: unknown[] = [];
for (const name of readdirSync(dir).sort()) {
  const verified = await verifyBundle(readFileSync(join(dir, name)), { shapesDir });
  if (!verified.ok) found.push({ ok: false, bad: [verified.detail] });
  else {
    const { ok, parts } = verified.value;
    found.push({ ok, bad: parts.filter(({ result }) => result === 'failed' || result === 'unknown') });
  }
}
process.stdout.write(JSON.stringify(found));
