import { type Kysely, sql } from 'kysely';

/**
 * What a decision was made by, as it was then (DID documents, status lists), and how labels changed. Nothing here grows
 * faster than what is held: a document is kept for a credential that is held, of each list one copy.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  'CREATE TABLE did_document (digest TEXT PRIMARY KEY, did TEXT NOT NULL, text TEXT NOT NULL, read_at TEXT NOT NULL) STRICT',
  `CREATE TABLE signed_under (credential TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (credential, document)) STRICT, WITHOUT ROWID`,
  'CREATE INDEX signed_under_document ON signed_under (document)',
  `CREATE TABLE status_copy (url TEXT PRIMARY KEY, digest TEXT NOT NULL, media_type TEXT NOT NULL, bytes BLOB NOT NULL,
    read_at TEXT NOT NULL) STRICT`,
  `CREATE TABLE label_change (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, scheme TEXT NOT NULL, at TEXT NOT NULL,
    version TEXT NOT NULL, level TEXT, former TEXT, basis TEXT NOT NULL, label TEXT, reason TEXT NOT NULL) STRICT`,
  'CREATE INDEX label_change_key ON label_change (key, scheme, at)',
];
