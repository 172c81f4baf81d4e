import type { AddedShapes } from '../compliance/added-shapes.ts';
import { BASES, type Basis, type CriterionResult, type Decision } from '../compliance/decision.ts';
import { rankOf, type Scheme } from '../compliance/scheme.ts';
import type { Check } from '../credentials/check.ts';
import type { Policy } from '../policy.ts';
import { dropped, lost, rebased, won } from './differing.ts';

/* What a rehearsal tells: what would become of each thing that is held, and how many of what. */

/** What a node decides by. */
export interface Conditions {
  policy: Policy;
  schemes: readonly Scheme[];
  /** Of the conditions in force all sets; of a candidate those alone that are new, or read with other ontologies. */
  shapes: AddedShapes;
}

/** A level and the basis it rests on; null where no level holds. */
interface Standing {
  level: string | null;
  basis: Basis;
  /** ISO time at which a label of this node ends. */
  until?: string;
}

export interface Reason extends Pick<CriterionResult, 'id' | 'why' | 'mend'> {}

/** What would become of one label of a listing. */
export interface LabelOutcome {
  /** `stronger`, `weaker`: the same level on another basis; `longer`, `shorter`: the same until another time. */
  effect: 'gains' | 'loses' | 'stronger' | 'weaker' | 'longer' | 'shorter';
  key: string;
  id: string;
  name: string;
  /** DID of whoever signed the listing. */
  provider: string;
  scheme: string;
  /** The node that gave the label, where it is not this one. */
  by?: string;
  from: Standing;
  to: Standing;
  /** The criteria that make the difference. */
  why: Reason[];
}

/** Something held that stands, and that this node would not take again as it is. */
export interface RenewalOutcome {
  effect: 'refused';
  /** Of a listing. */
  key?: string;
  id: string;
  /** Of a listing its name, of evidence its type. */
  name: string;
  provider: string;
  digest: string;
  /** The checks that it would fail. */
  why: Check[];
}

export type Outcome = LabelOutcome | RenewalOutcome;

/** How many, in all. */
export interface Summary {
  /** As of when. */
  at: string;
  looked: { listings: number; evidence: number };
  /** Schemes that change, or of which a label does. */
  schemes: SchemeSummary[];
  refused: { listings: number; evidence: number };
  /** What of the change is not rehearsed, in sentences. */
  notes: string[];
}

export interface SchemeSummary extends Record<LabelOutcome['effect'], number> {
  scheme: string;
  /** Its editions; null where it is not decided by. */
  edition: { from: string | null; to: string | null };
}

export const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

export const find = ({ schemes }: Conditions, id: string): Scheme | undefined =>
  schemes.find((scheme) => scheme.id === id);

interface Pair<T> {
  before: T | undefined;
  after: T | undefined;
}

/** Undefined where level, basis and end stay. */
export function changeOf(
  scheme: Pair<Scheme>,
  decided: Pair<Decision>,
): Pick<LabelOutcome, 'effect' | 'from' | 'to' | 'why'> | undefined {
  const standing = (decision: Decision | undefined): Standing =>
    decision?.level
      ? { level: decision.level, basis: decision.basis, until: decision.validUntil }
      : { level: null, basis: 'unknown' };
  const [from, to] = [standing(decided.before), standing(decided.after)];
  if (same(from, to)) return undefined;
  const rank = (one: Scheme | undefined, { level }: Standing) => (one && level ? rankOf(one, level) : 0);
  const higher = rank(scheme.after, to) - rank(scheme.before, from);
  const surer = BASES.indexOf(to.basis) - BASES.indexOf(from.basis);
  if (from.level !== to.level) {
    const effect = higher > 0 ? 'gains' : 'loses';
    return { effect, from, to, why: whyOf(effect, decided) };
  }
  if (surer !== 0) return { effect: surer > 0 ? 'stronger' : 'weaker', from, to, why: rebasedBy(decided) };
  const longer = to.until! > from.until!;
  return { effect: longer ? 'longer' : 'shorter', from, to, why: longer ? ENDS_LATER : ENDS_EARLIER };
}

