import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Io } from './io.ts';
import type { Levels } from './show-label.ts';

const SHAPES = resolve(import.meta.dirname, '../../shapes');

/**
 * The levels of every scheme this checkout and its data folder know, lowest first, so that a label can be drawn as
 * steps. Only the names are read: what a level demands is decided by the node, and a scheme not known here is shown
 * without steps.
 */
export function levelsOf(io: Io): Levels {
  const folders = [io.env.KONTOR_SHAPES || SHAPES, io.env.KONTOR_DATA || './data'].map((dir) =>
    resolve(dir, 'schemes'),
  );
  const schemes = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => resolve(folder, file)))
    .filter((path) => path.endsWith('.json'))
    .flatMap(read);
  return Object.fromEntries(
    schemes.flatMap(({ id, levels }) => (id && Array.isArray(levels) ? [[id, levels.map((level) => level.id)]] : [])),
  );
}

/** Nothing where a file cannot be read: `kontor schemes list` tells, and the answer of a node is shown without its steps. */
function read(path: string): { id?: string; levels?: { id: string }[] }[] {
  try {
    return [JSON.parse(readFileSync(path, 'utf8')) ?? {}];
  } catch {
    return [];
  }
}
