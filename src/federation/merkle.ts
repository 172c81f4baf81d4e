import { hash } from 'node:crypto';

/**
 * Merkle tree hashing of RFC 9162, section 2.1 (the same as RFC 6962, section 2.1), with SHA-256
 * (https://www.rfc-editor.org/rfc/rfc9162#section-2.1). Sizes and indices are safe integers, so no bit operations,
 * which would cut them to 32 bits.
 */
export type Hash = Uint8Array;

const sha256 = (bytes: Uint8Array): Hash => hash('sha256', bytes, 'buffer');

/** The root of the tree without leaves. */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array(0));

/** Leaves and inner nodes are hashed with different first bytes, so that neither can pass for the other. */
export function hashLeaf(entry: Uint8Array): Hash {
  const input = Buffer.allocUnsafe(entry.length + 1);
  input[0] = 0x00;
  input.set(entry, 1);
  return sha256(input);
}

export function hashNode(left: Hash, right: Hash): Hash {
  const input = Buffer.allocUnsafe(65);
  input[0] = 0x01;
  input.set(left, 1);
  input.set(right, 33);
  return sha256(input);
}

export const sameHash = (a: Hash, b: Hash): boolean => Buffer.compare(a, b) === 0;

/**
 * The right edge of a tree: the roots of the complete subtrees its size is made of, largest first; one hash for each
 * 1 in the binary form of the size, so never more than 53. It is all that is needed to append and to know the root.
 */
export interface Edge {
  size: number;
  hashes: Hash[];
}

export const EMPTY_EDGE: Edge = { size: 0, hashes: [] };

/**
 * Appends leaf hashes.
 *
 * @param onNode told each complete subtree of two leaves or more that comes to be: its height and its index there
 * @returns a new edge; the given one stays as it is
 */
export function extendEdge(
  edge: Edge,
  leaves: Iterable<Hash>,
  onNode?: (height: number, index: number, node: Hash) => void,
): Edge {
  const hashes = [...edge.hashes];
  let size = edge.size;
  for (const leaf of leaves) {
    let node = leaf;
    let index = size;
    for (let height = 1; index % 2 === 1; height++) {
      node = hashNode(hashes.pop()!, node);
      index = (index - 1) / 2;
      onNode?.(height, index, node);
    }
    hashes.push(node);
    size++;
  }
  return { size, hashes };
}

/** The root of the tree with this right edge. */
export function edgeRoot(edge: Edge): Hash {
  return edge.hashes.length === 0 ? EMPTY_ROOT : edge.hashes.reduceRight((right, left) => hashNode(left, right));
}

/** Folds the hashes of a complete subtree's nodes of one height, a power of two of them, into its root. */
export function foldComplete(nodes: Hash[]): Hash {
  let level = nodes;
  while (level.length > 1) {
    const above: Hash[] = [];
    for (let i = 0; i < level.length; i += 2) above.push(hashNode(level[i]!, level[i + 1]!));
    level = above;
  }
  return level[0]!;
}
