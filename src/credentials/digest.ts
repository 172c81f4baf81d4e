import { createHash, hash, timingSafeEqual } from 'node:crypto';
import { accepted, refused, type Verdict } from '../errors.ts';
import { decodeBase58btc } from './keys/multibase.ts';

/** Hashes that are taken, weakest first: length in bytes, and multihash code (https://www.w3.org/TR/cid-1.0/#multihash). */
const HASHES = [
  { name: 'sha256', length: 32, code: 0x12 },
  { name: 'sha384', length: 48, code: 0x20 },
  { name: 'sha512', length: 64, code: 0x13 },
] as const;
type Hash = (typeof HASHES)[number];

/** What a multihash of sha2-256 begins with: its code, and its length. */
const SHA2_256 = Buffer.from([0x12, 32]);

/**
 * The `digestMultibase` of bytes: `u` and base64url of a sha2-256 multihash, 47 characters
 * (https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources).
 */
export function digestOf(bytes: Uint8Array): string {
  const multihash = Buffer.concat([SHA2_256, hash('sha256', bytes, 'buffer')]);
  return `u${multihash.toString('base64url')}`;
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

/** What content has to hash to, as somebody else wrote it: any one of the values will do. */
export interface Digest {
  hash: Hash;
  values: Buffer[];
}

/** How a digest is written: `sha384-...` as in HTML, or multibase. */
export type DigestForm = 'sri' | 'multibase';

const MAX_TEXT = 200;
const MAX_VALUES = 10;

/**
 * Reads one or more digests. Of several, those by the strongest hash count
 * (https://www.w3.org/TR/SRI/#get-the-strongest-metadata-from-set).
 *
 * - `sri`: `sha256-`, `sha384-` or `sha512-` and base64 of either alphabet, separated by spaces
 *   (https://www.w3.org/TR/SRI/#the-integrity-attribute); or hex, as Gaia-X clearing houses write `gx:integrity` and
 *   `gx:digestSRI` (https://gitlab.com/gaia-x/lab/compliance/gx-compliance).
 * - `multibase`: `u`, `z` or `f` and a multihash; or the hash alone, as W3C's own test suite for VC 2.0 writes it.
 *
 * @param value text, or a list of texts
 * @returns `malformed` for any other hash, length or alphabet
 */
export function readDigest(value: unknown, form: DigestForm): Verdict<Digest> {
  const texts = [value]
    .flat()
    .flatMap((one) => (typeof one === 'string' && form === 'sri' ? (one.match(/\S+/g) ?? '') : one));
  const read: { hash: Hash; bytes: Buffer }[] = [];
  if (texts.length > MAX_VALUES) return refused('malformed', `${texts.length} digests of one thing are too many`);
  for (const text of texts) {
    const one =
      typeof text !== 'string' || text.length > MAX_TEXT
        ? undefined
        : form === 'sri'
          ? readExpression(text)
          : readMultihash(text);
    if (!one)
      return refused('malformed', `${JSON.stringify(text ?? null).slice(0, MAX_TEXT)} is no digest of this kind`);
    read.push(one);
  }
  const hash = HASHES.findLast((candidate) => read.some((one) => one.hash === candidate));
  if (!hash) return refused('malformed', 'No digest is given');
  return accepted({ hash, values: read.filter((one) => one.hash === hash).map(({ bytes }) => bytes) });
}

/** What is accepted, for reports. */
export const DIGEST_FORMS: Record<DigestForm, string> = {
  sri: 'sha256-, sha384- or sha512- followed by the hash in base64',
  multibase: 'u (base64url), z (base58btc) or f (hex) followed by a sha2-256, sha2-384 or sha2-512 multihash',
};

/** One `hash-expression`; options after a question mark are without meaning (https://www.w3.org/TR/SRI/). */
function readExpression(text: string): { hash: Hash; bytes: Buffer } | undefined {
  const [, name, written] = /^(sha\d+)-([A-Za-z0-9+/_-]+={0,2})(?:\?[\x21-\x7e]*)?$/.exec(text) ?? [];
  const hash = HASHES.find((one) => one.name === name);
  if (!hash || !written) return undefined;
  if (written.length === hash.length * 2 && /^[0-9a-f]+$/i.test(written))
    return { hash, bytes: Buffer.from(written, 'hex') };
  const bytes = Buffer.from(written, 'base64');
  const padded = bytes.toString('base64');
  const plain = written.replaceAll('-', '+').replaceAll('_', '/');
  return bytes.length === hash.length && [padded, padded.replace(/=+$/, '')].includes(plain)
    ? { hash, bytes }
    : undefined;
}

function readMultihash(text: string): { hash: Hash; bytes: Buffer } | undefined {
  const bytes = fromMultibase(text);
  const bare = HASHES.find(({ length }) => length === bytes?.length);
  const tagged = HASHES.find(
    ({ length, code }) => bytes?.length === length + 2 && bytes[0] === code && bytes[1] === length,
  );
  if (tagged) return { hash: tagged, bytes: bytes!.subarray(2) };
  return bare && { hash: bare, bytes: bytes! };
}

/** https://www.w3.org/TR/cid-1.0/#multibase-0, and hex (`f`), which it does not list but leaves open. */
function fromMultibase(text: string): Buffer | undefined {
  const written = text.slice(1);
  if (text[0] === 'z') {
    const bytes = decodeBase58btc(text);
    return bytes && Buffer.from(bytes);
  }
  const encoding = text[0] === 'u' ? 'base64url' : text[0] === 'f' ? 'hex' : undefined;
  if (!encoding) return undefined;
  const bytes = Buffer.from(written, encoding);
  // Written anew it is the same, so that one digest has one spelling.
  return bytes.toString(encoding) === written ? bytes : undefined;
}

/** The hashes of some content. */
export type Hashes = (name: Hash['name']) => Buffer;

/** Each hash is taken once, when it is first asked for, however many digests the content is compared with. */
export function hashesOf(bytes: Uint8Array): Hashes {
  const taken = new Map<string, Buffer>();
  return (name) => {
    const hash = taken.get(name) ?? createHash(name).update(bytes).digest();
    taken.set(name, hash);
    return hash;
  };
}

/** Whether content hashes to what was claimed; `proof`, naming what it hashes to, when it does not. */
export function matchesDigest(hashes: Hashes, { hash, values }: Digest): Verdict<true> {
  const found = hashes(hash.name);
  return values.some((value) => timingSafeEqual(value, found))
    ? accepted(true)
    : refused('proof', `${hash.name}-${found.toString('base64')}`);
}
