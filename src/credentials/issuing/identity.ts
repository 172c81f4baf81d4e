import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyPairKeyObjectResult,
  sign as signBytes,
} from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../config.ts';
import { whyNot } from '../../errors.ts';
import type { JsonObject } from '../credential.ts';
import { type Alg, type Jwk, multikeyOf } from '../keys/keys.ts';

/** A key that can sign, with the DID URL it is published under. */
export interface SigningKey {
  id: string;
  did: string;
  alg: Alg;
  publicJwk: Jwk;
  privateJwk: Jwk;
}

/** A key that signs no more: only its public part is kept, so that what it signed can still be checked. */
export interface FormerKey {
  id: string;
  publicJwk: Jwk;
  /** Since when it was replaced: what it signed before stands. ISO 8601, to the millisecond. */
  expires?: string;
  /** Since when it is known to be in other hands: nothing it signed is believed. */
  revoked?: string;
}

/** The key of a node, and those it had before. */
export interface Identity extends SigningKey {
  former: FormerKey[];
  /** The log that a key of this node has signed. Known here too, because a key is restored without its database at times. */
  log?: string;
}

const KEY_PAIRS: Record<Alg, () => KeyPairKeyObjectResult> = {
  EdDSA: () => generateKeyPairSync('ed25519'),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 3072 }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 3072 }),
};

/** Makes a fresh key pair: Ed25519 for EdDSA, P-256 and P-384 for ES256 and ES384, RSA of 3072 bits for the others. */
export function generateKey(alg: Alg, did: string, fragment = 'key-1'): SigningKey {
  const { publicKey, privateKey } = KEY_PAIRS[alg]();
  return {
    id: `${did}#${fragment}`,
    did,
    alg,
    publicJwk: publicKey.export({ format: 'jwk' }) as Jwk,
    privateJwk: privateKey.export({ format: 'jwk' }) as Jwk,
  };
}

/**
 * A did:key that carries its own public key (https://w3c-ccg.github.io/did-key-spec/).
 *
 * @throws for RSA, which has no Multikey
 */
export function generateDidKey(alg: Alg): SigningKey {
  const key = generateKey(alg, 'did:key:new');
  const multikey = multikeyOf(key.publicJwk);
  return { ...key, did: `did:key:${multikey}`, id: `did:key:${multikey}#${multikey}` };
}

/** The raw bytes of an Ed25519 public key. */
export const rawPublicKey = (key: { publicJwk: Jwk }): Uint8Array => Buffer.from(key.publicJwk.x!, 'base64url');

/** Signs bytes as they are (Ed25519 over the message, RFC 8032). */
export function ed25519Signer(key: SigningKey): (bytes: Uint8Array) => Uint8Array {
  const privateKey = createPrivateKey({ key: key.privateJwk, format: 'jwk' });
  return (bytes) => signBytes(null, bytes, privateKey);
}

/**
 * The DID document to host for these keys, usable for assertions and authentication: Multikeys, and JWKs for RSA and where a
 * chain of certificates stands beside the key. Former keys stay listed with their end, but for no purpose
 * (https://www.w3.org/TR/cid-1.0/#verification-methods).
 */
