import type { Reader, Tx } from '../catalogue/database.ts';
import type { NewRow, Row } from '../catalogue/schema.ts';
import { claimedCheckpoint } from './checkpoint.ts';
import { chunks, type ReadEntry, ROWS_PER_STATEMENT, readEntry } from './entries.ts';
import { type Edge, EMPTY_EDGE, EMPTY_ROOT, edgeRoot, extendEdge, type Hash, hashLeaf } from './merkle.ts';
import { type HashReader, tiledReader } from './proofs.ts';

/** Logs in the database, own and followed alike: rows `log`, `entry` and `tile_node`. */
export type LogRow = Row<'log'>;

export const readLog = (reader: Reader, origin: string): Promise<LogRow | undefined> =>
  reader.selectFrom('log').selectAll().where('origin', '=', origin).executeTakeFirst();

const base64 = (hash: Hash): string => Buffer.from(hash).toString('base64');

/** The row of a log of which nothing is held yet. */
export const emptyLog = (origin: string, did: string, own: boolean, at: Date): LogRow => ({
  origin,
  node_did: did,
  own: own ? 1 : 0,
  size: 0,
  root: base64(EMPTY_ROOT),
  edge: '[]',
  note: '',
  state: 'following',
  reason: null,
  version: 0,
  changed_at: at.toISOString(),
});

export function edgeOf(row: Pick<LogRow, 'size' | 'edge'>): Edge {
  if (row.size === 0) return EMPTY_EDGE;
  return { size: row.size, hashes: (JSON.parse(row.edge) as string[]).map((hash) => Buffer.from(hash, 'base64')) };
}

export const rootOf = (row: Pick<LogRow, 'root'>): Hash => Buffer.from(row.root, 'base64');

/** The columns that hold a right edge. */
export const edgeColumns = (edge: Edge) => ({
  size: edge.size,
  root: base64(edgeRoot(edge)),
  edge: JSON.stringify(edge.hashes.map(base64)),
});

/** The size the note of a log vouches for, or 0 when it has none: what may be served. */
export function signedSize(row: Pick<LogRow, 'note'>): number {
  const checkpoint = claimedCheckpoint(row.note);
  return checkpoint.ok ? checkpoint.value.size : 0;
}

/** How much of a log is served: entries that are both held and signed for. */
export const servedSize = (row: LogRow): number => Math.min(row.size, signedSize(row));

/**
 * Writes entries to the right of a log and their complete subtrees at tile heights.
 *
 * @param row the log before; the caller writes the new edge into it, with whatever else changes
 */
export async function storeEntries(
  tx: Tx,
  row: Pick<LogRow, 'origin' | 'size' | 'edge'>,
  lines: Uint8Array[],
  at: Date,
): Promise<{ edge: Edge; entries: ReadEntry[] }> {
  const { origin, size } = row;
  const leaves = lines.map(hashLeaf);
  const nodes: NewRow<'tile_node'>[] = [];
  const edge = extendEdge(edgeOf(row), leaves, (height, idx, hash) => {
    if (height % 8 === 0) nodes.push({ origin, level: height, idx, hash });
  });
  const entries = lines.map(readEntry);
  const rows = lines.map((bytes, i): NewRow<'entry'> => {
    const { op, kind, digest } = entries[i]!;
    return { origin, idx: size + i, bytes, leaf: leaves[i]!, op, kind, digest, at: at.toISOString() };
  });
  for (const part of chunks(rows, ROWS_PER_STATEMENT)) await tx.insertInto('entry').values(part).execute();
  for (const part of chunks(nodes, ROWS_PER_STATEMENT)) await tx.insertInto('tile_node').values(part).execute();
  return { edge, entries };
}

/** Hashes `first` to `first + count` of tile level L (height 8 L); fewer when fewer are held. */
export async function tileHashes(
  reader: Reader,
  origin: string,
  level: number,
  first: number,
  count: number,
): Promise<Hash[]> {
  if (level === 0) {
    const leaves = await reader
      .selectFrom('entry')
      .select('leaf')
      .where('origin', '=', origin)
      .where('idx', '>=', first)
      .where('idx', '<', first + count)
      .orderBy('idx')
      .execute();
    return leaves.map(({ leaf }) => leaf);
  }
  const nodes = await reader
    .selectFrom('tile_node')
    .select('hash')
    .where('origin', '=', origin)
    .where('level', '=', level * 8)
    .where('idx', '>=', first)
    .where('idx', '<', first + count)
    .orderBy('idx')
    .execute();
  return nodes.map(({ hash }) => hash);
}

/** A hash reader over what is held of a log. */
export const storedHashes = (reader: Reader, origin: string): HashReader =>
  tiledReader((level, first, count) => tileHashes(reader, origin, level, first, count));

/** The exact bytes of entries [since, to). */
export async function entryBytes(reader: Reader, origin: string, since: number, to: number): Promise<Uint8Array[]> {
  const rows = await reader
    .selectFrom('entry')
    .select('bytes')
    .where('origin', '=', origin)
    .where('idx', '>=', since)
    .where('idx', '<', to)
    .orderBy('idx')
    .execute();
  return rows.map(({ bytes }) => bytes);
}

/**
 * The next value of the heads cursor. It grows with each change and never stands behind the clock: a node whose
 * database came back from a backup goes on above every cursor it has given out, so that its peers miss nothing.
 */
export async function nextVersion(tx: Tx, now: Date): Promise<number> {
  const newest = await tx
    .selectFrom('log')
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirst();
  return Math.max(Number(newest?.version ?? 0) + 1, now.getTime());
}
