import { createHash, timingSafeEqual } from 'node:crypto';

/** Multihash header of sha2-256: code 0x12, length 32 (https://www.w3.org/TR/cid-1.0/#multihash). */
const SHA2_256 = Buffer.from([0x12, 0x20]);

/**
 * The `digestMultibase` of bytes: `u` and base64url of a sha2-256 multihash, 47 characters
 * (https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources).
 */
export function digestOf(bytes: Uint8Array): string {
  const hash = createHash('sha256').update(bytes).digest();
  return `u${Buffer.concat([SHA2_256, hash]).toString('base64url')}`;
}

const DIGEST = /^uEi[A-Za-z0-9_-]{44}$/;

/** Whether a string is a digest as `digestOf` makes them: the only name under which content is kept. */
export const isDigest = (text: unknown): text is string => typeof text === 'string' && DIGEST.test(text);

/** Whether bytes have the digest. */
export function hasDigest(bytes: Uint8Array, digest: string): boolean {
  const found = Buffer.from(digestOf(bytes));
  const wanted = Buffer.from(digest);
  return found.length === wanted.length && timingSafeEqual(found, wanted);
}
