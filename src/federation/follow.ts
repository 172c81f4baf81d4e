import type { Database, Tx } from '../catalogue/database.ts';
import { messageOf, type Refusal } from '../errors.ts';
import type { OpenedCheckpoint } from './checkpoint.ts';
import type { FederationDeps, FederationLimits } from './deps.ts';
import { doubtLog, heldHead, keepHeadKey, OTHER_HISTORY } from './doubt.ts';
import { applyFollowed, isEntryLine } from './entries.ts';
import { type ForkEvidence, findFork, forkSentence, keepEvidence } from './forks.ts';
import {
  edgeColumns,
  edgeOf,
  emptyLog,
  type LogRow,
  nextVersion,
  readLog,
  rootOf,
  signedSize,
  storedHashes,
  storeEntries,
} from './log-store.ts';
import { edgeRoot, extendEdge, type Hash, hashLeaf, sameHash } from './merkle.ts';
import type { Origin, OriginKeys } from './origins.ts';
import { consistencyProof, rootAt, verifyConsistency } from './proofs.ts';
import type { Remote, Source } from './remote.ts';
import { TILE_WIDTH } from './tiles.ts';

/** How one head of one log was dealt with. */
export type Handling =
  | { kind: 'done' }
  /** Not now, and nobody's fault that is known: to be met again. */
  | { kind: 'later'; why: string }
  /** Not now, and for a reason that the operator is shown: the log cannot be believed as it is. */
  | { kind: 'doubt'; why: string }
  /** What the peer told is not true. */
  | { kind: 'blame'; why: string };

export const DONE: Handling = { kind: 'done' };
const later = (why: string): Handling => ({ kind: 'later', why });

/** Refusals of a source that do not show it to be at fault. */
export const isBlameless = ({ code }: Refusal): boolean =>
  code === 'unavailable' || code === 'key-unavailable' || code === 'untrusted';

export interface FollowDeps extends Pick<FederationDeps, 'clock' | 'dropLabel' | 'onFork' | 'log'> {
  database: Database;
  keys: OriginKeys;
  remote: Remote;
  limits: FederationLimits;
  /** Where the log can be read, best first. */
  sources(origin: Origin): Promise<Source[]>;
  /** By the base URL of the node that was asked, a peer or not. */
  blame(node: string, sentence: string): Promise<void>;
  /** Told how many entries were taken in. */
  took(entries: number): void;
}

/**
 * Brings one followed log up to a verified head. The entries need no proof of their own: appended to the right edge
 * that is held, they must come to the signed root. Entries that do not are thrown away, whoever sent them is blamed,
 * and the next source is asked; the log's own node comes last.
 */
export async function followHead(origin: Origin, head: OpenedCheckpoint, deps: FollowDeps): Promise<Handling> {
  const { database, clock } = deps;
  const row = (await readLog(database.read, origin.origin)) ?? emptyLog(origin.origin, origin.did, false, clock());
  if (row.state === 'forked') return DONE;
  if (head.size > row.size) return catchUp(origin, head, deps);

  // A source that is behind is normal, as long as what it shows is a prefix of what is held.
  const root =
    head.size === row.size ? rootOf(row) : await rootAt(storedHashes(database.read, origin.origin), head.size);
  if (!sameHash(root, head.root)) {
    const fork = await forkAgainst(row, head, storedHashes(database.read, origin.origin), origin, deps);
    return fork ? keepFork(fork, origin, deps) : otherHistory(origin, deps);
  }
  if (head.size === row.size && (await isNews(row, head, origin, deps))) {
    await database.transaction((tx) => writeHead(tx, row, head, clock()));
  }
  return DONE;
}

/** Whether the head says more than the one held: a size the held note is not of, or a later time. */
async function isNews(row: LogRow, head: OpenedCheckpoint, origin: Origin, deps: FollowDeps): Promise<boolean> {
  if (row.note === '' || signedSize(row) !== head.size) return true;
  const held = await deps.keys.open(row.note, origin);
  return !held.ok || (head.time ?? 0) > (held.value.time ?? 0);
}

const writeHead = async (tx: Tx, row: LogRow, head: OpenedCheckpoint, now: Date): Promise<void> =>
  writeRow(tx, { ...row, version: await nextVersion(tx, now), changed_at: now.toISOString() }, head);

/** A head that is taken ends every doubt about its log. */
async function writeRow(tx: Tx, row: LogRow, { note, publicKey }: OpenedCheckpoint): Promise<void> {
  const next = { ...row, note, state: 'following', reason: null };
  await tx
    .insertInto('log')
    .values(next)
    .onConflict((conflict) => conflict.column('origin').doUpdateSet(next))
    .execute();
  await keepHeadKey(tx, row.origin, publicKey);
}

/** The log's own key has signed what does not fit the head held, and that one no longer verifies: no proof of a fork. */
async function otherHistory(origin: Origin, deps: FollowDeps): Promise<Handling> {
  await doubtLog(origin, OTHER_HISTORY, deps);
  return { kind: 'doubt', why: `${origin.origin}: ${OTHER_HISTORY}` };
}

async function catchUp(origin: Origin, head: OpenedCheckpoint, deps: FollowDeps): Promise<Handling> {
  const whys: string[] = [];
  for (const source of await deps.sources(origin)) {
    const reached = await readFrom(source, origin, head, deps);
    if (reached.kind === 'done' || reached.kind === 'doubt') return reached;
    whys.push(`${source.node}: ${reached.why}`);
    if (reached.kind === 'blame') await deps.blame(source.node, reached.why);
  }
  return later(`No source has the entries of ${origin.origin} up to ${head.size} (${whys.join('; ')})`);
}

