import type { Compliance } from '../compliance/load.ts';
import { Checks } from '../credentials/check.ts';
import type { ClaimNode } from '../credentials/jsonld/claims.ts';
import type { Contexts } from '../credentials/jsonld/contexts.ts';
import { readClaims } from '../credentials/jsonld/expand.ts';
import { expand } from '../credentials/jsonld/rdf.ts';
import { parse } from '../credentials/parse.ts';
import type { Database } from './database.ts';
import { settleSoon } from './settle.ts';

export interface RedescribeDeps {
  database: Database;
  compliance: Pick<Compliance, 'describe' | 'references'>;
  contexts: Contexts;
  /** Names the vocabularies and mappings that descriptions are made by now, so that others have another name. */
  by: string;
  /** A version could not be read again; it keeps its description. */
  failed: (digest: string, error: unknown) => void;
}

interface Row {
  digest: string;
  key: string;
  description: string;
  refs: string;
  bytes: Uint8Array;
  media_type: string;
}

const DESCRIBED_BY = 'described-by';
const PAGE = 20;
/** Time of one run. */
const SLICE_MS = 200;

/**
 * Reads again what is held when a newer Kontor reads credentials otherwise: descriptions are made from the stored bytes,
 * a slice at a time, and what rests on one that changed is settled. So a credential that came long ago is judged like
 * one that comes today, here and on every other node.
 *
 * @returns a step of that work: how many versions were looked at; nothing once all are
 */
export function createRedescribe({
  database,
  compliance,
  contexts,
  by,
  failed,
}: RedescribeDeps): () => Promise<number> {
  /** The digest up to which it is done; null once all are. */
  let after: string | null | undefined;
  const state = async (): Promise<string | null> => {
    const { read } = database;
    const row = await read.selectFrom('meta').select('value').where('name', '=', DESCRIBED_BY).executeTakeFirst();
    const known = row && (JSON.parse(row.value) as { by: string; after: string | null });
    if (known?.by === by) return known.after;
    const any = await read.selectFrom('version').select('digest').limit(1).executeTakeFirst();
    return any ? '' : null;
  };
  const page = (from: string): Promise<Row[]> =>
    database.read
      .selectFrom('version')
      .innerJoin('object', 'object.digest', 'version.digest')
      .select(['version.digest', 'version.key', 'description', 'refs', 'bytes', 'media_type'])
      .where('version.digest', '>', from)
      .orderBy('version.digest')
      .limit(PAGE)
      .execute();
  return async () => {
    if (after === null) return 0;
    const until = performance.now() + SLICE_MS;
    let looked = 0;
    after ??= await state();
    do {
      const rows: Row[] = after === null ? [] : await page(after);
      const changed: { digest: string; key: string; row: { description: string; refs: string } }[] = [];
      for (const { digest, key, description, refs, bytes, media_type } of rows)
        try {
          const claims = await claimsOf(bytes, media_type, contexts);
          const row = {
            description: JSON.stringify(compliance.describe(claims)),
            refs: JSON.stringify(compliance.references(claims)),
          };
          if (row.description !== description || row.refs !== refs) changed.push({ digest, key, row });
        } catch (error) {
          failed(digest, error);
        }
      const next: string | null = rows.at(-1)?.digest ?? null;
      await database.transaction(async (tx) => {
        for (const { digest, row } of changed)
          await tx.updateTable('version').set(row).where('digest', '=', digest).execute();
        await settleSoon(tx, [...new Set(changed.map(({ key }) => key))]);
        const value = JSON.stringify({ by, after: next });
        await tx
          .insertInto('meta')
          .values({ name: DESCRIBED_BY, value })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
          .execute();
      });
      after = next;
      looked += rows.length;
    } while (after !== null && performance.now() < until);
    return looked;
  };
}

/** What a credential that was verified when it came says of its one subject. */
async function claimsOf(bytes: Uint8Array, mediaType: string, contexts: Contexts): Promise<ClaimNode> {
  const checks = new Checks();
  const parsed = parse({ bytes, mediaType, source: { kind: 'file', path: '' } }, { objectBytes: bytes.length }, checks);
  const { proof: _proof, ...document } = parsed?.kind === 'credential' ? parsed.credential.document : {};
  const read = readClaims(await expand(document, contexts), checks);
  const subject = read?.subjects[0];
  if (!read || !subject) throw new Error(checks.failure?.detail ?? 'It holds no credential');
  return { ...subject, '@type': subject['@type'] ?? read.types };
}
