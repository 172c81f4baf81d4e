import { createPublicKey, ECDH, type KeyObject, X509Certificate } from 'node:crypto';
import { accepted, refused, type Verdict } from '../../errors.ts';
import type { JsonObject } from '../credential.ts';
import { createSizedCache } from '../sized-cache.ts';
import type { Jwk } from './keys.ts';
import { decodeBase58btc, decodeMultikey } from './multibase.ts';

/** Kinds of public key that this node verifies with. */
export type KeyKind = 'Ed25519' | 'P-256' | 'P-384' | 'secp256k1' | 'RSA';

/** A public key that signatures may be checked with. */
export interface PublicKey {
  kind: KeyKind;
  key: KeyObject;
  /** JOSE algorithms it may be used with: those of its kind, or the one its JWK names. */
  algs: readonly string[];
}

/**
 * JOSE signature algorithms for each kind of key (RFC 7518, 8037, 8812). RS256 is here for the Gaia-X generations whose
 * wallets sign with it; nobody we know of uses the other variants of PKCS #1 v1.5. `Ed25519` is the newer name of
 * EdDSA over this curve (RFC 9864).
 */
const JOSE_ALGS: Record<KeyKind, readonly string[]> = {
  Ed25519: ['EdDSA', 'Ed25519'],
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  secp256k1: ['ES256K'],
  RSA: ['PS256', 'PS384', 'PS512', 'RS256'],
};

/** Every JOSE algorithm that some kind of key here is taken for. */
export const ALL_JOSE_ALGS: readonly string[] = Object.values(JOSE_ALGS).flat();

/** Bytes of one coordinate, and the name by which OpenSSL knows the curve. */
const CURVES = {
  'P-256': { bytes: 32, openssl: 'prime256v1' },
  'P-384': { bytes: 48, openssl: 'secp384r1' },
  secp256k1: { bytes: 32, openssl: 'secp256k1' },
} as const;

const RSA_BITS = { least: 2048, most: 8192 };
const LEAST_EXPONENT = 65_537n;
/** In base64url, with a leading zero octet that some libraries write. A longer number is not even decoded. */
const LONGEST_MODULUS = Math.ceil(((RSA_BITS.most / 8 + 1) * 4) / 3);
/** Eight octets: a larger exponent only makes verifying slow. */
const LONGEST_EXPONENT = 11;

/** What only the owner may have, in a method (data integrity, older suites) and in a JWK (RFC 7518 section 6). */
const PRIVATE_MATERIAL = [
  'privateKeyJwk',
  'secretKeyJwk',
  'privateKeyMultibase',
  'secretKeyMultibase',
  'privateKeyBase58',
];
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Importing a key takes 25 to 100 microseconds, so what was read once is remembered; the reason of a refusal too. */
const imported = createSizedCache<PublicKey | string>(4_000_000);
/** What OpenSSL holds for a key, roughly. */
const KEY_BYTES = 1_500;

/**
 * The public key of a verification method: `publicKeyJwk`, `publicKeyMultibase` (Multikey,
 * https://www.w3.org/TR/cid-1.0/#Multikey), or the `publicKeyBase58` of an Ed25519VerificationKey2018. A certificate
 * chain in the JWK decides nothing, but it must be for the same key.
 *
 * @returns `proof` when there is no key that could prove anything
 */
export function publicKeyOf(method: JsonObject): Verdict<PublicKey> {
  const { type, publicKeyJwk, publicKeyMultibase, publicKeyBase58 } = method;
  const secret = PRIVATE_MATERIAL.find((name) => name in method);
  const content = JSON.stringify([publicKeyJwk, publicKeyMultibase, publicKeyBase58, publicKeyBase58 && type]);
  let found = secret ? publishedSecret(secret) : imported.get(content);
  if (!found) {
    found = readMethod(method);
    imported.set(content, found, content.length + KEY_BYTES);
  }
  return typeof found === 'string'
    ? refused('proof', `The key ${String(method.id).slice(0, 120)} ${found}`, mendOf(found))
    : accepted(found);
}

