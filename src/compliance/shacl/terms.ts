import { shorten } from '../../credentials/jsonld/claims.ts';

/**
 * An RDF term as text, so that terms are equal if and only if the texts are, and sets of them are plain sets:
 * an IRI stands as it is, a blank node begins with `_:`, a literal with a quotation mark and ends with `@language`
 * (lower case), `^^datatype` or, if it is of type xsd:string, with the closing quotation mark. Nothing is escaped. n3
 * writes its term ids in the same way.
 */
export type Term = string;

export const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
export const RDFS = 'http://www.w3.org/2000/01/rdf-schema#';
export const XSD = 'http://www.w3.org/2001/XMLSchema#';
export const SH = 'http://www.w3.org/ns/shacl#';
export const RDF_TYPE = `${RDF}type`;
export const RDF_FIRST = `${RDF}first`;
export const RDF_REST = `${RDF}rest`;
export const RDF_NIL = `${RDF}nil`;
export const RDFS_SUBCLASS = `${RDFS}subClassOf`;
export const XSD_STRING = `${XSD}string`;
const LANG_STRING = `${RDF}langString`;

export const isLiteral = (term: Term): boolean => term.charCodeAt(0) === 34;
export const isBlank = (term: Term): boolean => term.startsWith('_:');
export const isIri = (term: Term): boolean => !isLiteral(term) && !isBlank(term);

/** The text of a literal without quotation marks, type and language; an IRI as it is. */
export const textOf = (term: Term): string => (isLiteral(term) ? term.slice(1, term.lastIndexOf('"')) : term);

/** The language tag in lower case; undefined for any other term. */
export function languageOf(term: Term): string | undefined {
  if (!isLiteral(term)) return undefined;
  const end = term.lastIndexOf('"');
  return term[end + 1] === '@' ? term.slice(end + 2) : undefined;
}

/** The IRI of a literal's datatype; undefined for any other term. */
export function datatypeOf(term: Term): string | undefined {
  if (!isLiteral(term)) return undefined;
  const end = term.lastIndexOf('"');
  if (end === term.length - 1) return XSD_STRING;
  return term[end + 1] === '@' ? LANG_STRING : term.slice(end + 3);
}

export const literal = (value: string, datatype: string = XSD_STRING): Term =>
  datatype === XSD_STRING ? `"${value}"` : `"${value}"^^${datatype}`;

export const langLiteral = (value: string, language: string): Term => `"${value}"@${language.toLowerCase()}`;

const MAX_SHOWN = 120;
/** Written in JSON without quotation marks. */
const PLAIN = new Set(['integer', 'decimal', 'double', 'boolean'].map((name) => XSD + name));

/** A term for people: names shortened, long values cut. */
export function shown(term: Term): string {
  if (isBlank(term)) return 'an object without id';
  const text = isLiteral(term) ? shownLiteral(term) : shorten(term);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}

function shownLiteral(term: Term): string {
  const value = textOf(term);
  const language = languageOf(term);
  const datatype = datatypeOf(term)!;
  const text = JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}...` : value);
  if (language !== undefined) return `${text} in ${language}`;
  if (PLAIN.has(datatype)) return value;
  return datatype === XSD_STRING ? text : `${text} (${shorten(datatype)})`;
}
