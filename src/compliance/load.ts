import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ClaimNode } from '../credentials/jsonld/claims.ts';
import { type AddedShapes, loadAddedShapes } from './added-shapes.ts';
import { describe, references } from './describe.ts';
import type { Description } from './description.ts';
import { loadMapping } from './mapping.ts';
import { loadSchemes, type Scheme } from './scheme.ts';
import { loadShapes, type Shapes } from './shapes.ts';
import { loadVocabulary, type Vocabulary } from './vocabulary.ts';

/** All that a node judges content by, as its shapes folder holds it. */
export interface Compliance {
  vocabulary: Vocabulary;
  shapes: Shapes;
  /** SHACL shapes that the operator added. */
  added: AddedShapes;
  schemes: Scheme[];
  describe(subject: ClaimNode): Description;
  /** Subject ids that the judgement of this subject rests on. */
  references(subject: ClaimNode): string[];
}

/**
 * @param dir folder with vocabulary, json, mappings and schemes
 * @param data folder of a node, where its operator's own schemes and shapes are; they need not be there
 * @throws Error naming the file that is not usable
 */
export function loadCompliance(dir: string, data?: string): Compliance {
  const vocabulary = loadVocabulary(join(dir, 'vocabulary'));
  const schemes = join(data ?? dir, 'schemes');
  const mapping = loadMapping(join(dir, 'mappings', 'gaia-x-2511.json'), vocabulary);
  return {
    vocabulary,
    shapes: loadShapes(join(dir, 'json'), vocabulary),
    added: data ? loadAddedShapes(join(data, 'shapes')) : NOTHING_ADDED,
    schemes: loadSchemes(join(dir, 'schemes'), ...(data && existsSync(schemes) ? [schemes] : [])),
    describe: (subject) => describe(subject, mapping),
    references: (subject) => references(subject, mapping),
  };
}

const NOTHING_ADDED: AddedShapes = { sets: [], check: async () => [] };