const ENDS_LATER: Reason[] = [{ id: 'until', why: 'What it rests on would hold longer: the label is signed anew' }];
const ENDS_EARLIER: Reason[] = [
  { id: 'until', why: 'Something that it rests on would end earlier, such as a mandate: the label is signed anew' },
];

const SCHEME_ENDS: Reason = { id: 'scheme', why: 'This node would decide by that scheme no more' };

/** The criteria that make the difference between two levels. */
function whyOf(effect: 'gains' | 'loses', { before, after }: Pair<Decision>): Reason[] {
  if (!after) return [SCHEME_ENDS];
  if (effect === 'loses') return before ? lost(before, after).map(reasonOf) : [];
  const gone = dropped(before, after).map(({ id }) => ({ id, why: 'It is not asked any more' }));
  return [...won(before, after).map(reasonOf), ...gone];
}

const rebasedBy = ({ before, after }: Pair<Decision>): Reason[] => rebased(before, after!).map(reasonOf);

const reasonOf = ({ id, why, mend }: CriterionResult): Reason => ({ id, why, ...(mend ? { mend } : {}) });

interface Compared {
  before: Conditions;
  after: Conditions;
  now: Date;
}

/** Counts what is told. */
export class Tally {
  readonly looked = { listings: 0, evidence: 0 };
  readonly #schemes = new Map<string, SchemeSummary>();
  readonly #refused = { listings: 0, evidence: 0 };
  readonly #given: Compared;
  readonly #applied = new Set<string>();

  /** @param schemes ids of those that are told of in any case */
  constructor(given: Compared, schemes: Iterable<string>) {
    this.#given = given;
    for (const id of schemes) this.#of(id);
  }

  #of(scheme: string): SchemeSummary {
    const { before, after } = this.#given;
    const edition = (one: Conditions) => find(one, scheme)?.edition ?? null;
    const counts = { gains: 0, loses: 0, stronger: 0, weaker: 0, longer: 0, shorter: 0 };
    const editions = { from: edition(before), to: edition(after) };
    const found = this.#schemes.get(scheme) ?? { scheme, edition: editions, ...counts };
    this.#schemes.set(scheme, found);
    return found;
  }

  /** Sets by which nothing would be checked: no result of theirs is no good news. */
  #idle(): string[] {
    const { listings, evidence } = this.looked;
    return this.#given.after.shapes.sets
      .filter(({ name }) => listings + evidence > 0 && !this.#applied.has(name))
      .map(
        ({ name }) =>
          `The shapes ${name} apply to none of the ${listings} listings and ${evidence} pieces of evidence held: they may be written for another namespace (docs/shapes.md).`,
      );
  }

  count(outcome: Outcome): void {
    if (outcome.effect === 'refused') this.#refused[outcome.key ? 'listings' : 'evidence']++;
    else this.#of(outcome.scheme)[outcome.effect]++;
  }

  /** @param sets names of those that have a shape for something held */
  apply(sets: string[]): void {
    for (const name of sets) this.#applied.add(name);
  }

  summary(): Summary {
    return {
      at: this.#given.now.toISOString(),
      looked: this.looked,
      schemes: [...this.#schemes.values()].sort((one, other) => (one.scheme < other.scheme ? -1 : 1)),
      refused: this.#refused,
      notes: [...notesOf(this.#given), ...this.#idle()],
    };
  }
}

/** Parts of a policy that move nothing which is held, or that cannot be rehearsed. */
const NOTES: [part: (policy: Policy) => unknown, note: string][] = [
  [({ peers }) => peers, 'Peers change: what they brought stays.'],
  [
    ({ anchors = {} }) => [anchors.files, anchors.registry],
    'Trust anchors change: whose keys lead to them is not rehearsed; `kontor trust check DID` tells.',
  ],
  [({ status }) => status, 'What is done about status lists changes: it counts from the next look at each list.'],
];

const notesOf = ({ before, after }: Compared): string[] =>
  NOTES.filter(([part]) => !same(part(before.policy), part(after.policy))).map(([, note]) => note);
