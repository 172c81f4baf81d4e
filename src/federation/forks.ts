import type { Reader, Tx } from '../catalogue/database.ts';
import { accepted, refused, type Verdict } from '../errors.ts';
import type { OpenedCheckpoint } from './checkpoint.ts';
import { emptyLog, nextVersion } from './log-store.ts';
import { sameHash } from './merkle.ts';
import { MAX_NOTE_BYTES } from './note.ts';
import { consistencyProof, type HashReader, rootAt, verifyConsistency } from './proofs.ts';

/**
 * Evidence that a log has signed two histories. Anybody checks it alone, with the log's key: either two checkpoints of
 * one size with different roots, or two of different sizes with a proof that the tree of the larger one had another
 * root at the smaller size. An honest log cannot be framed: both checkpoints are its own.
 */
export interface ForkEvidence {
  origin: string;
  /** Signed notes, the smaller size first. */
  notes: [string, string];
  /** For different sizes: base64 of the root that the tree of the second note had at the size of the first. */
  rootAtFirst?: string;
  /** For different sizes: consistency proof from that root to the root of the second note, base64 each. */
  proof?: string[];
  /**
   * Base64 of the key that verified the older note, when the log has another one by now. Such evidence is for this node
   * alone, which has met both keys: others cannot check it, and from others it is not taken, because a key that was
   * given up may have been stolen. It is not passed on.
   */
  formerKey?: string;
}

const base64 = (hash: Uint8Array): string => Buffer.from(hash).toString('base64');

/**
 * Looks for a fork between two checkpoints of one log.
 *
 * @param hashes of the tree of the larger one; checked here against its root, so they may come from anywhere
 * @returns the evidence, `consistent` when one is a prefix of the other, `unproven` when the hashes are not of the tree
 */
export async function findFork(
  a: OpenedCheckpoint,
  b: OpenedCheckpoint,
  hashes: HashReader,
): Promise<ForkEvidence | 'consistent' | 'unproven'> {
  const [first, second] = a.size <= b.size ? [a, b] : [b, a];
  const { origin } = first;
  const notes: [string, string] = [first.note, second.note];
  if (first.size === second.size) return sameHash(first.root, second.root) ? 'consistent' : { origin, notes };
  const rootAtFirst = await rootAt(hashes, first.size);
  const proof = await consistencyProof(hashes, first.size, second.size);
  if (!verifyConsistency(first.size, rootAtFirst, second.size, second.root, proof)) return 'unproven';
  if (sameHash(rootAtFirst, first.root)) return 'consistent';
  return { origin, notes, rootAtFirst: base64(rootAtFirst), proof: proof.map(base64) };
}

/** What a peer passed on as evidence, if it has the form of it. Nothing is believed yet. */
export function readEvidence(value: unknown): ForkEvidence | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const { origin, notes, rootAtFirst, proof } = value as Record<string, unknown>;
  const [first, second] = Array.isArray(notes) && notes.length === 2 ? notes : [];
  const isText = (one: unknown, max: number): one is string => typeof one === 'string' && one.length <= max;
  if (!isText(origin, 300) || !isText(first, MAX_NOTE_BYTES) || !isText(second, MAX_NOTE_BYTES)) return undefined;
  const evidence: ForkEvidence = { origin, notes: [first, second] };
  if (rootAtFirst === undefined && proof === undefined) return evidence;
  if (
    !isText(rootAtFirst, 44) ||
    !Array.isArray(proof) ||
    proof.length > 64 ||
    !proof.every((hash) => isText(hash, 44))
  )
    return undefined;
  return { ...evidence, rootAtFirst, proof };
}

/**
 * Checks evidence from anywhere.
 *
 * @param open verifies a note with the keys of the log it names
 * @returns the evidence in its shortest form; `proof` when it proves nothing; whatever `open` refuses with
 */
export async function verifyEvidence(
  evidence: ForkEvidence,
  open: (note: string) => Promise<Verdict<OpenedCheckpoint>>,
): Promise<Verdict<ForkEvidence>> {
  const first = await open(evidence.notes[0]);
  if (!first.ok) return first;
  const second = await open(evidence.notes[1]);
  if (!second.ok) return second;
  const a = first.value;
  const b = second.value;
  const nothing = refused('proof', `The evidence against ${evidence.origin} shows no second history`);
  if (a.origin !== evidence.origin || b.origin !== evidence.origin) return nothing;
  const checked: ForkEvidence = { origin: evidence.origin, notes: [a.note, b.note] };
  if (a.size === b.size) return sameHash(a.root, b.root) ? nothing : accepted(checked);
  const rootAtFirst = Buffer.from(evidence.rootAtFirst ?? '', 'base64');
  const proof = (evidence.proof ?? []).map((hash) => Buffer.from(hash, 'base64'));
  if (rootAtFirst.length !== 32 || proof.some((hash) => hash.length !== 32)) return nothing;
  const shows = verifyConsistency(a.size, rootAtFirst, b.size, b.root, proof) && !sameHash(rootAtFirst, a.root);
  return shows ? accepted({ ...checked, rootAtFirst: base64(rootAtFirst), proof: proof.map(base64) }) : nothing;
}

/** One sentence for people. */
export function forkSentence(evidence: ForkEvidence): string {
  const [a, b] = evidence.notes.map((note) => note.split('\n')[1]);
  if (evidence.formerKey)
    return `${evidence.origin} has another key and shows another history than the one it signed before: heads of ${a} and ${b} entries do not fit together`;
  return a === b
    ? `${evidence.origin} has signed two different histories of ${a} entries`
    : `${evidence.origin} has signed a history of ${b} entries that does not continue the one of ${a} entries it signed as well`;
}

/**
 * Keeps evidence for good and marks the log: it is followed no further, its evidence is passed on with the heads, and
 * what was received of it so far stays.
 *
 * @returns false when evidence against this log was kept before
 */
export async function keepEvidence(
  tx: Tx,
  evidence: ForkEvidence,
  did: string,
  own: boolean,
  now: Date,
): Promise<boolean> {
  const { origin } = evidence;
  if (await tx.selectFrom('fork').select('origin').where('origin', '=', origin).executeTakeFirst()) return false;
  await tx
    .insertInto('fork')
    .values({ origin, evidence: JSON.stringify(evidence), at: now.toISOString() })
    .execute();
  await tx
    .insertInto('log')
    .values(emptyLog(origin, did, own, now))
    .onConflict((conflict) => conflict.column('origin').doNothing())
    .execute();
  const change = {
    state: 'forked',
    reason: forkSentence(evidence),
    version: await nextVersion(tx, now),
    changed_at: now.toISOString(),
  };
  await tx.updateTable('log').set(change).where('origin', '=', origin).execute();
  return true;
}

/** Evidence kept against a log. */
export async function readFork(reader: Reader, origin: string): Promise<ForkEvidence | undefined> {
  const row = await reader.selectFrom('fork').select('evidence').where('origin', '=', origin).executeTakeFirst();
  return row && (JSON.parse(row.evidence) as ForkEvidence);
}
