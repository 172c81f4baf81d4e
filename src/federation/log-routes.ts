import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Context, Hono } from 'hono';
import type { Database } from '../catalogue/database.ts';
import { Problem } from '../errors.ts';
import { numberOf, queryOf } from './http-input.ts';
import { entryBytes, type LogRow, readLog, servedSize, signedSize, tileHashes } from './log-store.ts';
import { mirrorName } from './origins.ts';
import { encodeBundle, parseTilePath, tileWidth } from './tiles.ts';

/**
 * Logs over HTTP, byte for byte as https://c2sp.org/tlog-tiles has them, our own under /catalogue/<epoch> and those we
 * carry under /federation/mirror/<sha256 of the origin>. Nothing is served that the checkpoint does not vouch for.
 */
export interface LogRouteDeps {
  database: Database;
  /** `host[:port]` of this node. */
  host: string;
  /** The newest note of this node's own log, and the origin it is of. */
  own: { origin: string; checkpoint(): Promise<string> };
}

const IMMUTABLE = 'public, max-age=31536000, immutable';
const BRIEF = 'public, max-age=5';
/** Ten bundles. */
const MAX_ENTRIES = 2560;
const gzipped = promisify(gzip);

export function logRoutes({ database, host, own }: LogRouteDeps): Hono {
  const app = new Hono();

  const ownLog = async (c: Context): Promise<LogRow> => {
    const epoch = c.req.param('epoch') ?? '';
    const row = /^[1-9]\d{0,8}$/.test(epoch) ? await readLog(database.read, `${host}/catalogue/${epoch}`) : undefined;
    if (row?.own !== 1)
      throw new Problem('not-found', `This node keeps no log ${host}/catalogue/${epoch.slice(0, 60)}`);
    return row;
  };

  /** Origins by the name they are mirrored under; they only ever become more. */
  const mirrored = new Map<string, string>();
  const mirror = async (c: Context): Promise<LogRow> => {
    const name = c.req.param('mirror') ?? '';
    if (!/^[0-9a-f]{64}$/.test(name))
      throw new Problem(
        'bad-request',
        'A mirrored log is named by the SHA-256 of its origin, as 64 hexadecimal digits in lower case',
      );
    if (!mirrored.has(name)) {
      for (const { origin } of await database.read.selectFrom('log').select('origin').execute())
        mirrored.set(mirrorName(origin), origin);
    }
    const origin = mirrored.get(name);
    const row = origin === undefined ? undefined : await readLog(database.read, origin);
    // While entries of a new head are on their way there is no checkpoint that fits what is held.
    if (!row || row.note === '' || row.size < signedSize(row))
      throw new Problem('not-found', 'This node carries no such log, or not all of it yet');
    return row;
  };

  const checkpoint = async (c: Context, row: LogRow): Promise<Response> => {
    queryOf(c, []);
    const note = row.origin === own.origin ? await own.checkpoint() : row.note;
    const etag = `"${createHash('sha256').update(note).digest('base64url')}"`;
    const headers = { etag, 'cache-control': BRIEF };
    if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers);
    return c.body(note, 200, { ...headers, 'content-type': 'text/plain; charset=utf-8' });
  };

  const tile = async (c: Context, row: LogRow, path: string): Promise<Response> => {
    queryOf(c, []);
    const name = parseTilePath(path);
    if (!name.ok) throw new Problem('bad-request', name.detail);
    const { level, index, width } = name.value;
    const there = tileWidth(level, index, servedSize(row));
    if (width > there) throw new Problem('not-found', `The tree of ${servedSize(row)} entries has no such tile`);
    const first = index * 256;
    const headers = { 'content-type': 'application/octet-stream', 'cache-control': IMMUTABLE };
    if (level !== 'entries') {
      const hashes = await tileHashes(database.read, row.origin, level, first, width);
      return c.body(new Uint8Array(Buffer.concat(hashes)), 200, headers);
    }
    const bundle = encodeBundle(await entryBytes(database.read, row.origin, first, first + width));
    // https://c2sp.org/tlog-tiles#log-entries: bundles SHOULD be compressed. Hashes gain nothing by it.
    const squeeze = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
    const body = squeeze ? await gzipped(bundle) : bundle;
    return c.body(new Uint8Array(body), 200, {
      ...headers,
      vary: 'accept-encoding',
      ...(squeeze ? { 'content-encoding': 'gzip' } : {}),
    });
  };

  const entries = async (c: Context, row: LogRow): Promise<Response> => {
    const query = queryOf(c, ['since', 'to']);
    const size = servedSize(row);
    const since = numberOf(query, 'since', 0, size);
    const asked = numberOf(query, 'to', size, Number.MAX_SAFE_INTEGER);
    if (asked < since)
      throw new Problem(
        'bad-request',
        `The query parameter "to" is ${asked}; a number not below "since" (${since}) is accepted`,
      );
    const to = Math.min(asked, size, since + MAX_ENTRIES);
    const lines = await entryBytes(database.read, row.origin, since, to);
    const newline = Buffer.from('\n');
    const body = new Uint8Array(Buffer.concat(lines.flatMap((line) => [line, newline])));
    const settled = query.to !== undefined && asked <= size;
    return c.body(body, 200, { 'content-type': 'application/x-ndjson', 'cache-control': settled ? IMMUTABLE : BRIEF });
  };

  for (const [prefix, find] of [
    ['/catalogue/:epoch', ownLog],
    ['/federation/mirror/:mirror', mirror],
  ] as const) {
    app.get(`${prefix}/checkpoint`, async (c) => checkpoint(c, await find(c)));
    app.get(`${prefix}/entries`, async (c) => entries(c, await find(c)));
    app.get(`${prefix}/tile/:tile{.+}`, async (c) => tile(c, await find(c), c.req.param('tile') ?? ''));
  }
  return app;
}
