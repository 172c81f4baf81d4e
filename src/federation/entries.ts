import type { Tx } from '../catalogue/database.ts';
import type { NewRow } from '../catalogue/schema.ts';
import { isDigest } from '../credentials/digest.ts';

/** Our rule; https://c2sp.org/tlog-tiles#log-entries can carry 65,535 bytes at most. */
export const MAX_ENTRY_BYTES = 4096;

/** What this node understands of an entry; everything else in it is kept, byte for byte, and not acted on. */
export interface ReadEntry {
  op: 'put' | 'drop' | 'unknown';
  kind: 'listing' | 'evidence' | 'label' | 'withdrawal' | 'unknown';
  digest: string | null;
  /** Hints of a put, for filtering before the body is fetched; the body decides. */
  validFrom?: string;
  validUntil?: string;
}

const PUT = new Set(['listing', 'evidence', 'label', 'withdrawal']);
const DROP = new Set(['listing', 'evidence', 'label']);
const UNKNOWN: ReadEntry = { op: 'unknown', kind: 'unknown', digest: null };

/** Whether bytes can stand as an entry at all: one line of at most 4,096 bytes. */
export const isEntryLine = (bytes: Uint8Array): boolean =>
  bytes.length > 0 && bytes.length <= MAX_ENTRY_BYTES && !bytes.includes(0x0a);

/** Reads an entry. One of a later version, or of nonsense, is `unknown`: it counts in the tree and does nothing. */
export function readEntry(bytes: Uint8Array): ReadEntry {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return UNKNOWN;
  }
  if (entry === null || typeof entry !== 'object') return UNKNOWN;
  const { op, kind, digest, validFrom, validUntil } = entry;
  const known = op === 'put' ? PUT : op === 'drop' ? DROP : undefined;
  if (!known || typeof kind !== 'string' || !known.has(kind) || !isDigest(digest)) return UNKNOWN;
  return {
    op: op as 'put' | 'drop',
    kind: kind as ReadEntry['kind'],
    digest,
    ...(isTime(validFrom) ? { validFrom } : {}),
    ...(isTime(validUntil) ? { validUntil } : {}),
  };
}

const isTime = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 40 && Number.isFinite(Date.parse(value));

/** Rows of one statement: SQLite takes 32,766 values in one. */
export const ROWS_PER_STATEMENT = 500;

export function* chunks<T>(items: T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}

/**
 * Brings `carriage` in step with entries of a log: a put adds this origin as one that carries the digest, a drop takes
 * it away again and touches nobody else's.
 *
 * @returns the last act for each digest named
 */
export async function applyCarriage(
  tx: Tx,
  origin: string,
  first: number,
  entries: ReadEntry[],
): Promise<Map<string, ReadEntry & { digest: string; idx: number }>> {
  const last = new Map<string, ReadEntry & { digest: string; idx: number }>();
  entries.forEach((entry, i) => {
    if (entry.digest !== null) last.set(entry.digest, { ...entry, digest: entry.digest, idx: first + i });
  });
  const acts = [...last.values()];
  for (const part of chunks(
    acts.filter(({ op }) => op === 'drop'),
    ROWS_PER_STATEMENT,
  )) {
    const digests = part.map(({ digest }) => digest);
    await tx.deleteFrom('carriage').where('origin', '=', origin).where('digest', 'in', digests).execute();
  }
  for (const part of chunks(
    acts.filter(({ op }) => op === 'put'),
    ROWS_PER_STATEMENT,
  )) {
    await tx
      .insertInto('carriage')
      .values(part.map(({ digest, idx }) => ({ digest, origin, idx })))
      .onConflict((conflict) =>
        conflict.columns(['digest', 'origin']).doUpdateSet((row) => ({ idx: row.ref('excluded.idx') })),
      )
      .execute();
  }
  return last;
}

/**
 * Applies entries of a followed log: carriage, the objects now wanted, and labels their issuer has dropped. A put
 * that is already past its end is not worth a request; one that begins later is fetched then.
 *
 * @param dropLabel ends a label if `did` is its issuer: only the issuer's own log can take a label back
 */
export async function applyFollowed(
  tx: Tx,
  log: { origin: string; did: string },
  first: number,
  entries: ReadEntry[],
  now: Date,
  dropLabel: (tx: Tx, digest: string, did: string) => Promise<void>,
): Promise<void> {
  const { origin, did } = log;
  const acts = [...(await applyCarriage(tx, origin, first, entries)).values()];
  for (const { op, kind, digest } of acts) {
    if (op !== 'drop') continue;
    await tx.deleteFrom('want').where('digest', '=', digest).where('origin', '=', origin).execute();
    if (kind === 'label') await dropLabel(tx, digest, did);
  }
  const wanted = acts
    .filter(({ op, validUntil }) => op === 'put' && !(validUntil && Date.parse(validUntil) <= now.getTime()))
    .map(({ digest, kind, idx, validFrom }): NewRow<'want'> => {
      const begins = validFrom ? Date.parse(validFrom) : 0;
      const notBefore = new Date(Math.max(begins, now.getTime())).toISOString();
      return { digest, origin, idx, kind, state: 'pending', reason: null, tries: 0, not_before: notBefore };
    });
  for (const part of chunks(wanted, ROWS_PER_STATEMENT)) {
    await tx
      .insertInto('want')
      .values(part)
      .onConflict((conflict) =>
        conflict.columns(['digest', 'origin']).doUpdateSet((row) => ({
          idx: row.ref('excluded.idx'),
          kind: row.ref('excluded.kind'),
          not_before: row.ref('excluded.not_before'),
          state: 'pending',
          reason: null,
          tries: 0,
        })),
      )
      .execute();
  }
}
