import { type Kysely, sql } from 'kysely';

/** Places of this node's own labels in its status lists. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `CREATE TABLE own_status (list INTEGER NOT NULL, idx INTEGER NOT NULL, digest TEXT NOT NULL UNIQUE, key_id TEXT NOT NULL,
    ended INTEGER NOT NULL, PRIMARY KEY (list, idx)) STRICT, WITHOUT ROWID`,
  'CREATE INDEX own_status_ended ON own_status (list, idx) WHERE ended = 1',
];
