import { parentPort, workerData } from 'node:worker_threads';
import { DataFactory, type Quad, type Quad_Object, type Quad_Subject } from 'n3';
import SHACLValidator from 'rdf-validate-shacl';
import { type Answer, type EngineResult, type Question, STARTED, type Statement } from './engine.ts';
import { datatypeOf, isBlank, isLiteral, langLiteral, languageOf, literal, type Term, textOf } from './terms.ts';

/** Answers one question and ends. */

/** The parts of rdf-validate-shacl that are used. */
interface Validator {
  factory: { dataset(quads: Quad[]): unknown };
  validateNode(data: unknown, focus: unknown, shape: unknown): Promise<{ results: Result[] }>;
}
interface Result {
  focusNode: RdfTerm;
  path: RdfTerm | null;
  value: RdfTerm | null;
  sourceConstraintComponent: RdfTerm;
  severity: RdfTerm;
  message: { value: string }[];
  sourceShape: RdfTerm;
}
interface RdfTerm {
  termType: string;
  value: string;
  language?: string;
  datatype?: { value: string };
}

const { blankNode, literal: literalNode, namedNode, quad } = DataFactory;

function rdf(term: Term): Quad_Object {
  if (isBlank(term)) return blankNode(term.slice(2));
  if (!isLiteral(term)) return namedNode(term);
  return literalNode(textOf(term), languageOf(term) ?? namedNode(datatypeOf(term)!));
}

function termOf({ termType, value, language, datatype }: RdfTerm): Term {
  if (termType === 'BlankNode') return `_:${value}`;
  if (termType === 'NamedNode') return value;
  return language ? langLiteral(value, language) : literal(value, datatype?.value);
}

const quads = (statements: Statement[]): Quad[] =>
  statements.map(([subject, predicate, object]) =>
    quad(rdf(subject) as Quad_Subject, namedNode(predicate), rdf(object)),
  );

async function answer({ shapes, root, data, focus }: Question): Promise<Answer> {
  const Constructor = SHACLValidator as unknown as new (quads: Quad[]) => Validator;
  const validator = new Constructor(quads(shapes));
  const dataset = validator.factory.dataset(quads(data));
  let results: Result[] = [];
  // The report of the last node holds the results of all: the engine goes on with the same one.
  for (const node of focus) ({ results } = await validator.validateNode(dataset, rdf(node), rdf(root)));
  return {
    results: results.map(
      ({ focusNode, path, value, sourceConstraintComponent, severity, message, sourceShape }): EngineResult => ({
        focusNode: termOf(focusNode),
        ...(path ? { path: termOf(path) } : {}),
        ...(value ? { value: termOf(value) } : {}),
        component: termOf(sourceConstraintComponent),
        severity: termOf(severity),
        ...(message[0] ? { message: message[0].value } : {}),
        sourceShape: termOf(sourceShape),
      }),
    ),
  };
}

parentPort!.postMessage(STARTED);
try {
  parentPort!.postMessage(await answer(workerData as Question));
} catch (error) {
  parentPort!.postMessage({ error: (error as Error).message } satisfies Answer);
}
