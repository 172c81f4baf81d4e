import type { CriterionResult, Decision } from '../compliance/decision.ts';

/* Which criteria make the difference between two decisions about one listing by one scheme. */

export const isOpen = ({ result }: CriterionResult): boolean => result === 'unmet' || result === 'unknown';

/** As the level that holds asks for them, and beside that those missing for the next. */
const held = (decision: Decision | undefined) => byId(decision?.next?.missing, decision?.criteria);

/** As the next level asks for them: of what is declared at one level, the next may want a certificate. */
const wanted = (decision: Decision | undefined) => byId(decision?.criteria, decision?.next?.missing);

/** Of two results of one criterion the later. */
const byId = (...results: (CriterionResult[] | undefined)[]): Map<string, CriterionResult> =>
  new Map(results.flatMap((list) => list ?? []).map((one) => [one.id, one]));

/** Criteria that are open now, and were met for the level that held, or not asked by it. */
export function lost(was: Decision, is: Decision): CriterionResult[] {
  const before = byId(was.criteria);
  return [...wanted(is).values()].filter((one) => isOpen(one) && !isOpenIn(before, one.id));
}

/** Criteria that are met now, and were open for what did not hold, or were not asked. */
export function won(was: Decision | undefined, is: Decision): CriterionResult[] {
  const before = wanted(was);
  return [...held(is).values()].filter((one) => one.result === 'met' && before.get(one.id)?.result !== 'met');
}

/** Criteria that were open, and that the level which holds does not ask. */
export function dropped(was: Decision | undefined, is: Decision): CriterionResult[] {
  const after = byId(is.criteria);
  return [...wanted(was).values()].filter((one) => isOpen(one) && !after.has(one.id));
}

/** Criteria that are met as before, on another basis. */
export function rebased(was: Decision | undefined, is: Decision): CriterionResult[] {
  const before = held(was);
  return [...held(is).values()].filter((one) => {
    const former = before.get(one.id);
    return one.result === 'met' && former?.result === 'met' && former.basis !== one.basis;
  });
}

const isOpenIn = (results: Map<string, CriterionResult>, id: string): boolean => {
  const found = results.get(id);
  return found !== undefined && isOpen(found);
};
