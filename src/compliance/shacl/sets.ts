import { nearestName } from '../../credentials/nearest.ts';
import type { Constraint } from './run.ts';
import { languageOf, RDF_TYPE, shown, type Term } from './terms.ts';
import { listed } from './values.ts';

/** Constraints that look at all value nodes together, or at what else is said of the focus node. */

const counted = (number: number): string => `${number} value${number === 1 ? '' : 's'}`;

/** https://www.w3.org/TR/shacl/#MinCountConstraintComponent */
export const minCount = (least: number): Constraint => ({
  component: 'MinCountConstraintComponent',
  check(_run, _focus, values, report) {
    if (values.length >= least) return true;
    report?.({ found: counted(values.length) });
    return false;
  },
  allowed: () => `at least ${counted(least)}`,
  why: ({ found }, at) => (found === '0 values' ? `${at} is missing` : `${at} has ${found}, fewer than ${least}`),
  mend: (_, at) => `Add ${at}`,
});

/** https://www.w3.org/TR/shacl/#MaxCountConstraintComponent */
export const maxCount = (most: number): Constraint => ({
  component: 'MaxCountConstraintComponent',
  check(_run, _focus, values, report) {
    if (values.length <= most) return true;
    report?.({ found: counted(values.length) });
    return false;
  },
  allowed: () => `at most ${counted(most)}`,
  why: ({ found }, at) => `${at} has ${found}, more than ${most}`,
  mend: (_, at) => (most === 0 ? `Remove ${at}` : `Keep ${most} of them`),
});

/** https://www.w3.org/TR/shacl/#UniqueLangConstraintComponent */
export const uniqueLang = (): Constraint => ({
  component: 'UniqueLangConstraintComponent',
  check(_run, _focus, values, report) {
    const seen = new Set<string>();
    const twice = new Set<string>();
    for (const value of values) {
      const language = languageOf(value);
      if (language === undefined) continue;
      (seen.has(language) ? twice : seen).add(language);
    }
    if (report) for (const language of twice) report({ found: `more than one text in ${language}` });
    return twice.size === 0;
  },
  allowed: () => 'one text for each language',
  why: ({ found }, at) => `${at} has ${found}`,
  mend: () => 'Keep one text for each language',
});

/** https://www.w3.org/TR/shacl/#EqualsConstraintComponent */
export const equals = (property: Term): Constraint => ({
  component: 'EqualsConstraintComponent',
  check(run, focus, values, report) {
    const others = run.graph.out(focus, property);
    run.spend(others.length);
    const [here, there] = [new Set(values), new Set(others)];
    const different = [...values.filter((value) => !there.has(value)), ...others.filter((other) => !here.has(other))];
    if (report) for (const value of different) report({ value });
    return different.length === 0;
  },
  allowed: () => `the same values as ${shown(property)}`,
  mend: (_, at) => `Give ${at} and ${shown(property)} the same values`,
});

/** https://www.w3.org/TR/shacl/#DisjointConstraintComponent */
export const disjoint = (property: Term): Constraint => ({
  component: 'DisjointConstraintComponent',
  check(run, focus, values, report) {
    const others = new Set(run.graph.out(focus, property));
    run.spend(others.size);
    const shared = values.filter((value) => others.has(value));
    if (report) for (const value of shared) report({ value });
    return shared.length === 0;
  },
  allowed: () => `values that ${shown(property)} does not have`,
});

/** https://www.w3.org/TR/shacl/#HasValueConstraintComponent */
export const hasValue = (wanted: Term): Constraint => ({
  component: 'HasValueConstraintComponent',
  check(_run, _focus, values, report) {
    if (values.includes(wanted)) return true;
    report?.({ found: counted(values.length) });
    return false;
  },
  allowed: () => `the value ${shown(wanted)}`,
  why: (_, at) => `${at} must have the value ${shown(wanted)}`,
  mend: (_, at) => `Add ${shown(wanted)} to ${at}`,
});

/** https://www.w3.org/TR/shacl/#ClosedConstraintComponent */
export const closed = (properties: ReadonlySet<Term>): Constraint => ({
  component: 'ClosedConstraintComponent',
  check(run, _focus, values, report) {
    let conforms = true;
    for (const node of values) {
      const about = run.graph.about(node);
      if (!about) continue;
      run.spend(about.size);
      for (const [predicate, objects] of about) {
        if (properties.has(predicate)) continue;
        if (!report) return false;
        conforms = false;
        for (const value of objects) report({ predicate, value });
      }
    }
    return conforms;
  },
  allowed: () => `only the properties ${listed([...properties].filter((one) => one !== RDF_TYPE))}`,
  why: ({ predicate }) => `${shown(predicate!)} is no property that is allowed here`,
  mend: ({ predicate }) => {
    const near = nearestName(shown(predicate!), [...properties].map(shown));
    return near ? `Write ${near} if that is meant, or remove ${shown(predicate!)}` : `Remove ${shown(predicate!)}`;
  },
});
