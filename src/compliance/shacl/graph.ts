import { EventEmitter } from 'node:events';
import { Parser, type Quad } from 'n3';
import { RDF_FIRST, RDF_NIL, RDF_REST, RDF_TYPE, type Term } from './terms.ts';

/** Statements to one subject and predicate from which on a set is kept beside the list. */
const MANY = 16;
const NONE: readonly Term[] = [];

/** A set of RDF statements, indexed by subject; the other indexes are made when first asked for. */
export class Graph {
  readonly #subjects = new Map<Term, Map<Term, Term[]>>();
  readonly #predicates = new Set<Term>();
  readonly #large = new WeakMap<Term[], Set<Term>>();
  #objects: Map<Term, Map<Term, Term[]>> | undefined;
  /** Where a node stands within another, so that people can be led to nodes without id. */
  readonly #mentions = new Map<Term, Mention>();

  add(subject: Term, predicate: Term, object: Term): void {
    this.#objects = undefined;
    this.#predicates.add(predicate);
    insert(this.#subjects, subject, predicate, object, this.#large);
  }

  /** Objects of a subject and predicate, each once, in the order they were added. */
  out(subject: Term, predicate: Term): readonly Term[] {
    return this.#subjects.get(subject)?.get(predicate) ?? NONE;
  }

  /** Subjects that have this object by this predicate. */
  in(object: Term, predicate: Term): readonly Term[] {
    return this.#inverse().get(object)?.get(predicate) ?? NONE;
  }

  /** All statements about a subject. */
  about(subject: Term): ReadonlyMap<Term, readonly Term[]> | undefined {
    return this.#subjects.get(subject);
  }

  types(subject: Term): readonly Term[] {
    return this.out(subject, RDF_TYPE);
  }

  subjects(): IterableIterator<Term> {
    return this.#subjects.keys();
  }

  /** Subjects of which something is said by this predicate. */
  subjectsOf(predicate: Term): Term[] {
    if (!this.#predicates.has(predicate)) return [];
    return [...this.#subjects].filter(([, about]) => about.has(predicate)).map(([subject]) => subject);
  }

  predicates(): IterableIterator<Term> {
    return this.#predicates.values();
  }

  has(term: Term): boolean {
    return this.#subjects.has(term) || this.#inverse().has(term);
  }

  /** Notes where a node stands within another: the first place that says something about it, else the first. */
  mention(node: Term, mention: Mention): void {
    const known = this.#mentions.get(node);
    if (!known || (mention.describes && !known.describes)) this.#mentions.set(node, mention);
  }

  /** The way from a node that stands in no other to this one. */
  trail(node: Term): Trail {
    const steps: Trail['steps'] = [];
    let root = node;
    const seen = new Set<Term>();
    for (let at = this.#mentions.get(node); at && !seen.has(root); at = this.#mentions.get(root)) {
      seen.add(root);
      steps.unshift({ property: at.property, index: at.index });
      root = at.within;
    }
    return { root, steps };
  }

  #inverse(): Map<Term, Map<Term, Term[]>> {
    if (this.#objects) return this.#objects;
    const objects = new Map<Term, Map<Term, Term[]>>();
    for (const [subject, about] of this.#subjects)
      for (const [predicate, list] of about)
        for (const object of list) insert(objects, object, predicate, subject, undefined);
    this.#objects = objects;
    return objects;
  }
}

interface Mention {
  within: Term;
  /** IRI. */
  property: string;
  /** Position among the values of the property, from 0. */
  index: number;
  /** Whether something is said about the node there, and not only its id. */
  describes: boolean;
}

/** From `root` through properties (IRIs) and positions among their values to a node. */
export interface Trail {
  root: Term;
  steps: { property: string; index: number }[];
}

/** @param large where duplicates may come: the sets beside long lists */
function insert(
  index: Map<Term, Map<Term, Term[]>>,
  one: Term,
  predicate: Term,
  other: Term,
  large: WeakMap<Term[], Set<Term>> | undefined,
): void {
  const about = index.get(one);
  const list = about?.get(predicate);
  if (!about) index.set(one, new Map<Term, Term[]>().set(predicate, [other]));
  else if (!list) about.set(predicate, [other]);
  else if (!large || isNew(list, other, large)) list.push(other);
}

function isNew(list: Term[], term: Term, large: WeakMap<Term[], Set<Term>>): boolean {
  if (list.length < MANY) return !list.includes(term);
  const set = large.get(list) ?? new Set(list);
  large.set(list, set);
  if (set.has(term)) return false;
  set.add(term);
  return true;
}

/**
 * The default graph of Turtle, TriG or N-Quads, or of quads already parsed.
 *
 * @throws Error of n3 that names the line
 */
export function graphOf(rdf: string | readonly Quad[]): Graph {
  const graph = new Graph();
  const add = ({ subject, predicate, object, graph: name }: Quad) => {
    if (name.termType === 'DefaultGraph') graph.add(subject.id, predicate.id, object.id);
  };
  if (typeof rdf === 'string') readQuads(rdf, add);
  else rdf.forEach(add);
  return graph;
}

/**
 * Parses Turtle, TriG or N-Quads quad by quad: a list of all would keep the garbage collector busy for as long as the
 * parser. n3 gives quads one by one only to those who bring a stream; this one has a single chunk, and is done on return.
 *
 * @throws Error of n3 that names the line
 */
export function readQuads(rdf: string, use: (quad: Quad) => void): void {
  const source = new EventEmitter();
  let fault: Error | undefined;
  new Parser().parse(source, (error, quad) => {
    fault ??= error ?? undefined;
    if (quad) use(quad);
  });
  source.emit('data', rdf);
  source.emit('end');
  if (fault) throw fault;
}

/**
 * The members of an RDF list; a text that says what is wrong with it if it is none.
 * Rules: https://www.w3.org/TR/shacl/#dfn-shacl-list
 */
export function listOf(graph: Graph, head: Term): Term[] | string {
  const members: Term[] = [];
  const seen = new Set<Term>();
  for (let at = head; at !== RDF_NIL; ) {
    if (seen.has(at)) return 'a list that runs in a circle';
    seen.add(at);
    const about = graph.about(at);
    const first = about?.get(RDF_FIRST);
    const rest = about?.get(RDF_REST);
    if (first?.length !== 1 || rest?.length !== 1)
      return 'a list in which a member or the rest is missing or stated twice';
    members.push(first[0]!);
    at = rest[0]!;
  }
  return members;
}
