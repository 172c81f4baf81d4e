import type { Certificate } from './certified.ts';
import { EU_EEA } from './countries.ts';
import type { Basis, EvidenceItem, TrustEntry } from './decision.ts';
import type { Description } from './description.ts';
import { dayOf } from './mapping.ts';
import type { Certification, Comparison, Matcher, Test } from './scheme.ts';
import { vouched } from './vouched.ts';
import { fill } from './words.ts';

/** What a test may look at. Everything is given; nothing is looked up, so the same inputs always give the same result. */
export interface Facts {
  description: Description;
  credential: { digest: string; issuer: string; validUntil: string };
  /** `issuer` absent: the caller held only self-descriptions signed by the issuer of the listing. */
  provider?: { description: Description; digest: string; validUntil: string; issuer?: string };
  evidence: readonly EvidenceItem[];
  trust: readonly TrustEntry[];
  sets: Record<string, string[]>;
  certification?: Certification | undefined;
  /** Those among the evidence that certify, each judged once. */
  certificates: readonly Certificate[];
  /** Id of the criterion that is decided. */
  criterion: string;
  now: Date;
}

export interface Outcome {
  result: 'met' | 'unmet' | 'unknown';
  /** Why it does not hold and what to do; empty when met. */
  reasons: { say: string; mend?: string }[];
  /** Evidence that was counted. */
  evidence: { item: EvidenceItem; basis: Basis; by: string }[];
  usesProvider: boolean;
  /** Times at which the result may change by itself. */
  until: string[];
  /** What met it, where a test has words for that. */
  met?: string[];
  /** Values for {name} in the words of the test. */
  words?: Record<string, unknown>;
}

const MET: Outcome = { result: 'met', reasons: [], evidence: [], usesProvider: false, until: [] };

/** Three-valued: what is not said is unknown or unmet, as the test says, and never met. */
export function decide(test: Test, facts: Facts): Outcome {
  const outcome = bare(test, facts);
  const words = (text: string) => fill(text, (name) => outcome.words?.[name]);
  if (outcome.result === 'met') return test.met ? { ...outcome, met: [words(test.met)] } : outcome;
  const own = 'say' in test && test.say && !('compare' in test) ? { say: test.say, mend: test.mend } : undefined;
  const reasons = own ? [own] : outcome.reasons;
  return {
    ...outcome,
    reasons: reasons.map(({ say, mend }) => ({ say: words(say), ...(mend ? { mend: words(mend) } : {}) })),
  };
}

function bare(test: Test, facts: Facts): Outcome {
  const { description, provider } = facts;
  const when = (holds: boolean, more: Partial<Outcome> = {}): Outcome => ({
    ...MET,
    ...more,
    result: holds ? 'met' : (('else' in test ? test.else : undefined) ?? 'unmet'),
  });
  const matching = (path: string, matcher: Matcher = {}) =>
    listAt(description, path).filter((item) => matches(item, matcher, facts));
  if ('all' in test)
    return every(
      test.all.map((inner) => decide(inner, facts)),
      test.inOrder ?? false,
    );
  if ('any' in test) return some(test.any.map((inner) => decide(inner, facts)));
  if ('not' in test) return when(decide(test.not, facts).result !== 'met');
  if ('some' in test) return when(matching(test.some, test.where).length > 0);
  if ('every' in test) return when(matching(test.every, test.of).every((item) => matches(item, test.where, facts)));
  if ('none' in test) return when(matching(test.none, test.of).length === 0);
  if ('stated' in test) return when(isStated(at(description, test.stated)));
  if ('within' in test) {
    const value = at(description, test.within);
    if (!isStated(value)) return { ...MET, result: test.else ?? 'unknown' };
    return { ...MET, result: isIn(value, test.set, facts) ? 'met' : 'unmet' };
  }
  if ('ofProvider' in test) return ofProvider(test.ofProvider, facts);
  if ('is' in test) return when(at(description, test.is) === test.value);
  if ('compare' in test) return compare(test, test.else ?? 'unknown', test.say, test.mend, facts);
  if ('reached' in test) return reached(at(description, test.reached), facts.now);
  if ('provider' in test) {
    const known = provider !== undefined;
    if (test.provider === 'known') return when(known, { usesProvider: known });
    return when(known && (provider.issuer ?? facts.credential.issuer) === facts.credential.issuer, {
      usesProvider: known,
    });
  }
  return vouched(test.evidence, facts, when);
}

/** Both hold; the reasons of both are told. */
export const both = (one: Outcome, other: Outcome): Outcome => every([one, other], false);

function every(outcomes: Outcome[], inOrder: boolean): Outcome {
  const failing = outcomes.filter(({ result }) => result !== 'met').slice(0, inOrder ? 1 : undefined);
  const result = failing.some((outcome) => outcome.result === 'unmet')
    ? 'unmet'
    : failing.length > 0
      ? 'unknown'
      : 'met';
  const met = outcomes.flatMap((outcome) => outcome.met ?? []);
  return {
    ...merge(outcomes),
    result,
    reasons: failing.flatMap(({ reasons }) => reasons),
    ...(result === 'met' && met.length > 0 ? { met } : {}),
  };
}

