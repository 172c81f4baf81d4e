import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localPart, nearestName } from '../credentials/nearest.ts';
import type { Kind } from './description.ts';

/** One file of shapes/vocabulary: the classes and properties of a namespace, by shortened name. */
interface VocabularyFile {
  name: string;
  version: string;
  prefix: string;
  /** Root classes of each kind. */
  kinds: Partial<Record<Kind | 'evidence', string[]>>;
  classes: Record<string, { parents: string[] }>;
  /** Unprefixed spellings of each property in the vocabulary's context. */
  properties: Record<string, string[]>;
}

export interface Vocabulary {
  /** Prefixes whose terms must be defined here: `gx`, `kontor`. */
  prefixes: ReadonlySet<string>;
  /** Whether a shortened class or property name is defined. */
  known(term: string): boolean;
  isClass(term: string): boolean;
  /** Whether `type` is `ancestor` or a subclass of it, at any depth. */
  isA(type: string, ancestor: string): boolean;
  /** Every ancestor of a class and itself, nearest first. */
  lineage(type: string): string[];
  /** What a subject of these types is for the catalogue; undefined: nothing it lists. */
  kindOf(types: readonly string[]): Kind | 'evidence' | undefined;
  /** The most specific known type of a subject, the first of equals. */
  mostSpecific(types: readonly string[]): string | undefined;
  /** The defined term a misspelt one was probably meant to be. Full IRIs are compared by their last part. */
  nearest(term: string): string | undefined;
  /** Unprefixed spellings of a property (`countryCode` for `gx:countryCode`). */
  spellings(property: string): readonly string[];
  /** What a property written without prefix means in the bundled contexts (`gx:country` for `country`). */
  meaningOf(spelling: string): string | undefined;
}

/** Most specific first: a data product is also a digital service offering. */
const KINDS = ['data-product', 'participant', 'offering', 'resource', 'evidence'] as const;

/** Reads every vocabulary file of a folder (shapes/vocabulary). */
export function loadVocabulary(dir: string): Vocabulary {
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(dir, name), 'utf8')) as VocabularyFile);
  const classes = new Map(files.flatMap((file) => Object.entries(file.classes)));
  const properties = new Map(files.flatMap((file) => Object.entries(file.properties)));
  const meanings = new Map(
    [...properties].flatMap(([name, spellings]) => spellings.map((word) => [word, name] as const)),
  );
  const lineages = new Map([...classes.keys()].map((name) => [name, ancestors(name, classes)]));

  const isA = (type: string, ancestor: string) => lineages.get(type)?.includes(ancestor) ?? false;
  const rootsOf = (kind: (typeof KINDS)[number]) => files.flatMap((file) => file.kinds[kind] ?? []);

  return {
    prefixes: new Set(files.map((file) => file.prefix)),
    known: (term) => classes.has(term) || properties.has(term),
    isClass: (term) => classes.has(term),
    isA,
    lineage: (type) => lineages.get(type) ?? [],
    kindOf: (types) => KINDS.find((kind) => types.some((type) => rootsOf(kind).some((root) => isA(type, root)))),
    mostSpecific: (types) => {
      const known = types.filter((type) => classes.has(type));
      return known.find((type) => !known.some((other) => other !== type && isA(other, type))) ?? known[0];
    },
    nearest: (term) => nearest(term, classes, properties),
    spellings: (property) => properties.get(property) ?? [],
    meaningOf: (spelling) => meanings.get(spelling),
  };
}

function ancestors(name: string, classes: Map<string, { parents: string[] }>): string[] {
  const found = [name];
  for (let at = 0; at < found.length; at++) {
    for (const parent of classes.get(found[at]!)?.parents ?? []) if (!found.includes(parent)) found.push(parent);
  }
  return found;
}

function nearest(term: string, ...tables: Map<string, unknown>[]): string | undefined {
  const prefix = /^<?([a-z]+):/.exec(term)?.[1];
  // Types begin with a capital, properties do not: look first where the writer was looking.
  const isType = /^[A-Z]/.test(localPart(term));
  const order = isType ? tables : [...tables].reverse();
  return nearestName(
    term,
    order.flatMap((table) => [...table.keys()]),
    prefix,
  );
}
