import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClaimNode, type ClaimValue, isNode, values } from '../credentials/jsonld/claims.ts';
import { countryCode } from './countries.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * A mapping from a vocabulary to the normalised description, kept as data (shapes/mappings). A path is steps joined by
 * " / ", each a property by its shortened name; `name*` follows the property at every depth; `.` is the node itself.
 * Lists of paths are alternatives for `first` and `one`, and are all followed by the others.
 */
export type Rule =
  /** The first value that the transform makes something of; else `or`. */
  | { first: string[]; as: Transform; or?: string }
  /** Every value, each once, in document order. */
  | { all: string[]; as: Transform }
  /** Whether anything is stated; with `orNothing`, false becomes absent. */
  | { present: string[]; orNothing?: boolean }
  | { count: string[] }
  /** The smallest or the largest number: the value that counts against the offer. */
  | { least: string[] }
  | { most: string[] }
  /** The latest date, as stated; one that cannot be read counts as later than every other. */
  | { latest: string[] }
  /** One object for each node or value; without a member named in `keep`, or empty, it is left out. */
  | { each: string[]; make: Record<string, Rule>; keep?: string[]; unlessEmpty?: boolean }
  /** One object for the first node; absent if empty. */
  | { one: string[]; make: Record<string, Rule> }
  /** One object made here; absent if empty. */
  | { make: Record<string, Rule> }
  | { lists: Rule[] }
  | { is: string | boolean };

/** How a value becomes a member; an object is a table of accepted values. */
export type Transform =
  | 'text'
  | 'number'
  | 'boolean'
  | 'country'
  /** The country of an ISO 3166-2 code: NO for NO-03. */
  | 'subdivision'
  | 'type'
  | 'url'
  | 'document'
  | 'party'
  | 'degrees'
  | Record<string, string>;

interface MappingFile {
  name: string;
  version: string;
  /** Of the vocabulary whose subjects it reads. */
  prefix: string;
  sovereigntyWords: string[];
  /** Paths to the other subjects that a judgement about this one depends on. */
  references: string[];
  description: Record<string, Rule>;
  participant: Record<string, Rule>;
  /**
   * Evidence of another generation by its type, in the type and property that schemes read: the first of these that is
   * stated.
   */
  evidence?: Record<string, { property: string; type: string; as: string }[]>;
}

/** One that takes from another what it does not say itself, member by member. */
type Extension = Partial<MappingFile> & Pick<MappingFile, 'name' | 'prefix'> & { extends: string };

export interface Mapping extends MappingFile {
  vocabulary: Vocabulary;
}

/** The mapping for a subject, by the vocabulary of its most specific type. */
export type Mappings = (subject: ClaimNode) => Mapping;

/** Reads every mapping of a folder (shapes/mappings). */
export function loadMappings(dir: string, vocabulary: Vocabulary): Mappings {
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(dir, name), 'utf8')) as MappingFile | Extension);
  const wholes = files.filter((file) => !('extends' in file)) as MappingFile[];
  const mappings = files.map((file): Mapping => {
    const base = 'extends' in file ? wholes.find(({ name }) => name === file.extends)! : (file as MappingFile);
    return {
      ...base,
      ...file,
      description: extended(base.description, file.description ?? {}),
      participant: extended(base.participant, file.participant ?? {}),
      vocabulary,
    };
  });
  const usual = mappings.find(({ name }) => name === wholes[0]!.name)!;
  return (subject) => {
    const type = vocabulary.mostSpecific(subject['@type'] ?? []);
    return mappings.find(({ prefix }) => type?.startsWith(`${prefix}:`)) ?? usual;
  };
}

/** Rules with others in their place; an object made here keeps the members that the other does not make. */
function extended(rules: Record<string, Rule>, others: Record<string, Rule>): Record<string, Rule> {
  const isMade = (rule: Rule | undefined): rule is { make: Record<string, Rule> } =>
    rule !== undefined && 'make' in rule && Object.keys(rule).length === 1;
  const replaced = Object.entries(others).map(([member, rule]) => {
    const base = rules[member];
    return [member, isMade(rule) && isMade(base) ? { make: extended(base.make, rule.make) } : rule] as const;
  });
  return { ...rules, ...Object.fromEntries(replaced) };
}

/** A cycle cannot stand in a tree, but a very deep chain can. */
const MAX_DEPTH = 16;

/** The values a path leads to. `@id` and `@type` give strings. */
export function follow(from: ClaimValue, path: string): ClaimValue[] {
  let current: ClaimValue[] = [from];
  for (const step of path.split(' / ')) {
    if (step === '.') continue;
    current = current
      .filter(isNode)
      .flatMap((node) => (step.endsWith('*') ? deep(node, step.slice(0, -1), 0) : direct(node, step)));
  }
  return current;
}

function direct(node: ClaimNode, step: string): ClaimValue[] {
  if (step === '@id') return node['@id'] === undefined ? [] : [node['@id']];
  if (step === '@type') return node['@type'] ?? [];
  return values(node, step);
}

function deep(node: ClaimNode, step: string, depth: number): ClaimValue[] {
  if (depth >= MAX_DEPTH) return [];
  return values(node, step).flatMap((value) => [value, ...(isNode(value) ? deep(value, step, depth + 1) : [])]);
}

const followAll = (from: ClaimValue, paths: readonly string[]) => paths.flatMap((path) => follow(from, path));

