import { createContext, Script } from 'node:vm';
import type { Spend } from './paths.ts';
import { TooMuch } from './run.ts';

/** A test that could take more steps than this is run under a time limit. */
const MAX_STEPS = 1_000_000;
/** Steps of a regular expression that cost as much as one of a validation. */
const STEPS_PER_STEP = 100;
/** What a millisecond is charged as. */
const STEPS_PER_MS = 2_000;
/** Time for one test of a pattern that could take long, in milliseconds. */
const MAX_MS = 100;

export type PatternTest = (text: string, spend: Spend) => boolean;

/**
 * Compiles sh:pattern (https://www.w3.org/TR/shacl/#PatternConstraintComponent). A pattern comes from whoever wrote the
 * shapes, the text from whoever wrote the document, and together they can keep a backtracking engine busy for years. So
 * the most steps that a test can take are estimated from the pattern and the length of the text. Where that is little, the test
 * runs as it is; otherwise through node:vm, whose time limit interrupts it, at a price of some 150 us. Either way it is
 * charged to the validation, so that many slow tests are not the way around it.
 *
 * @returns a text that says what is wrong with the pattern
 */
export function compilePattern(pattern: string, flags: string): PatternTest | string {
  if (!/^[ims]*$/.test(flags)) return `the flags ${JSON.stringify(flags)}: only i, m and s are supported`;
  const expression = build(pattern, flags);
  if (!expression) return `${JSON.stringify(pattern.slice(0, 100))}, which is no regular expression`;
  const most = steps(pattern);
  return (text, spend) => {
    const estimate = most(text.length);
    try {
      if (estimate > MAX_STEPS) return testInTime(expression, text, spend);
      spend(estimate / STEPS_PER_STEP);
      return expression.test(text);
    } catch (error) {
      if (error instanceof TooMuch) throw error;
      // Besides the time limit, V8 gives up on expressions that are too large, and only when they are first used.
      throw new TooMuch(`The pattern cannot be tested on ${text.length} characters: ${(error as Error).message}`);
    }
  };
}

/** XPath takes `\p{L}` and whole characters as the u flag does, but the flag refuses needless escapes such as `\:`. */
function build(pattern: string, flags: string): RegExp | undefined {
  for (const more of ['u', '']) {
    try {
      return new RegExp(pattern, flags + more);
    } catch {
      // The next one, or none.
    }
  }
  return undefined;
}

/**
 * An upper bound for the steps of a test by backtracking: the choices of all quantifiers and alternatives multiplied,
 * to the power of all repetitions of groups, from every position of the text.
 */
function steps(pattern: string): (length: number) => number {
  // A class counts as one character; \b, \d and the like too. A backreference is as good as unbounded.
  const bare = pattern
    .replace(/\\[1-9k]/g, 'x*x*x*x*')
    .replace(/\\./gs, 'x')
    .replace(/\[[^\]]*\]/g, 'x');
  let unbounded = 0;
  let choices = 1;
  let repeated = 1;
  for (const [, group, quantifier, least, comma, most] of bare.matchAll(
    /(\)?)([*+]|\?|\{(\d+)(,?)(\d*)\}|\|)(?<!\(\?)/g,
  )) {
    const open = quantifier === '*' || quantifier === '+' || (comma && !most);
    if (group && open) return () => Number.POSITIVE_INFINITY;
    if (quantifier === '?' || quantifier === '|') choices *= 2;
    else if (open) unbounded++;
    else choices *= Number(most || least) - Number(least) + 1;
    if (group && least !== undefined) repeated *= Math.max(1, Number(most || least));
  }
  return (length) => (length + 1) * (choices * (length + 1) ** unbounded) ** repeated;
}

const context = createContext({}) as { expression?: RegExp; text?: string };
const script = new Script('expression.test(text)');

function testInTime(expression: RegExp, text: string, spend: Spend): boolean {
  context.expression = expression;
  context.text = text;
  const start = performance.now();
  try {
    return script.runInContext(context, { timeout: MAX_MS }) as boolean;
  } finally {
    spend((performance.now() - start) * STEPS_PER_MS);
  }
}
