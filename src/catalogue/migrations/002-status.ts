import { type Kysely, sql } from 'kysely';

/** Status lists that what is held here names, and what stands in them: looked at again on a schedule. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `CREATE TABLE status_entry (digest TEXT NOT NULL, url TEXT NOT NULL, idx INTEGER NOT NULL, purpose TEXT NOT NULL,
    type TEXT NOT NULL, size INTEGER NOT NULL, issuer TEXT NOT NULL, state TEXT NOT NULL, since TEXT NOT NULL,
    PRIMARY KEY (digest, url, idx, purpose)) STRICT, WITHOUT ROWID`,
  'CREATE INDEX status_entry_url ON status_entry (url)',
  `CREATE TABLE status_list (url TEXT PRIMARY KEY, checked_at TEXT NOT NULL, newest TEXT NOT NULL, reason TEXT,
    next_at TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  'CREATE INDEX status_list_next ON status_list (next_at)',
];
