import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config.ts';
import { hasDigest } from '../credentials/digest.ts';
import type { ExpandedDocument } from '../credentials/jsonld/rdf.ts';
import { messageOf } from '../errors.ts';
import { readSubclasses } from './shacl/classes.ts';
import { graphOfExpanded } from './shacl/expanded.ts';
import { compileShapes, type ShaclReport, type Shapes } from './shacl/validate.ts';

/** A file of SHACL shapes, or of the classes they speak of, as an operator added it: pinned by its digest. */
export interface AddedFile {
  /** Name of the set, for people and programs: `gaia-x-25.11`. */
  name: string;
  kind: 'shapes' | 'ontology';
  file: string;
  digest: string;
  /** Where it was taken from. */
  source: string;
  /** ISO time. */
  added: string;
}

/** A set of shapes that is in force. */
export interface ShapeSet extends Pick<AddedFile, 'name' | 'digest' | 'source' | 'added'> {
  /** Shapes that apply to something. */
  count: number;
  /** What is not checked by closures, and why; where nobody can check it, whatever it applies to does not conform. */
  uncompiled: { shape: string; reason: string; engine: boolean }[];
  /** Named by owl:imports, and not followed. */
  imports: string[];
}

export interface AddedShapes {
  sets: ShapeSet[];
  /** What each set says of a credential; none where no shapes were added. */
  check(document: ExpandedDocument): Promise<{ set: ShapeSet; report: ShaclReport }[]>;
}

const INDEX = 'index.json';

/** The files that were added to a folder. @throws ConfigError when its index cannot be read */
export function readAddedShapes(dir: string): AddedFile[] {
  const path = join(dir, INDEX);
  if (!existsSync(path)) return [];
  try {
    const { files } = JSON.parse(readFileSync(path, 'utf8')) as { files: AddedFile[] };
    if (files.every(({ name, file, digest }) => [name, file, digest].every((text) => typeof text === 'string')))
      return files;
  } catch (error) {
    throw new ConfigError([`${path} cannot be read: ${messageOf(error)}`]);
  }
  throw new ConfigError([`${path} is not of the form {"files": [{"name", "kind", "file", "digest", ...}]}`]);
}

/** The text of a file, if it is still what was pinned. @throws ConfigError */
export function readAddedFile(dir: string, { name, file, digest }: AddedFile): string {
  const path = join(dir, file);
  const mend = `Put the file back, or remove the set and add it anew: kontor shapes remove ${name}`;
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new ConfigError([`${path}, of the shapes ${name}, cannot be read: ${messageOf(error)}. ${mend}`]);
  }
  if (!hasDigest(bytes, digest))
    throw new ConfigError([`${path}, of the shapes ${name}, is not what was added: ${digest} is wanted. ${mend}`]);
  return bytes.toString('utf8');
}

/** Compiles a set of shapes with the subclasses of all ontologies. @throws Error that names the line, if it is no Turtle */
export const compileSet = (file: AddedFile, text: string, ontologies: readonly string[]): [ShapeSet, Shapes] =>
  compileWith(file, text, ontologies.flatMap(readSubclasses));

function compileWith(file: AddedFile, text: string, ontology: ReturnType<typeof readSubclasses>): [ShapeSet, Shapes] {
  const shapes = compileShapes(text, { ontology });
  const { name, digest, source, added } = file;
  const uncompiled = shapes.uncompiled.map(({ shape, reason, engine }) => ({ shape, reason, engine }));
  return [{ name, digest, source, added, count: shapes.count, uncompiled, imports: shapes.imports }, shapes];
}

/**
 * Reads and compiles what an operator added; half a second for the official shapes of Gaia-X 25.11 and their ontology.
 *
 * @throws ConfigError naming the file that is not what was added, or cannot be read
 */
export const loadAddedShapes = (dir: string): AddedShapes =>
  compileAdded(
    readAddedShapes(dir).map((file) => ({ file, text: readAddedFile(dir, file) })),
    ({ file }) => join(dir, file),
  );

/**
 * Compiles sets of shapes with the ontologies among them.
 *
 * @param called what a file is called where it is not usable
 * @throws ConfigError naming the file, and the line in it
 */
export function compileAdded(
  files: readonly { file: AddedFile; text: string }[],
  called: (file: AddedFile) => string,
): AddedShapes {
  const tried = <T>(file: AddedFile, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new ConfigError([`${called(file)}, of the shapes ${file.name}: ${messageOf(error)}`]);
    }
  };
  const ontologies = files.filter(({ file }) => file.kind === 'ontology');
  const subclasses = ontologies.flatMap(({ file, text }) => tried(file, () => readSubclasses(text)));
  const compiled = files
    .filter(({ file }) => file.kind === 'shapes')
    .map(({ file, text }) => tried(file, () => compileWith(file, text, subclasses)));
  return {
    sets: compiled.map(([set]) => set),
    check: async (document) => {
      if (compiled.length === 0) return [];
      const graph = graphOfExpanded(document);
      return Promise.all(compiled.map(async ([set, shapes]) => ({ set, report: await shapes.validate(graph) })));
    },
  };
}
