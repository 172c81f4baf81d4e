import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ClaimNode } from '../credentials/jsonld/claims.ts';
import { messageOf } from '../errors.ts';
import { type AddedShapes, loadAddedShapes } from './added-shapes.ts';
import { describe, evidence, references } from './describe.ts';
import type { Description } from './description.ts';
import { loadMappings } from './mapping.ts';
import { loadSchemes, type Scheme } from './scheme.ts';
import { loadShapes, type Shapes } from './shapes.ts';
import { loadVocabulary, type Vocabulary } from './vocabulary.ts';

/** All that a node judges content by, as its shapes folder holds it. */
export interface Compliance {
  vocabulary: Vocabulary;
  shapes: Shapes;
  /** SHACL shapes that the operator added, as they are in force now. */
  added: () => AddedShapes;
  /** Label schemes, bundled and added, as they are in force now; by id. */
  schemes: () => readonly Scheme[];
  describe(subject: ClaimNode): Description;
  /** Subject ids that the judgement of this subject rests on. */
  references(subject: ClaimNode): string[];
  /** Evidence in the type and properties that schemes read. */
  evidence(subject: ClaimNode): { type: string; claims: ClaimNode };
}

/**
 * @param dir folder with vocabulary, json, mappings and schemes
 * @param data folder of a node, where its operator's own schemes and shapes are; they need not be there, and are read
 *   again when they change
 * @param log told when they were read again, and when they cannot be: then the former stay in force
 * @throws Error naming the file that is not usable
 */
export function loadCompliance(dir: string, data?: string, log?: Logger): Compliance {
  const vocabulary = loadVocabulary(join(dir, 'vocabulary'));
  const mappings = loadMappings(join(dir, 'mappings'), vocabulary);
  return {
    vocabulary,
    shapes: loadShapes(join(dir, 'json'), vocabulary),
    added: data ? watched(join(data, 'shapes'), loadAddedShapes, log) : () => NOTHING_ADDED,
    schemes: watched(
      join(data ?? dir, 'schemes'),
      (own) => loadSchemes(join(dir, 'schemes'), ...(data && existsSync(own) ? [own] : [])),
      log,
    ),
    describe: (subject) => describe(subject, mappings),
    references: (subject) => references(subject, mappings),
    evidence: (subject) => evidence(subject, mappings),
  };
}

const NOTHING_ADDED: AddedShapes = { sets: [], check: async () => [] };

const LOOK_MS = 1_000;

/** What a folder holds, read again within a second or so of a change; a change that cannot be used changes nothing. */
function watched<T>(folder: string, load: (folder: string) => T, log: Logger | undefined): () => T {
  let seen = stampOf(folder);
  let value = load(folder);
  let looked = performance.now();
  return () => {
    if (performance.now() - looked < LOOK_MS) return value;
    looked = performance.now();
    const stamp = stampOf(folder);
    if (stamp === seen) return value;
    seen = stamp;
    try {
      value = load(folder);
      log?.info({ folder }, 'schemes or shapes were read again');
    } catch (error) {
      log?.error({ folder, error: messageOf(error) }, 'not usable; the former schemes and shapes stay in force');
    }
    return value;
  };
}

/** Names, sizes and times of the files in a folder; empty where there is none. */
const stampOf = (folder: string): string =>
  existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => {
          const found = statSync(join(folder, name), { throwIfNoEntry: false });
          return `${name} ${found?.size} ${found?.mtimeMs}`;
        })
        .join()
    : '';
