import { encodeMultikey } from './multibase.ts';

/** Signature algorithms this node signs with, by their JOSE names (RFC 8037, RFC 7518). */
export type Alg = 'EdDSA' | 'ES256' | 'ES384' | 'PS256' | 'RS256';

export interface Jwk {
  kty?: string;
  crv?: string;
  x?: string;
  y?: string;
  d?: string;
  [member: string]: unknown;
}

/** The `publicKeyMultibase` of a public JWK of Ed25519, P-256 or P-384. */
export function multikeyOf(jwk: Jwk): string {
  const x = Buffer.from(jwk.x!, 'base64url');
  if (jwk.crv === 'Ed25519') return encodeMultikey('Ed25519', x);
  const y = Buffer.from(jwk.y!, 'base64url');
  return encodeMultikey(jwk.crv as 'P-256' | 'P-384', Buffer.concat([Buffer.from([2 + (y.at(-1)! & 1)]), x]));
}
