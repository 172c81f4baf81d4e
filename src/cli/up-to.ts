import type { Judgement } from '../catalogue/judgement.ts';
import type { Check, Stage } from '../credentials/check.ts';

const ORDER: Stage[] = ['parse', 'verify', 'shape', 'label', 'commit'];

const reached = (check: Check, stage: Stage) => ORDER.indexOf(check.id.split('.')[0] as Stage) <= ORDER.indexOf(stage);

/**
 * A judgement as it stands after one of its stages: what later stages found is left out. Up to `label` nothing was
 * kept, so nothing is said to have been.
 */
export function upTo(stage: Exclude<Stage, 'commit'>, judgement: Judgement): Judgement {
  if (stage === 'label') {
    const items = judgement.items?.map((item) => upTo(stage, item));
    return {
      ...judgement,
      checks: judgement.checks.filter((check) => check.id !== 'commit.stored'),
      ...(items ? { items } : {}),
    };
  }
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
