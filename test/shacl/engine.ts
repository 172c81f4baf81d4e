import { Parser } from 'n3';
import SHACLValidator from 'rdf-validate-shacl';
import { graphOf } from '../../src/compliance/shacl/graph.ts';
import { parsePath, pathText } from '../../src/compliance/shacl/paths.ts';
import { langLiteral, literal, SH, type Term } from '../../src/compliance/shacl/terms.ts';
import type { ShaclReport } from '../../src/compliance/shacl/validate.ts';

/** The maintained engine, as the oracle that compiled shapes are compared with. */

interface RdfTerm {
  termType: string;
  value: string;
  language?: string;
  datatype?: { value: string };
}
interface Result {
  focusNode: RdfTerm;
  path: RdfTerm | null;
  value: RdfTerm | null;
  sourceConstraintComponent: RdfTerm;
}
interface Validator {
  factory: { dataset(quads: unknown[]): unknown };
  validate(data: unknown): Promise<{ conforms: boolean; results: Result[] }>;
}

const termOf = ({ termType, value, language, datatype }: RdfTerm): Term =>
  termType === 'Literal'
    ? language
      ? langLiteral(value, language)
      : literal(value, datatype?.value)
    : termType === 'BlankNode'
      ? `_:${value}`
      : value;

/** Results without duplicates, each as text: focus node, path, component, value. */
export interface Findings {
  conforms: boolean;
  results: string[];
}

/** Loads shapes into the engine; the function checks data in Turtle. */
export function oracle(shapes: string): (data: string) => Promise<Findings> {
  const quads = new Parser().parse(shapes);
  const graph = graphOf(quads);
  const Constructor = SHACLValidator as unknown as new (quads: unknown[]) => Validator;
  const validator = new Constructor(quads);
  return async (data) => {
    const { conforms, results } = await validator.validate(validator.factory.dataset(new Parser().parse(data)));
    const lines = results.map(({ focusNode, path, value, sourceConstraintComponent }) => {
      const parsed = path === null ? undefined : parsePath(graph, termOf(path));
      const text = parsed === undefined || typeof parsed === 'string' ? parsed : pathText(parsed);
      return line(termOf(focusNode), text, sourceConstraintComponent.value.slice(SH.length), value && termOf(value));
    });
    return { conforms, results: [...new Set(lines)].sort() };
  };
}

export function findingsOf({ conforms, results }: ShaclReport): Findings {
  const lines = results.map(({ focusNode, path, component, value }) => line(focusNode, path, component, value));
  return { conforms, results: [...new Set(lines)].sort() };
}

/** Nodes without a name get another one at each reading. */
const name = (term: Term | null | undefined) => (term?.startsWith('_:') ? '_:' : (term ?? null));

const line = (focus: Term | undefined, path: string | undefined, component: string, value: Term | null | undefined) =>
  JSON.stringify([name(focus), path ?? null, component, name(value)]);
