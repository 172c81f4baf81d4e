import {
  createPrivateKey,
  createPublicKey,
  ECDH,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../config.ts';
import type { JsonObject } from '../credential.ts';
import { decodeMultikey, encodeMultikey } from './multibase.ts';

/** Signature algorithms of this node, by their JOSE names (RFC 8037, RFC 7518). */
export type Alg = 'EdDSA' | 'ES256';

export interface Jwk {
  kty?: string;
  crv?: string;
  x?: string;
  y?: string;
  d?: string;
  [member: string]: unknown;
}

/** A key that can sign, with the DID URL it is published under. */
export interface SigningKey {
  id: string;
  did: string;
  alg: Alg;
  publicJwk: Jwk;
  privateJwk: Jwk;
}

/** Makes a fresh key pair: Ed25519 for EdDSA, P-256 for ES256. */
export function generateKey(alg: Alg, did: string, fragment = 'key-1'): SigningKey {
  const { publicKey, privateKey } =
    alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    id: `${did}#${fragment}`,
    did,
    alg,
    publicJwk: publicKey.export({ format: 'jwk' }) as Jwk,
    privateJwk: privateKey.export({ format: 'jwk' }) as Jwk,
  };
}

/** A did:key that carries its own public key (https://w3c-ccg.github.io/did-key-spec/). */
export function generateDidKey(alg: Alg): SigningKey {
  const key = generateKey(alg, 'did:key:new');
  const multikey = multikeyOf(key.publicJwk);
  return { ...key, did: `did:key:${multikey}`, id: `did:key:${multikey}#${multikey}` };
}

/** The `publicKeyMultibase` of a public JWK. */
export function multikeyOf(jwk: Jwk): string {
  if (jwk.crv === 'Ed25519') return encodeMultikey('Ed25519', Buffer.from(jwk.x!, 'base64url'));
  const y = Buffer.from(jwk.y!, 'base64url');
  return encodeMultikey('P-256', Buffer.concat([Buffer.from([2 + (y[31]! & 1)]), Buffer.from(jwk.x!, 'base64url')]));
}

/** The raw bytes of an Ed25519 public key. */
export const rawPublicKey = (key: SigningKey): Uint8Array => Buffer.from(key.publicJwk.x!, 'base64url');

/** Signs bytes as they are (Ed25519 over the message, RFC 8032). */
export function ed25519Signer(key: SigningKey): (bytes: Uint8Array) => Uint8Array {
  const privateKey = createPrivateKey({ key: key.privateJwk, format: 'jwk' });
  return (bytes) => signBytes(null, bytes, privateKey);
}

/**
 * A verification method's key, from Multikey or JWK.
 *
 * @returns undefined when the method holds no key of a supported type, or one that is not a point of its curve
 */
export function publicKeyOf(method: JsonObject): { alg: Alg; key: KeyObject } | undefined {
  const { publicKeyMultibase, publicKeyJwk } = method;
  try {
    if (typeof publicKeyMultibase === 'string') {
      const multikey = decodeMultikey(publicKeyMultibase);
      return multikey && importJwk(multikey.alg === 'Ed25519' ? okp(multikey.bytes) : ec(multikey.bytes));
    }
    if (publicKeyJwk && typeof publicKeyJwk === 'object') return importJwk(publicKeyJwk as Jwk);
  } catch {
    // Not a point of its curve, or not a key at all.
  }
  return undefined;
}

function importJwk({ kty, crv, x, y }: Jwk): { alg: Alg; key: KeyObject } | undefined {
  const alg = kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : kty === 'EC' && crv === 'P-256' ? 'ES256' : undefined;
  if (!alg || typeof x !== 'string') return undefined;
  if (alg === 'EdDSA' && SMALL_ORDER.has(Buffer.from(x, 'base64url').toString('hex'))) return undefined;
  return {
    alg,
    key: createPublicKey({ key: alg === 'EdDSA' ? { kty, crv, x } : { kty, crv, x, y }, format: 'jwk' } as never),
  };
}

const okp = (bytes: Uint8Array): Jwk => ({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(bytes).toString('base64url') });

function ec(compressed: Uint8Array): Jwk {
  const point = ECDH.convertKey(compressed, 'prime256v1', undefined, undefined, 'uncompressed') as Buffer;
  return {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
}

/**
 * Points of small order on Curve25519: under such a "public key" one signature fits many messages, so a key that
 * is one of them proves nothing (RFC 8032 section 5.1.7 leaves the check to the verifier).
 */
const SMALL_ORDER = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** The DID document to host for these keys: Multikeys, usable for assertions and authentication. */
export function didDocument(did: string, keys: SigningKey[], extra: JsonObject = {}): JsonObject {
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    verificationMethod: keys.map((key) => ({
      id: key.id,
      type: 'Multikey',
      controller: did,
      publicKeyMultibase: multikeyOf(key.publicJwk),
    })),
    assertionMethod: keys.map((key) => key.id),
    authentication: keys.map((key) => key.id),
    ...extra,
  };
}

/** Writes a key so that only its owner can read it. @throws when the file stands already */
export function writeKey(path: string, key: SigningKey): void {
  writeFileSync(path, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
}

/** Reads a key file as `writeKey` makes them. @throws ConfigError saying what is wrong with the file */
export function readKey(path: string): SigningKey {
  let key: SigningKey;
  try {
    key = JSON.parse(readFileSync(path, 'utf8')) as SigningKey;
  } catch (error) {
    throw new ConfigError([`${path}: not a readable key file (${(error as Error).message})`]);
  }
  const complete =
    key?.id && key.did && (key.alg === 'EdDSA' || key.alg === 'ES256') && key.privateJwk?.d && key.publicJwk?.x;
  if (!complete)
    throw new ConfigError([
      `${path}: not a key file; \`kontor keygen\` makes one with id, did, alg, publicJwk and privateJwk`,
    ]);
  return key;
}

/**
 * The node's own key, made on first start.
 *
 * @throws ConfigError when the key on disk belongs to another DID: a node must not change its name by accident
 */
export function loadOrCreateIdentity(dataDir: string, did: string): SigningKey {
  const path = join(dataDir, 'identity.json');
  if (!existsSync(path)) {
    const traces = ['log.lock', 'kontor.db'].filter((name) => existsSync(join(dataDir, name)));
    if (traces.length > 0)
      throw new ConfigError([
        `${path} is missing, but ${traces.join(' and ')} of a node stand there: the key of this node is lost. Put the copy back; under a new key its log would be a forgery of its own`,
      ]);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeKey(path, generateKey('EdDSA', did));
  }
  const key = readKey(path);
  if (key.did !== did) {
    throw new ConfigError([
      `${path} is the key of ${key.did}, but KONTOR_URL makes this node ${did}. Set KONTOR_URL back, or use another data folder`,
    ]);
  }
  return key;
}
