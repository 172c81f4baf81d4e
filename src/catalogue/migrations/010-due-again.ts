import { type Kysely, sql } from 'kysely';

/** What could not be settled is tried again, and the rest is not held up by it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  "ALTER TABLE due ADD COLUMN not_before TEXT NOT NULL DEFAULT ''",
  'ALTER TABLE due ADD COLUMN tries INTEGER NOT NULL DEFAULT 0',
  'CREATE INDEX due_next ON due (not_before)',
];
