import { accepted, refused, type Verdict } from '../errors.ts';
import type { Hash } from './merkle.ts';
import {
  ED25519,
  formatNote,
  keyIdOf,
  type NoteSignature,
  parseNote,
  TIMESTAMPED_ED25519,
  verifyEd25519,
} from './note.ts';

/**
 * Checkpoints (https://c2sp.org/tlog-checkpoint): what a log signs of itself. Ours carry two signature lines of the
 * log's own key, the plain one and a timestamped one (https://c2sp.org/tlog-cosignature), which is made anew every
 * few minutes: it shows through any number of mirrors that the log is alive, without an entry.
 */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Hash;
}

/** A checkpoint whose signature holds. */
export interface OpenedCheckpoint extends Checkpoint {
  /** The note with the lines of the log's own key only, so that nobody on the way can pad it. */
  note: string;
  /** Newest time the log itself has put to this head, in seconds since 1970; null when it gave none. */
  time: number | null;
  publicKey: Uint8Array;
}

/** How far ahead a timestamp may be: clocks differ. */
const CLOCK_SKEW_SECONDS = 300;

export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;

/** Reads the text of a checkpoint. Extension lines, which the spec discourages, are refused: nobody audits them. */
export function parseCheckpoint(text: string): Verdict<Checkpoint> {
  const [origin = '', size = '', encoded = '', end, ...more] = text.split('\n');
  const root = Buffer.from(encoded, 'base64');
  if (end !== '' || more.length > 0) return refused('malformed', 'A checkpoint is three lines: origin, size and root');
  if (origin === '') return refused('malformed', 'The checkpoint names no origin');
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    return refused('malformed', 'The size of the checkpoint is not a decimal number without leading zeroes');
  }
  if (root.length !== 32 || root.toString('base64') !== encoded) {
    return refused('malformed', 'The root of the checkpoint is not the base64 of 32 bytes');
  }
  return accepted({ origin, size: Number(size), root });
}

/** Who the note says it is from, before anything is verified: tells whose key to look for. */
export function claimedCheckpoint(source: string): Verdict<Checkpoint> {
  const note = parseNote(source);
  return note.ok ? parseCheckpoint(note.value.text) : note;
}

/** The message of a timestamped signature (https://c2sp.org/tlog-cosignature#ed25519-signed-message). */
const cosigned = (text: string, time: number): Buffer => Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);

export interface CheckpointSigner {
  publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Signs a checkpoint: the plain line, then the timestamped one. `time` in seconds since 1970. */
export async function signCheckpoint(checkpoint: Checkpoint, signer: CheckpointSigner, time: number): Promise<string> {
  const text = formatCheckpoint(checkpoint);
  const name = checkpoint.origin;
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  const plain = await signer.sign(Buffer.from(text));
  const timestamped = await signer.sign(cosigned(text, time));
  const idOf = (type: number) => keyIdOf({ name, type, publicKey: signer.publicKey });
  return formatNote({
    text,
    signatures: [
      { name, keyId: idOf(ED25519), bytes: plain },
      { name, keyId: idOf(TIMESTAMPED_ED25519), bytes: Buffer.concat([stamp, timestamped]) },
    ],
  });
}

/**
 * Verifies a checkpoint with the keys its log may use.
 *
 * Refusals: `malformed` and `too-large` for what is no checkpoint, `proof` when a signature by one of the keys does
 * not hold (https://c2sp.org/signed-note#signatures asks to reject the whole note then), `untrusted` when none of the
 * keys has signed. Lines of other keys are ignored.
 *
 * @param name key name, which is the origin of the log
 * @param now timestamps later than this, and a little, are not believed
 */
export function openCheckpoint(
  source: string,
  name: string,
  publicKeys: Uint8Array[],
  now: Date,
): Verdict<OpenedCheckpoint> {
  const note = parseNote(source);
  if (!note.ok) return note;
  const { text, signatures } = note.value;
  const checkpoint = parseCheckpoint(text);
  if (!checkpoint.ok) return checkpoint;
  if (checkpoint.value.origin !== name)
    return refused('proof', `The checkpoint is of ${checkpoint.value.origin}, not of ${name}`);

  let plain: { line: NoteSignature; publicKey: Uint8Array } | undefined;
  let stamped: { line: NoteSignature; time: number } | undefined;
  for (const publicKey of publicKeys) {
    const plainId = keyIdOf({ name, type: ED25519, publicKey });
    const stampedId = keyIdOf({ name, type: TIMESTAMPED_ED25519, publicKey });
    for (const line of signatures) {
      if (line.name !== name) continue;
      if (line.keyId === plainId) {
        if (!verifyEd25519(publicKey, Buffer.from(text), line.bytes))
          return refused('proof', `The signature of ${name} does not hold`);
        plain ??= { line, publicKey };
      } else if (line.keyId === stampedId) {
        const time = timeOf(line, text, publicKey);
        if (time === undefined) return refused('proof', `The timestamped signature of ${name} does not hold`);
        const believable = time <= now.getTime() / 1000 + CLOCK_SKEW_SECONDS;
        if (believable && time > (stamped?.time ?? -1)) stamped = { line, time };
      }
    }
  }
  if (!plain) return refused('untrusted', `No key that ${name} has published signed this checkpoint`);
  const kept = stamped ? [plain.line, stamped.line] : [plain.line];
  return accepted({
    ...checkpoint.value,
    note: formatNote({ text, signatures: kept }),
    time: stamped?.time ?? null,
    publicKey: plain.publicKey,
  });
}

/** The time of a timestamped line whose signature holds. */
function timeOf(line: NoteSignature, text: string, publicKey: Uint8Array): number | undefined {
  if (line.bytes.length !== 72) return undefined;
  const time = Number(Buffer.from(line.bytes).readBigUInt64BE(0));
  if (!Number.isSafeInteger(time)) return undefined;
  return verifyEd25519(publicKey, cosigned(text, time), line.bytes.subarray(8)) ? time : undefined;
}
