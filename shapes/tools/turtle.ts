/**
 * A reader for the part of Turtle (https://www.w3.org/TR/turtle/) that SHACL and OWL files made by generators use:
 * prefixes, IRIs, literals, blank node property lists and collections. Nested blank nodes and collections stay nested,
 * because that is how shapes are read.
 */
export type Term = string | Literal | Blank | Term[];
export interface Literal {
  value: string;
  datatype?: string;
}
export interface Blank {
  properties: Properties;
}
/** Objects by predicate IRI. */
export type Properties = Map<string, Term[]>;

const TOKEN =
  /\s+|#[^\n]*|(<[^>]*>)|("""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\]|\\.)*")|(\^\^)|(@[A-Za-z][A-Za-z0-9-]*)|([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_][\w-]*)?(:)((?:[\w-]|%[0-9A-Fa-f]{2}|\\.|\.(?=[\w-]))*)|([A-Za-z]+)|([[\]();,.])/gy;

const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';

type Token =
  | { kind: 'iri' | 'string' | 'number' | 'word' | 'punctuation' | 'language'; text: string }
  | { kind: 'datatype'; text: '^^' };

function* tokens(text: string, prefixes: Map<string, string>): Generator<Token> {
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`Turtle not understood at ${at}: ${text.slice(at, at + 60)}`);
    const [, iri, string, datatype, language, number, prefix, colon, local, word, punctuation] = match;
    if (iri !== undefined) yield { kind: 'iri', text: iri.slice(1, -1) };
    else if (string !== undefined) yield { kind: 'string', text: unquote(string) };
    else if (datatype !== undefined) yield { kind: 'datatype', text: '^^' };
    else if (language !== undefined) yield { kind: 'language', text: language };
    else if (number !== undefined) yield { kind: 'number', text: number };
    else if (colon !== undefined)
      yield { kind: 'iri', text: (prefixes.get(prefix ?? '') ?? `${prefix}:`) + (local ?? '').replace(/\\(.)/g, '$1') };
    else if (word !== undefined) yield { kind: 'word', text: word };
    else if (punctuation !== undefined) yield { kind: 'punctuation', text: punctuation };
  }
}

function unquote(text: string): string {
  const inner = text.startsWith('"""') ? text.slice(3, -3) : text.slice(1, -1);
  return inner.replace(/\\(u[0-9A-Fa-f]{4}|.)/g, (_, code: string) => {
    if (code.startsWith('u') && code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r' }[code] ?? code;
  });
}

/** @returns properties by subject IRI */
export function parseTurtle(text: string): Map<string, Properties> {
  const prefixes = new Map<string, string>();
  const body = text.replace(/^@prefix\s+([\w-]*):\s*<([^>]*)>\s*\.\s*$/gm, (_, name: string, iri: string) => {
    prefixes.set(name, iri);
    return '';
  });
  const stream = tokens(body, prefixes);
  let current = stream.next();
  const peek = () => (current.done ? undefined : current.value);
  const take = () => {
    const token = peek();
    if (!token) throw new Error('The file ends in the middle of a statement');
    current = stream.next();
    return token;
  };
  const isPunctuation = (text: string) => peek()?.kind === 'punctuation' && peek()?.text === text;

  const readObject = (): Term => {
    const token = take();
    if (token.kind === 'iri') return token.text;
    if (token.kind === 'number') return { value: token.text, datatype: 'number' };
    if (token.kind === 'word') return { value: token.text, datatype: 'boolean' };
    if (token.kind === 'string') {
      if (peek()?.kind === 'language') take();
      if (peek()?.kind !== 'datatype') return { value: token.text };
      take();
      return { value: token.text, datatype: take().text };
    }
    if (token.text === '[') {
      const properties = readProperties(']');
      take();
      return { properties };
    }
    if (token.text === '(') {
      const list: Term[] = [];
      while (!isPunctuation(')')) list.push(readObject());
      take();
      return list;
    }
    throw new Error(`Unexpected ${token.text}`);
  };

  const readProperties = (end: string): Properties => {
    const properties: Properties = new Map();
    while (!isPunctuation(end)) {
      const verb = take();
      const predicate = verb.kind === 'word' && verb.text === 'a' ? `${RDF}type` : verb.text;
      const objects = properties.get(predicate) ?? [];
      do objects.push(readObject());
      while (isPunctuation(',') && take());
      properties.set(predicate, objects);
      while (isPunctuation(';')) take();
    }
    return properties;
  };

  const subjects = new Map<string, Properties>();
  while (peek()) {
    const subject = readObject();
    const properties = readProperties('.');
    take();
    if (typeof subject === 'string') {
      const known = subjects.get(subject) ?? new Map();
      for (const [predicate, objects] of properties)
        known.set(predicate, [...(known.get(predicate) ?? []), ...objects]);
      subjects.set(subject, known);
    }
  }
  return subjects;
}

export const isBlank = (term: Term | undefined): term is Blank => typeof term === 'object' && 'properties' in term;
export const isLiteral = (term: Term | undefined): term is Literal => typeof term === 'object' && 'value' in term;
