import { writtenAs } from './place.ts';
import type { ShapeSchema } from './shapes.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What a value definition of values.json or enumerations.json asks for: in words, and one that would pass. */
const VALUES: Record<string, readonly [words: string, example: unknown]> = {
  string: ['a text', '...'],
  anyURI: ['an absolute URL such as https://example.org/terms', 'https://example.org/...'],
  boolean: ['true or false', true],
  integer: ['a whole number', 1],
  float: ['a number', 1.5],
  share: ['a share from 0 to 1', 0.8],
  dateTime: ['a time such as 2026-11-21T09:14:00Z', '2026-11-21T09:14:00Z'],
  date: ['a date such as 2026-11-21', '2026-11-21'],
  country: ['a country code of two capital letters (ISO 3166-1), such as NO', 'NO'],
  currency: ['a currency code of three capital letters, such as EUR', 'EUR'],
  language: ['a language tag such as en or nb-NO', 'en'],
  digest: ['a digestMultibase, beginning with u', 'uEiC5TVb4xHsRFGC3bMmZK0vUTfuVfS5E2jAH8-6cf4OTVw'],
  'country-alpha-2': ['an ISO 3166-1 country code, such as NO', 'NO'],
  'country-alpha-3': ['its three-letter form', 'NOR'],
  'country-numeric': ['its number', '578'],
  'media-type': ['a registered media type, such as text/html', 'text/html'],
  'nuts-2-region': ['a NUTS 2 region code, such as DE30', 'DE30'],
  'spdx-licence': ['an SPDX licence id, such as Apache-2.0', 'Apache-2.0'],
  subdivision: ['an ISO 3166-2 subdivision code, such as NO-03', 'NO-03'],
  text: ['a text, which may be empty', 'default: allow intent'],
  termsAndConditions: [
    'the whole text of the Gaia-X 22.10 terms and conditions, whose SHA-256 is ' +
      '380d14e884a23614f3b73a4e1fc9f39269167fb494588f3a40c0ea15bdf548ee',
    '...',
  ],
  // The 25.11 vocabulary calls the second one deprecated from the end of March 2026, and its shape still lists it.
  gaiaxTermsAndConditions: [
    'the SHA-256 of the Gaia-X terms and conditions as listed by the 25.11 shape: ' +
      '067dcac5efd18c1927deb1ffed3feab6d0ad044c0a9a263e6d5d8bdc43224515, or for the text that ended with March 2026 ' +
      '4bd7554097444c960292b4726c2efa1373485e8a5565d94d41195214c5e0ceb3',
    '067dcac5efd18c1927deb1ffed3feab6d0ad044c0a9a263e6d5d8bdc43224515',
  ],
};

/** The schema of one value, as far as shapes use it. */
export interface Items {
  $ref?: string;
  enum?: string[];
  anyOf?: Items[];
  pattern?: string;
  minLength?: number;
  minimum?: number;
  maximum?: number;
  type?: string;
}

/** What shapes accept, in words and by example. */
export interface Accepts {
  /** What a value of this property may be. */
  words(schema: ShapeSchema, property: string): string;
  /** JSON that passes, as far as an example can; `plain` in the spelling without prefixes. */
  example(schema: ShapeSchema, property: string, plain: boolean): string;
  /** Every enumerated value of the property. */
  listed(schema: ShapeSchema, property: string): readonly string[];
}

/** Examples of texts that must match a pattern. */
const PATTERNED: Record<string, string> = { 'kontor:scheme': 'iso-27001' };

/** Objects nested deeper in an example are referred to by id. */
const MAX_DEPTH = 3;
/** A longer example is cut down to references. */
const MAX_EXAMPLE = 900;

/**
 * @param enumeration the values behind a `$ref`, where it leads to an enumeration
 * @param shapeOf the shape of a class of its own
 */