/** What a rule makes of a node; undefined where nothing is said. */
export function apply(rule: Rule, from: ClaimValue, vocabulary: Vocabulary): unknown {
  if ('is' in rule) return rule.is;
  if ('lists' in rule)
    return unique(rule.lists.flatMap((inner) => (apply(inner, from, vocabulary) as unknown[]) ?? []));
  if ('count' in rule) return followAll(from, rule.count).length;
  if ('present' in rule) {
    const found = followAll(from, rule.present).length > 0;
    return found || !rule.orNothing ? found : undefined;
  }
  if ('least' in rule || 'most' in rule) {
    const numbers = followAll(from, 'least' in rule ? rule.least : rule.most)
      .map(numberOf)
      .filter((value) => value !== undefined);
    return numbers.length === 0 ? undefined : 'least' in rule ? Math.min(...numbers) : Math.max(...numbers);
  }
  if ('latest' in rule) {
    const stated = followAll(from, rule.latest).flatMap((value) => textOf(value) ?? []);
    return stated.reduce<string | undefined>(later, undefined);
  }
  if ('first' in rule) {
    const found = followAll(from, rule.first);
    if (rule.as === 'type')
      return (
        vocabulary.mostSpecific(found.map(String)) ??
        (found.length > 0 && rule.or === undefined ? String(found[0]) : rule.or)
      );
    for (const value of found) {
      const made = transform(value, rule.as);
      if (made !== undefined) return made;
    }
    return rule.or;
  }
  if ('all' in rule)
    return unique(
      followAll(from, rule.all)
        .map((value) => transform(value, rule.as))
        .filter((value) => value !== undefined),
    );
  if ('each' in rule) {
    const made = followAll(from, rule.each).map((value) => makeObject(rule.make, value, vocabulary));
    return unique(
      made.filter(
        (object) => (rule.keep ?? []).every((member) => member in object) && !(rule.unlessEmpty && isEmpty(object)),
      ),
    );
  }
  const start = 'one' in rule ? followAll(from, rule.one)[0] : from;
  const object = start === undefined ? {} : makeObject(rule.make, start, vocabulary);
  return isEmpty(object) ? undefined : object;
}

/** The start of a stated day (xsd:date, any time zone) in milliseconds; Infinity where it is no day of the calendar. */
export function dayOf(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(Z|[+-]\d{2}:\d{2})?$/.test(text)
    ? Date.parse(`${text.slice(0, 10)}T00:00:00Z`)
    : NaN;
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}

/** The later of two stated days. */
export const later = (one: string | undefined, other: string | undefined): string | undefined =>
  one === undefined || (other !== undefined && dayOf(other) > dayOf(one)) ? other : one;

export function makeObject(
  rules: Record<string, Rule>,
  from: ClaimValue,
  vocabulary: Vocabulary,
): Record<string, unknown> {
  const made = Object.entries(rules).map(([member, rule]) => [member, apply(rule, from, vocabulary)] as const);
  return Object.fromEntries(made.filter(([, value]) => value !== undefined));
}

const isEmpty = (object: Record<string, unknown>) =>
  Object.values(object).every((value) => Array.isArray(value) && value.length === 0);

function unique<T>(list: T[]): T[] {
  const seen = new Set<string>();
  return list.filter((value) => {
    const key = JSON.stringify(value);
    return !seen.has(key) && seen.add(key);
  });
}

function transform(value: ClaimValue, as: Transform): unknown {
  const text = textOf(value);
  if (typeof as === 'object') return text === undefined ? undefined : Object.hasOwn(as, text) ? as[text] : undefined;
  switch (as) {
    case 'text':
      return text;
    case 'country':
      return text === undefined ? undefined : countryCode(text);
    case 'subdivision':
      return text === undefined ? undefined : countryCode(text.split('-')[0]!);
    case 'number':
      return numberOf(value);
    case 'boolean':
      return typeof value === 'boolean' ? value : text === 'true' ? true : text === 'false' ? false : undefined;
    case 'url':
      return text !== undefined && /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(text) ? text : undefined;
    case 'document':
      return isNode(value) ? (textOf(values(value, 'gx:url')[0]) ?? value['@id'] ?? 'described inline') : text;
    case 'party':
      return isNode(value) ? (value['@id'] ?? textOf(values(value, 'schema:name')[0]) ?? 'described inline') : text;
    case 'degrees':
      return degreesOf(value);
    case 'type':
      return text;
  }
}

/** A literal as text; of a node, its notation or id. */
function textOf(value: ClaimValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (!isNode(value)) return String(value).trim() || undefined;
  const notation = values(value, 'skos:notation')[0];
  return notation !== undefined && !isNode(notation) ? String(notation) : value['@id'];
}

function numberOf(value: ClaimValue): number | undefined {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** Decimal degrees, from a number in text or from a gx:GPSUnit of degrees, minutes, seconds and decimals of a second. */
function degreesOf(value: ClaimValue): number | undefined {
  if (!isNode(value)) return numberOf(value);
  const part = (name: string) => numberOf(values(value, name)[0] ?? '') ?? 0;
  if (values(value, 'gx:degrees').length === 0) return undefined;
  const whole = part('gx:degrees');
  const fraction = part('gx:minutes') / 60 + (part('gx:seconds') + part('gx:decimals')) / 3600;
  return Number((whole < 0 || Object.is(whole, -0) ? whole - fraction : whole + fraction).toFixed(6));
}
