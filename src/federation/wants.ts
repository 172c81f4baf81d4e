import { createHash } from 'node:crypto';
import type { Row } from '../catalogue/schema.ts';
import type { Code } from '../errors.ts';
import type { Policy } from '../policy.ts';
import type { FederationDeps } from './deps.ts';
import { BY_POLICY } from './refusals.ts';
import type { SyncReport } from './report.ts';

export type Want = Row<'want'>;

const FIRST_WAIT_MS = 2_000;
const HOUR_MS = 3_600_000;
/** About a day of waits that grow to an hour; from then on once a day is enough. */
const PATIENT_TRIES = 60;
const DAY_MS = 86_400_000;
const POLICY_MARK = 'federation-policy';

/** What followed logs name and this node has not taken in: due, waiting, or refused. One row for each log and digest. */
export function createWants(
  deps: Pick<FederationDeps, 'database' | 'policy' | 'clock' | 'random' | 'log' | 'dropLabel'>,
) {
  const { database, policy, clock, random, log } = deps;

  /** Wants whose time has come. */
  const due = () =>
    database.read
      .selectFrom('want')
      .where('state', 'in', ['pending', 'unavailable'])
      .where('not_before', '<=', clock().toISOString());

  const change = (want: Want, to: Partial<Want>): Promise<void> =>
    database.transaction(async (tx) => {
      await tx
        .updateTable('want')
        .set(to)
        .where('digest', '=', want.digest)
        .where('origin', '=', want.origin)
        .execute();
    });

  /** It is held. A label that was dropped while its body was on the way is dropped now, by the node that gave it. */
  const taken = (want: Want, did?: string): Promise<void> =>
    database.transaction(async (tx) => {
      const asked = await tx
        .deleteFrom('want')
        .where('digest', '=', want.digest)
        .where('origin', '=', want.origin)
        .executeTakeFirst();
      if (did && asked.numDeletedRows === 0n && want.kind === 'label') await deps.dropLabel(tx, want.digest, did);
    });

  /** Tries it again after a while, in full jitter. Never given up while a log names it: hosts come back. */
  const retry = (want: Want, reason: string): Promise<void> => {
    const longest = want.tries < PATIENT_TRIES ? HOUR_MS : DAY_MS;
    const wait = Math.max(1_000, random() * Math.min(longest, FIRST_WAIT_MS * 2 ** want.tries));
    const not_before = new Date(clock().getTime() + wait).toISOString();
    return change(want, { state: 'unavailable', reason: reason.slice(0, 500), tries: want.tries + 1, not_before });
  };

  const told = (want: Want, code: Code, detail: string, report: SyncReport): string => {
    report.rejected.push({ digest: want.digest, origin: want.origin, code, detail });
    log.warn({ digest: want.digest, origin: want.origin, code }, detail);
    return `${code}: ${detail.slice(0, 500)}`;
  };

  const reject = (want: Want, code: Code, detail: string, report: SyncReport): Promise<void> =>
    change(want, { state: 'rejected', reason: told(want, code, detail, report) });

  /**
   * The object is good and the entry that names it is not: the object stays, and this log does not count as one that
   * carries it.
   *
   * @returns false when the log has taken the entry back in the meantime
   */
  const disown = async (want: Want, detail: string, report: SyncReport): Promise<boolean> => {
    const named = { digest: want.digest, origin: want.origin, idx: want.idx };
    const done = await database.transaction(async (tx) => {
      const refused = await tx
        .updateTable('want')
        .set({ state: 'rejected', reason: `malformed: ${detail.slice(0, 500)}` })
        .where('digest', '=', named.digest)
        .where('origin', '=', named.origin)
        .where('idx', '=', named.idx)
        .executeTakeFirst();
      if (refused.numUpdatedRows === 0n) return false;
      await tx
        .deleteFrom('carriage')
        .where('digest', '=', named.digest)
        .where('origin', '=', named.origin)
        .where('idx', '=', named.idx)
        .execute();
      return true;
    });
    if (done) told(want, 'malformed', detail, report);
    return done;
  };

  let seen: Policy | undefined;
  /** Makes due again what the policy refused, once it is another, also when it was changed while the node was off. */
  const followPolicy = async (): Promise<void> => {
    const current = policy();
    if (current === seen) return;
    const { publishers, trust, limits } = current;
    const value = createHash('sha256').update(JSON.stringify({ publishers, trust, limits })).digest('base64url');
    const before = await database.read
      .selectFrom('meta')
      .select('value')
      .where('name', '=', POLICY_MARK)
      .executeTakeFirst();
    if (before?.value !== value) {
      await database.transaction(async (tx) => {
        await tx
          .updateTable('want')
          .set({ state: 'pending', tries: 0, not_before: clock().toISOString() })
          .where('state', '=', 'rejected')
          .where(({ or, eb }) => or(BY_POLICY.map((code) => eb('reason', 'like', `${code}: %`))))
          .execute();
        await tx
          .insertInto('meta')
          .values({ name: POLICY_MARK, value })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
          .execute();
      });
    }
    seen = current;
  };

  return { due, taken, retry, reject, disown, followPolicy };
}