export function didDocument(
  did: string,
  keys: Pick<FormerKey, 'id' | 'publicJwk' | 'expires'>[],
  extra: JsonObject = {},
  former: FormerKey[] = [],
): JsonObject {
  const all: FormerKey[] = [
    ...keys.map(({ id, publicJwk, expires }) => ({ id, publicJwk, ...(expires ? { expires } : {}) })),
    ...former,
  ];
  // A chain of certificates (x5c) stands in a JWK; RSA has no Multikey.
  const isJwk = ({ publicJwk }: FormerKey) => publicJwk.kty === 'RSA' || 'x5c' in publicJwk;
  return {
    '@context': [
      'https://www.w3.org/ns/did/v1',
      ...(all.every(isJwk) ? [] : ['https://w3id.org/security/multikey/v1']),
      ...(all.some(isJwk) ? ['https://w3id.org/security/jwk/v1'] : []),
    ],
    id: did,
    verificationMethod: all.map((key) => ({
      id: key.id,
      type: isJwk(key) ? 'JsonWebKey' : 'Multikey',
      controller: did,
      ...(isJwk(key) ? { publicKeyJwk: key.publicJwk } : { publicKeyMultibase: multikeyOf(key.publicJwk) }),
      ...(key.expires ? { expires: key.expires } : {}),
      ...(key.revoked ? { revoked: key.revoked } : {}),
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
    throw new ConfigError([`${path}: not a readable key file (${whyNot(error)})`]);
  }
  if (!key?.id || !key.did || !Object.hasOwn(KEY_PAIRS, key.alg) || !key.privateJwk?.d || !key.publicJwk?.kty)
    throw new ConfigError([
      `${path}: not a key file; \`kontor keygen\` makes one with id, did, alg, publicJwk and privateJwk`,
    ]);
  if (!isPair(key))
    throw new ConfigError([`${path}: its two keys do not belong together. Put back a copy of the file`]);
  return key;
}

/** Whether the private key is one, and the public key is its own: else everything signed would be refused. */
function isPair({ publicJwk, privateJwk }: SigningKey): boolean {
  try {
    const own = createPublicKey(createPrivateKey({ key: privateJwk, format: 'jwk' }));
    return own.equals(createPublicKey({ key: publicJwk as never, format: 'jwk' }));
  } catch {
    return false;
  }
}

const FILE = 'identity.json';

/**
 * The node's own key, made on first start.
 *
 * @throws ConfigError when the key on disk belongs to another DID: a node must not change its name by accident
 */
export function loadOrCreateIdentity(dataDir: string, did: string): Identity {
  const path = join(dataDir, FILE);
  if (!existsSync(path)) {
    const traces = ['log.lock', 'kontor.db'].filter((name) => existsSync(join(dataDir, name)));
    if (traces.length > 0)
      throw new ConfigError([
        `${path} is missing, but ${traces.join(' and ')} of a node stand there: the key of this node is lost. Put the copy back; under a new key its log would be a forgery of its own`,
      ]);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeKey(path, generateKey('EdDSA', did));
  }
  const key = readKey(path) as SigningKey & Partial<Identity>;
  if (key.did !== did) {
    throw new ConfigError([
      `${path} is the key of ${key.did}, but KONTOR_URL makes this node ${did}. Set KONTOR_URL back, or use another data folder`,
    ]);
  }
  return { ...key, former: key.former ?? [] };
}

/**
 * Gives a node another key, and says in identity.json what became of the one before. Its private part is dropped there: what
 * is no longer needed can no longer be stolen. Nobody else may use the data folder meanwhile.
 *
 * @param revoke the key that is in other hands: `current`, or the id of a key; a former one needs no new key
 * @throws ConfigError when the node never had that key
 */
export function rotateIdentity(dataDir: string, did: string, now: Date, revoke?: string): Identity {
  const { former, log, ...key } = loadOrCreateIdentity(dataDir, did);
  const compromised = revoke === 'current' ? key.id : revoke;
  const at = now.toISOString();
  const known = [key.id, ...former.map(({ id }) => id)];
  if (compromised && !known.includes(compromised))
    throw new ConfigError([`${compromised} was never a key of this node. Its keys are ${known.join(', ')}`]);
  const before = former.map((one) => (one.id === compromised ? { ...one, revoked: one.revoked ?? at } : one));
  const end = compromised === key.id ? { revoked: at } : { expires: at };
  const identity: Identity = {
    ...(compromised && compromised !== key.id
      ? { ...key, former: before }
      : {
          ...generateKey('EdDSA', did, `key-${known.length + 1}`),
          former: [...before, { id: key.id, publicJwk: key.publicJwk, ...end }],
        }),
    ...(log ? { log } : {}),
  };
  replaceIdentity(join(dataDir, FILE), identity);
  return identity;
}

/** Notes in identity.json that the log is begun: a copy of the file then tells a lost database from a new node. */
export function rememberLog(dataDir: string, identity: Identity, log: string): void {
  if (identity.log !== log) replaceIdentity(join(dataDir, FILE), { ...identity, log });
}

/** The new file is whole on the disk before it takes the place of the old one: no crash can leave a node without a key. */
function replaceIdentity(path: string, identity: Identity): void {
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  writeKey(draft, identity);
  toDisk(draft);
  renameSync(draft, path);
  toDisk(dirname(path));
}

function toDisk(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}
