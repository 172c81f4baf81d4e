import { type Kysely, sql } from 'kysely';

/** By which keys evidence was signed, and whose DID documents are looked at again for keys that were revoked. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw("ALTER TABLE evidence ADD COLUMN key_id TEXT NOT NULL DEFAULT ''").execute(db);
  const held = await sql<{ digest: string; issuer: string }>`SELECT DISTINCT digest, issuer FROM evidence`.execute(db);
  for (const { digest, issuer } of held.rows) {
    const { rows } = await sql<{ bytes: Uint8Array }>`SELECT bytes FROM object WHERE digest = ${digest}`.execute(db);
    const key = rows[0] && keyOf(Buffer.from(rows[0].bytes).toString('utf8'), issuer);
    if (key) await sql`UPDATE evidence SET key_id = ${key} WHERE digest = ${digest}`.execute(db);
  }
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  'CREATE INDEX version_signer ON version (key_id, digest)',
  'CREATE INDEX evidence_signer ON evidence (key_id, digest)',
  `CREATE TABLE signer (did TEXT PRIMARY KEY, read_at TEXT NOT NULL, reason TEXT, next_at TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  'CREATE INDEX signer_next ON signer (next_at)',
  // Spread over an hour: a node that held much before must not ask everybody at once.
  `INSERT OR IGNORE INTO signer (did, read_at, next_at)
    SELECT substr(key_id, 1, instr(key_id, '#') - 1), max(at),
      strftime('%Y-%m-%dT%H:%M:%fZ', 'now', (abs(random()) % 3600) || ' seconds')
    FROM (SELECT key_id, verified_at AS at FROM version
      UNION ALL SELECT key_id, first_seen FROM evidence JOIN object ON object.digest = evidence.digest)
    WHERE key_id LIKE 'did:web:%#%' GROUP BY 1`,
];

/** The issuer's key that signed what was verified long ago. */
function keyOf(text: string, issuer: string): string | undefined {
  const absolute = (id: unknown) => (typeof id !== 'string' ? '' : id.includes('#') ? id : `${issuer}#${id}`);
  try {
    if (!text.trimStart().startsWith('{'))
      return absolute(JSON.parse(Buffer.from(text.split('.')[0]!, 'base64url').toString('utf8')).kid);
    const ids = [JSON.parse(text).proof].flat().map((proof) => absolute(proof?.verificationMethod));
    return ids.filter((id) => id.startsWith(`${issuer}#`)).sort()[0];
  } catch {
    // An envelope, for one: it is looked at again from its next version on.
    return undefined;
  }
}
