import type { Reader } from '../catalogue/database.ts';
import type { DidDocument } from '../credentials/keys/did.ts';
import { isObject } from '../credentials/strict-json.ts';
import { accepted, refused, type Verdict } from '../errors.ts';
import { claimedCheckpoint } from '../federation/checkpoint.ts';
import { readLog, servedSize, storedHashes } from '../federation/log-store.ts';
import { hashLeaf } from '../federation/merkle.ts';
import { openByDocument, parseOrigin } from '../federation/origins.ts';
import { inclusionProof, verifyInclusion } from '../federation/proofs.ts';

/** That an entry stands in a log: the entry, the way to the root, and the root as the log signed it. */
export interface LogProof {
  origin: string;
  index: number;
  /** The line as the log holds it. */
  entry: string;
  /** Hashes in base64 (RFC 9162, section 2.1.3). */
  proof: string[];
  /** Signed note (https://c2sp.org/tlog-checkpoint). */
  checkpoint: string;
}

/** Proofs for each log that carries the object, own and followed; none where what is held is not signed for yet. */
export async function logProofs(db: Reader, digest: string): Promise<LogProof[]> {
  const rows = await db
    .selectFrom('entry')
    .select(['origin', 'idx', 'bytes'])
    .where('digest', '=', digest)
    .where('op', '=', 'put')
    .orderBy('origin')
    .orderBy('idx')
    .limit(8)
    .execute();
  const proofs: LogProof[] = [];
  for (const { origin, idx, bytes } of rows) {
    const log = await readLog(db, origin);
    const signed = log && claimedCheckpoint(log.note);
    if (!log || log.state === 'forked' || !signed?.ok || idx >= servedSize(log) || log.size < signed.value.size)
      continue;
    const hashes = await inclusionProof(storedHashes(db, origin), idx, signed.value.size);
    const proof = hashes.map((hash) => Buffer.from(hash).toString('base64'));
    proofs.push({ origin, index: idx, entry: Buffer.from(bytes).toString('utf8'), proof, checkpoint: log.note });
  }
  return proofs;
}

/** The DID of the node that an origin belongs to. */
export const nodeOf = (origin: string): string | undefined => parseOrigin(origin)?.did;

/** Checks that an entry about the object stands in the log, by a key of its node's DID document. */
export function checkLogProof(
  bytes: Uint8Array,
  digest: string,
  documentOf: (did: string) => DidDocument | undefined,
  now: Date,
): Verdict<{ origin: string; index: number; size: number }> {
  const read = readProof(bytes);
  if (!read) return refused('malformed', 'It is no proof of a log entry');
  const { origin, index, entry, proof, checkpoint } = read;
  const log = parseOrigin(origin);
  const document = log && documentOf(log.did);
  if (!log || !document)
    return refused('key-unavailable', `The DID document of the log ${origin} is not in the bundle`);
  const opened = openByDocument(document, checkpoint, log, now);
  if (!opened.ok) return opened;
  const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
  const { size, root } = opened.value;
  if (!verifyInclusion(hashLeaf(Buffer.from(entry)), index, size, hashes, root))
    return refused('proof', `The entry does not stand at ${index} of the ${size} that the checkpoint signs`);
  const said = JSON.parse(entry) as unknown;
  if (!isObject(said) || said.op !== 'put' || said.digest !== digest)
    return refused('proof', `The entry is not about ${digest}`);
  return accepted({ origin, index, size });
}

function readProof(bytes: Uint8Array): LogProof | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (!isObject(value)) return undefined;
    const { origin, index, entry, proof, checkpoint } = value;
    const texts = [origin, entry, checkpoint, ...(Array.isArray(proof) && proof.length <= 64 ? proof : [undefined])];
    if (!texts.every((text) => typeof text === 'string') || !Number.isSafeInteger(index)) return undefined;
    JSON.parse(entry as string);
    return value as unknown as LogProof;
  } catch {
    return undefined;
  }
}
