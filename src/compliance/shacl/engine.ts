import { Worker } from 'node:worker_threads';
import type { Classes } from './classes.ts';
import { Graph } from './graph.ts';
import { parsePath, pathText } from './paths.ts';
import { isIri, isLiteral, RDFS_SUBCLASS, SH, shown, type Term } from './terms.ts';
import type { ShaclResult } from './validate.ts';

/** What the thread is asked, and what it answers. */
export interface Question {
  shapes: Statement[];
  root: Term;
  data: Statement[];
  focus: Term[];
}
/** What the thread says before it begins. */
export const STARTED = 'started';
export type Answer = { results: EngineResult[] } | { error: string };

export type Statement = readonly [subject: Term, predicate: Term, object: Term];

export interface EngineResult {
  focusNode: Term;
  path?: Term;
  value?: Term;
  component: Term;
  severity: Term;
  message?: string;
  sourceShape: Term;
}

/** Time to start the thread, which takes 300 ms if nothing else is to be done, and then to answer. */
const MAX_START_MS = 30_000;
const MAX_MS = 5_000;
const MAX_MEMORY_MB = 256;

/** One thread at a time: these questions are rare, and must not take the processors from everything else. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * rdf-validate-shacl over one shape and what it refers to, for what is not compiled. It has no limits of its own, so it works in a
 * thread that is ended with the answer, or when its time is up.
 */
export class Engine {
  readonly #shapes: Graph;
  readonly #root: Term;

  constructor(shapes: Graph, root: Term) {
    this.#shapes = shapes;
    this.#root = root;
  }

  /** @returns a text that says why it could not tell */
  async validate(
    data: Graph,
    classes: Classes,
    focus: Iterable<Term>,
  ): Promise<Omit<ShaclResult, 'rootShape'>[] | string> {
    const question: Question = {
      shapes: [...statements(reach(this.#shapes, this.#root))],
      root: this.#root,
      data: [...statements(data), ...lineage(data, classes)],
      focus: [...focus],
    };
    const asked = turn.then(() => ask(question));
    turn = asked;
    const answer = await asked;
    if ('error' in answer) return `rdf-validate-shacl cannot either: ${answer.error}`;
    return answer.results.map((result) => this.#translate(result, data));
  }

  #translate(result: EngineResult, data: Graph): Omit<ShaclResult, 'rootShape'> {
    const path = result.path === undefined ? undefined : parsePath(this.#shapes, result.path);
    const text = path === undefined || typeof path === 'string' ? undefined : pathText(path);
    const word = (term: Term) => (term.startsWith(SH) ? term.slice(SH.length) : term);
    return {
      focusNode: result.focusNode,
      trail: data.trail(result.focusNode),
      ...(text === undefined ? {} : { path: text }),
      ...(result.path !== undefined && isIri(result.path) ? { property: result.path } : {}),
      ...(result.value === undefined ? {} : { value: result.value, found: shown(result.value) }),
      component: word(result.component),
      severity: word(result.severity),
      message: result.message ?? `${text ?? 'The node'} does not conform to ${shown(result.sourceShape)}`,
      mend: `See what the shape ${shown(this.#root)} asks for`,
      sourceShape: result.sourceShape,
    };
  }
}

/** Never rejects. */
function ask(question: Question): Promise<Answer> {
  return new Promise((resolve) => {
    let worker: Worker;
    try {
      worker = new Worker(new URL('./engine-worker.ts', import.meta.url), {
        workerData: question,
        resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB },
      });
    } catch (error) {
      resolve({ error: (error as Error).message });
      return;
    }
    const limit = (ms: number) => setTimeout(() => end({ error: `it takes longer than ${ms / 1000} s` }), ms);
    let timer = limit(MAX_START_MS);
    const end = (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
      void worker.terminate();
    };
    worker.on('message', (message: Answer | typeof STARTED) => {
      if (message !== STARTED) return end(message);
      clearTimeout(timer);
      timer = limit(MAX_MS);
    });
    worker.on('error', (error) => end({ error: error.message }));
    worker.on('exit', () => end({ error: 'its thread ended' }));
  });
}

function* statements(graph: Graph): Generator<Statement> {
  for (const subject of graph.subjects())
    for (const [predicate, objects] of graph.about(subject)!)
      for (const object of objects) yield [subject, predicate, object];
}

/** The engine looks for superclasses in the data alone. Pairs that would close a circle are left out, it would not end. */
function* lineage(data: Graph, classes: Classes): Generator<Statement> {
  const types = new Set([...data.subjects()].flatMap((subject) => data.types(subject)));
  for (const type of types)
    for (const above of classes.above(type)) if (!classes.above(above).has(type)) yield [type, RDFS_SUBCLASS, above];
}

/** All statements about a node, about what they mention, and so on. */
function reach(graph: Graph, root: Term): Graph {
  const found = new Graph();
  const nodes = new Set([root]);
  for (const node of nodes)
    for (const [predicate, objects] of graph.about(node) ?? [])
      for (const object of objects) {
        found.add(node, predicate, object);
        if (!isLiteral(object)) nodes.add(object);
      }
  return found;
}
