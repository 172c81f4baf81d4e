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
const JWT = /^([\w-]+)\.([\w-]+)\./;

/**
 * Whether a submission holds a private key in the clear: in PEM form, as a JWK
 * (https://www.rfc-editor.org/rfc/rfc7517#section-4), or under the name of one; also inside a JWT.
 */
export function holdsPrivateKey(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').trim();
  const [, ...parts] = JWT.exec(text) ?? [];
  return parts.length > 0
    ? parts.some((part) => isTextOfOne(Buffer.from(part, 'base64url').toString('latin1')))
    : isTextOfOne(text);
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
