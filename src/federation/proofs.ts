import { EMPTY_ROOT, foldComplete, type Hash, hashNode, sameHash } from './merkle.ts';

/**
 * Roots of earlier sizes, inclusion and consistency proofs, made from stored hashes and checked without them
 * (https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3, section 2.1.4).
 */

/** The hash of the complete subtree of 2^height leaves at `index`. Throws when it is not held. */
export type HashReader = (height: number, index: number) => Promise<Hash>;

/**
 * A reader over tiles: the hashes of heights 0, 8, 16... are stored, those between are folded from up to 128 of them
 * (https://c2sp.org/tlog-tiles#merkle-tree).
 *
 * @param readHashes the hashes `first` to `first + count` of tile level L, which is height 8 L; never across two tiles
 */
export function tiledReader(readHashes: (level: number, first: number, count: number) => Promise<Hash[]>): HashReader {
  return async (height, index) => {
    const level = Math.floor(height / 8);
    const count = 2 ** (height % 8);
    const hashes = await readHashes(level, index * count, count);
    if (hashes.length !== count) throw new Error(`The hash at height ${height}, index ${index} is not held`);
    return foldComplete(hashes);
  };
}

/** The largest power of two smaller than n, for n of at least 2. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** The Merkle Tree Hash of leaves [low, high): low is where RFC 9162's recursion arrives, so subtrees are aligned. */
async function rangeHash(read: HashReader, low: number, high: number): Promise<Hash> {
  const n = high - low;
  const height = Math.log2(n);
  if (Number.isInteger(height) && 2 ** height === n) return read(height, low / n);
  const middle = low + split(n);
  return hashNode(await rangeHash(read, low, middle), await rangeHash(read, middle, high));
}

/** The root the tree had when it held `size` leaves. */
export const rootAt = async (read: HashReader, size: number): Promise<Hash> =>
  size === 0 ? EMPTY_ROOT : rangeHash(read, 0, size);

/** Proof that leaf `index` is in the tree of `size`. Needs index < size. */
export async function inclusionProof(read: HashReader, index: number, size: number): Promise<Hash[]> {
  const path = async (low: number, high: number): Promise<Hash[]> => {
    if (high - low === 1) return [];
    const middle = low + split(high - low);
    return index < middle
      ? [...(await path(low, middle)), await rangeHash(read, middle, high)]
      : [...(await path(middle, high)), await rangeHash(read, low, middle)];
  };
  return path(0, size);
}

/** Proof that the tree of `first` leaves is a prefix of the tree of `second`. Needs first <= second. */
export async function consistencyProof(read: HashReader, first: number, second: number): Promise<Hash[]> {
  const subproof = async (low: number, high: number, complete: boolean): Promise<Hash[]> => {
    if (first === high) return complete ? [] : [await rangeHash(read, low, high)];
    const middle = low + split(high - low);
    return first <= middle
      ? [...(await subproof(low, middle, complete)), await rangeHash(read, middle, high)]
      : [...(await subproof(middle, high, false)), await rangeHash(read, low, middle)];
  };
  return first === 0 ? [] : subproof(0, second, true);
}

const half = (n: number): number => Math.floor(n / 2);
const odd = (n: number): boolean => n % 2 === 1;

/** https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2 */
export function verifyInclusion(leaf: Hash, index: number, size: number, proof: Hash[], root: Hash): boolean {
  if (index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let found = leaf;
  for (const step of proof) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      found = hashNode(step, found);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      found = hashNode(found, step);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && sameHash(found, root);
}

/** https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.2; the empty tree is a prefix of every tree. */
export function verifyConsistency(
  first: number,
  firstRoot: Hash,
  second: number,
  secondRoot: Hash,
  proof: Hash[],
): boolean {
  if (first > second) return false;
  if (first === second) return proof.length === 0 && sameHash(firstRoot, secondRoot);
  if (first === 0) return proof.length === 0 && sameHash(firstRoot, EMPTY_ROOT);
  if (proof.length === 0) return false;
  const powerOfTwo = Number.isInteger(Math.log2(first)) && 2 ** Math.log2(first) === first;
  const [start, ...path] = powerOfTwo ? [firstRoot, ...proof] : proof;
  let fn = first - 1;
  let sn = second - 1;
  while (odd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  let oldRoot = start!;
  let newRoot = start!;
  for (const step of path) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      oldRoot = hashNode(step, oldRoot);
      newRoot = hashNode(step, newRoot);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      newRoot = hashNode(newRoot, step);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && sameHash(oldRoot, firstRoot) && sameHash(newRoot, secondRoot);
}
