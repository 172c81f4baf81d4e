import { decode, encode } from 'base58-universal';

/** Public-key types this node reads, by their multicodec prefix (https://www.w3.org/TR/cid-1.0/#Multikey). */
const CODECS = [
  { alg: 'Ed25519', prefix: [0xed, 0x01], length: 32 },
  { alg: 'P-256', prefix: [0x80, 0x24], length: 33 },
] as const;

export type MultikeyAlg = (typeof CODECS)[number]['alg'];

/** Base58btc with the multibase header `z`. */
export const encodeBase58btc = (bytes: Uint8Array): string => `z${encode(bytes)}`;

/** @returns the bytes, or undefined when the text is not `z` and base58btc */
export function decodeBase58btc(text: string): Uint8Array | undefined {
  if (!text.startsWith('z') || text.length > 4096) return undefined;
  try {
    return decode(text.slice(1)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** A public key as `publicKeyMultibase`. P-256 keys are given compressed (33 bytes). */
export function encodeMultikey(alg: MultikeyAlg, bytes: Uint8Array): string {
  const codec = CODECS.find((one) => one.alg === alg)!;
  return encodeBase58btc(Buffer.concat([Buffer.from(codec.prefix), bytes]));
}

/** @returns the key, or undefined for another encoding, key type or length */
export function decodeMultikey(text: string): { alg: MultikeyAlg; bytes: Uint8Array } | undefined {
  const bytes = decodeBase58btc(text);
  if (!bytes) return undefined;
  const codec = CODECS.find(
    ({ prefix, length }) => bytes[0] === prefix[0] && bytes[1] === prefix[1] && bytes.length === length + 2,
  );
  return codec && { alg: codec.alg, bytes: bytes.slice(2) };
}
