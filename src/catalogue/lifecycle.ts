import { createHash } from 'node:crypto';
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
 * mandates that run now, and the schemes.
 */
function fingerprint({ policy, schemes, clock }: SettleDeps): string {
  const now = clock().toISOString();
  const trust = policy().trust.map((entry) => ({
    ...entry,
    runs: (!entry.from || entry.from <= now) && (!entry.until || entry.until.slice(0, 10) >= now.slice(0, 10)),
  }));
  return createHash('sha256')
    .update(JSON.stringify([trust, schemes.map(({ id, digest }) => [id, digest])]))
    .digest('base64url');
}

/** Settles everything again when the trust list, a mandate or a scheme changed, also while the node was down. */
export async function settleAfterChange(database: Database, deps: SettleDeps): Promise<boolean> {
  const value = fingerprint(deps);
  const row = await database.read.selectFrom('meta').select('value').where('name', '=', FINGERPRINT).executeTakeFirst();
  if (row?.value === value) return false;
  await settleAll(database, deps);
  await database.transaction((tx) =>
    tx
      .insertInto('meta')
      .values({ name: FINGERPRINT, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute(),
  );
  return true;
}

/** Settles every listing, in batches, after a change of policy: trust decides what evidence is worth. */
async function settleAll(database: Database, deps: SettleDeps): Promise<void> {
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
