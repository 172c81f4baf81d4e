import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Io } from './io.ts';
import type { Levels } from './show-label.ts';

const SHAPES = resolve(import.meta.dirname, '../../shapes');

/**
 * The levels of every scheme this checkout knows, lowest first, so that a label can be drawn as steps. Only the names
 * are read: what a level demands is decided by the node, and a scheme not known here is shown without steps.
 */
export function levelsOf(io: Io): Levels {
  const folder = resolve(io.env.KONTOR_SHAPES || SHAPES, 'schemes');
  if (!existsSync(folder)) return {};
  const schemes = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map(
      (file) => JSON.parse(readFileSync(resolve(folder, file), 'utf8')) as { id?: string; levels?: { id: string }[] },
    );
  return Object.fromEntries(
    schemes.flatMap(({ id, levels }) => (id && Array.isArray(levels) ? [[id, levels.map((level) => level.id)]] : [])),
  );
}
