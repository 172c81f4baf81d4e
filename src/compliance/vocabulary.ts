import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
  };
}

function ancestors(name: string, classes: Map<string, { parents: string[] }>): string[] {
  const found = [name];
  for (let at = 0; at < found.length; at++) {
    for (const parent of classes.get(found[at]!)?.parents ?? []) if (!found.includes(parent)) found.push(parent);
  }
  return found;
}

/** The last part of a name or IRI; an IRI kept in full may stand in angle brackets. */
const localPart = (term: string) => term.replace(/^.*[#/:]/, '').replace(/>$/, '');

function nearest(term: string, ...tables: Map<string, unknown>[]): string | undefined {
  const wanted = localPart(term).toLowerCase();
  if (wanted.length === 0 || wanted.length > 100) return undefined;
  const prefix = /^<?([a-z]+):/.exec(term)?.[1];
  // Types begin with a capital, properties do not: look first where the writer was looking.
  const isType = /^[A-Z]/.test(localPart(term));
  const order = isType ? tables : [...tables].reverse();
  let best: { name: string; distance: number } | undefined;
  for (const name of order.flatMap((table) => [...table.keys()])) {
    const local = localPart(name).toLowerCase();
    if (Math.abs(local.length - wanted.length) > 3) continue;
    const distance = editDistance(wanted, local) + (prefix && !name.startsWith(`${prefix}:`) ? 0.5 : 0);
    if (!best || distance < best.distance) best = { name, distance };
  }
  return best && best.distance <= Math.max(1.5, Math.min(3, wanted.length / 4)) ? best.name : undefined;
}

/** Levenshtein distance (insertions, deletions, replacements). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