function some(outcomes: Outcome[]): Outcome {
  const met = outcomes.find(({ result }) => result === 'met');
  if (met) return met;
  const result = outcomes.some((outcome) => outcome.result === 'unknown') ? 'unknown' : 'unmet';
  const telling = outcomes.find((outcome) => outcome.result === result && outcome.reasons.length > 0);
  return { ...merge(outcomes), result, reasons: telling?.reasons ?? [] };
}

function merge(outcomes: Outcome[]): Outcome {
  return {
    result: 'unknown',
    reasons: [],
    evidence: outcomes.flatMap(({ evidence }) => evidence),
    usesProvider: outcomes.some(({ usesProvider }) => usesProvider),
    until: outcomes.flatMap(({ until }) => until),
  };
}

/** Numbers are compared, not looked for: a stated figure beyond the limit does not meet a criterion. */
function compare(
  test: Comparison,
  silence: 'unmet' | 'unknown',
  say: string | undefined,
  mend: string | undefined,
  facts: Facts,
): Outcome {
  const value = at(facts.description, test.compare);
  const steps = test.steps ?? [{ value: test.value ?? Number.NaN }];
  const current = steps.findIndex(({ until }) => !until || facts.now.getTime() <= Date.parse(until));
  const step = steps[current];
  const words = { limit: step?.value };
  const because = (result: 'unmet' | 'unknown', text: string | undefined): Outcome => ({
    ...MET,
    result,
    words,
    reasons: text ? [{ say: text, ...(mend ? { mend } : {}) }] : [],
  });
  if (typeof value !== 'number') return because(silence, say);
  // A figure that cannot be tells nothing about the site: it is neither within nor beyond the limit.
  const { min = -Infinity, max = Infinity } = test.possible ?? {};
  if (!(value >= min && value <= max)) return because('unknown', test.sayImpossible);
  const holds = (limit: number) => (test.op === '<=' ? value <= limit : value >= limit);
  if (step && holds(step.value)) {
    const next = steps[current + 1];
    const until = step.until && next && !holds(next.value) ? [new Date(step.until).toISOString()] : [];
    return { ...MET, words, until };
  }
  const grey =
    test.greyUpTo === null ||
    (test.greyUpTo !== undefined && (test.op === '<=' ? value <= test.greyUpTo : value >= test.greyUpTo));
  return grey ? because('unknown', test.sayGrey) : because('unmet', test.sayOver);
}

/** The same of the provider's own self-description; without one nothing is known. */
function ofProvider(test: Test, facts: Facts): Outcome {
  const { provider } = facts;
  if (!provider) {
    const say = "The provider's own self-description is not held by this node";
    return { ...MET, result: 'unknown', reasons: [{ say }] };
  }
  const outcome = decide(test, { ...facts, description: provider.description });
  // Its words are about the provider: they are filled here, where that is known.
  const words = (text: string) => fill(text, (path) => at(provider.description, path));
  return {
    ...outcome,
    usesProvider: true,
    reasons: outcome.reasons.map(({ say, mend }) => ({ say: words(say), ...(mend ? { mend: words(mend) } : {}) })),
  };
}

/** A promise for a day to come is no fact yet. On that day it is decided again. */
function reached(stated: unknown, now: Date): Outcome {
  const day = typeof stated === 'string' ? dayOf(stated) : Number.POSITIVE_INFINITY;
  if (day <= now.getTime()) return MET;
  return { ...MET, result: 'unknown', until: Number.isFinite(day) ? [new Date(day).toISOString()] : [] };
}

/** A member by path (`contact.url`). */
export function at(description: Description, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      description,
    );
}

const listAt = (description: Description, path: string): unknown[] => {
  const value = at(description, path);
  return Array.isArray(value) ? value : [];
};

const isStated = (value: unknown): boolean =>
  value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);

function matches(item: unknown, matcher: Matcher, facts: Facts): boolean {
  return Object.entries(matcher).every(([name, wanted]) => {
    const value = (item as Record<string, unknown>)[name];
    if (typeof wanted !== 'object') return value === wanted;
    if ('stated' in wanted) return isStated(value);
    if ('atLeast' in wanted) return (Array.isArray(value) ? value.length : Number(value ?? 0)) >= wanted.atLeast;
    const all = [value].flat();
    if ('notIn' in wanted) return isStated(value) && !all.every((one) => isIn(one, wanted.notIn, facts));
    return all.some((one) => isIn(one, wanted.in, facts));
  });
}

function isIn(value: unknown, name: string, { sets }: Facts): boolean {
  const set = name === 'eu-eea' ? EU_EEA : new Set<unknown>(sets[name] ?? []);
  return (set as ReadonlySet<unknown>).has(value);
}
