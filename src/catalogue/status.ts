import type { VerifiedCredential } from '../credentials/credential.ts';
import { type StatusEntry, statusEntries } from '../credentials/status/status.ts';
import type { Policy } from '../policy.ts';
import type { Reader, Tx } from './database.ts';
import type { ListingState, ListingStatus } from './listing.ts';
import type { Row } from './schema.ts';

type EntryRow = Row<'status_entry'>;

/** Worst first. */
const STATES: EntryRow['state'][] = ['revoked', 'suspended', 'unknown', 'good'];

export const entryOf = ({ url, idx, purpose, type, size }: EntryRow): StatusEntry => ({
  url,
  index: idx,
  purpose,
  type,
  size,
});

/** Notes the status entries of what was just verified, so that they are looked at again. */
export async function keepStatus(tx: Tx, { digest, issuer, document }: VerifiedCredential, at: string): Promise<void> {
  const entries = statusEntries(document);
  if (entries.length === 0) return;
  const rows = entries.map(({ index, ...entry }) => ({
    ...entry,
    digest,
    issuer,
    idx: index,
    state: 'good' as const,
    since: at,
  }));
  await tx
    .insertInto('status_entry')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // Due at once: the list is still at hand then, and its date is noted.
  await tx
    .insertInto('status_list')
    .values([...new Set(rows.map(({ url }) => url))].map((url) => ({ url, checked_at: at, newest: '', next_at: at })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * What the status of a credential makes of it: undefined where it may stand. What is unknown stands for `keepSeconds`,
 * and no longer.
 */
export function endedBy(
  entries: Pick<EntryRow, 'state' | 'since'>[],
  { keepSeconds }: Policy['status'],
  now: Date,
): Extract<ListingState, 'revoked' | 'suspended' | 'status-unknown'> | undefined {
  const states = new Set(entries.map(({ state }) => state));
  if (states.has('revoked')) return 'revoked';
  if (states.has('suspended')) return 'suspended';
  return entries.some(({ state, since }) => state === 'unknown' && isOverdue(since, keepSeconds, now))
    ? 'status-unknown'
    : undefined;
}

/** Whether something unknown since then has been shown for long enough. */
export const isOverdue = (since: string, keepSeconds: number, now: Date): boolean =>
  now.getTime() - Date.parse(since) >= keepSeconds * 1_000;

/** The status of one credential as people are told it: its worst entry. Undefined where there is none. */
export async function statusOf(db: Reader, digest: string): Promise<ListingStatus | undefined> {
  const rows = await db
    .selectFrom('status_entry')
    .leftJoin('status_list', 'status_list.url', 'status_entry.url')
    .select(['state', 'since', 'status_entry.url', 'type', 'checked_at', 'reason'])
    .where('digest', '=', digest)
    .execute();
  const [worst] = rows.sort((one, other) => STATES.indexOf(one.state) - STATES.indexOf(other.state));
  if (!worst) return undefined;
  const { state, since, url, type, checked_at, reason } = worst;
  if (type === 'key') return { state: 'revoked', since, key: url };
  return {
    state,
    since,
    checkedAt: checked_at && (state === 'unknown' || checked_at > since) ? checked_at : since,
    list: url,
    ...(state === 'unknown' && reason ? { reason } : {}),
  };
}

/** Of credentials that ended with the key that signed them: `its key did:web:...#key-1 was revoked on 2026-11-21`. */
export async function endedKeys(db: Pick<Reader, 'selectFrom'>, digests: string[]): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('status_entry')
    .select(['digest', 'url', 'since'])
    .where('digest', 'in', digests)
    .where('type', '=', 'key')
    .execute();
  return new Map(rows.map(({ digest, url, since }) => [digest, `its key ${url} was revoked on ${since.slice(0, 10)}`]));
}
