import type { CriterionResult, Decision } from '../compliance/decision.ts';
import type { Clocked, Database } from './database.ts';
import {
  type FormerLabel,
  type LabelChange,
  labelChanges,
  labelsAt,
  type Witness,
  witnesses,
} from './label-history.ts';

/** A criterion with the credentials that its result rests on: by whom, and until when. */
export type ExplainedCriterion<C> = C & { by: Witness[] };

/** A decision that can be read without looking anything up. */
export interface ExplainedDecision extends Omit<Decision, 'criteria' | 'next'> {
  criteria: ExplainedCriterion<CriterionResult>[];
  next: { level: string; missing: ExplainedCriterion<CriterionResult>[] } | null;
}

/** What a label credential says of a criterion. */
type LabelledCriterion = Pick<CriterionResult, 'id' | 'result' | 'basis' | 'evidence'>;

/** A label of former days, with the results of its criteria as its credential has them. */
export interface ExplainedLabel extends FormerLabel {
  edition?: string;
  criteria: ExplainedCriterion<LabelledCriterion>[];
}

/** Why a listing has its labels, and which it had. */
export interface Explain {
  now(decisions: Decision[]): Promise<ExplainedDecision[]>;
  /** The labels of this node that held at a time. */
  at(key: string, at: Date): Promise<ExplainedLabel[]>;
  /** How the labels of this node came and went, the oldest first. */
  changes(key: string): Promise<LabelChange[]>;
}

export function createExplain({ database: { read: db }, clock }: { database: Database } & Clocked): Explain {
  const explained = async <C extends { evidence: string[] }>(criteria: C[]): Promise<ExplainedCriterion<C>[]> => {
    const found = await witnesses(db, [...new Set(criteria.flatMap(({ evidence }) => evidence))]);
    const byDigest = new Map(found.map((one) => [one.digest, one]));
    return criteria.map((one) => ({ ...one, by: one.evidence.flatMap((digest) => byDigest.get(digest) ?? []) }));
  };

  return {
    now: (decisions) =>
      Promise.all(
        decisions.map(async ({ criteria, next, ...decision }) => ({
          ...decision,
          criteria: await explained(criteria),
          next: next && { level: next.level, missing: await explained(next.missing) },
        })),
      ),
    at: async (key, at) =>
      Promise.all(
        labelsAt(await labelChanges(db, key), at, clock()).map(async (label) => {
          const object = await db
            .selectFrom('object')
            .select('bytes')
            .where('digest', '=', label.digest)
            .executeTakeFirst();
          const { edition, criteria } = labelSays(object?.bytes);
          return { ...label, ...(edition ? { edition } : {}), criteria: await explained(criteria) };
        }),
      ),
    changes: (key) => labelChanges(db, key),
  };
}

/** What a label credential of this node says, which it signed itself: a JWT. */
function labelSays(jwt: Uint8Array | undefined): { edition?: string; criteria: LabelledCriterion[] } {
  if (!jwt) return { criteria: [] };
  const payload = Buffer.from(jwt).toString('utf8').split('.')[1] ?? '';
  const { credentialSubject: said } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
    credentialSubject: Record<string, unknown>;
  };
  const criteria = (said['kontor:criterion'] ?? []) as Record<string, unknown>[];
  return {
    edition: said['kontor:edition'] as string,
    criteria: criteria.map((one) => ({
      id: one['kontor:criterionId'] as string,
      result: one['kontor:result'] as CriterionResult['result'],
      basis: one['kontor:basis'] as CriterionResult['basis'],
      evidence: (one['kontor:evidence'] ?? []) as string[],
    })),
  };
}
