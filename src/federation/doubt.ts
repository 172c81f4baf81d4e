import type { Database, Reader, Tx } from '../catalogue/database.ts';
import { type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
import type { FederationDeps } from './deps.ts';
import { emptyLog, type LogRow, nextVersion, readLog } from './log-store.ts';
import type { Origin, OriginKeys } from './origins.ts';

/**
 * Logs that cannot be believed at present, though nothing is proven against them: a node that lost its key, or runs
 * under one that it does not publish. They are shown as `unverified`, nothing new is taken from them, their last head
 * is offered to nobody, and every pull looks again.
 */
export const UNSIGNED = 'Its newest head cannot be verified with the key it publishes';
export const OTHER_HISTORY = 'It shows another history than the one it signed before, and is followed no further';

type DoubtDeps = Pick<FederationDeps, 'clock' | 'log'> & { database: Database };

/** Marks a log as `unverified`; since when is the row's `changed_at`. Logged once. */
export async function doubtLog(origin: Origin, reason: string, { database, clock, log }: DoubtDeps): Promise<void> {
  const news = await database.transaction(async (tx) => {
    const now = clock();
    const row = (await readLog(tx, origin.origin)) ?? emptyLog(origin.origin, origin.did, false, now);
    if (row.state === 'forked' || (row.state === 'unverified' && row.reason === reason)) return false;
    const since = row.state === 'unverified' ? row.changed_at : now.toISOString();
    const next = { ...row, state: 'unverified', reason, changed_at: since };
    await tx
      .insertInto('log')
      .values(next)
      .onConflict((conflict) => conflict.column('origin').doUpdateSet(next))
      .execute();
    return true;
  });
  if (news) log.warn({ origin: origin.origin }, `${origin.origin}: ${reason}`);
}

/** Ends the doubt: the log's own node shows a head that its published key has signed and that fits what is held. */
export async function believeLog(origin: Origin, { database, clock, log }: DoubtDeps): Promise<void> {
  if ((await readLog(database.read, origin.origin))?.state !== 'unverified') return;
  await database.transaction(async (tx) => {
    const now = clock();
    // A new version, so that peers are offered the head again.
    const change = {
      state: 'following',
      reason: null,
      version: await nextVersion(tx, now),
      changed_at: now.toISOString(),
    };
    await tx.updateTable('log').set(change).where('origin', '=', origin.origin).execute();
  });
  log.info({ origin: origin.origin }, `${origin.origin}: its newest head is verified again`);
}

const keyName = (origin: string) => `head-key:${origin}`;

/**
 * Keeps the key that verified the head a row holds: a log may lose or change its key, and two heads that do not fit are
 * evidence only when both were signed by keys that the log published.
 */
export async function keepHeadKey(tx: Tx, origin: string, publicKey: Uint8Array): Promise<void> {
  const value = Buffer.from(publicKey).toString('base64');
  await tx
    .insertInto('meta')
    .values({ name: keyName(origin), value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

export interface HeldHead {
  head: OpenedCheckpoint;
  /** Base64 of the key that verified it when it came, when that is no longer among those published. */
  formerKey?: string;
}

/** The head that is held, verified again: by the keys published now, or by the one it was verified with then. */
export async function heldHead(
  row: LogRow,
  origin: Origin,
  { read, keys, clock }: { read: Reader; keys: OriginKeys; clock(): Date },
): Promise<HeldHead | undefined> {
  if (row.note === '') return undefined;
  const current = await keys.open(row.note, origin);
  if (current.ok) return { head: current.value };
  const kept = await read
    .selectFrom('meta')
    .select('value')
    .where('name', '=', keyName(origin.origin))
    .executeTakeFirst();
  if (!kept) return undefined;
  const former = openCheckpoint(row.note, origin.origin, [Buffer.from(kept.value, 'base64')], clock());
  return former.ok ? { head: former.value, formerKey: kept.value } : undefined;
}
