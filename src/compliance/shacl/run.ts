import type { Classes } from './classes.ts';
import type { Graph } from './graph.ts';
import type { Walk } from './paths.ts';
import type { Term } from './terms.ts';

/**
 * How many steps (values looked at, nodes visited by paths) one validation may take: far more than a credential of the
 * largest size needs, and at most some seconds of work.
 */
const MAX_STEPS = 2_000_000;

const STEPS_OF_A_RESULT = 20;

/** Checking would take too long. It is no verdict, so it is never taken for one: the shape is reported as unsupported. */
export class TooMuch extends Error {}

/** One validation: what is checked, and how much has been spent on it. */
export class Run {
  readonly graph: Graph;
  readonly classes: Classes;
  #left = MAX_STEPS;
  readonly spend = (steps: number): void => {
    this.#left -= steps;
    if (this.#left < 0) throw new TooMuch(`Checking takes more than ${MAX_STEPS} steps`);
  };

  constructor(graph: Graph, classes: Classes) {
    this.graph = graph;
    this.classes = classes;
  }
}

/** A shape compiled (https://www.w3.org/TR/shacl/#shapes). */
export interface Shape {
  id: Term;
  /** Only a property shape has one. */
  path?: { walk: Walk; text: string /** IRI of a path that is one property. */; property?: string };
  /** `Violation`, `Warning`, `Info` or an IRI. */
  severity: string;
  /** sh:message. */
  message?: string;
  deactivated: boolean;
  constraints: Constraint[];
  /** Of sh:property. */
  properties: Shape[];
  /** Whether it asks for anything; whoever conforms to one that does not has not been checked. */
  asks: boolean;
}

/** A constraint of a shape, compiled (https://www.w3.org/TR/shacl/#core-components). */
export interface Constraint {
  /** Name of the component without namespace: `MinCountConstraintComponent`. */
  component: string;
  /** @param report told of each result; without it, the first failure ends the check */
  check(run: Run, focus: Term, values: readonly Term[], report: Report | undefined): boolean;
  /** What would be accepted: `one of "A", "B"`, `at least 1 value`. */
  allowed(depth?: number): string;
  /** Advice, if more is to be said than to write what is allowed. */
  mend?(failing: Failing, at: string): string;
  /** What is wrong, if it is not the value. */
  why?(failing: Failing, at: string): string;
}

interface Failing {
  value?: Term;
  /** Only of sh:closed: the property that is not allowed. */
  predicate?: Term;
  /** What there is instead of a value that could be named: a number of values, a language. */
  found?: string;
  /** Of sh:node: what is wrong with the value. */
  details?: Outcome[];
}

type Report = (failing: Failing) => void;

/** A failure with everything its text is made from. */
export interface Outcome extends Failing {
  shape: Shape;
  constraint: Constraint;
  focus: Term;
}

/**
 * Whether a node conforms to a shape (https://www.w3.org/TR/shacl/#conforms).
 *
 * @param outcomes takes the results; without it, the first failure ends the check
 */
export function evaluate(run: Run, shape: Shape, focus: Term, outcomes?: Outcome[]): boolean {
  if (shape.deactivated) return true;
  const values = shape.path ? shape.path.walk(run.graph, focus, run.spend) : [focus];
  run.spend(values.length + 1);
  let conforms = true;
  for (const constraint of shape.constraints) {
    const report =
      outcomes &&
      ((failing: Failing) => {
        run.spend(STEPS_OF_A_RESULT);
        outcomes.push({ ...failing, shape, constraint, focus });
      });
    if (constraint.check(run, focus, values, report)) continue;
    if (!outcomes) return false;
    conforms = false;
  }
  for (const property of shape.properties)
    for (const value of values) {
      if (evaluate(run, property, value, outcomes)) continue;
      if (!outcomes) return false;
      conforms = false;
    }
  return conforms;
}
