import { shorten } from '../../credentials/jsonld/claims.ts';
import { nearestValue } from '../../credentials/nearest.ts';
import { type Comparable, comparable, compare, isWellFormed } from './datatypes.ts';
import type { PatternTest } from './pattern.ts';
import type { Constraint, Run } from './run.ts';
import { datatypeOf, isBlank, isIri, isLiteral, languageOf, literal, shown, type Term, textOf } from './terms.ts';

/** Constraints that look at one value node after the other. */

type Words = Pick<Constraint, 'allowed' | 'mend'>;

function eachValue(component: string, test: (value: Term, run: Run) => boolean, words: Words): Constraint {
  return {
    component: `${component}ConstraintComponent`,
    check(run, _focus, values, report) {
      let conforms = true;
      for (const value of values) {
        if (test(value, run)) continue;
        if (!report) return false;
        conforms = false;
        report({ value });
      }
      return conforms;
    },
    ...words,
  };
}

/** https://www.w3.org/TR/shacl/#ClassConstraintComponent */
export function hasClass(wanted: Term): Constraint {
  const test = (value: Term, { graph, classes, spend }: Run) => {
    spend(graph.types(value).length);
    return classes.isA(graph, value, wanted);
  };
  return eachValue('Class', test, {
    allowed: () => `something of type ${shown(wanted)}`,
    mend: ({ value }) =>
      isLiteral(value!)
        ? `Write an object of type ${shown(wanted)} instead of the plain value`
        : `Give it the type ${shown(wanted)}, and include it in what is checked if it is only referred to`,
  });
}

/** https://www.w3.org/TR/shacl/#DatatypeConstraintComponent */
export function hasDatatype(wanted: Term): Constraint {
  return eachValue('Datatype', (value) => datatypeOf(value) === wanted && isWellFormed(value), {
    allowed: () => `a value of type ${shown(wanted)}`,
    mend: ({ value }) =>
      isLiteral(value!) && isWellFormed(literal(textOf(value!), wanted))
        ? `Write {"@value": ${JSON.stringify(textOf(value!).slice(0, 100))}, "@type": "${shown(wanted)}"}`
        : `Write a value of type ${shown(wanted)}`,
  });
}

const KINDS: Record<string, readonly [test: (term: Term) => boolean, words: string]> = {
  IRI: [isIri, 'an IRI: an object with an id'],
  BlankNode: [isBlank, 'an object without id'],
  Literal: [isLiteral, 'a plain value: text, a number, true or false, a date'],
  BlankNodeOrIRI: [(term) => !isLiteral(term), 'an object, with or without id'],
  BlankNodeOrLiteral: [(term) => !isIri(term), 'a plain value, or an object without id'],
  IRIOrLiteral: [(term) => !isBlank(term), 'a plain value, or an object with an id'],
};

/** https://www.w3.org/TR/shacl/#NodeKindConstraintComponent; undefined for a kind that SHACL does not know */
export function hasNodeKind(kind: string): Constraint | undefined {
  if (!Object.hasOwn(KINDS, kind)) return undefined;
  const [test, words] = KINDS[kind]!;
  return eachValue('NodeKind', test, {
    allowed: () => words,
    mend: ({ value }) =>
      isLiteral(value!) && isIri(textOf(value!)) && kind === 'IRI'
        ? `Write {"id": ${JSON.stringify(textOf(value!).slice(0, 100))}}`
        : `Write ${words}`,
  });
}

/** https://www.w3.org/TR/shacl/#core-components-range; undefined for a limit that cannot be ordered */
export function inRange(side: keyof typeof SIDES, limit: Term): Constraint | undefined {
  const border = comparable(limit);
  if (!border) return undefined;
  const { holds, words } = SIDES[side];
  return eachValue(side, (value) => holds(compare(comparable(value), border)), {
    allowed: () => `${words} ${shown(limit)}`,
  });
}

type Order = number | undefined;
const SIDES = {
  MinInclusive: { holds: (order: Order) => order !== undefined && order >= 0, words: 'at least' },
  MinExclusive: { holds: (order: Order) => order !== undefined && order > 0, words: 'more than' },
  MaxInclusive: { holds: (order: Order) => order !== undefined && order <= 0, words: 'at most' },
  MaxExclusive: { holds: (order: Order) => order !== undefined && order < 0, words: 'less than' },
};

