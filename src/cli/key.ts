import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readKey, type SigningKey } from '../credentials/issuing/identity.ts';
import type { Alg, Jwk } from '../credentials/keys/keys.ts';
import { wrongUsage } from './failure.ts';
import { parseObject, readFile } from './input.ts';
import type { Io } from './io.ts';

const ALGS: Record<string, Alg> = { Ed25519: 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384', RSA: 'PS256' };

/**
 * The key to sign with: `--key`, else KONTOR_KEY. Takes what `kontor keygen` writes, and a bare private JWK whose
 * `kid` is the DID URL it is published under.
 */
export function signingKey(io: Io, path: string | undefined): SigningKey {
  const file = path ?? (io.env.KONTOR_KEY || undefined);
  if (!file)
    throw wrongUsage(
      'A key to sign with is needed.',
      'Name its file with --key or KONTOR_KEY; `kontor keygen` makes one.',
    );
  return keyFile(file);
}

export function keyFile(path: string): SigningKey {
  const found = parseObject(readFile(path), path) as Jwk;
  if (!found.kty) return readKey(path);
  const id = found.kid;
  const alg = found.alg === 'RS256' ? 'RS256' : ALGS[found.crv ?? found.kty];
  if (!alg || typeof id !== 'string' || !/^did:.+#.+$/.test(id)) throw unusable(path);
  try {
    const privateJwk = createPrivateKey({ key: found, format: 'jwk' }).export({ format: 'jwk' }) as Jwk;
    const publicJwk = createPublicKey({ key: found as never, format: 'jwk' }).export({ format: 'jwk' }) as Jwk;
    return { id, did: id.slice(0, id.indexOf('#')), alg, publicJwk, privateJwk };
  } catch {
    throw unusable(path);
  }
}

const unusable = (path: string) =>
  wrongUsage(
    `${path} is not a key that can be used.`,
    'A private JWK is of Ed25519, P-256, P-384 or RSA, and has as kid the DID URL under which the public key is found.',
  );
