import type { ErrorObject } from 'ajv/dist/2020.js';
import { nearestValue } from '../credentials/nearest.ts';
import type { Accepts } from './accepts.ts';
import { type Place, placeOfProperty, placeOfValue, writesPlainly } from './place.ts';
import type { ShapeResult, ShapeSchema } from './shapes.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Of one node: a longer report helps nobody. */
const MAX_RESULTS = 100;

/** A raw value, short enough to read. */
export function shown(value: unknown, length = 120): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** A raw value where another kind of value is wanted: a text that looks like a number is shown as the text it is. */
const shownAs = (value: unknown): string =>
  typeof value === 'string' && literalIn(value) !== undefined ? `"${shown(value)}" (a text)` : shown(value);

/** The number or truth value that a text spells. */
function literalIn(text: string): number | boolean | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,20}(\.\d{1,20})?$/.test(text) ? Number(text) : undefined;
}

/** What findings are put into words with. */
export interface Advice {
  vocabulary: Vocabulary;
  accepts: Accepts;
  /** Whether there is room for another search for what was meant. */
  mayHint(): boolean;
}

/**
 * Turns the errors of one node into findings, one a value: the branches of an `anyOf` are folded into what the
 * property as a whole accepts.
 */
export function explain(
  errors: readonly ErrorObject[],
  schema: ShapeSchema,
  node: Place,
  { vocabulary, accepts, mayHint }: Advice,
): ShapeResult[] {
  const rule = schema.target[0]!;
  const results = new Map<string, ShapeResult>();
  const add = (key: string, result: ShapeResult) => {
    if (!results.has(key)) results.set(key, result);
  };
  // Of several properties at least one: one finding, not one for each.
  const either = errors.filter(
    ({ keyword, schemaPath }) => keyword === 'required' && schemaPath.startsWith('#/anyOf/'),
  );
  if (either.length > 1 && either.length === schema.anyOf?.length) {
    const options = either.map(({ params }) => params.missingProperty as string);
    const { word } = placeOfProperty(node, options[0]!, vocabulary);
    add('', {
      ok: false,
      path: node.pointer,
      property: word,
      found: 'nothing',
      allowed: `at least one of ${options.join(', ')}`,
      rule: `${rule}#required`,
      why: `A ${rule} must state at least one of ${options.join(', ')}`,
      mend: `Add for example "${word}": ${accepts.example(schema, options[0]!, writesPlainly(node.raw))}`,
    });
  }
  const logical = errors.filter(({ instancePath, keyword }) => instancePath === '' && keyword !== 'required');
  for (const error of errors) {
    if (results.size >= MAX_RESULTS) break;
    if (either.includes(error)) continue;
    const [, key, index] = error.instancePath
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const property = error.keyword === 'required' ? (error.params.missingProperty as string) : key;
    if (property === undefined || property === '') continue;
    // Errors inside a shape's sh:or are told once, as a whole, below.
    if (logical.length > 0 && !(property in schema.properties)) continue;
    const at = placeOfProperty(node, property, vocabulary);
    const allowed = shown(accepts.words(schema, property), 700);
    const example = () => accepts.example(schema, property, writesPlainly(node.raw));
    if (error.keyword === 'required' || (error.keyword === 'minItems' && index === undefined)) {
      add(property, {
        ok: false,
        path: node.pointer,
        property: at.word,
        found: 'nothing',
        allowed,
        rule: `${rule}#required`,
        why: `${at.word} is missing: a ${rule} must state it`,
        mend: `Add for example "${at.word}": ${example()}`,
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
      if (results.has(`${property}/${index}`)) continue;
      const value = placeOfValue(at, Number(index));
      const listed = accepts.listed(schema, property);
      const near =
        typeof value.raw === 'string' && listed.length > 0 && mayHint() ? nearestValue(value.raw, listed) : undefined;
      add(`${property}/${index}`, {
        ok: false,
        path: value.pointer,
        property: at.word,
        found: listed.length === 0 ? shownAs(value.raw) : shown(value.raw),
        allowed,
        rule: `${rule}#${error.keyword === 'anyOf' ? 'value' : error.keyword}`,
        why: `${at.word} has a value that is not accepted${near ? `; did you mean ${near}?` : ''}`,
        mend: near ? `Write ${JSON.stringify(near)}` : correction(value.raw, error, example),
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

/** What to write instead of a value that is not accepted. */
function correction(raw: unknown, { keyword, params }: ErrorObject, example: () => string): string {
  const literal = typeof raw === 'string' ? literalIn(raw) : undefined;
  if (keyword === 'type' && typeof literal === (params.type === 'integer' ? 'number' : params.type))
    return `Write ${literal} without quotation marks`;
  if (typeof raw === 'string' && params.type === 'object' && /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(raw))
    return `Write {"id": ${raw.length > 120 ? '"..."' : JSON.stringify(raw)}} if it is held elsewhere, or for example ${example()}`;
  if (keyword === 'sha256') return 'Copy the text word for word, as the registry of Gaia-X published it';
  return `Write for example ${example()}`;
}
