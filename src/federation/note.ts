import { createHash, createPublicKey, verify } from 'node:crypto';
import { accepted, refused, type Verdict } from '../errors.ts';

/**
 * Signed notes, byte for byte as https://c2sp.org/signed-note has them: text that ends in a newline, an empty line,
 * then one line `— <key name> <base64 of key id and signature>` a signature.
 */
export interface Note {
  /** With its final newline, without the empty line. */
  text: string;
  signatures: NoteSignature[];
}

export interface NoteSignature {
  name: string;
  /** Big-endian uint32. */
  keyId: number;
  /** What follows the key id. */
  bytes: Uint8Array;
}

export interface NoteKey {
  name: string;
  type: number;
  /** 32 bytes, RFC 8032. */
  publicKey: Uint8Array;
}

/** Signature types (https://c2sp.org/signed-note#signature-types). */
export const ED25519 = 0x01;
export const TIMESTAMPED_ED25519 = 0x04;

/** The spec asks for at least 16 signatures of up to nearly 5 kB each. */
const MAX_SIGNATURES = 16;
export const MAX_NOTE_BYTES = 131_072;

/** The first four bytes of SHA-256(name, newline, type, public key). */
export function keyIdOf({ name, type, publicKey }: NoteKey): number {
  const input = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([type]), publicKey]);
  return createHash('sha256').update(input).digest().readUInt32BE(0);
}

/** The text form of a verifier key (https://c2sp.org/signed-note#verifier-keys). */
export function formatVerifierKey(key: NoteKey): string {
  const id = keyIdOf(key).toString(16).padStart(8, '0');
  return `${key.name}+${id}+${Buffer.concat([Buffer.from([key.type]), key.publicKey]).toString('base64')}`;
}

/** Reads a verifier key of an Ed25519 type and checks its id. */
export function parseVerifierKey(vkey: string): Verdict<NoteKey> {
  const [name = '', id = '', material = '', rest] = splitKey(vkey);
  const bytes = decodeBase64(material);
  if (rest !== undefined || !isName(name) || !/^[0-9a-f]{8}$/.test(id) || !bytes || bytes.length !== 33) {
    return refused('malformed', 'This is not a verifier key of the form name+hash+key with a 32-byte Ed25519 key');
  }
  const key = { name, type: bytes[0]!, publicKey: bytes.subarray(1) };
  if (key.type !== ED25519 && key.type !== TIMESTAMPED_ED25519) {
    return refused('unsupported', `Signature type ${key.type} is not supported; 1 and 4 (Ed25519) are`);
  }
  if (keyIdOf(key) !== Number.parseInt(id, 16))
    return refused('malformed', 'The hash in the verifier key is not the hash of its key');
  return accepted(key);
}

/** The base64 of a key may hold plus signs, so only the first two separate. */
function splitKey(vkey: string): string[] {
  const [name, id, ...material] = vkey.split('+');
  return [name ?? '', id ?? '', material.join('+')];
}

/** Names hold no plus sign and no space of any alphabet. */
const isName = (name: string): boolean => name !== '' && !/[+\p{White_Space}]/u.test(name);

/** Strict: what encodes to another text than was given is refused, so that one note has one spelling. */
function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined;
}

/** Writes a note. */
export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(formatSignature).join('')}`;
}

function formatSignature({ name, keyId, bytes }: NoteSignature): string {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(keyId);
  return `\u2014 ${name} ${Buffer.concat([id, bytes]).toString('base64')}\n`;
}

/** Splits a note into its text and signatures. Nothing is verified: the text must not be used before a signature is. */
export function parseNote(source: string): Verdict<Note> {
  if (source.length > MAX_NOTE_BYTES)
    return refused('too-large', `A signed note may be ${MAX_NOTE_BYTES} bytes long at most`);
  if (/[\u0000-\u0009\u000b-\u001f]/.test(source) || !source.isWellFormed()) {
    return refused('malformed', 'A signed note is UTF-8 text without control characters');
  }
  const end = source.lastIndexOf('\n\n');
  if (end < 0 || !source.endsWith('\n'))
    return refused('malformed', 'A signed note is text, an empty line and signature lines');
  const lines = source.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES)
    return refused('too-large', `A signed note may carry ${MAX_SIGNATURES} signatures at most`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [dash, name = '', encoded = '', ...rest] = line.split(' ');
    const bytes = decodeBase64(encoded);
    if (dash !== '\u2014' || !isName(name) || rest.length > 0 || !bytes || bytes.length < 5) {
      return refused('malformed', 'A line after the text of the signed note is not a signature line');
    }
    signatures.push({ name, keyId: Buffer.from(bytes).readUInt32BE(0), bytes: bytes.subarray(4) });
  }
  return accepted({ text: source.slice(0, end + 1), signatures });
}

/** Verifies an Ed25519 signature (RFC 8032) with a raw 32-byte key. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    const x = Buffer.from(publicKey).toString('base64url');
    return verify(null, message, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), signature);
  } catch {
    return false;
  }
}
