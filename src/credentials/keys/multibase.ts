import { decode, encode } from 'base58-universal';

/** Public-key types this node reads, by their multicodec prefix (https://www.w3.org/TR/cid-1.0/#Multikey). */
const CODECS = [
  { alg: 'Ed25519', prefix: [0xed, 0x01], length: 32 },
  { alg: 'P-256', prefix: [0x80, 0x24], length: 33 },
  { alg: 'P-384', prefix: [0x81, 0x24], length: 49 },
] as const;

type MultikeyAlg = (typeof CODECS)[number]['alg'];

/** The digits of base58btc; the decoder would also skip white space, so that one key had many spellings. */
const BASE58BTC = /^z[1-9A-HJ-NP-Za-km-z]+$/;

/** Base58btc with the multibase header `z`. */
export const encodeBase58btc = (bytes: Uint8Array): string => `z${encode(bytes)}`;

/** @returns the bytes, or undefined when the text is not `z` and base58btc */
export function decodeBase58btc(text: string): Uint8Array | undefined {
  if (text.length > 4096 || !BASE58BTC.test(text)) return undefined;
  return decode(text.slice(1)) ?? undefined;
}

/** A public key as `publicKeyMultibase`. Points of P-256 and P-384 are given compressed (33 and 49 bytes). */
export function encodeMultikey(alg: MultikeyAlg, bytes: Uint8Array): string {
  const codec = CODECS.find((one) => one.alg === alg)!;
  return encodeBase58btc(Buffer.concat([Buffer.from(codec.prefix), bytes]));
}

/** @returns the key, or undefined for another encoding, key type or length */
export function decodeMultikey(text: string): { alg: MultikeyAlg; bytes: Uint8Array } | undefined {
  // Longer than any key of these types, and decoding takes the square of the length.
  const bytes = text.length <= 100 ? decodeBase58btc(text) : undefined;
  if (!bytes) return undefined;
  const codec = CODECS.find(
    ({ prefix, length }) => bytes[0] === prefix[0] && bytes[1] === prefix[1] && bytes.length === length + 2,
  );
  return codec && { alg: codec.alg, bytes: bytes.slice(2) };
}

/** Whether text is base64url as it would be written again: no padding, and no stray bits at the end. */
export const isBase64url = (text: string): boolean => Buffer.from(text, 'base64url').toString('base64url') === text;
