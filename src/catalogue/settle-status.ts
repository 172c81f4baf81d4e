import type { Tx } from './database.ts';
import { type SettleDeps, settle, settleDependents } from './settle.ts';
import { endedBy } from './status.ts';

/** A listing, by its key, or a piece of evidence, whose status has changed; and the subjects it is about. */
export interface Standing {
  digest: string;
  /** Null of evidence. */
  key: string | null;
  about: string[];
}

/** States that the issuer can still end. */
export const LIVE = ['current', 'suspended', 'status-unknown'];

/** Settles one listing or piece of evidence by what its entries say now, and has what rests on it settled soon. */
export async function settleStatus(tx: Tx, { digest, key, about }: Standing, deps: SettleDeps): Promise<void> {
  const entries = await tx.selectFrom('status_entry').selectAll().where('digest', '=', digest).execute();
  const ended = endedBy(entries, deps.policy().status, deps.clock());
  if (key !== null) await settle(tx, key, deps);
  else
    await tx
      .updateTable('evidence')
      .set({ state: ended ?? 'current' })
      .where('digest', '=', digest)
      .execute();
  await settleDependents(tx, about, new Set(key === null ? [] : [key]), () => false, deps);
  if (ended !== 'revoked') return;
  // What its issuer has revoked for good is no longer carried by this node's own log, where that carried it.
  const own = await tx
    .selectFrom('carriage')
    .innerJoin('log', 'log.origin', 'carriage.origin')
    .select('carriage.digest')
    .where('carriage.digest', '=', digest)
    .where('log.own', '=', 1)
    .executeTakeFirst();
  const kind = key === null ? 'evidence' : 'listing';
  if (own) await deps.append(tx, [{ op: 'drop', kind, digest, reason: 'revoked' }]);
}
