import { type Graph, readQuads } from './graph.ts';
import { isIri, RDFS_SUBCLASS, type Term } from './terms.ts';

/** Statements `class rdfs:subClassOf superclass`. */
export type SubclassPair = readonly [subclass: Term, superclass: Term];

const NONE: ReadonlySet<Term> = new Set();

/** Which classes a class falls under (https://www.w3.org/TR/shacl/#dfn-shacl-subclass); circles are harmless. */
export class Classes {
  readonly #parents = new Map<Term, Term[]>();
  readonly #known = new Map<Term, ReadonlySet<Term>>();
  readonly #base: Classes | undefined;

  constructor(pairs: Iterable<SubclassPair>, base?: Classes) {
    this.#base = base;
    for (const [subclass, superclass] of pairs) {
      const parents = this.#parents.get(subclass);
      if (parents) parents.push(superclass);
      else this.#parents.set(subclass, [superclass]);
    }
  }

  /** All superclasses, without the class itself unless it is its own. */
  above(one: Term): ReadonlySet<Term> {
    const known = this.#known.get(one);
    if (known) return known;
    const parents = this.#direct(one);
    if (parents.length === 0) return NONE;
    const found = new Set<Term>(parents);
    for (const each of found) for (const parent of this.#direct(each)) found.add(parent);
    this.#known.set(one, found);
    return found;
  }

  #direct(one: Term): readonly Term[] {
    const own = this.#parents.get(one) ?? [];
    return this.#base ? [...own, ...this.#base.#direct(one)] : own;
  }

  isA(graph: Graph, node: Term, wanted: Term): boolean {
    for (const type of graph.types(node)) if (type === wanted || this.above(type).has(wanted)) return true;
    return false;
  }
}

/** The subclass statements of a graph. */
export function subclassPairs(graph: Graph): SubclassPair[] {
  const pairs: SubclassPair[] = [];
  for (const subject of graph.subjectsOf(RDFS_SUBCLASS))
    for (const superclass of graph.out(subject, RDFS_SUBCLASS)) pairs.push([subject, superclass]);
  return pairs;
}

/**
 * The subclass statements of an ontology in Turtle, between classes with a name.
 *
 * @throws Error of n3 that names the line
 */
export function readSubclasses(turtle: string): SubclassPair[] {
  const pairs: SubclassPair[] = [];
  readQuads(turtle, ({ subject, predicate, object }) => {
    if (predicate.value === RDFS_SUBCLASS && isIri(subject.id) && isIri(object.id)) pairs.push([subject.id, object.id]);
  });
  return pairs;
}
