import { accepted, refused, type Verdict } from '../errors.ts';
import { MAX_ENTRY_BYTES } from './entries.ts';

/**
 * Paths and bodies of https://c2sp.org/tlog-tiles: tiles of up to 256 hashes, bundles of up to 256 entries, each entry
 * behind its length as a big-endian uint16.
 */
export const TILE_WIDTH = 256;
export const HASH_BYTES = 32;

export interface TileName {
  /** Level of a hash tile, or `entries` for the bundle beside level 0. */
  level: number | 'entries';
  index: number;
  /** 1 to 256. */
  width: number;
}

/** `1234067` as `x001/x234/067`. */
export function encodeTileIndex(index: number): string {
  const parts = [String(index % 1000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    parts.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return parts.join('/');
}

/** The path of a tile below `<prefix>/tile/`. */
export const tilePath = ({ level, index, width }: TileName): string =>
  `${level}/${encodeTileIndex(index)}${width < TILE_WIDTH ? `.p/${width}` : ''}`;

const TILE_PATH = /^(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Reads what stands behind `<prefix>/tile/`. Each tile has one name only. */
export function parseTilePath(path: string): Verdict<TileName> {
  const match = TILE_PATH.exec(path);
  const index = Number(match?.[2]?.replaceAll(/[x/]/g, ''));
  const level: TileName['level'] = match?.[1] === 'entries' ? 'entries' : Number(match?.[1]);
  const width = match?.[3] === undefined ? TILE_WIDTH : Number(match[3]);
  const name = { level, index, width };
  const canonical = match && Number.isSafeInteger(index) && width <= TILE_WIDTH && tilePath(name) === path;
  if (!canonical || (level !== 'entries' && level > 63)) {
    return refused(
      'bad-request',
      'A tile is named <L>/<N> or entries/<N>, and .p/<W> where it is partial: L is 0 to 63, N is written like 067 or x001/x234/067, W is 1 to 255',
    );
  }
  return accepted(name);
}

/** How many hashes (or entries) a tile has in a tree of `size`; 0 or less when the tree does not reach it. */
export function tileWidth(level: number | 'entries', index: number, size: number): number {
  const height = level === 'entries' ? 0 : level;
  return Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** height) - index * TILE_WIDTH);
}

/** The body of an entry bundle. */
export function encodeBundle(entries: Uint8Array[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap((entry) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** Entries of a bundle; refused unless there are exactly `count`, none over 4,096 bytes, and nothing behind them. */
export function decodeBundle(bytes: Uint8Array, count: number): Verdict<Uint8Array[]> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (entries.length < count && at + 2 <= view.length) {
    const length = view.readUInt16BE(at);
    if (length > MAX_ENTRY_BYTES)
      return refused(
        'too-large',
        `An entry of the bundle is ${length} bytes long; at most ${MAX_ENTRY_BYTES} are taken`,
      );
    if (at + 2 + length > view.length) break;
    entries.push(view.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (entries.length !== count || at !== view.length)
    return refused('malformed', `The entry bundle does not hold exactly ${count} entries`);
  return accepted(entries);
}
