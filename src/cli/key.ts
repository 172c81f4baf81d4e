import { type Alg, type Jwk, readKey, type SigningKey } from '../credentials/keys/keys.ts';
import { wrongUsage } from './failure.ts';
import { parseObject, readFile } from './input.ts';
import type { Io } from './io.ts';

const ALGS: Record<string, Alg> = { Ed25519: 'EdDSA', 'P-256': 'ES256' };

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
  const alg = ALGS[found.crv ?? ''];
  const id = found.kid;
  if (!alg || !found.x || !found.d || typeof id !== 'string' || !/^did:.+#.+$/.test(id)) {
    throw wrongUsage(
      `${path} is not a key that can be used.`,
      'A private JWK needs crv Ed25519 or P-256, x, d, and as kid the DID URL under which the public key is found.',
    );
  }
  const { kty, crv, x, y, d } = found;
  const publicJwk = { kty, crv, x, ...(y ? { y } : {}) };
  return { id, did: id.slice(0, id.indexOf('#')), alg, publicJwk, privateJwk: { ...publicJwk, d } };
}
