import type { Classes } from './classes.ts';
import type { Graph } from './graph.ts';
import type { Run } from './run.ts';
import { isIri, RDFS, SH, shown, type Term } from './terms.ts';

/** What a shape applies to (https://www.w3.org/TR/shacl/#targets). */
interface Targets {
  classes: Term[];
  nodes: Term[];
  subjectsOf: Term[];
  objectsOf: Term[];
  /** A kind of target that SHACL Core does not have: the shape may apply to anything. */
  unknown?: string;
}

const KINDS: Record<string, Exclude<keyof Targets, 'unknown'>> = {
  [`${SH}targetClass`]: 'classes',
  [`${SH}targetNode`]: 'nodes',
  [`${SH}targetSubjectsOf`]: 'subjectsOf',
  [`${SH}targetObjectsOf`]: 'objectsOf',
};

const SH_TARGET = `${SH}target`;
const NODE_SHAPE = `${SH}NodeShape`;
const PROPERTY_SHAPE = `${SH}PropertyShape`;
const RDFS_CLASS = `${RDFS}Class`;

/** All shapes of a shapes graph that have a target, in its order. */
export function findTargets(shapes: Graph, classes: Classes): Map<Term, Targets> {
  const found = new Map<Term, Targets>();
  const predicates = [...shapes.predicates()].filter((predicate) => predicate.startsWith(SH_TARGET));
  for (const subject of shapes.subjects()) {
    const about = shapes.about(subject)!;
    const stated = predicates.filter((predicate) => about.has(predicate));
    const implicit = isIri(subject) && classes.isA(shapes, subject, RDFS_CLASS) && isShape(shapes, subject);
    if (stated.length === 0 && !implicit) continue;
    const targets: Targets = { classes: implicit ? [subject] : [], nodes: [], subjectsOf: [], objectsOf: [] };
    for (const predicate of stated) {
      const kind = KINDS[predicate];
      if (kind) targets[kind] = [...targets[kind], ...about.get(predicate)!];
      else targets.unknown = shown(predicate);
    }
    found.set(subject, targets);
  }
  return found;
}

/** A shape that is a class applies to its instances (https://www.w3.org/TR/shacl/#implicit-targetClass). */
const isShape = (shapes: Graph, node: Term): boolean =>
  shapes.types(node).some((type) => type === NODE_SHAPE || type === PROPERTY_SHAPE) ||
  [...shapes.about(node)!.keys()].some((predicate) => predicate.startsWith(SH));

/** Shapes with a target, indexed for look-up by what a data graph holds. */
export class TargetIndex<T> {
  readonly #byClass = new Map<Term, T[]>();
  readonly #others: { shape: T; targets: Targets }[] = [];
  readonly #order = new Map<T, number>();

  add(shape: T, targets: Targets): void {
    this.#order.set(shape, this.#order.size);
    for (const one of new Set(targets.classes)) {
      const shapes = this.#byClass.get(one);
      if (shapes) shapes.push(shape);
      else this.#byClass.set(one, [shape]);
    }
    if (targets.nodes.length + targets.subjectsOf.length + targets.objectsOf.length > 0 || targets.unknown)
      this.#others.push({ shape, targets });
  }

  /**
   * Shapes whose target occurs, in the order they were added, with their focus nodes.
   *
   * @throws TooMuch
   */
  find({ graph, classes, spend }: Run): [shape: T, focus: Set<Term>][] {
    const found = new Map<T, Set<Term>>();
    const add = (shape: T, node: Term) => {
      spend(1);
      const nodes = found.get(shape);
      if (nodes) nodes.add(node);
      else found.set(shape, new Set([node]));
    };
    for (const node of graph.subjects())
      for (const type of graph.types(node)) {
        for (const shape of this.#byClass.get(type) ?? []) add(shape, node);
        for (const above of classes.above(type)) for (const shape of this.#byClass.get(above) ?? []) add(shape, node);
      }
    for (const { shape, targets } of this.#others) {
      for (const node of targets.nodes) add(shape, node);
      for (const property of targets.subjectsOf) for (const node of graph.subjectsOf(property)) add(shape, node);
      for (const property of targets.objectsOf)
        for (const subject of graph.subjectsOf(property))
          for (const node of graph.out(subject, property)) add(shape, node);
      if (targets.unknown && !found.has(shape)) found.set(shape, new Set());
    }
    return [...found].sort(([one], [other]) => this.#order.get(one)! - this.#order.get(other)!);
  }
}
