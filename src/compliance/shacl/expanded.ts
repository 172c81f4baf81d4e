import type { ExpandedDocument } from '../../credentials/jsonld/rdf.ts';
import { Graph } from './graph.ts';
import { langLiteral, literal, RDF, RDF_FIRST, RDF_NIL, RDF_REST, RDF_TYPE, type Term, XSD } from './terms.ts';

type Node = Record<string, unknown>;

/** What RDF takes as an IRI; other ids leave their statements out (https://www.w3.org/TR/json-ld11-api/#deserialize-json-ld-to-rdf-algorithm). */
const IRI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|^`\\]*$/;

/**
 * The default graph of an expanded document, without a detour through N-Quads. What stands within `@graph` (a proof, the
 * credentials of a presentation) is another graph, which shapes do not see
 * (https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion).
 */
export function graphOfExpanded(document: ExpandedDocument): Graph {
  const graph = new Graph();
  const reader = new Reader(graph);
  for (const node of document) reader.node(node);
  return graph;
}

class Reader {
  readonly #graph: Graph;
  #blanks = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** Adds what a node says and returns its term; undefined if RDF has no place for it. */
  node(value: Node): Term | undefined {
    const id = value['@id'];
    const subject = id === undefined ? `_:${this.#blanks++}` : resource(id);
    if (subject === undefined) return undefined;
    for (const property in value) {
      if (property.charCodeAt(0) === 64) this.#keyword(subject, property, value[property]);
      else if (IRI.test(property)) this.#values(subject, property, value[property] as Node[]);
    }
    return subject;
  }

  #values(subject: Term, property: string, values: Node[]): void {
    for (let index = 0; index < values.length; index++) {
      const one = values[index]!;
      const object = this.#object(one);
      if (object === undefined) continue;
      this.#graph.add(subject, property, object);
      if ('@value' in one) continue;
      const describes = !('@id' in one) || Object.keys(one).length > 1;
      this.#graph.mention(object, { within: subject, property, index, describes });
    }
  }

  #object(value: Node): Term | undefined {
    if ('@value' in value) return literalOf(value);
    if ('@list' in value) return this.#list(value['@list'] as Node[]);
    return this.node(value);
  }

  #list(members: Node[]): Term {
    const terms = members.map((one) => this.#object(one)).filter((term) => term !== undefined);
    let rest: Term = RDF_NIL;
    for (const term of terms.reverse()) {
      const cell = `_:${this.#blanks++}`;
      this.#graph.add(cell, RDF_FIRST, term);
      this.#graph.add(cell, RDF_REST, rest);
      rest = cell;
    }
    return rest;
  }

  #keyword(subject: Term, keyword: string, value: unknown): void {
    if (keyword === '@type') {
      for (const type of value as unknown[]) {
        const term = resource(type);
        if (term !== undefined) this.#graph.add(subject, RDF_TYPE, term);
      }
    } else if (keyword === '@included') {
      for (const node of value as Node[]) this.node(node);
    } else if (keyword === '@reverse') {
      for (const [property, nodes] of Object.entries(value as Record<string, Node[]>))
        for (const node of nodes) {
          const other = this.node(node);
          if (other !== undefined && IRI.test(property)) this.#graph.add(other, property, subject);
        }
    }
  }
}

/** Blank nodes that the document names are kept apart from those that get a number here. */
function resource(id: unknown): Term | undefined {
  if (typeof id !== 'string') return undefined;
  if (id.startsWith('_:')) return `_:doc-${id.slice(2)}`;
  return IRI.test(id) ? id : undefined;
}

/** https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion, steps 4 to 13. */
function literalOf(one: Node): Term | undefined {
  const { '@value': value, '@type': type, '@language': language, '@direction': direction } = one;
  if (type === '@json') return literal(JSON.stringify(value), `${RDF}JSON`);
  if (type !== undefined && (typeof type !== 'string' || !IRI.test(type))) return undefined;
  if (typeof value === 'boolean') return literal(String(value), type ?? `${XSD}boolean`);
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || Math.abs(value) >= 1e21 || type === `${XSD}double`)
      return literal(canonicalDouble(value), type ?? `${XSD}double`);
    return literal(value.toFixed(0), type ?? `${XSD}integer`);
  }
  if (typeof value !== 'string') return undefined;
  if (typeof direction === 'string')
    return literal(value, `https://www.w3.org/ns/i18n#${String(language ?? '').toLowerCase()}_${direction}`);
  if (typeof language === 'string') return langLiteral(value, language);
  return literal(value, type);
}

/** https://www.w3.org/TR/xmlschema11-2/#double-canonical-representation */
const canonicalDouble = (value: number): string =>
  value
    .toExponential(15)
    .replace(/(\d)0*e\+?/, '$1E')
    .replace(/^(-?\d)E/, '$1.0E');