/** Characters as SPARQL's STRLEN counts them, not the halves of JavaScript. */
function lengthOf(text: string): number {
  let length = text.length;
  for (const _ of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) length--;
  return length;
}

/** https://www.w3.org/TR/shacl/#MinLengthConstraintComponent */
export const minLength = (least: number): Constraint =>
  eachValue('MinLength', (value) => !isBlank(value) && lengthOf(textOf(value)) >= least, {
    allowed: () => `at least ${least} characters`,
  });

/** https://www.w3.org/TR/shacl/#MaxLengthConstraintComponent */
export const maxLength = (most: number): Constraint =>
  eachValue('MaxLength', (value) => !isBlank(value) && lengthOf(textOf(value)) <= most, {
    allowed: () => `at most ${most} characters`,
  });

/** https://www.w3.org/TR/shacl/#PatternConstraintComponent */
export const matchesPattern = (test: PatternTest, pattern: string, flags: string): Constraint =>
  eachValue('Pattern', (value, run) => !isBlank(value) && test(textOf(value), run.spend), {
    allowed: () => `text that matches the regular expression /${pattern.slice(0, 200)}/${flags}`,
  });

/** https://www.w3.org/TR/shacl/#LanguageInConstraintComponent */
export function languageIn(ranges: readonly string[]): Constraint {
  const wanted = ranges.map((range) => range.toLowerCase());
  const matches = (language: string) =>
    wanted.some((range) => range === '*' || language === range || language.startsWith(`${range}-`));
  return eachValue(
    'LanguageIn',
    (value) => {
      const language = languageOf(value);
      return language !== undefined && matches(language);
    },
    {
      allowed: () => `text in one of the languages ${ranges.join(', ')}`,
      mend: () => `Write {"@value": "...", "@language": ${JSON.stringify(ranges[0] ?? '')}}`,
    },
  );
}

const MAX_LISTED = 12;
/** Looking for what was meant among more than this takes too long. */
const MAX_COMPARED = 300;

/** https://www.w3.org/TR/shacl/#InConstraintComponent */
export function isIn(members: readonly Term[]): Constraint {
  const set = new Set(members);
  return eachValue('In', (value) => set.has(value), {
    allowed: () => (members.length === 1 ? shown(members[0]!) : `one of ${listed(members)}`),
    mend: ({ value }) => {
      const few = members.slice(0, MAX_COMPARED);
      const near = nearestValue(localText(value!), few.map(localText));
      const meant = near === undefined ? undefined : few.find((member) => localText(member) === near);
      if (meant === undefined) return 'Write one of the values that are allowed';
      return isIri(meant)
        ? `Write {"id": "${meant}"}, if ${shorten(meant)} is meant`
        : `Write ${shown(meant)}, if that is meant`;
    },
  });
}

const localText = (term: Term): string => textOf(term).slice(0, 200);

/** The first few terms, and how many more there are. */
export function listed(terms: readonly Term[]): string {
  const first = terms.slice(0, MAX_LISTED).map(shown).join(', ');
  return terms.length <= MAX_LISTED ? first : `${first} and ${terms.length - MAX_LISTED} more`;
}

/** https://www.w3.org/TR/shacl/#core-components-property-pairs: comparison of all values with all of another property. */
export function lessThan(property: Term, orEquals: boolean): Constraint {
  return {
    component: orEquals ? 'LessThanOrEqualsConstraintComponent' : 'LessThanConstraintComponent',
    check(run, focus, values, report) {
      const others: (Comparable | undefined)[] = run.graph.out(focus, property).map(comparable);
      run.spend(values.length * others.length);
      let conforms = true;
      for (const value of values) {
        const one = comparable(value);
        for (const other of others) {
          const order = compare(one, other);
          if (order !== undefined && (order < 0 || (orEquals && order === 0))) continue;
          if (!report) return false;
          conforms = false;
          report({ value });
        }
      }
      return conforms;
    },
    allowed: () => `${orEquals ? 'at most' : 'less than'} the value of ${shown(property)}`,
  };
}
