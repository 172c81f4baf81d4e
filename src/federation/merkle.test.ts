import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_EDGE, EMPTY_ROOT, edgeRoot, extendEdge, type Hash, hashLeaf, hashNode } from './merkle.ts';
import {
  consistencyProof,
  type HashReader,
  inclusionProof,
  rootAt,
  tiledReader,
  verifyConsistency,
  verifyInclusion,
} from './proofs.ts';

const hex = (hash: Hash) => Buffer.from(hash).toString('hex');
const leafOf = (n: number) => hashLeaf(Buffer.from(`entry ${n}`));

/** The definition, word for word: https://www.rfc-editor.org/rfc/rfc9162#section-2.1.1 */
function naiveRoot(leaves: Hash[]): Hash {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return hashNode(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

/** https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.1 */
function naivePath(m: number, leaves: Hash[]): Hash[] {
  if (leaves.length === 1) return [];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m < k ? [...naivePath(m, left), naiveRoot(right)] : [...naivePath(m - k, right), naiveRoot(left)];
}

/** https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.1 */
function naiveProof(m: number, leaves: Hash[], complete = true): Hash[] {
  if (m === leaves.length) return complete ? [] : [naiveRoot(leaves)];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m <= k
    ? [...naiveProof(m, left, complete), naiveRoot(right)]
    : [...naiveProof(m - k, right, false), naiveRoot(left)];
}

/** A reader over plain arrays of tile-height hashes, as the database and remote tiles give them. */
function readerOf(leaves: Hash[]): HashReader {
  return tiledReader(async (level, first, count) => {
    const width = 256 ** level;
    const complete = Math.floor(leaves.length / width);
    const all = Array.from({ length: complete }, (_, i) => () => naiveRoot(leaves.slice(i * width, (i + 1) * width)));
    return all.slice(first, first + count).map((hash) => hash());
  });
}

const all = Array.from({ length: 600 }, (_, i) => leafOf(i));

describe('Merkle tree hashing', () => {
  it('gives the roots of the eight-leaf tree of the RFC 6962 reference vectors', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const leaves = inputs.map((input) => hashLeaf(Buffer.from(input, 'hex')));
    const roots = leaves.map((_, i) => hex(edgeRoot(extendEdge(EMPTY_EDGE, leaves.slice(0, i + 1)))));
    expect(roots).toEqual([
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]);
    expect(hex(EMPTY_ROOT)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('comes to the naive root at every size up to 140, appended one by one or in any two parts', () => {
    let edge = EMPTY_EDGE;
    for (let size = 1; size <= 140; size++) {
      edge = extendEdge(edge, [all[size - 1]!]);
      expect(hex(edgeRoot(edge))).toBe(hex(naiveRoot(all.slice(0, size))));
      const cut = size >> 1;
      expect(extendEdge(extendEdge(EMPTY_EDGE, all.slice(0, cut)), all.slice(cut, size))).toEqual(edge);
      expect(edge.hashes.length).toBe(size.toString(2).replaceAll('0', '').length);
    }
  });

  it('comes to another root when any single byte of any entry is changed', () => {
    const entries = Array.from({ length: 7 }, (_, i) => Buffer.from(`{"op":"put","digest":"${i}"}`));
    const rootOf = (lines: Buffer[]) => hex(edgeRoot(extendEdge(EMPTY_EDGE, lines.map(hashLeaf))));
    const right = rootOf(entries);
    entries.forEach((entry, at) => {
      for (let byte = 0; byte < entry.length; byte++) {
        const changed = [...entries];
        changed[at] = Buffer.from(flip(entry.subarray(), byte));
        expect(rootOf(changed)).not.toBe(right);
      }
    });
  });

  it('tells of every complete subtree exactly once', () => {
    const told = new Map<string, string>();
    extendEdge(EMPTY_EDGE, all, (height, index, node) => {
      expect(told.has(`${height}/${index}`)).toBe(false);
      told.set(`${height}/${index}`, hex(node));
    });
    expect(told.get('8/1')).toBe(hex(naiveRoot(all.slice(256, 512))));
    expect([...told.keys()].filter((key) => key.startsWith('8/'))).toEqual(['8/0', '8/1']);
  });
});

describe('Merkle proofs', () => {
  it('are the naive ones and verify, for every size up to 140', async () => {
    for (let size = 1; size <= 140; size++) {
      const leaves = all.slice(0, size);
      const read = readerOf(leaves);
      const root = naiveRoot(leaves);
      expect(hex(await rootAt(read, size))).toBe(hex(root));
      for (const index of new Set([0, size >> 1, size - 1, (size * 7) % size, Math.max(0, size - 2)])) {
        const path = await inclusionProof(read, index, size);
        expect(path.map(hex)).toEqual(naivePath(index, leaves).map(hex));
        expect(verifyInclusion(leaves[index]!, index, size, path, root)).toBe(true);
      }
      for (let first = 1; first <= size; first += size > 40 ? 7 : 1) {
        const proof = await consistencyProof(read, first, size);
        expect(proof.map(hex)).toEqual(naiveProof(first, leaves).map(hex));
        expect(verifyConsistency(first, naiveRoot(leaves.slice(0, first)), size, root, proof)).toBe(true);
      }
    }
  });

  it('hold across the boundary of a tile', async () => {
    const read = readerOf(all);
    const root = naiveRoot(all);
    const proof = await consistencyProof(read, 300, 600);
    expect(verifyConsistency(300, naiveRoot(all.slice(0, 300)), 600, root, proof)).toBe(true);
    expect(verifyInclusion(all[257]!, 257, 600, await inclusionProof(read, 257, 600), root)).toBe(true);
  });

  it('fail when anything about them is changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 2, max: 140 })
          .chain((size) =>
            fc.record({ size: fc.constant(size), first: fc.integer({ min: 1, max: size - 1 }), seed: fc.nat() }),
          ),
        fc.constantFrom('flip', 'drop', 'add', 'swap', 'index', 'root'),
        async ({ size, first, seed }, how) => {
          const leaves = all.slice(0, size);
          const read = readerOf(leaves);
          const root = naiveRoot(leaves);
          const change = (proof: Hash[]): Hash[] => {
            const at = seed % Math.max(1, proof.length);
            if (how === 'flip') return proof.map((hash, i) => (i === at ? flip(hash, seed) : hash));
            if (how === 'drop') return proof.filter((_, i) => i !== at);
            if (how === 'add') return [...proof, leafOf(seed)];
            return how === 'swap' ? [...proof].reverse() : proof;
          };
          const path = await inclusionProof(read, first, size);
          const changedPath = change(path);
          const index = how === 'index' ? (first + 1) % size : first;
          const samePath = changedPath.map(hex).join() === path.map(hex).join();
          const target = how === 'root' ? flip(root, seed) : root;
          if (!samePath || how === 'index' || how === 'root') {
            expect(verifyInclusion(leaves[first]!, index, size, changedPath, target)).toBe(false);
          }
          const proof = await consistencyProof(read, first, size);
          const changed = change(proof);
          const old = naiveRoot(leaves.slice(0, first));
          if (changed.map(hex).join() !== proof.map(hex).join() || how === 'root') {
            expect(verifyConsistency(first, old, size, target, changed)).toBe(false);
          }
          if (how === 'root') expect(verifyConsistency(first, flip(old, seed), size, root, proof)).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function flip(hash: Hash, seed: number): Hash {
  const copy = Buffer.from(hash);
  copy[seed % copy.length]! ^= 1 << (seed % 8);
  return copy;
}
