import { type Constraint, evaluate, type Outcome, type Run, type Shape } from './run.ts';
import { isIri, shown, type Term } from './terms.ts';

/** Constraints that ask whether values conform to other shapes. */

function conforming(
  component: string,
  test: (run: Run, value: Term, details: Outcome[] | undefined) => boolean,
  allowed: (depth?: number) => string,
): Constraint {
  return {
    component: `${component}ConstraintComponent`,
    check(run, _focus, values, report) {
      let conforms = true;
      for (const value of values) {
        const details: Outcome[] | undefined = report && [];
        if (test(run, value, details)) continue;
        if (!report) return false;
        conforms = false;
        report(details!.length > 0 ? { value, details } : { value });
      }
      return conforms;
    },
    allowed,
  };
}

/** https://www.w3.org/TR/shacl/#NodeConstraintComponent */
export const node = (shape: Shape): Constraint =>
  conforming(
    'Node',
    (run, value, details) => evaluate(run, shape, value, details),
    (depth) => shapeText(shape, depth),
  );

/** https://www.w3.org/TR/shacl/#NotConstraintComponent */
export const not = (shape: Shape): Constraint =>
  conforming(
    'Not',
    (run, value) => !evaluate(run, shape, value),
    (depth) => `anything but ${shapeText(shape, depth)}`,
  );

/** https://www.w3.org/TR/shacl/#AndConstraintComponent */
export const and = (shapes: readonly Shape[]): Constraint =>
  conforming(
    'And',
    (run, value, details) => {
      let conforms = true;
      for (const shape of shapes) {
        if (evaluate(run, shape, value, details)) continue;
        if (!details) return false;
        conforms = false;
      }
      return conforms;
    },
    (depth) => joined(shapes, ', and ', depth),
  );

/** https://www.w3.org/TR/shacl/#OrConstraintComponent */
export const or = (shapes: readonly Shape[]): Constraint =>
  conforming(
    'Or',
    (run, value) => shapes.some((shape) => evaluate(run, shape, value)),
    (depth) => joined(shapes, ', or ', depth),
  );

/** https://www.w3.org/TR/shacl/#XoneConstraintComponent */
export const xone = (shapes: readonly Shape[]): Constraint =>
  conforming(
    'Xone',
    (run, value) => shapes.filter((shape) => evaluate(run, shape, value)).length === 1,
    (depth) => `exactly one of: ${joined(shapes, '; ', depth)}`,
  );

/**
 * https://www.w3.org/TR/shacl/#QualifiedValueShapeConstraintComponent
 *
 * @param siblings shapes that a value must not conform to if it is to count (sh:qualifiedValueShapesDisjoint)
 */
export function qualified(side: 'Min' | 'Max', count: number, shape: Shape, siblings: readonly Shape[]): Constraint {
  const words = `${side === 'Min' ? 'at least' : 'at most'} ${count} value${count === 1 ? '' : 's'}`;
  return {
    component: `Qualified${side}CountConstraintComponent`,
    check(run, _focus, values, report) {
      const found = values.filter(
        (value) => evaluate(run, shape, value) && !siblings.some((sibling) => evaluate(run, sibling, value)),
      ).length;
      if (side === 'Min' ? found >= count : found <= count) return true;
      report?.({ found: `${found} value${found === 1 ? '' : 's'} of this kind` });
      return false;
    },
    allowed: (depth) => `${words}: ${shapeText(shape, depth)}`,
    why: ({ found }, at) => `${at} has ${found}, ${words} must be ${shapeText(shape)}`,
    mend: (_, at) => `Give ${at} ${words}: ${shapeText(shape)}`,
  };
}

/** Texts deeper or longer than this help nobody, and shapes can mention each other very often. */
const MAX_DEPTH = 3;
const MAX_PARTS = 8;
const MAX_WORDS = 300;

const joined = (shapes: readonly Shape[], glue: string, depth = 0): string =>
  few(
    shapes.slice(0, MAX_PARTS + 1).map((shape) => shapeText(shape, depth)),
    glue,
  );

function few(parts: readonly string[], glue: string): string {
  const text = parts.slice(0, MAX_PARTS).join(glue);
  return parts.length > MAX_PARTS || text.length > MAX_WORDS ? `${text.slice(0, MAX_WORDS)}...` : text;
}

/** What a shape accepts, in words; a shape with a name that asks for much is named. */
function shapeText(shape: Shape, depth = 0): string {
  const asked = [...shape.constraints, ...shape.properties];
  if (depth >= MAX_DEPTH || (isIri(shape.id) && asked.length > 3)) return `what the shape ${shown(shape.id)} asks for`;
  if (asked.length === 0) return 'anything';
  const parts = asked
    .slice(0, MAX_PARTS + 1)
    .map((one) => ('check' in one ? one.allowed(depth + 1) : shapeText(one, depth + 1)));
  const text = few(parts, ' and ');
  return shape.path ? `${shape.path.text}: ${text}` : text;
}