export function acceptsOf(
  vocabulary: Vocabulary,
  enumeration: (ref: string) => readonly string[] | undefined,
  shapeOf: (type: string) => ShapeSchema | undefined,
): Accepts {
  const easiest = (options: Items[]) =>
    // Where the contexts make an id of what is written, a text alone would not pass.
    options.find((one) => nameOf(one) === 'node') ?? options.find((one) => nameOf(one) !== 'string') ?? options[0];

  const words = (items: Items | undefined, classes: readonly string[], depth: number): string => {
    if (!items) return 'any value';
    if (items.anyOf) return [...new Set(items.anyOf.map((option) => words(option, classes, depth)))].join(', or ');
    if (items.enum) return `one of ${items.enum.join(', ')}`;
    const name = nameOf(items);
    if (name === 'node') return `${classes.map((type) => objectWords(type, depth)).join(', or ')}, or {"id": "..."}`;
    const bounds = [
      ...(items.minLength === undefined ? [] : [`at least ${items.minLength} characters`]),
      ...(items.minimum === undefined ? [] : [`at least ${items.minimum}`]),
      ...(items.maximum === undefined ? [] : [`at most ${items.maximum}`]),
      ...(items.pattern === undefined ? [] : [`matching ${items.pattern}`]),
    ];
    const values = items.$ref ? enumeration(items.$ref) : undefined;
    const base = VALUES[name]?.[0] ?? (values ? `one of ${values.join(', ')}` : name || (items.type ?? 'any value'));
    return [base, ...bounds].join(', ');
  };

  /** A class with what its shape demands, so that one round is enough to write it. */
  const objectWords = (type: string, depth: number): string => {
    const shape = shapeOf(type);
    if (!shape || shape.required.length === 0 || depth >= MAX_DEPTH || isListed(type)) return `a ${type}`;
    const needs = shape.required.map((property) => {
      const { items, classes } = shape.properties[property] ?? {};
      const inner = alternatives(items as Items).some((option) => nameOf(option) === 'node')
        ? objectWords(classes![0]!, depth + 1)
        : '';
      return inner.includes(' with ') ? `${property} (${inner})` : property;
    });
    return `a ${type} with ${needs.join(', ')}`;
  };

  const isListed = (type: string) => vocabulary.kindOf([type]) === 'participant';

  const example = (schema: ShapeSchema, property: string, depth: number, deepest: number, plain: boolean): unknown => {
    const { items, classes = [] } = schema.properties[property] ?? {};
    const option = easiest(alternatives(items as Items));
    if (!option) return '...';
    if (option.pattern && Object.hasOwn(PATTERNED, property)) return PATTERNED[property];
    if (option.enum) return option.enum[0];
    const name = nameOf(option);
    if (name !== 'node') {
      const values = option.$ref ? enumeration(option.$ref) : undefined;
      const value = VALUES[name]?.[1] ?? values?.[0] ?? '...';
      return typeof value === 'number'
        ? Math.max(option.minimum ?? value, Math.min(option.maximum ?? value, value))
        : value;
    }
    const type = classes[0]!;
    if (isListed(type)) return { id: 'did:web:example.org' };
    const shape = shapeOf(type);
    if (depth >= deepest) return { id: 'https://example.org/1' };
    return {
      type: writtenAs(type, plain, vocabulary),
      ...Object.fromEntries(
        needed(shape).map((inner) => [
          writtenAs(inner, plain, vocabulary),
          example(shape!, inner, depth + 1, deepest, plain),
        ]),
      ),
    };
  };

  const exampleText = (schema: ShapeSchema, property: string, plain: boolean): string => {
    for (let deepest = MAX_DEPTH; deepest > 0; deepest--) {
      const text = JSON.stringify(example(schema, property, 0, deepest, plain));
      if (text.length <= MAX_EXAMPLE) return text;
    }
    return '{"id":"https://example.org/1"}';
  };

  // A large document repeats the same few findings: each is put into words once.
  const kept = new Map<string, string>();
  const once = (key: string, make: () => string): string => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make();
    kept.set(key, made);
    return made;
  };
  return {
    words: (schema, property) =>
      once(`words ${schema.$id} ${property}`, () => {
        const { items, classes } = schema.properties[property] ?? {};
        return words(items as Items, classes ?? [], 0);
      }),
    example: (schema, property, plain) =>
      once(`example ${schema.$id} ${property} ${plain}`, () => exampleText(schema, property, plain)),
    listed: (schema, property) =>
      alternatives(schema.properties[property]?.items as Items).flatMap(
        (option) => option.enum ?? (option.$ref ? (enumeration(option.$ref) ?? []) : []),
      ),
  };
}

/** What an example of a class states: all that is required, and of several properties of which one is, the first. */
function needed(shape: ShapeSchema | undefined): string[] {
  const [either] = (shape?.anyOf ?? []) as { required?: string[] }[];
  return [...(shape?.required ?? []), ...(either?.required ?? []).filter((name) => name in shape!.properties)];
}

const alternatives = (items: Items | undefined): Items[] => (items ? (items.anyOf ?? [items]) : []);

const nameOf = (items: Items): string => items.$ref?.replace(/^.*\//, '') ?? '';
