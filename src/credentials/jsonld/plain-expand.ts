import type { JsonObject } from '../credential.ts';
import { type ActiveContext, expandIri, initialContext, mended, processedBefore } from './jsonld.ts';
import type { ExpandedDocument } from './rdf.ts';

/** Something that is rare enough to be left to jsonld, and everything that it would refuse or warn of. */
class Unusual extends Error {}

/** What a member name stands for under one active context. */
interface Term {
  /** An absolute IRI or one of the keywords below. */
  iri: string;
  /** How its plain values are typed: `@id`, `@vocab`, a datatype, or not at all. */
  type: string | undefined;
  language: string | undefined;
  /** Its scoped context. */
  context: unknown;
}

const KEYWORDS = new Set(['@id', '@type', '@value', '@language']);
const ABSOLUTE = /^([A-Za-z][A-Za-z0-9+-.]*|_):\S*$/;
const LANGUAGE = /^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$/;

/**
 * Expansion (https://www.w3.org/TR/json-ld11-api/#expansion-algorithm) of a document of the usual kind: contexts named
 * at the top by URL, node objects, value objects, plain values, sets of them. It is what jsonld gives, some six times as
 * fast. Contexts are not processed here: each step is one that jsonld has taken before, for another document.
 *
 * @param loader by whom the contexts were loaded
 * @returns undefined for any other document; jsonld takes it, and says what is wrong with it
 */
export function expandPlain(document: JsonObject, loader: object): ExpandedDocument | undefined {
  if (!mended) return undefined;
  try {
    const root = new Expansion(loader).object(document, initialContext(), undefined);
    return '@value' in root || Object.keys(root).every((key) => key === '@id') ? undefined : [root];
  } catch (error) {
    if (error instanceof Unusual) return undefined;
    throw error;
  }
}

type ExpandedObject = Record<string, unknown>;

class Expansion {
  readonly #loader: object;

  constructor(loader: object) {
    this.#loader = loader;
  }

  /** @param property under which it stands; undefined at the top */
  object(element: JsonObject, given: ActiveContext, property: string | undefined): ExpandedObject {
    const keys = Object.keys(element).sort();
    let active = this.#reverted(given, keys);
    const scoped = property === undefined ? undefined : termOf(given, property).context;
    if (scoped !== undefined) active = this.#step(active, scoped, OF_PROPERTY);
    if (Object.hasOwn(element, '@context')) {
      if (property !== undefined) throw new Unusual();
      active = this.#step(active, element['@context'], OF_DOCUMENT);
    }
    const outer = active;
    for (const key of keys) {
      if (key === '@context' || termOf(active, key).iri !== '@type') continue;
      for (const type of typesOf(element[key]).toSorted()) {
        const context = outer.mappings.get(type)?.['@context'];
        if (context !== undefined) active = this.#step(active, context, OF_TYPE);
      }
    }
    const result: ExpandedObject = {};
    for (const key of keys) if (key !== '@context') this.#member(result, element[key], key, active, outer);
    if ('@value' in result) return valueObject(result);
    if ('@language' in result) throw new Unusual();
    return result;
  }

  /** A context that a type brought ends with the object of that type, except for what only refers or is a value. */
  #reverted(given: ActiveContext, keys: string[]): ActiveContext {
    if (!given.previousContext) return given;
    if (keys.length <= 2 && !keys.includes('@context'))
      for (const key of keys) {
        const { iri } = termOf(given, key);
        if (iri === '@value' || (iri === '@id' && keys.length === 1)) return given;
      }
    return given.revertToPreviousContext();
  }

  /** @param outer the context before those that the types of this object brought */
  #member(result: ExpandedObject, value: unknown, key: string, active: ActiveContext, outer: ActiveContext): void {
    const term = termOf(active, key);
    const { iri } = term;
    if (KEYWORDS.has(iri)) {
      if (iri in result) throw new Unusual();
      if (iri === '@type') result[iri] = typesOf(value).map((type) => absolute(typeIri(outer, type)));
      else if (iri === '@id') result[iri] = absolute(expandIri(active, text(value), { base: true }));
      else result[iri] = iri === '@language' ? text(value).toLowerCase() : scalar(value);
      return;
    }
    const inner = term.context === undefined ? active : this.#step(active, term.context, OF_PROPERTY);
    const within = inner === active ? term : termOf(inner, key);
    if (KEYWORDS.has(within.iri)) throw new Unusual();
    const one = (item: unknown) =>
      isPlainObject(item) ? this.object(item, inner, key) : plainValue(scalar(item), inner, within);
    const expanded = Array.isArray(value) ? value.map(one) : [one(value)];
    const before = result[iri] as unknown[] | undefined;
    if (before) before.push(...expanded);
    else result[iri] = expanded;
  }

  #step(active: ActiveContext, local: unknown, how: { propagate?: boolean; overrideProtected?: boolean }) {
    const next = processedBefore(this.#loader, active, local, how);
    if (!next) throw new Unusual();
    return next;
  }
}

