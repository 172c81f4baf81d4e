import type { JsonObject } from './credential.ts';

/** Members that hold a private key by their name: of key files, and of verification methods old and new. */
const SECRET_MEMBERS = [
  'privateJwk',
  'privateKeyJwk',
  'secretKeyJwk',
  'privateKeyMultibase',
  'secretKeyMultibase',
  'privateKeyBase58',
  'privateKeyPem',
  'privateKeyHex',
];
const PEM = /-----BEGIN [A-Z ]*PRIVATE KEY/;
/** Most texts name nothing of the kind, and are not read a second time. */
const SUSPECT = new RegExp(`"(?:d|k|${SECRET_MEMBERS.join('|')})"\\s*:`);
/** JSON in base64, as the parts of a JWT are, begins with its brace: ey or ew; in base64 once more, that is ZX. */
const WRAPPED = /(?<![\w+/-])(?:e[yw]|ZX)[\w+/-]{6,}/g;
/** A presentation that is a JWT holds one in base64 in a data: URL: its parts are wrapped four times. */
const MAX_WRAPPED = 4;

/**
 * Whether a submission holds a private key in the clear: in PEM form, as a JWK
 * (https://www.rfc-editor.org/rfc/rfc7517#section-4), or under the name of one; also inside JWTs, and what they envelop.
 */
export function holdsPrivateKey(bytes: Uint8Array): boolean {
  return isText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'), MAX_WRAPPED);
}

function isText(text: string, depth: number): boolean {
  if (isTextOfOne(text)) return true;
  if (depth === 0) return false;
  // One JWT is told from text that holds some by what it has not, which is sooner seen.
  const isOne = text.startsWith('e') && ['"', ' ', '\n', ','].every((mark) => !text.includes(mark));
  const parts = isOne ? text.split('.', 8) : (text.match(WRAPPED) ?? []);
  return parts.some((part) => isText(Buffer.from(part, 'base64').toString('latin1'), depth - 1));
}

function isTextOfOne(text: string): boolean {
  if (PEM.test(text)) return true;
  if (!SUSPECT.test(text)) return false;
  try {
    return isSecret(JSON.parse(text));
  } catch {
    return false;
  }
}

function isSecret(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.some(isSecret);
  const object = value as JsonObject;
  if (typeof object.kty === 'string' && (typeof object.d === 'string' || typeof object.k === 'string')) return true;
  return SECRET_MEMBERS.some((name) => object[name]) || Object.values(object).some(isSecret);
}
