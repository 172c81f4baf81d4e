import type { Judgement } from '../catalogue/judgement.ts';
import type { Check, Stage } from '../credentials/check.ts';

const ORDER: Stage[] = ['parse', 'verify', 'shape', 'label', 'commit'];

const reached = (check: Check, stage: Stage) => ORDER.indexOf(check.id.split('.')[0] as Stage) <= ORDER.indexOf(stage);

/** A judgement as it stands after one of its stages: what later stages found is left out. */
export function upTo(stage: Stage, judgement: Judgement): Judgement {
  if (stage === 'label' || stage === 'commit') return judgement;
  const { code, detail, labels: _, listing, items: all, ...rest } = judgement;
  const checks = judgement.checks.filter((check) => reached(check, stage));
  const items = all?.map((item) => upTo(stage, item));
  const refused =
    !judgement.ok &&
    (items
      ? items.some((item) => !item.ok) || checks.some((check) => check.result === 'fail')
      : ORDER.indexOf(judgement.stage) <= ORDER.indexOf(stage));
  return {
    ...rest,
    ok: !refused,
    ...(refused ? { code, detail } : {}),
    stage: refused ? judgement.stage : stage,
    checks,
    ...(listing && stage === 'shape' ? { listing } : {}),
    ...(items ? { items } : {}),
  };
}
