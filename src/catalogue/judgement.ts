import type { CriterionResult, ShownBasis } from '../compliance/decision.ts';
import type { Check, Stage } from '../credentials/check.ts';
import type { Code } from '../errors.ts';

/** What a node says of one submission: the same in API, pages and command line. */
export interface Judgement {
  ok: boolean;
  /** Present when refused. `key-unavailable` and `status-unavailable` mean held, to be tried again. */
  code?: Code;
  detail?: string;
  /** True when exactly these bytes were held already. */
  known?: boolean;
  digest: string;
  /** The stage reached: where it was refused, or `commit` (`label` for a check without storing). */
  stage: Stage;
  checks: Check[];
  /** What it became. */
  kind?: 'listing' | 'evidence' | 'withdrawal' | 'label' | 'presentation';
  listing?: { key: string; id: string; type: string; name: string; url?: string };
  labels?: JudgedLabel[];
  /** Where this node logged it. */
  entry?: { origin: string; index: number };
  /** For a presentation: one judgement per credential within, in order. */
  items?: Judgement[];
}

/** Checks of the submission itself: a presentation repeats those of its credentials, each under its place. */
export const ownChecks = ({ checks, items = [] }: Judgement): Check[] =>
  checks.filter(({ where }) => items.length === 0 || !where?.startsWith('/verifiableCredential/'));

export interface JudgedLabel {
  scheme: string;
  /** Null when no level holds. */
  level: string | null;
  basis: ShownBasis;
  digest: string | null;
  criteria: CriterionResult[];
  next?: { level: string; missing: CriterionResult[] } | null;
}