const OF_DOCUMENT = {};
const OF_TYPE = { propagate: false };
const OF_PROPERTY = { overrideProtected: true };

/** By active context: the terms that were looked up in it. */
const looked = new WeakMap<ActiveContext, Map<string, Term>>();
const MAX_LOOKED = 2_000;

function termOf(active: ActiveContext, key: string): Term {
  let terms = looked.get(active);
  if (!terms) {
    terms = new Map();
    looked.set(active, terms);
  }
  const known = terms.get(key);
  if (known) return known;
  const made = readTerm(active, key);
  if (terms.size >= MAX_LOOKED) terms.clear();
  terms.set(key, made);
  return made;
}

function readTerm(active: ActiveContext, key: string): Term {
  if (key === '__proto__') throw new Unusual();
  const iri = expandIri(active, key, { vocab: true });
  if (iri === null || !(KEYWORDS.has(iri) || ABSOLUTE.test(iri))) throw new Unusual();
  const said = active.mappings.get(key) ?? {};
  const { '@container': container = [], '@type': type, '@context': context } = said;
  const own = (name: '@language' | '@direction') => (Object.hasOwn(said, name) ? said : active)[name];
  if (said.reverse || container.some((kind) => kind !== '@set') || type === '@json' || own('@direction'))
    throw new Unusual();
  return { iri, type: type === '@none' ? undefined : type, language: own('@language') ?? undefined, context };
}

const typeIris = new WeakMap<ActiveContext, Map<string, string | null>>();

function typeIri(active: ActiveContext, type: string): string | null {
  const known = typeIris.get(active) ?? new Map<string, string | null>();
  typeIris.set(active, known);
  const held = known.get(type);
  if (held !== undefined) return held;
  const iri = expandIri(active, type, { base: true, vocab: true });
  if (known.size >= MAX_LOOKED) known.clear();
  known.set(type, iri);
  return iri;
}

function plainValue(value: string | number | boolean, active: ActiveContext, term: Term): ExpandedObject {
  const { type, language } = term;
  if (typeof value === 'string') {
    if (type === '@id') return { '@id': absolute(expandIri(active, value, { base: true })) };
    if (type === '@vocab') return { '@id': absolute(expandIri(active, value, { base: true, vocab: true })) };
    if (type === undefined) return language ? { '@language': language, '@value': value } : { '@value': value };
  }
  return type === undefined || type === '@id' || type === '@vocab'
    ? { '@value': value }
    : { '@type': type, '@value': value };
}

/** A value with its datatype or its language, and nothing else. */
function valueObject(result: ExpandedObject): ExpandedObject {
  const { '@value': value, '@type': types, '@language': language, ...more } = result;
  for (const _ in more) throw new Unusual();
  if (types === undefined && language === undefined) return result;
  if (types === undefined) {
    if (typeof value !== 'string' || !LANGUAGE.test(language as string)) throw new Unusual();
    return result;
  }
  const [type, ...others] = types as string[];
  if (language !== undefined || others.length > 0 || type!.startsWith('_:')) throw new Unusual();
  return { '@type': type, '@value': value };
}

function typesOf(value: unknown): string[] {
  const types = Array.isArray(value) ? value : [value];
  if (types.length === 0 || types.some((type) => typeof type !== 'string')) throw new Unusual();
  return types as string[];
}

function absolute(iri: string | null): string {
  if (iri === null || !ABSOLUTE.test(iri)) throw new Unusual();
  return iri;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Unusual();
  return value;
}

function scalar(value: unknown): string | number | boolean {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw new Unusual();
  return value;
}

const isPlainObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
