import type { Checks } from '../credentials/check.ts';
import type { Database } from './database.ts';
import type { Judgement } from './judgement.ts';
import type { SettleDeps } from './settle.ts';
import type { Shaped } from './shape.ts';
import { store } from './store.ts';

export interface CommitDeps extends SettleDeps {
  database: Database;
}

/** Thrown to leave a transaction without a trace and with a result. */
class RollBack extends Error {
  readonly judgement: Judgement;
  constructor(judgement: Judgement) {
    super('rolled back');
    this.judgement = judgement;
  }
}

/**
 * Object, listing, labels and log entries in one transaction. With `keep` false the same work is done and undone, so
 * that a rehearsal gives exactly the verdict of the real run.
 */
export async function commit(shaped: Shaped, deps: CommitDeps, keep: boolean, checks: Checks): Promise<Judgement> {
  const quiet: CommitDeps = keep ? deps : { ...deps, append: async () => [] };
  try {
    return await deps.database.transaction(async (tx) => {
      const judgement = await store(tx, shaped, quiet, checks, keep);
      if (!keep || !judgement.ok) throw new RollBack(judgement);
      return judgement;
    });
  } catch (error) {
    if (error instanceof RollBack)
      return keep
        ? error.judgement
        : { ...error.judgement, stage: error.judgement.ok ? 'label' : error.judgement.stage };
    throw error;
  }
}
