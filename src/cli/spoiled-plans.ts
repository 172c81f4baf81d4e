import { conflictsOf, readPlans } from '../catalogue/planned.ts';
import type { Config } from '../config.ts';
import { time } from './text.ts';

/** Plans that wait for their day and cannot be put in force as things stand: each in a sentence without its full stop. */
export const spoiledPlans = (config: Pick<Config, 'policy' | 'data' | 'shapes'>): string[] =>
  readPlans(config).flatMap((plan) => {
    const [conflict] = conflictsOf(config, plan);
    return conflict
      ? `The plan ${plan.id} from ${time(plan.from)} will not be put in force so: ${conflict}. Cancel it and plan it anew: ./kontor enact --list`
      : [];
  });