/** Reads from one source until the head is reached, a bounded number of entries at a time. */
async function readFrom(source: Source, origin: Origin, head: OpenedCheckpoint, deps: FollowDeps): Promise<Handling> {
  const { database, remote, limits, clock } = deps;
  // Only made use of when the way to the head takes several steps, or when something does not fit.
  const hashes = remote.hashes(source, head.size);
  for (let step = 0; step < limits.stepsPerPull; step++) {
    const row = (await readLog(database.read, origin.origin)) ?? emptyLog(origin.origin, origin.did, false, clock());
    if (row.size >= head.size) return DONE;
    const target = stepTarget(row.size, head.size, limits.entriesPerStep);
    let expected: Hash | undefined = head.root;
    if (target < head.size) {
      try {
        expected = await provenRoot(target, head, hashes);
      } catch (error) {
        return later(messageOf(error));
      }
      if (!expected)
        return {
          kind: 'blame',
          why: `It serves tiles of ${origin.origin} that do not come to the signed root at ${head.size}`,
        };
    }
    const lines = await remote.entries(source, row.size, target);
    if (!lines.ok) return isBlameless(lines) ? later(lines.detail) : { kind: 'blame', why: lines.detail };
    if (!lines.value.every(isEntryLine))
      return { kind: 'blame', why: `It serves entries of ${origin.origin} that are not lines` };
    const edge = extendEdge(edgeOf(row), lines.value.map(hashLeaf));
    if (!sameHash(edgeRoot(edge), expected)) return misfit(row, head, source, origin, deps);
    await take(row, lines.value, head, origin, deps);
    deps.took(lines.value.length);
  }
  return later(`${origin.origin} has more entries than are read in one go`);
}

/** The end of the next step: the head, or a whole number of bundles on the way to it. */
function stepTarget(size: number, head: number, entries: number): number {
  if (head - size <= entries) return head;
  return Math.floor((size + entries) / TILE_WIDTH) * TILE_WIDTH;
}

/** The root at a size before the head, proven from tiles against the signed root of the head. */
async function provenRoot(
  size: number,
  head: OpenedCheckpoint,
  hashes: ReturnType<Remote['hashes']>,
): Promise<Hash | undefined> {
  const root = await rootAt(hashes, size);
  const proof = await consistencyProof(hashes, size, head.size);
  return verifyConsistency(size, root, head.size, head.root, proof) ? root : undefined;
}

/**
 * Entries did not come to the signed root: either this source changed them, or the log itself signed a history that
 * does not continue the one held. The tiles tell: what they prove against both signatures is nobody's word.
 */
async function misfit(
  row: LogRow,
  head: OpenedCheckpoint,
  source: Source,
  origin: Origin,
  deps: FollowDeps,
): Promise<Handling> {
  const hashes = deps.remote.hashes(source, head.size);
  const fork = await forkAgainst(row, head, hashes, origin, deps);
  if (fork) return keepFork(fork, origin, deps);
  const root = row.size > 0 ? await provenRoot(row.size, head, hashes).catch(() => undefined) : undefined;
  if (root && !sameHash(root, rootOf(row))) return otherHistory(origin, deps);
  return {
    kind: 'blame',
    why: `It served entries ${row.size} to ${head.size} of ${origin.origin} that do not come to the root the log has signed; they were thrown away`,
  };
}

/** Evidence from the head that is held and the one that was shown, where the hashes prove any. */
async function forkAgainst(
  row: LogRow,
  head: OpenedCheckpoint,
  hashes: ReturnType<Remote['hashes']>,
  origin: Origin,
  deps: FollowDeps,
): Promise<ForkEvidence | undefined> {
  const held = await heldHead(row, origin, { ...deps, read: deps.database.read });
  if (!held) return undefined;
  try {
    const found = await findFork(held.head, head, hashes);
    if (typeof found === 'string') return undefined;
    return held.formerKey ? { ...found, formerKey: held.formerKey } : found;
  } catch {
    // The hashes cannot be had, so nothing is proven.
    return undefined;
  }
}

/** Keeps evidence and stops following. The log's entries, objects and carriage stay as they are. */
export async function keepFork(
  evidence: ForkEvidence,
  origin: Origin,
  { database, clock, onFork, log }: Pick<FollowDeps, 'database' | 'clock' | 'onFork' | 'log'>,
): Promise<Handling> {
  const news = await database.transaction(async (tx) => {
    const kept = await keepEvidence(tx, evidence, origin.did, false, clock());
    if (kept) await onFork?.(tx, origin.origin, origin.did);
    return kept;
  });
  if (news) log.error({ origin: origin.origin }, forkSentence(evidence));
  return DONE;
}

/** Takes verified entries in: with them, in one transaction, the new edge and what the entries ask for. */
async function take(
  row: LogRow,
  lines: Uint8Array[],
  head: OpenedCheckpoint,
  origin: Origin,
  deps: FollowDeps,
): Promise<void> {
  const now = deps.clock();
  await deps.database.transaction(async (tx) => {
    const { edge, entries } = await storeEntries(tx, row, lines, now);
    await applyFollowed(tx, origin, row.size, entries, now, deps.dropLabel);
    // On the way the note is ahead of the entries: nothing is served of it before they are all here.
    const next = { ...row, ...edgeColumns(edge) };
    if (edge.size === head.size) return writeHead(tx, next, head, now);
    await writeRow(tx, next, head);
  });
}
