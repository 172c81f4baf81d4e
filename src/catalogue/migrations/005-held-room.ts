import { type Kysely, sql } from 'kysely';

/** How much room held submissions take, and which are by issuers that have listings. The indexes answer without the bytes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  'ALTER TABLE held ADD COLUMN known INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE held ADD COLUMN size INTEGER NOT NULL DEFAULT 0',
  'UPDATE held SET size = length(bytes)',
  'CREATE INDEX held_room ON held (host, size)',
  'CREATE INDEX held_known ON held (known, since, digest, size)',
  'CREATE INDEX held_due ON held (not_before)',
  'CREATE INDEX listing_issuer ON listing (issuer)',
];
