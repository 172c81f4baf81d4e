import { createHash } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import type { LogEntry } from '../src/catalogue/log-entry.ts';
import { LIST_SIZE } from '../src/credentials/issuing/status-list.ts';
import type { Node } from '../src/node.ts';

/** Tables that hold the node itself, its log (which is written by the node), and the full-text index with its parts. */
const NOT_COPIED = /^(sqlite_|kysely_|fts|(meta|token|log|entry|tile_node|carriage|own_status)$)/;
/** Of a credential, and of the reasons of a decision; whole ones would make a file of 8 GB, and nothing measured reads them. */
const KEPT_BYTES = 1_000;
/** Copies that are logged in one transaction. */
const AT_ONCE = 20;
/** Steps through a list of 2^17 places so that none comes twice (an odd number), and no two neighbours side by side. */
const STRIDE = 40_503;

/**
 * Makes a catalogue larger by copies of everything in it: each copy is of other companies, hosts, digests and keys, so
 * that every index grows as it would with other listings. Only credentials and the reasons of decisions are cut short.
 *
 * @param path SQLite file of a node that is not running
 */
export function multiply(path: string, copies: number): void {
  const db = new Sqlite(path);
  db.pragma('journal_mode = MEMORY');
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -400000');
  const option = { deterministic: true };
  db.function('copied', option, (text, n) => (typeof text === 'string' ? copyOf(text, Number(n)) : text));
  db.function('copied_key', option, (key, n) => hashed(String(key), Number(n)).slice(0, 22));
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
  const first = db.prepare('SELECT max(id) + 1 FROM listing').pluck().get() as number;
  db.exec(`BEGIN; CREATE TEMP TABLE series (n INTEGER PRIMARY KEY);
    WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${copies}) INSERT INTO series SELECT n FROM s;`);
  /** The value of a column in a copy; undefined for one that the database numbers itself. */
  const inCopy = (table: string, { name, type }: { name: string; type: string }): string | undefined => {
    if (name === 'key') return 'copied_key(key, n)';
    if (name === (table === 'listing' ? 'id' : 'listing_id')) return `${name} + n * ${first}`;
    if (name === 'id') return undefined;
    if (type === 'BLOB' || name === 'decision') return `substr("${name}", 1, ${KEPT_BYTES})`;
    return type === 'TEXT' ? `copied("${name}", n)` : `"${name}"`;
  };
  for (const table of names.filter((name) => !NOT_COPIED.test(name))) {
    const columns = db.pragma(`table_info(${table})`) as { name: string; type: string }[];
    const kept = columns.filter((column) => inCopy(table, column) !== undefined);
    db.exec(`CREATE TEMP TABLE base AS SELECT * FROM ${table};
      INSERT INTO ${table} (${kept.map(({ name }) => `"${name}"`)})
        SELECT ${kept.map((column) => inCopy(table, column))} FROM series CROSS JOIN base; DROP TABLE base;`);
  }
  db.exec(`CREATE TEMP TABLE base AS SELECT row_number() OVER () - 1 AS at, * FROM own_status;
    CREATE TEMP TABLE place AS SELECT (n - 1) * (SELECT count(*) FROM base) + at AS p, copied(digest, n) AS digest, key_id, ended
      FROM series CROSS JOIN base;
    INSERT INTO own_status (list, idx, digest, key_id, ended)
      SELECT 2 + p / ${LIST_SIZE}, p * ${STRIDE} % ${LIST_SIZE}, digest, key_id, ended FROM place;
    INSERT INTO fts (rowid, name, body) SELECT id, name_folded || ' ' || id / ${first}, lower(json_extract(summary, '$.description'))
      FROM listing WHERE id > ${first};
    COMMIT;`);
  db.close();
}

/** Enters the copies in the node's log, as the originals stand in it. */
export async function logCopies(node: Node, copies: number): Promise<void> {
  const rows = await node.database.read
    .selectFrom('entry')
    .select('bytes')
    .where('origin', '=', node.origin)
    .orderBy('idx')
    .execute();
  const text = `[${rows.map(({ bytes }) => Buffer.from(bytes).toString()).join(',')}]`;
  for (let n = 1; n <= copies; n += AT_ONCE)
    await node.database.transaction(async (tx) => {
      for (let copy = n; copy < n + AT_ONCE && copy <= copies; copy++)
        await node.federation.append(tx, JSON.parse(copyOf(text, copy)) as LogEntry[]);
    });
  await node.federation.publish();
}

/** What a text says in a copy: of other hosts, and with other digests. */
function copyOf(text: string, n: number): string {
  return text
    .replaceAll(/localhost(?=(?:%3A|:)\d)/g, `c${n}.example`)
    .replaceAll(/uEi[\w-]{44}/g, (digest) => `uEi${hashed(digest, n)}A`);
}

const hashed = (text: string, n: number): string => createHash('sha256').update(`${text} ${n}`).digest('base64url');
