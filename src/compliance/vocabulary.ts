import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localPart, nearestName } from '../credentials/nearest.ts';
import type { Kind } from './description.ts';

/** One file of shapes/vocabulary: the classes and properties of a namespace, by shortened name. */
interface VocabularyFile {
  name: string;
  version: string;
  prefix: string;
  /** The prefix that its contexts declare, where it is another. */
  written?: string;
  /** The context to name for its terms. */
  context: string;
  /** Of vocabularies that stand for one another and must not be mixed: what this one is called. */
  generation?: string;
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
  /** A term of another generation with the name of one that this generation does not have. */
  elsewhere(term: string): string | undefined;
  /** Where a term comes from, by its prefix. */
  originOf(term: string): Origin | undefined;
  /** A text with each term as its own contexts write it: `tagus:policy`, as it is told from others here, as `gx:policy`. */
  spoken(text: string): string;
}

/** The context to name for the terms of a vocabulary, and its generation, where there are several. */
export type Origin = Pick<VocabularyFile, 'context' | 'generation'>;

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

  const origins = new Map(files.map((file) => [file.prefix, file]));
  const respelt = files.flatMap(({ prefix, written }) =>
    written ? [{ ours: new RegExp(`\\b${prefix}:(?=[A-Za-z])`, 'g'), theirs: `${written}:` }] : [],
  );

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
    nearest: (term) => nearest(term, origins, classes, properties),
    spellings: (property) => properties.get(property) ?? [],
    meaningOf: (spelling) => meanings.get(spelling),
    elsewhere: (term) =>
      origins.get(prefixOf(term))?.generation === undefined
        ? undefined
        : files
            .filter(({ prefix, generation }) => generation !== undefined && prefix !== prefixOf(term))
            .map(({ prefix }) => `${prefix}:${localPart(term)}`)
            .find((name) => classes.has(name) || properties.has(name)),
    originOf: (term) => origins.get(prefixOf(term)),
    spoken: (text) => respelt.reduce((said, { ours, theirs }) => said.replace(ours, theirs), text),
  };
}

function ancestors(name: string, classes: Map<string, { parents: string[] }>): string[] {
  const found = [name];
  for (let at = 0; at < found.length; at++) {
    for (const parent of classes.get(found[at]!)?.parents ?? []) if (!found.includes(parent)) found.push(parent);
  }
  return found;
}

const prefixOf = (term: string): string => term.slice(0, Math.max(0, term.indexOf(':')));

function nearest(term: string, origins: Map<string, Origin>, ...tables: Map<string, unknown>[]): string | undefined {
  const prefix = /^<?([a-z]+):/.exec(term)?.[1];
  const generation = origins.get(prefix ?? '')?.generation;
  // Who writes in one generation did not mean a word of another.
  const isMeant = (name: string) =>
    generation === undefined || (origins.get(prefixOf(name))?.generation ?? generation) === generation;
  // Types begin with a capital, properties do not: look first where the writer was looking.
  const isType = /^[A-Z]/.test(localPart(term));
  const order = isType ? tables : [...tables].reverse();
  return nearestName(term, order.flatMap((table) => [...table.keys()]).filter(isMeant), prefix);
}
