import { shorten } from '../../credentials/jsonld/claims.ts';
import { type Graph, listOf } from './graph.ts';
import { isIri, RDF_FIRST, SH, type Term } from './terms.ts';

/** https://www.w3.org/TR/shacl/#property-paths */
type Path =
  | { kind: 'predicate'; iri: string }
  | { kind: 'inverse' | 'zeroOrMore' | 'oneOrMore' | 'zeroOrOne'; path: Path }
  | { kind: 'sequence' | 'alternative'; paths: Path[] };

/** Counts work and gives up where it is too much. */
export type Spend = (steps: number) => void;

const UNARY = {
  inversePath: 'inverse',
  zeroOrMorePath: 'zeroOrMore',
  oneOrMorePath: 'oneOrMore',
  zeroOrOnePath: 'zeroOrOne',
} as const;

/** Deeper nesting than any shape needs. */
const MAX_DEPTH = 50;
/** More members than any path needs; bounds a path that mentions the same part over and over. */
const MAX_PARTS = 1_000;

/** The path that a node of a shapes graph states; a text that says what is wrong with it. */
export function parsePath(shapes: Graph, node: Term, budget = { parts: 0 }, depth = 0): Path | string {
  if (depth > MAX_DEPTH) return 'a path that is nested too deep or contains itself';
  if (++budget.parts > MAX_PARTS) return `a path of more than ${MAX_PARTS} parts`;
  if (isIri(node)) return { kind: 'predicate', iri: node };
  const nested = (inner: Term) => parsePath(shapes, inner, budget, depth + 1);
  // A list goes before everything else that the node may say, as in the W3C tests.
  if (shapes.out(node, RDF_FIRST).length > 0) return several('sequence', listOf(shapes, node), nested);
  const alternatives = shapes.out(node, `${SH}alternativePath`);
  if (alternatives.length === 1) return several('alternative', listOf(shapes, alternatives[0]!), nested);
  for (const [property, kind] of Object.entries(UNARY)) {
    const [inner, more] = shapes.out(node, SH + property);
    if (inner === undefined) continue;
    if (more !== undefined) return `sh:${property} stated twice`;
    const path = nested(inner);
    return typeof path === 'string' ? path : { kind, path };
  }
  return 'a path that is none of the kinds SHACL knows';
}

function several(
  kind: 'sequence' | 'alternative',
  members: Term[] | string,
  nested: (member: Term) => Path | string,
): Path | string {
  if (typeof members === 'string') return members;
  if (members.length < 2) return `a ${kind} path of fewer than two members`;
  const paths: Path[] = [];
  for (const member of members) {
    const path = nested(member);
    if (typeof path === 'string') return path;
    paths.push(path);
  }
  return { kind, paths };
}

/** Finds the value nodes of a focus node, each once. */
export type Walk = (graph: Graph, from: Term, spend: Spend) => readonly Term[];

export function compilePath(path: Path, inverse = false): Walk {
  switch (path.kind) {
    case 'predicate': {
      const { iri } = path;
      return inverse ? (graph, from) => graph.in(from, iri) : (graph, from) => graph.out(from, iri);
    }
    case 'inverse':
      return compilePath(path.path, !inverse);
    case 'sequence': {
      const walks = path.paths.map((part) => compilePath(part, inverse));
      if (inverse) walks.reverse();
      return (graph, from, spend) =>
        walks.reduce((at, walk) => union(at, walk, graph, spend), [from] as readonly Term[]);
    }
    case 'alternative': {
      const walks = path.paths.map((part) => compilePath(part, inverse));
      return (graph, from, spend) => {
        const found = new Set<Term>();
        for (const walk of walks) for (const term of walk(graph, from, spend)) found.add(term);
        spend(found.size + walks.length);
        return [...found];
      };
    }
    case 'zeroOrOne': {
      const walk = compilePath(path.path, inverse);
      return (graph, from, spend) => [...new Set([from, ...walk(graph, from, spend)])];
    }
    case 'zeroOrMore':
    case 'oneOrMore': {
      const walk = compilePath(path.path, inverse);
      const zero = path.kind === 'zeroOrMore';
      return (graph, from, spend) => {
        // A set may grow while it is walked: what is added is visited too.
        const found = new Set<Term>(zero ? [from] : walk(graph, from, spend));
        for (const term of found) {
          const next = walk(graph, term, spend);
          spend(next.length + 1);
          for (const one of next) found.add(one);
        }
        return [...found];
      };
    }
  }
}

function union(from: readonly Term[], walk: Walk, graph: Graph, spend: Spend): readonly Term[] {
  spend(from.length);
  if (from.length === 1) return walk(graph, from[0]!, spend);
  const found = new Set<Term>();
  for (const term of from) for (const one of walk(graph, term, spend)) found.add(one);
  spend(found.size);
  return [...found];
}

/** A path in words, names shortened: `gx:address / gx:countryCode`, `inverse of gx:memberOf`. */
export function pathText(path: Path): string {
  const inner = (part: Path) =>
    part.kind === 'sequence' || part.kind === 'alternative' ? `(${pathText(part)})` : pathText(part);
  switch (path.kind) {
    case 'predicate':
      return shorten(path.iri);
    case 'inverse':
      return `inverse of ${inner(path.path)}`;
    case 'sequence':
      return path.paths.map(inner).join(' / ');
    case 'alternative':
      return path.paths.map(inner).join(' or ');
    case 'zeroOrMore':
      return `${inner(path.path)} any number of times`;
    case 'oneOrMore':
      return `${inner(path.path)} once or more`;
    case 'zeroOrOne':
      return `${inner(path.path)} once or not at all`;
  }
}