const publishedSecret = (name: string) =>
  `publishes its private part ("${name}"), so anybody can sign with it. Take it down, mark it revoked and make a new one`;

const mendOf = (fault: string) =>
  fault.startsWith('publishes its private part')
    ? 'Make a new key, mark this one revoked in the DID document, and sign again'
    : 'Write the key in the DID document as its kind demands, or make one that is taken: ./kontor keygen';

function readMethod({ type, publicKeyJwk, publicKeyMultibase, publicKeyBase58 }: JsonObject): PublicKey | string {
  const given = [publicKeyJwk, publicKeyMultibase, publicKeyBase58].filter((one) => one !== undefined);
  if (given.length > 1) return 'is written in more than one form; leave publicKeyJwk or publicKeyMultibase alone';
  if (typeof publicKeyMultibase === 'string') {
    const multikey = decodeMultikey(publicKeyMultibase);
    if (!multikey)
      return 'has a publicKeyMultibase that is not an Ed25519, P-256 or P-384 public key as a Multikey in base58btc';
    return multikey.alg === 'Ed25519' ? importEd25519(multikey.bytes) : importPoint(multikey.alg, multikey.bytes);
  }
  if (typeof publicKeyBase58 === 'string' && type === 'Ed25519VerificationKey2018') {
    const bytes = publicKeyBase58.length <= 50 ? decodeBase58btc(`z${publicKeyBase58}`) : undefined;
    return bytes?.length === 32 ? importEd25519(bytes) : 'has a publicKeyBase58 that is not 32 bytes in base58btc';
  }
  if (publicKeyJwk !== null && typeof publicKeyJwk === 'object') return readJwk(publicKeyJwk as Jwk);
  return 'has neither a publicKeyJwk nor a publicKeyMultibase';
}

/** A JWK (https://www.rfc-editor.org/rfc/rfc7517) for verifying, or why it is none. */
function readJwk(jwk: Jwk): PublicKey | string {
  const secret = PRIVATE_MEMBERS.find((name) => name in jwk);
  if (secret) return publishedSecret(secret);
  const kind = kindOf(jwk);
  if (!kind) {
    const named = [jwk.kty, jwk.crv].filter((one) => one !== undefined).map((one) => String(one).slice(0, 40));
    return `is of the type ${named.join(' ') || 'unknown'}; ${Object.keys(JOSE_ALGS).join(', ')} are taken`;
  }
  const { use, alg, key_ops: operations } = jwk;
  if (use !== undefined && use !== 'sig') return `is not for signatures: its "use" is ${brief(use)}, not "sig"`;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return `is not for verifying: its "key_ops" are ${brief(operations)}, without "verify"`;
  const algs = JOSE_ALGS[kind];
  if (alg !== undefined && !algs.includes(alg as string))
    return `says "alg" ${brief(alg)}; a key of ${kind} is taken for ${algs.join(', ')}`;
  const found = kind === 'RSA' ? importRsa(jwk) : importCurve(kind, jwk);
  if (typeof found === 'string') return found;
  const fault = jwk.x5c === undefined ? undefined : faultOfChain(jwk.x5c, found.key);
  if (fault) return fault;
  return alg === undefined || kind === 'Ed25519' ? found : { ...found, algs: [alg as string] };
}

function kindOf({ kty, crv }: Jwk): KeyKind | undefined {
  if (kty === 'OKP' && crv === 'Ed25519') return crv;
  if (kty === 'EC' && crv !== undefined && Object.hasOwn(CURVES, crv)) return crv as keyof typeof CURVES;
  return kty === 'RSA' ? kty : undefined;
}

const brief = (value: unknown) => JSON.stringify(value).slice(0, 60);

