import { constants, verify } from 'node:crypto';
import { accepted, refused, type Verdict } from '../../errors.ts';
import type { KeyKind, PublicKey } from '../keys/public-key.ts';

/** How a proof that stands inside a JSON document is made: what is hashed, which keys fit, where the signature stands. */
export interface Suite {
  /** Name for people and programs: the cryptosuite, or the older proof type. */
  name: string;
  /**
   * Whether the statements are signed (RDF) or the text (JSON). `rdfc-loose`: the statements that are left when
   * undefined terms are dropped, as tools of that time did. The terms are judged for themselves, and refused.
   */
  canonical: 'rdfc' | 'rdfc-loose' | 'jcs';
  keys: readonly KeyKind[];
  /** `proofValue` in multibase, or a detached JWS. */
  value: 'proofValue' | 'jws';
}

const suite = (name: string, canonical: Suite['canonical'], keys: KeyKind[], value: Suite['value'] = 'proofValue') => ({
  name,
  canonical,
  keys,
  value,
});

/** Cryptosuites of `DataIntegrityProof` (https://www.w3.org/TR/vc-di-eddsa/, https://www.w3.org/TR/vc-di-ecdsa/). */
const CRYPTOSUITES: readonly Suite[] = [
  suite('eddsa-rdfc-2022', 'rdfc', ['Ed25519']),
  suite('eddsa-jcs-2022', 'jcs', ['Ed25519']),
  suite('ecdsa-rdfc-2019', 'rdfc', ['P-256', 'P-384']),
  suite('ecdsa-jcs-2019', 'jcs', ['P-256', 'P-384']),
];

/**
 * Proof types of the time before cryptosuites (https://www.w3.org/community/reports/credentials/CG-FINAL-di-eddsa-2020-20220724/,
 * https://www.w3.org/TR/vc-jws-2020/).
 */
const OLDER: readonly Suite[] = [
  suite('Ed25519Signature2020', 'rdfc', ['Ed25519']),
  suite('JsonWebSignature2020', 'rdfc-loose', ['Ed25519', 'P-256', 'P-384', 'RSA', 'secp256k1'], 'jws'),
];

/** Names of all suites, for messages. */
export const SUITE_NAMES: string = [...CRYPTOSUITES, ...OLDER].map((one) => one.name).join(', ');

/** The suite that a proof names. */
export function suiteOf(proof: { type?: unknown; cryptosuite?: unknown }): Suite | undefined {
  return proof.type === 'DataIntegrityProof'
    ? CRYPTOSUITES.find((one) => one.name === proof.cryptosuite)
    : OLDER.find((one) => one.name === proof.type);
}

const CURVE_BYTES: Partial<Record<KeyKind, number>> = { 'P-256': 32, 'P-384': 48, secp256k1: 32 };

/** How many bytes every signature of a key has. */
const bytesOf = ({ kind, key }: PublicKey): number | undefined =>
  kind === 'Ed25519'
    ? 64
    : kind === 'RSA'
      ? Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
      : CURVE_BYTES[kind] && 2 * CURVE_BYTES[kind];

/**
 * Refuses a signature that no key of this kind makes.
 *
 * @param how what signs, in words: an algorithm or a suite
 */
export function sized(key: PublicKey, { length }: Uint8Array, how: string): Verdict<undefined> {
  const needed = bytesOf(key);
  if (needed === undefined || length === needed) return accepted(undefined);
  const why = `The signature has ${length} bytes, ${how} needs ${needed}`;
  if (length < needed)
    return refused('proof', `${why}: it was cut off`, 'Send the whole file as it was signed, or sign the claim again');
  const der = CURVE_BYTES[key.kind] !== undefined;
  return refused('proof', why, der ? 'Write r and s side by side, not as DER' : 'Send the signature as it was made');
}

/**
 * Whether the key made the signature over the data. ECDSA signatures are r and s side by side (RFC 7518 section 3.4),
 * never DER; node:crypto refuses an Ed25519 S that is not canonical (RFC 8032 section 5.1.7). It is computed in
 * this thread: handing it to another costs as much as it takes.
 *
 * @param alg JOSE name; needed for RSA, which has several
 */
export function verifies({ kind, key }: PublicKey, data: Uint8Array, signature: Uint8Array, alg = ''): boolean {
  if (kind === 'Ed25519') return signature.length === 64 && verify(null, data, key, signature);
  if (kind === 'RSA') {
    const padding =
      alg === 'RS256'
        ? { padding: constants.RSA_PKCS1_PADDING }
        : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    return verify(`sha${alg.slice(2)}`, data, { key, ...padding }, signature);
  }
  const bytes = CURVE_BYTES[kind];
  if (bytes === undefined || signature.length !== 2 * bytes) return false;
  return verify(kind === 'P-384' ? 'sha384' : 'sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature);
}
