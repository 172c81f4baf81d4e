import type { Http, HttpAnswer, HttpOptions } from '../credentials/http.ts';
import { accepted, messageOf, refused, type Verdict } from '../errors.ts';
import type { FederationLimits } from './deps.ts';
import { MAX_ENTRY_BYTES } from './entries.ts';
import type { Hash } from './merkle.ts';
import { type HashReader, tiledReader } from './proofs.ts';
import { decodeBundle, HASH_BYTES, TILE_WIDTH, tilePath, tileWidth } from './tiles.ts';

/** What an exchange has cost so far: response bytes and requests. */
export interface Traffic {
  bytes: number;
  requests: number;
}

/** Somewhere a log can be read: the node of the log itself, or a peer that mirrors it. */
export interface Source {
  /** It offered the head that is followed, so it has to have the entries. */
  spoke?: boolean;
  /** Base URL of the node that answers. */
  node: string;
  /** The log's URL prefix there (https://c2sp.org/tlog-tiles#parameters). */
  prefix: string;
  /** Set when the node is one of our peers. */
  peer?: string;
  traffic: Traffic;
}

/**
 * Requests to other nodes. A refusal `unavailable` means that nothing could be had; every other code means that the
 * other side sent what it must not send, which is held against it.
 */
export interface Remote {
  /** Any answer. `unavailable` when there is none. */
  ask(traffic: Traffic, url: string, options?: HttpOptions): Promise<Verdict<HttpAnswer>>;
  /** The body of a 200 of the given media type. */
  body(traffic: Traffic, url: string, mediaType: string, options?: HttpOptions): Promise<Verdict<Uint8Array>>;
  /** Entries [from, to) of a log: whole bundles where there are any, ranges at both ends. */
  entries(source: Source, from: number, to: number): Promise<Verdict<Uint8Array[]>>;
  /** Hashes of the tree of `size` from the tiles of a source. Throws where a tile cannot be had; proves nothing alone. */
  hashes(source: Source, size: number): HashReader;
}

const PARALLEL = 4;

export function createRemote(http: Http, limits: FederationLimits, stopping: AbortSignal): Remote {
  /** So that stopping does not wait for a peer that never answers. */
  const stopped = new Promise<never>((_, reject) => {
    stopping.addEventListener('abort', () => reject(new Error('this node is stopping')), { once: true });
  });
  stopped.catch(() => {});

  const ask: Remote['ask'] = async (traffic, url, options = {}) => {
    if (stopping.aborted) return refused('unavailable', 'this node is stopping');
    traffic.requests++;
    try {
      const answering = http(url, { timeoutMs: limits.timeoutMs, ...options });
      answering.catch(() => {});
      const answer = await Promise.race([answering, stopped]);
      traffic.bytes += answer.bytes.length;
      return accepted(answer);
    } catch (error) {
      return refused('unavailable', messageOf(error));
    }
  };

  const body: Remote['body'] = async (traffic, url, mediaType, options = {}) => {
    const answer = await ask(traffic, url, { accept: mediaType, ...options });
    if (!answer.ok) return answer;
    const { status, headers, bytes } = answer.value;
    if (status !== 200) return refused('unavailable', `${url} answered with status ${status}`);
    const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
    if (type !== mediaType)
      return refused('unavailable', `${url} answered with ${type ?? 'no media type'} where ${mediaType} was expected`);
    return accepted(bytes);
  };

  const range = async (source: Source, from: number, to: number): Promise<Verdict<Uint8Array[]>> => {
    if (from === to) return accepted([]);
    const url = `${source.prefix}/entries?since=${from}&to=${to}`;
    const maxBytes = (to - from) * (MAX_ENTRY_BYTES + 1);
    const answer = await body(source.traffic, url, 'application/x-ndjson', { maxBytes });
    if (!answer.ok) return answer;
    const lines = splitLines(answer.value);
    if (lines.length !== to - from) {
      // Fewer are no lie, unless it was this source that showed the head: another may be behind it.
      const behind = lines.length < to - from && !source.spoke;
      const why = `${url} answered with ${lines.length} entries instead of ${to - from}`;
      return refused(behind ? 'unavailable' : 'malformed', why);
    }
    const long = lines.findIndex((line) => line.length > MAX_ENTRY_BYTES);
    if (long >= 0)
      return refused(
        'too-large',
        `Entry ${from + long} is ${lines[long]!.length} bytes long; at most ${MAX_ENTRY_BYTES} are taken`,
      );
    return accepted(lines);
  };

  const bundle = async (source: Source, index: number): Promise<Verdict<Uint8Array[]>> => {
    const url = `${source.prefix}/tile/${tilePath({ level: 'entries', index, width: TILE_WIDTH })}`;
    const maxBytes = TILE_WIDTH * (MAX_ENTRY_BYTES + 2);
    const answer = await body(source.traffic, url, 'application/octet-stream', { maxBytes });
    return answer.ok ? decodeBundle(answer.value, TILE_WIDTH) : answer;
  };

  const entries: Remote['entries'] = async (source, from, to) => {
    const first = Math.ceil(from / TILE_WIDTH);
    const end = Math.floor(to / TILE_WIDTH);
    if (to - from < TILE_WIDTH || first >= end) return range(source, from, to);
    const head = await range(source, from, first * TILE_WIDTH);
    if (!head.ok) return head;
    const all = [...head.value];
    for (let index = first; index < end; index += PARALLEL) {
      const indices = Array.from({ length: Math.min(PARALLEL, end - index) }, (_, i) => index + i);
      for (const part of await Promise.all(indices.map((one) => bundle(source, one)))) {
        if (!part.ok) return part;
        all.push(...part.value);
      }
    }
    const tail = await range(source, end * TILE_WIDTH, to);
    return tail.ok ? accepted([...all, ...tail.value]) : tail;
  };

  const hashes: Remote['hashes'] = (source, size) => {
    const tiles = new Map<string, Promise<Verdict<Uint8Array>>>();
    return tiledReader(async (level, first, count): Promise<Hash[]> => {
      const index = Math.floor(first / TILE_WIDTH);
      const width = tileWidth(level, index, size);
      const path = tilePath({ level, index, width });
      const asked =
        tiles.get(path) ??
        body(source.traffic, `${source.prefix}/tile/${path}`, 'application/octet-stream', {
          maxBytes: TILE_WIDTH * HASH_BYTES,
        });
      tiles.set(path, asked);
      const tile = await asked;
      if (!tile.ok) throw new Error(tile.detail);
      const start = (first - index * TILE_WIDTH) * HASH_BYTES;
      if (tile.value.length !== width * HASH_BYTES) throw new Error(`Tile ${path} is ${tile.value.length} bytes long`);
      return Array.from({ length: count }, (_, i) =>
        tile.value.subarray(start + i * HASH_BYTES, start + (i + 1) * HASH_BYTES),
      );
    });
  };

  return { ask, body, entries, hashes };
}

/** Lines without their newlines; the last may end without one. */
export function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    lines.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}
