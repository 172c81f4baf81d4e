import type { Quad } from 'n3';
import { Classes, type SubclassPair, subclassPairs } from './classes.ts';
import { Compiler, Refused } from './compile.ts';
import { Engine } from './engine.ts';
import { type Graph, graphOf, type Trail } from './graph.ts';
import { parsePath, pathText } from './paths.ts';
import { evaluate, type Outcome, Run, type Shape, TooMuch } from './run.ts';
import { findTargets, TargetIndex } from './targets.ts';
import { SH, shown, type Term } from './terms.ts';

/** One validation result (https://www.w3.org/TR/shacl/#results-validation-result). */
export interface ShaclResult {
  /** Undefined where it is not known what the shape applies to. */
  focusNode?: Term;
  /** The way to the focus node from the node it is nested in, for the place in the document. */
  trail?: Trail;
  /** The path in words, names shortened: `gx:legalAddress / gx:countryCode`. */
  path?: string;
  /** IRI of the path where it is one property. */
  property?: string;
  value?: Term;
  /** Name of the constraint component without namespace, or `unsupported`: nobody could check this. */
  component: string;
  /** `Violation`, `Warning`, `Info` or an IRI. */
  severity: string;
  /** sh:message of the shape, else a plain sentence. */
  message: string;
  /** What was found, in words. */
  found?: string;
  /** What would be accepted, in words. */
  allowed?: string;
  mend: string;
  /** The shape with the constraint; often a blank node. */
  sourceShape?: Term;
  /** The shape that was applied, whose target the node is; undefined where it could not be found out which apply. */
  rootShape?: Term;
  /** Of sh:node and sh:and: why the value does not conform. */
  details?: ShaclResult[];
}

export interface ShaclReport {
  /** As of https://www.w3.org/TR/shacl/#conforms: no results, of whatever severity. Says nothing if `covered.targeted` is empty. */
  conforms: boolean;
  results: ShaclResult[];
  /** How many results there are besides those listed. */
  more: number;
  covered: {
    /** Nodes of the graph that a shape with a constraint was applied to. Empty: no shape applies. */
    targeted: Term[];
    /** Nodes with a type that no shape was applied to. */
    untargeted: { node: Term; types: readonly Term[] }[];
  };
}

/** A shape that is not compiled, where, and why. */
export interface Uncompiled {
  /** The shape with the target. */
  shape: Term;
  /** The shape within it that cannot be compiled. */
  at: Term;
  reason: string;
  /** Whether rdf-validate-shacl is asked instead; if not, or if it cannot either, results say `unsupported`. */
  engine: boolean;
}

export interface Shapes {
  /** Never throws for what a graph holds. */
  validate(graph: Graph): Promise<ShaclReport>;
  /** How many shapes have a target. */
  readonly count: number;
  readonly uncompiled: Uncompiled[];
  /** Values of owl:imports: they are not followed, what they hold is to be added by hand. */
  readonly imports: Term[];
}

interface Root {
  id: Term;
  /** What the shape was compiled to; else why it was not, and what is asked instead. */
  shape?: Shape;
  uncompiled?: Uncompiled;
  engine?: Engine;
}

const OWL_IMPORTS = 'http://www.w3.org/2002/07/owl#imports';
const SH_PATH = `${SH}path`;
const SH_ENTAILMENT = `${SH}entailment`;

/** A report longer than this helps nobody. */
const MAX_RESULTS = 1_000;
const MAX_DETAILS = 20;
/** Honest credentials state none. A long chain of them would make every class inherit from thousands. */
const MAX_SUBCLASSES = 100;

/**
 * Compiles a shapes graph (https://www.w3.org/TR/shacl/) once, for any number of validations.
 *
 * @param rdf Turtle, or its quads
 * @param options.ontology subclass statements of vocabularies, besides those of the shapes graph and of the data
 * @throws Error of n3 that names the line, if it is not Turtle; everything else that is wrong is in `uncompiled`
 */
export function compileShapes(
  rdf: string | readonly Quad[],
  { ontology = [] }: { ontology?: Iterable<SubclassPair> } = {},
): Shapes {
  const graph = graphOf(rdf);
  const classes = new Classes([...ontology, ...subclassPairs(graph)]);
  const compiler = new Compiler(graph);
  const index = new TargetIndex<Root>();
  const uncompiled: Uncompiled[] = [];
  const imports = graph.subjectsOf(OWL_IMPORTS).flatMap((subject) => graph.out(subject, OWL_IMPORTS));
  const entailment = graph.subjectsOf(SH_ENTAILMENT).length > 0;
  let count = 0;
  for (const [id, targets] of findTargets(graph, classes)) {
    const root: Root = { id };
    try {
      if (targets.unknown) throw new Refused(id, `${targets.unknown} is not part of SHACL Core`);
      if (entailment) throw new Refused(id, 'the shapes ask for inference (sh:entailment)');
      root.shape = compiler.shape(id);
      if (!root.shape.asks) continue;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { at, engine } = error;
      const reason = at === id ? error.message : `${error.message} (in ${placeOf(graph, at)})`;
      root.uncompiled = { shape: id, at, reason, engine };
      if (engine) root.engine = new Engine(graph, id);
      uncompiled.push(root.uncompiled);
    }
    count++;
    index.add(root, targets);
  }
  return { count, uncompiled, imports, validate: (data) => validate(data, index, classes) };
}

/** A shape within another, in words: it seldom has a name. */
function placeOf(shapes: Graph, at: Term): string {
  const node = shapes.out(at, SH_PATH)[0];
  const path = node === undefined ? undefined : parsePath(shapes, node);
  return typeof path === 'object' ? `the property shape of ${pathText(path)}` : shown(at);
}

