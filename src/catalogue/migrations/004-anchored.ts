import { type Kysely, sql } from 'kysely';

/** Who stood behind the key of a version, by certificates, when it was taken. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE version ADD COLUMN anchored TEXT').execute(db);
}
