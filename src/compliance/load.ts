import { join } from 'node:path';
import type { ClaimNode } from '../credentials/jsonld/claims.ts';
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
  schemes: Scheme[];
  describe(subject: ClaimNode): Description;
  /** Subject ids that the judgement of this subject rests on. */
  references(subject: ClaimNode): string[];
}

/** @param dir folder with vocabulary, json, mappings and schemes @throws Error naming the file that is not usable */
export function loadCompliance(dir: string): Compliance {
  const vocabulary = loadVocabulary(join(dir, 'vocabulary'));
  const mapping = loadMapping(join(dir, 'mappings', 'gaia-x-2511.json'), vocabulary);
  return {
    vocabulary,
    shapes: loadShapes(join(dir, 'json'), vocabulary),
    schemes: loadSchemes(join(dir, 'schemes')),
    describe: (subject) => describe(subject, mapping),
    references: (subject) => references(subject, mapping),
  };
}
