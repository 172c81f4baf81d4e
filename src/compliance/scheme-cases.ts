import { isDeepStrictEqual } from 'node:util';
import type { Basis, EvidenceItem, TrustEntry } from './decision.ts';
import type { Description } from './description.ts';
import { type EvaluationInput, evaluate } from './evaluate.ts';
import type { Scheme } from './scheme.ts';

/** Example descriptions of a scheme with what they come to, kept beside it: `cases/<scheme id>.json`. */
export interface SchemeCases {
  $schema?: string;
  /** Id of the scheme. */
  scheme: string;
  /** ISO time, and the trust list, where a case names none of its own. */
  now: string;
  trust: TrustEntry[];
  base: Record<string, CaseBase | Changed>;
  cases: SchemeCase[];
}

/** What is judged. Of credential, provider and evidence only what matters need be said. */
export interface CaseBase {
  description: Description;
  provider?: Partial<NonNullable<EvaluationInput['provider']>> & { description: Description };
  credential?: Partial<EvaluationInput['credential']>;
  evidence: Partial<EvidenceItem>[];
}

/** Another base, changed. */
interface Changed {
  base: string;
  change: Change[];
}

/** `at` is a JSON pointer into the base; `-` as its end appends to a list. */
type Change = { at: string; set: unknown } | { at: string; remove: true };

export interface SchemeCase {
  name: string;
  base: string;
  change?: Change[];
  now?: string;
  trust?: TrustEntry[];
  expect: Expectation;
}

/** Of `unmet`, `unknown` (among the criteria shown) and `missing` (for the next level) the ids, in any order. */
interface Expectation {
  level: string | null;
  basis?: Basis;
  unmet?: string[];
  unknown?: string[];
  missing?: string[];
}

export interface CaseFailure {
  name: string;
  problem: string;
}

/** Runs a scheme against its cases. Pure. A case that cannot be run is a failure too. */
export function runCases(scheme: Scheme, cases: SchemeCases): CaseFailure[] {
  return cases.cases.flatMap((one) => {
    const problem = problemOf(scheme, cases, one);
    return problem ? [{ name: one.name, problem }] : [];
  });
}

const EXPECTED = ['level', 'basis', 'unmet', 'unknown', 'missing'];

function problemOf(scheme: Scheme, cases: SchemeCases, one: SchemeCase): string | undefined {
  const misspelt = Object.keys(one.expect ?? {}).filter((name) => !EXPECTED.includes(name));
  if (one.expect?.level === undefined || misspelt.length > 0)
    return `"expect" has a "level" and may have ${EXPECTED.slice(1).join(', ')}${misspelt.map((name) => `, not ${name}`)}`;
  let found: Required<Expectation>;
  try {
    const decision = evaluate(inputOf(scheme, cases, one));
    const idsOf = (result: string) => decision.criteria.filter((row) => row.result === result).map(({ id }) => id);
    found = {
      level: decision.level,
      basis: decision.basis,
      unmet: idsOf('unmet'),
      unknown: idsOf('unknown'),
      missing: decision.next?.missing.map(({ id }) => id) ?? [],
    };
  } catch (error) {
    return (error as Error).message;
  }
  const wrong = (Object.keys(one.expect) as (keyof Expectation)[]).filter(
    (name) => !isDeepStrictEqual(sorted(found[name]), sorted(one.expect[name])),
  );
  const shown = (value: unknown) => JSON.stringify(value);
  return wrong.length === 0
    ? undefined
    : wrong.map((name) => `${name} is ${shown(found[name])}, expected ${shown(one.expect[name])}`).join('; ');
}

const sorted = (value: unknown): unknown => (Array.isArray(value) ? value.toSorted() : value);

/**
 * What a case gives to `evaluate`.
 *
 * @throws Error where its base or a place to be changed is not there
 */
export function inputOf(scheme: Scheme, { base, ...given }: SchemeCases, one: SchemeCase): EvaluationInput {
  const { description, provider, credential, evidence } = changed(base, one);
  const now = new Date(one.now ?? given.now);
  const own = {
    digest: 'uListing',
    issuer: description.provider?.id ?? description.id,
    validUntil: new Date(now.getTime() + YEAR_MS).toISOString(),
    ...credential,
  };
  return {
    scheme,
    description,
    credential: own,
    ...(provider ? { provider: { ...own, digest: 'uProvider', ...provider } } : {}),
    evidence: evidence.map((item, index) => ({
      digest: `uEvidence${index}`,
      type: 'kontor:Certificate',
      about: [description.id],
      issuer: own.issuer,
      validFrom: new Date(now.getTime() - MONTH_MS).toISOString(),
      validUntil: new Date(now.getTime() + YEAR_MS).toISOString(),
      basis: 'unknown',
      facts: {},
      ...item,
    })),
    trust: one.trust ?? given.trust,
    now,
  };
}

const MONTH_MS = 30 * 86_400_000;
const YEAR_MS = 365 * 86_400_000;

function changed(
  bases: SchemeCases['base'],
  { base: name, change = [] }: { base: string; change?: Change[] },
): CaseBase {
  const base = Object.hasOwn(bases, name) ? bases[name] : undefined;
  if (!base) throw new Error(`there is no base "${name}"`);
  const whole = 'base' in base ? changed(bases, base) : structuredClone(base);
  for (const one of change) apply(whole, one);
  return whole;
}

function apply(whole: object, change: Change): void {
  const steps = change.at
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = steps.pop();
  let place: unknown = whole;
  for (const step of steps) place = (place as Record<string, unknown> | undefined)?.[step];
  const there = typeof place === 'object' && place !== null && last !== undefined;
  if (!there || ('remove' in change && !Object.hasOwn(place as object, last)))
    throw new Error(`there is no ${change.at} to change`);
  if (Array.isArray(place) && last === '-' && 'set' in change) place.push(structuredClone(change.set));
  else if (Array.isArray(place) && 'remove' in change) place.splice(Number(last), 1);
  else if ('remove' in change) delete (place as Record<string, unknown>)[last];
  else (place as Record<string, unknown>)[last] = structuredClone(change.set);
}