/** @returns the bytes when the text is base64url without padding, in the one way to write them */
function base64url(text: unknown): Buffer | undefined {
  if (typeof text !== 'string' || text.length > LONGEST_MODULUS) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

function importCurve(kind: Exclude<KeyKind, 'RSA'>, jwk: Jwk): PublicKey | string {
  const size = kind === 'Ed25519' ? 32 : CURVES[kind].bytes;
  const [x, y] = [base64url(jwk.x), base64url(jwk.y)];
  if (x?.length !== size || (kind !== 'Ed25519' && y?.length !== size))
    return `has coordinates that are not ${size} bytes each in base64url without padding, as ${kind} needs`;
  if (kind === 'Ed25519') return importEd25519(x);
  return importPoint(kind, Buffer.concat([Buffer.from([4]), x, y!]));
}

/** @param point compressed or uncompressed (SEC 1 section 2.3.3) */
function importPoint(kind: keyof typeof CURVES, point: Uint8Array): PublicKey | string {
  try {
    const full = ECDH.convertKey(point, CURVES[kind].openssl, undefined, undefined, 'uncompressed') as Buffer;
    const half = CURVES[kind].bytes + 1;
    const [x, y] = [full.subarray(1, half).toString('base64url'), full.subarray(half).toString('base64url')];
    return { kind, key: importJwk({ kty: 'EC', crv: kind, x, y }), algs: JOSE_ALGS[kind] };
  } catch {
    return `is not a point of ${kind}`;
  }
}

function importRsa({ n, e }: Jwk): PublicKey | string {
  const range = `${RSA_BITS.least} to ${RSA_BITS.most}`;
  if (typeof n === 'string' && n.length > LONGEST_MODULUS) return `is an RSA key of more than ${RSA_BITS.most} bits`;
  const [modulus, exponent] = [base64url(n), base64url(e)];
  if (!modulus || !exponent) return 'has an RSA modulus or exponent that is not base64url without padding';
  if (exponent.length === 0 || (e as string).length > LONGEST_EXPONENT)
    return 'has an RSA exponent of more than 64 bits, or none';
  try {
    const key = importJwk({ kty: 'RSA', n, e });
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    if (modulusLength < RSA_BITS.least || modulusLength > RSA_BITS.most)
      return `is an RSA key of ${modulusLength} bits; ${range} are taken`;
    if (publicExponent < LEAST_EXPONENT || publicExponent % 2n === 0n)
      return `has the RSA exponent ${publicExponent}; an odd one from ${LEAST_EXPONENT} on is needed`;
    if (modulus.at(-1)! % 2 === 0) return 'has an even RSA modulus, which is no product of two primes';
    return { kind: 'RSA', key, algs: JOSE_ALGS.RSA };
  } catch {
    return `is not an RSA key of ${range} bits`;
  }
}

const importJwk = (jwk: Jwk) => createPublicKey({ key: jwk as never, format: 'jwk' });

const P25519 = 2n ** 255n - 19n;
const ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/**
 * Points of small order on Curve25519, by their y: under such a "public key" one signature fits many messages, so a
 * key that is one of them proves nothing (RFC 8032 section 5.1.7 leaves the check to the verifier). A key that is no
 * point at all needs no check: no signature verifies under it.
 */
const SMALL_ORDER = new Set([0n, 1n, P25519 - 1n, ORDER_8, P25519 - ORDER_8]);

function importEd25519(bytes: Uint8Array): PublicKey | string {
  const y = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`) & (2n ** 255n - 1n);
  if (y >= P25519) return 'is not written as RFC 8032 section 5.1.2 says: it is larger than the field';
  if (SMALL_ORDER.has(y)) return 'is a point of small order: one signature would fit many messages';
  const x = Buffer.from(bytes).toString('base64url');
  return { kind: 'Ed25519', key: importJwk({ kty: 'OKP', crv: 'Ed25519', x }), algs: JOSE_ALGS.Ed25519 };
}

/** Why a certificate chain does not belong to a key (RFC 7517 section 4.7: the first certificate is for this key). */
function faultOfChain(x5c: unknown, key: KeyObject): string | undefined {
  const first = Array.isArray(x5c) ? x5c[0] : undefined;
  try {
    const leaf = typeof first === 'string' ? new X509Certificate(Buffer.from(first, 'base64')) : undefined;
    if (!leaf) return 'has an "x5c" that is not a list of certificates in base64';
    return leaf.publicKey.equals(key) ? undefined : 'stands beside an "x5c" whose first certificate is for another key';
  } catch {
    return 'has an "x5c" whose first entry is not a certificate';
  }
}
