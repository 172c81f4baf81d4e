import type { JsonObject } from '../credentials/credential.ts';
import { shorten } from '../credentials/jsonld/claims.ts';
import { localPart } from '../credentials/nearest.ts';
import { pointerToken } from '../credentials/strict-json.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * Leads from a place in the claim tree (where names are shortened and everything is an array) back to the place in
 * the document as it was received, so that a publisher is shown their own spelling.
 */
export interface Place {
  /** JSON pointer into the document (RFC 6901). */
  pointer: string;
  /** What stands there; undefined where nothing does. */
  raw: unknown;
  /** Whether the property or value was found in the document as received. */
  exact: boolean;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The subject of a document that has this id, or else the one at this position. */
export function placeOfSubject(document: JsonObject, id: string | undefined, types: readonly string[]): Place {
  const key = ['credentialSubject', ...Object.keys(document)].find(
    (name) => name in document && shorten(name).replace(/^cred:/, '') === 'credentialSubject',
  );
  if (!key) return { pointer: '', raw: document, exact: true };
  const subjects = document[key];
  const pointer = `/${pointerToken(key)}`;
  if (!Array.isArray(subjects)) return { pointer, raw: subjects, exact: true };
  const idOf = (subject: unknown) => (isObject(subject) ? (subject.id ?? subject['@id']) : undefined);
  const typeOf = (subject: unknown) => (isObject(subject) ? [subject.type ?? subject['@type'] ?? []].flat() : []);
  let at = id === undefined ? -1 : subjects.findIndex((subject) => idOf(subject) === id);
  if (at < 0)
    at = subjects.findIndex(
      (subject) =>
        idOf(subject) === undefined &&
        typeOf(subject).some((type) => types.includes(String(type)) || types.includes(shorten(String(type)))),
    );
  return { pointer: `${pointer}/${Math.max(at, 0)}`, raw: subjects[Math.max(at, 0)], exact: at >= 0 };
}

/** The prefix of the vocabulary that its own contexts make the default (`@vocab`). */
const DEFAULT = 'gx';

/** Whether a key of the document is this property: prefixed, unprefixed or written as a full IRI. */
function means(key: string, property: string, vocabulary: Vocabulary): boolean {
  if (key === property || shorten(key) === property || vocabulary.spellings(property).includes(key)) return true;
  if (key === vocabulary.spoken(property)) return true;
  // A word that the contexts give to another term never stands for this one: `country` is gx:country everywhere.
  if (vocabulary.meaningOf(key) !== undefined) return false;
  const local = localPart(property);
  // Unprefixed terms that no context lists fall to @vocab; foreign prefixes are compared by their IRI's end.
  const prefix = /^([a-z]+):(?!\/\/)/.exec(property)?.[1];
  if (key === local) return prefix === undefined || prefix === DEFAULT;
  return key.endsWith(`:${local}`) && property.endsWith(`/${local}`);
}

/**
 * A term as it can be written and means itself: without prefix where the contexts spell it so, with it where they
 * declare it, else as a full IRI.
 *
 * @param plain whether the writer writes without prefixes
 */
export function writtenAs(term: string, plain: boolean, vocabulary: Vocabulary): string {
  const prefix = term.slice(0, Math.max(0, term.indexOf(':')));
  const spelling = vocabulary.spellings(term)[0];
  // No bundled context declares the prefix schema.
  if (prefix === 'schema') return spelling ?? `https://schema.org/${term.slice('schema:'.length)}`;
  if (plain && prefix === DEFAULT && vocabulary.isClass(term)) return localPart(term);
  return plain && spelling !== undefined ? spelling : term;
}

/** The place of a property within a node. */
export function placeOfProperty(node: Place, property: string, vocabulary: Vocabulary): Place & { word: string } {
  if (property === '@type' || property === '@id') {
    const key = isObject(node.raw)
      ? [property.slice(1), property].find((name) => name in (node.raw as JsonObject))
      : undefined;
    const word = key ?? property.slice(1);
    return {
      pointer: key ? `${node.pointer}/${key}` : node.pointer,
      raw: key ? (node.raw as JsonObject)[key] : undefined,
      exact: key !== undefined,
      word,
    };
  }
  const key = isObject(node.raw) ? Object.keys(node.raw).find((name) => means(name, property, vocabulary)) : undefined;
  if (key !== undefined)
    return {
      pointer: `${node.pointer}/${pointerToken(key)}`,
      raw: (node.raw as JsonObject)[key],
      exact: true,
      word: key,
    };
  return {
    pointer: node.pointer,
    raw: undefined,
    exact: false,
    word: writtenAs(property, writesPlainly(node.raw), vocabulary),
  };
}

/** Whether the writer of a node leaves prefixes away where that is possible: our own terms always have one. */
export function writesPlainly(raw: unknown): boolean {
  const keys = isObject(raw) ? Object.keys(raw) : [];
  const telling = keys.filter((key) => !['id', 'type', '@id', '@type'].includes(key) && !key.startsWith('kontor:'));
  const types = isObject(raw) ? [raw.type ?? raw['@type'] ?? []].flat().map(String) : [];
  if (telling.length === 0) return types.length > 0 && types.every((type) => !type.includes(':'));
  return telling.every((key) => !key.includes(':'));
}

/** The place of the nth value of a property. */
export function placeOfValue(property: Place, at: number): Place {
  const { pointer, raw, exact } = property;
  if (!Array.isArray(raw)) return property;
  return at < raw.length ? { pointer: `${pointer}/${at}`, raw: raw[at], exact } : { pointer, raw, exact: false };
}