async function validate(graph: Graph, index: TargetIndex<Root>, known: Classes): Promise<ShaclReport> {
  const own = subclassPairs(graph);
  const tooMany = own.length > MAX_SUBCLASSES;
  const classes = own.length > 0 && !tooMany ? new Classes(own, known) : known;
  const run = new Run(graph, classes);
  const collected = new Collected(graph);
  const targeted = new Set<Term>();
  if (tooMany) collected.tooMuch(undefined, `The data state more than ${MAX_SUBCLASSES} subclasses`);
  for (const [root, focus] of findTargeted(run, index, collected)) {
    for (const node of focus) if (graph.has(node)) targeted.add(node);
    if (root.shape) for (const node of focus) check(run, root, root.shape, node, collected);
    else if (root.engine) await ask(run, root, root.engine, focus, collected);
    else collected.unsupported(root, root.uncompiled!.reason, focus);
  }
  const untargeted: ShaclReport['covered']['untargeted'] = [];
  for (const node of graph.subjects()) {
    const types = graph.types(node);
    if (types.length > 0 && !targeted.has(node)) untargeted.push({ node, types });
  }
  const { results, more } = collected;
  return { conforms: results.length === 0, results, more, covered: { targeted: [...targeted], untargeted } };
}

function findTargeted(run: Run, index: TargetIndex<Root>, collected: Collected): [Root, Set<Term>][] {
  try {
    return index.find(run);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    collected.tooMuch(undefined, error.message);
    return [];
  }
}

function check(run: Run, root: Root, shape: Shape, node: Term, collected: Collected): void {
  const outcomes: Outcome[] = [];
  try {
    if (evaluate(run, shape, node)) return;
    evaluate(run, shape, node, outcomes);
  } catch (error) {
    // A stack overflow, too, comes of shapes that are too much.
    if (!(error instanceof TooMuch || error instanceof RangeError)) throw error;
    collected.tooMuch(root, error.message, node);
  }
  for (const outcome of outcomes) collected.add(root, outcome);
}

async function ask(run: Run, root: Root, engine: Engine, focus: Set<Term>, collected: Collected): Promise<void> {
  const answer = await engine.validate(run.graph, run.classes, focus);
  if (typeof answer === 'string') collected.unsupported(root, `${root.uncompiled!.reason}; ${answer}`, focus);
  else for (const result of answer) collected.push({ ...result, rootShape: root.id });
}

class Collected {
  readonly results: ShaclResult[] = [];
  more = 0;
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  push(result: ShaclResult): void {
    if (this.results.length < MAX_RESULTS) this.results.push(result);
    else this.more++;
  }

  add(root: Root, outcome: Outcome): void {
    if (this.results.length < MAX_RESULTS) this.results.push(this.#result(root.id, outcome));
    else this.more++;
  }

  unsupported(root: Root, reason: string, focus: Iterable<Term>): void {
    const result = {
      component: 'unsupported',
      severity: 'Violation',
      message: `The shape ${shown(root.id)} cannot be checked here: ${reason}`,
      mend: 'Ask the operator of this node: it cannot check what the shape asks for',
      sourceShape: root.uncompiled?.at ?? root.id,
      rootShape: root.id,
    };
    let any = false;
    for (const focusNode of focus) {
      any = true;
      this.push({ focusNode, trail: this.#graph.trail(focusNode), ...result });
    }
    if (!any) this.push(result);
  }

  tooMuch(root: Root | undefined, reason: string, focusNode?: Term): void {
    this.push({
      ...(focusNode === undefined ? {} : { focusNode, trail: this.#graph.trail(focusNode) }),
      component: 'unsupported',
      severity: 'Violation',
      message: `${root ? `The shape ${shown(root.id)}` : 'This'} was not checked to the end: ${reason}`,
      mend: 'State less in one document, or ask the operator of this node whether the shapes ask for too much',
      ...(root ? { sourceShape: root.id, rootShape: root.id } : {}),
    });
  }

  #result(rootShape: Term, outcome: Outcome): ShaclResult {
    const { shape, constraint, focus, value, predicate, details } = outcome;
    const path = predicate === undefined ? shape.path?.text : shown(predicate);
    const property = predicate ?? shape.path?.property;
    const at = path ?? 'the node';
    const allowed = constraint.allowed();
    const found = value === undefined ? outcome.found : this.#shown(value);
    return {
      focusNode: focus,
      trail: this.#graph.trail(focus),
      ...(path === undefined ? {} : { path }),
      ...(property === undefined ? {} : { property }),
      ...(value === undefined ? {} : { value }),
      component: constraint.component,
      severity: shape.severity,
      message: shape.message ?? capital(constraint.why?.(outcome, at) ?? `${at} is ${found}, but must be ${allowed}`),
      ...(found === undefined ? {} : { found }),
      allowed,
      mend:
        constraint.mend?.(outcome, at) ?? (allowed.length > 100 ? 'Write a value that is allowed' : `Write ${allowed}`),
      sourceShape: shape.id,
      rootShape,
      ...(details ? { details: details.slice(0, MAX_DETAILS).map((detail) => this.#result(rootShape, detail)) } : {}),
    };
  }

  /** A value with its types, if it has any. */
  #shown(value: Term): string {
    const types = this.#graph.types(value);
    return types.length > 0 ? `${shown(value)} of type ${types.slice(0, 5).map(shown).join(', ')}` : shown(value);
  }
}

const capital = (text: string): string => (/^[a-z]+ /.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text);
