import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type Kysely, sql } from 'kysely';

/** What labels of clearing houses name credentials by: of versions, and of the labels that name them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw("ALTER TABLE version ADD COLUMN names TEXT NOT NULL DEFAULT '[]'").execute(db);
  await sql
    .raw(
      'CREATE TABLE evidence_name (name TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (name, digest)) STRICT, WITHOUT ROWID',
    )
    .execute(db);
  const held = await sql<{ digest: string }>`SELECT digest FROM version`.execute(db);
  for (const { digest } of held.rows) {
    const { rows } = await sql<{ bytes: Uint8Array }>`SELECT bytes FROM object WHERE digest = ${digest}`.execute(db);
    const names = rows[0] ? namesOf(Buffer.from(rows[0].bytes).toString('utf8')) : [];
    await sql`UPDATE version SET names = ${JSON.stringify(names)} WHERE digest = ${digest}`.execute(db);
  }
  // What each listing rests on is written anew, its own names with it.
  await sql.raw("INSERT OR IGNORE INTO due (key) SELECT key FROM listing WHERE state = 'current'").execute(db);
}

/** The id of a credential that was verified long ago, and the SHA-256 of its canonical form. */
function namesOf(text: string): string[] {
  const payload = /^\s*[\w-]+\.([\w-]+)\.[\w-]*\s*$/.exec(text)?.[1];
  const document = JSON.parse(payload ? Buffer.from(payload, 'base64url').toString('utf8') : text);
  const id = document.id ?? document.vc?.id ?? document.jti;
  const hash = createHash('sha256').update(canonicalize(document)!).digest('base64');
  return [...(typeof id === 'string' && id.length <= 2048 ? [id] : []), `sha256-${hash}`];
}
