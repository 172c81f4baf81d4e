import { createHash } from 'node:crypto';
import { mandateRuns } from '../compliance/basis.ts';
import type { Database } from './database.ts';
import { type SettleDeps, settle, settleDependents } from './settle.ts';

const BATCH = 200;
/** Time that settling takes of each second at most. */
const SLICE_MS = 600;

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
    await settleDependents(tx, [...new Set(subjects)], settled, () => false, deps);
    // Own labels of settled listings were given anew or ended; others' labels end by their date alone.
    const expired = tx
      .updateTable('label')
      .set({ state: 'expired' })
      .where('state', '=', 'current')
      .where('valid_until', '<=', now);
    await expired.where('issuer', '!=', deps.did).execute();
    const digests = tx
      .selectFrom('version')
      .select('digest')
      .where('key', 'in', [...settled]);
    if (settled.size > 0) await expired.where('about', 'in', digests).execute();
  });
  return settled.size;
}

const FINGERPRINT = 'settled-with';

/**
 * What decides the worth of evidence and the level of a listing beside the credentials: the trust list with the
 * mandates that run now, and the schemes; and whether the labels given may stand, by the keys that were revoked.
 */
function fingerprint({ policy, schemes, clock, key }: SettleDeps): string {
  const now = clock();
  const trust = policy().trust.map((entry) => ({
    ...entry,
    runs: mandateRuns(entry, now),
  }));
  return createHash('sha256')
    .update(JSON.stringify([trust, schemes.map(({ id, digest }) => [id, digest]), key.revoked]))
    .digest('base64url');
}

/** Settles everything again when the trust list, a mandate, a scheme or a revoked key changed, also while the node was down. */
export async function settleAfterChange(database: Database, deps: SettleDeps): Promise<boolean> {
  const value = fingerprint(deps);
  const row = await database.read.selectFrom('meta').select('value').where('name', '=', FINGERPRINT).executeTakeFirst();
  if (row?.value === value) return false;
  await settleAll(database);
  await database.transaction((tx) =>
    tx
      .insertInto('meta')
      .values({ name: FINGERPRINT, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute(),
  );
  return true;
}

/** Has every listing settled soon, after a change of policy: trust decides what evidence is worth. */
async function settleAll(database: Database): Promise<void> {
  await database.transaction((tx) =>
    tx
      .insertInto('due')
      .columns(['key'])
      // SQLite needs the WHERE to tell ON CONFLICT from a join.
      .expression(tx.selectFrom('listing').select('key').where('key', '!=', ''))
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  );
}

/**
 * Settles what is due, each listing in a transaction of its own: a fault in one holds up no other, and is told.
 *
 * @returns how many were settled
 */
export async function settleDue(
  database: Database,
  deps: SettleDeps,
  failed: (key: string, error: unknown) => void,
): Promise<number> {
  const until = performance.now() + SLICE_MS;
  let count = 0;
  for (;;) {
    const { key } = (await database.read.selectFrom('due').select('key').limit(1).executeTakeFirst()) ?? {};
    if (key === undefined || performance.now() > until) return count;
    await settleOne(database, key, deps).catch(async (error: unknown) => {
      failed(key, error);
      await database.transaction((tx) => tx.deleteFrom('due').where('key', '=', key).execute());
    });
    count++;
  }
}

/** Due again if something changes meanwhile: what is due is forgotten before the work, within its transaction. */
async function settleOne(database: Database, key: string, deps: SettleDeps): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.deleteFrom('due').where('key', '=', key).execute();
    await settle(tx, key, deps);
  });
}
