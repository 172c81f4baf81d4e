import type { Database } from './database.ts';
import { type SettleDeps, settle, settleDependents } from './settle.ts';

const BATCH = 200;

/**
 * Lets time do its work: listings, evidence and labels whose end has come are settled again, so that nothing expired
 * is shown as current and nothing rests on it.
 *
 * @returns how many listings were looked at
 */
export async function sweep(database: Database, deps: SettleDeps): Promise<number> {
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
  const labels = await database.read
    .selectFrom('label')
    .innerJoin('version', 'version.digest', 'label.about')
    .select('version.key')
    .distinct()
    .where('label.state', '=', 'current')
    .where('label.valid_until', '<=', now)
    .limit(BATCH)
    .execute();
  if (ended.length + evidence.length + labels.length === 0) return 0;
  const settled = new Set<string>();
  await database.transaction(async (tx) => {
    for (const { digest } of evidence)
      await tx.updateTable('evidence').set({ state: 'expired' }).where('digest', '=', digest).execute();
    for (const { key } of [...ended, ...labels]) {
      if (settled.has(key)) continue;
      settled.add(key);
      await settle(tx, key, deps);
    }
    const subjects = [...ended.map((row) => row.subject), ...evidence.map((row) => row.about)];
    await settleDependents(tx, [...new Set(subjects)], settled, deps);
    await tx
      .updateTable('label')
      .set({ state: 'expired' })
      .where('state', '=', 'current')
      .where('valid_until', '<=', now)
      .execute();
  });
  return settled.size;
}

/** Settles every listing, in batches, after a change of policy: trust decides what evidence is worth. */
export async function settleAll(database: Database, deps: SettleDeps): Promise<void> {
  let after = '';
  for (;;) {
    const rows = await database.read
      .selectFrom('listing')
      .select('key')
      .where('key', '>', after)
      .orderBy('key')
      .limit(BATCH)
      .execute();
    if (rows.length === 0) return;
    await database.transaction(async (tx) => {
      for (const { key } of rows) await settle(tx, key, deps);
    });
    after = rows.at(-1)!.key;
  }
}
