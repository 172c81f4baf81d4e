import type { Tx } from './database.ts';
import type { Row } from './schema.ts';

/**
 * Keeps other bytes of a statement that is held already, so that they can be served under their own digest: a log that
 * names them can be carried whole. Nothing else is made of them; the catalogue shows the statement once.
 *
 * @param object `of` is the digest of the bytes that the catalogue shows; `at` is ISO 8601 UTC. The caller answers for `digest` being that of `bytes`, and for the signature.
 */
export async function keepAlias(
  tx: Tx,
  object: { digest: string; of: string; kind: Row<'object'>['kind']; mediaType: string; bytes: Uint8Array; at: string },
): Promise<void> {
  const { digest, of, kind, mediaType, bytes, at } = object;
  await tx
    .insertInto('object')
    .values({ digest, kind, media_type: mediaType, bytes, size: bytes.length, first_seen: at })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute();
  await tx
    .insertInto('alias')
    .values({ digest, of })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute();
  // Labels of others about these bytes are about the same statement.
  await tx.updateTable('label').set({ about: of }).where('about', '=', digest).execute();
}
