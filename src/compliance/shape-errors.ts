import type { ErrorObject } from 'ajv/dist/2020.js';
import { type Place, placeOfProperty, placeOfValue } from './place.ts';
import type { ShapeResult, ShapeSchema } from './shapes.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Of one node: a longer report helps nobody. */
const MAX_RESULTS = 100;

/** What a value definition of values.json asks for, in words. */
const VALUES: Record<string, string> = {
  string: 'a text',
  anyURI: 'an absolute URL such as https://example.org/terms',
  boolean: 'true or false',
  integer: 'a whole number',
  float: 'a number',
  share: 'a number from 0 to 1',
  dateTime: 'a time such as 2026-11-21T09:14:00Z',
  date: 'a date such as 2026-11-21',
  country: 'a country code of two capital letters (ISO 3166-1), such as NO',
  currency: 'a currency code of three capital letters, such as EUR',
  language: 'a language tag such as en or nb-NO',
  digest: 'a digestMultibase, beginning with u',
  'country-alpha-2': 'an ISO 3166-1 country code, such as NO',
  'country-alpha-3': 'its three-letter form',
  'country-numeric': 'its number',
  'media-type': 'a registered media type, such as text/html',
  'nuts-2-region': 'a NUTS 2 region code, such as DE30',
  'spdx-licence': 'an SPDX licence id, such as Apache-2.0',
  subdivision: 'an ISO 3166-2 subdivision code, such as NO-03',
};

/** A raw value, short enough to read. */
export function shown(value: unknown, length = 120): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

type Items = {
  $ref?: string;
  enum?: string[];
  anyOf?: Items[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  type?: string;
};

/** What one value of a property may be, in words. */
function allowedOf(
  items: Items | undefined,
  classes: readonly string[] | undefined,
  enumerations: (ref: string) => string[] | undefined,
): string {
  if (!items) return 'any value';
  if (items.anyOf)
    return [...new Set(items.anyOf.map((option) => allowedOf(option, classes, enumerations)))].join(', or ');
  if (items.enum) return items.enum.join(', ');
  const name = items.$ref?.replace(/^.*\//, '');
  if (name === 'node') return `a ${(classes ?? []).join(' or ')}: an object, or a reference {"id": "..."}`;
  const bounds = [
    ...(items.minimum === undefined ? [] : [`at least ${items.minimum}`]),
    ...(items.maximum === undefined ? [] : [`at most ${items.maximum}`]),
    ...(items.pattern === undefined ? [] : [`matching ${items.pattern}`]),
  ];
  const base = name ? (VALUES[name] ?? enumerations(items.$ref!)?.join(', ') ?? name) : (items.type ?? 'any value');
  return [base, ...bounds].join(', ');
}

/** The members of an enumeration as ajv met it: among the errors of this very value. */
function enumerationsIn(errors: readonly ErrorObject[]): (ref: string) => string[] | undefined {
  return (ref) => {
    const name = ref.replace(/^.*#\/\$defs\//, '');
    const error = errors.find((one) => one.keyword === 'enum' && one.schemaPath.includes(`/${name}/`));
    return error?.params.allowedValues as string[] | undefined;
  };
}

/**
 * Turns the errors of one node into findings, one a value: the branches of an `anyOf` are folded into what the
 * property as a whole accepts.
 */
export function explain(
  errors: readonly ErrorObject[],
  schema: ShapeSchema,
  node: Place,
  vocabulary: Vocabulary,
): ShapeResult[] {
  const rule = schema.target[0]!;
  const results = new Map<string, ShapeResult>();
  const add = (key: string, result: ShapeResult) => {
    if (!results.has(key)) results.set(key, result);
  };
  const logical = errors.filter(({ instancePath, keyword }) => instancePath === '' && keyword !== 'required');
  for (const error of errors) {
    if (results.size >= MAX_RESULTS) break;
    const [, key, index] = error.instancePath
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const property = error.keyword === 'required' ? (error.params.missingProperty as string) : key;
    if (property === undefined || property === '') continue;
    const { classes, items } = schema.properties[property] ?? {};
    // Errors inside a shape's sh:or are told once, as a whole, below.
    if (logical.length > 0 && !(property in schema.properties)) continue;
    const at = placeOfProperty(node, property, vocabulary);
    const allowed = shown(allowedOf(items as Items, classes, enumerationsIn(errors)), 400);
    if (error.keyword === 'required' || (error.keyword === 'minItems' && index === undefined)) {
      add(property, {
        ok: false,
        path: node.pointer,
        property: at.word,
        found: 'nothing',
        allowed,
        rule: `${rule}#required`,
        why: `${at.word} is missing: a ${rule} must state it`,
        mend: `Add ${at.word}: ${allowed}`,
      });
    } else if (error.keyword === 'maxItems' && index === undefined) {
      const limit = error.params.limit as number;
      add(property, {
        ok: false,
        path: at.pointer,
        property: at.word,
        found: `${(error.data as unknown[]).length} values`,
        allowed: `${limit} value${limit === 1 ? '' : 's'}`,
        rule: `${rule}#count`,
        why: `${at.word} is stated ${(error.data as unknown[]).length} times, ${limit === 1 ? 'once is' : `${limit} times are`} accepted`,
        mend: `Keep ${limit} of them`,
      });
    } else if (index !== undefined) {
      const value = placeOfValue(at, Number(index));
      add(`${property}/${index}`, {
        ok: false,
        path: value.pointer,
        property: at.word,
        found: shown(value.raw),
        allowed,
        rule: `${rule}#${error.keyword === 'anyOf' ? 'value' : error.keyword}`,
        why: `${at.word} has a value that is not accepted`,
        mend: `Write ${allowed}`,
      });
    }
  }
  if (logical.length > 0 && results.size === 0) {
    add('', {
      ok: false,
      path: node.pointer,
      rule: `${rule}#logic`,
      why: `The properties of this ${rule} do not fit together`,
      mend: `State what its other properties make necessary; see the shape of ${rule}`,
    });
  }
  return [...results.values()];
}
