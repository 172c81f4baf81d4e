import { type Kysely, sql } from 'kysely';

/** Finds what is affected without a look at all: decisions by their end, evidence by who gave it, credentials by what they
 * are about. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  "ALTER TABLE decision ADD COLUMN valid_until TEXT NOT NULL DEFAULT ''",
  "UPDATE decision SET valid_until = coalesce(decision ->> '$.validUntil', '')",
  'CREATE INDEX decision_until ON decision (valid_until)',
  'CREATE INDEX decision_scheme ON decision (scheme)',
  'CREATE INDEX evidence_issuer ON evidence (issuer)',
  'CREATE INDEX version_subject ON version (subject, state)',
  'CREATE INDEX status_copy_digest ON status_copy (digest)',
];
