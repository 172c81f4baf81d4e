import type { Database } from './database.ts';
import { type SettleDeps, settle, settleDependents, settleSoon } from './settle.ts';

const BATCH = 200;
/** Time that settling takes of each second at most. */
const SLICE_MS = 600;

/**
 * Lets time do its work: listings, evidence and decisions whose end has come are made due, with what rests on them, so
 * that nothing expired is shown as current and nothing rests on it.
 */
export async function sweep(database: Database, deps: SettleDeps): Promise<void> {
  const now = deps.clock().toISOString();
  const ended = await database.read
    .selectFrom('listing')
    .select(['key', 'subject'])
    .where('state', '=', 'current')
    .where('valid_until', '<=', now)
    .limit(BATCH)
    .execute();
  const evidence = await database.read
    .selectFrom('evidence')
    .select(['about', 'digest'])
    .where('state', '=', 'current')
    .where('valid_until', '<=', now)
    .limit(BATCH)
    .execute();
  const decided = await database.read
    .selectFrom('decision')
    .select('key')
    .distinct()
    .where('valid_until', '<=', now)
    .limit(BATCH)
    .execute();
  const foreign = await database.read
    .selectFrom('label')
    .select('digest')
    .where('state', '=', 'current')
    .where('valid_until', '<=', now)
    .where('issuer', '!=', deps.did)
    .limit(BATCH)
    .execute();
  if (ended.length + evidence.length + decided.length + foreign.length === 0) return;
  await database.transaction(async (tx) => {
    for (const { digest } of evidence)
      await tx.updateTable('evidence').set({ state: 'expired' }).where('digest', '=', digest).execute();
    const keys = new Set([...ended, ...decided].map(({ key }) => key));
    await settleSoon(tx, [...keys]);
    const subjects = [...ended.map((row) => row.subject), ...evidence.map((row) => row.about)];
    await settleDependents(tx, [...new Set(subjects)], keys, () => false, deps);
    // Labels of this node end with the decisions they rest on, others' by their date alone.
    for (const { digest } of foreign)
      await tx.updateTable('label').set({ state: 'expired' }).where('digest', '=', digest).execute();
  });
}

/** What cannot be settled is tried again after so long, and twice as long each time that it fails again. */
const RETRY_SECONDS = 30;
const LONGEST_RETRY_SECONDS = 3_600;

/**
 * Settles what is due, each listing in a transaction of its own: a fault in one is told, holds up no other, and is tried
 * again.
 *
 * @returns how many were settled
 */
export async function settleDue(
  database: Database,
  deps: SettleDeps,
  failed: (key: string, error: unknown) => void,
): Promise<number> {
  const until = performance.now() + SLICE_MS;
  const now = deps.clock();
  let count = 0;
  for (;;) {
    const due = await database.read
      .selectFrom('due')
      .select(['key', 'tries'])
      .where('not_before', '<=', now.toISOString())
      .orderBy('not_before')
      .limit(1)
      .executeTakeFirst();
    if (!due || performance.now() > until) return count;
    const { key, tries } = due;
    try {
      await settleOne(database, key, deps);
      count++;
    } catch (error) {
      failed(key, error);
      const seconds = Math.min(RETRY_SECONDS * 2 ** tries, LONGEST_RETRY_SECONDS);
      const again = { not_before: new Date(now.getTime() + seconds * 1_000).toISOString(), tries: tries + 1 };
      await database.transaction((tx) => tx.updateTable('due').set(again).where('key', '=', key).execute());
    }
  }
}

/** Due again if something changes meanwhile: what is due is forgotten before the work, within its transaction. */
async function settleOne(database: Database, key: string, deps: SettleDeps): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.deleteFrom('due').where('key', '=', key).execute();
    await settle(tx, key, deps);
  });
}
