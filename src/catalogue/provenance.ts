import type { ReadDocument, VerifiedCredential } from '../credentials/credential.ts';
import { digestOf } from '../credentials/digest.ts';
import type { StatusList } from '../credentials/status/list.ts';
import type { Tx } from './database.ts';

/*
 * By what was it verified? DID documents and status lists change at their hosts; who must show later why a decision was
 * made needs them as they were (docs/decisions/016).
 */

/** Keeps the DID documents by which a credential was verified that is held from now on. */
export const keepDocuments = (tx: Tx, { digest, documents }: Pick<VerifiedCredential, 'digest' | 'documents'>) =>
  keep(tx, digest, documents);

/** Keeps a status list as it was received; the copy of an older one goes. */
export async function keepList(tx: Tx, url: string, { received, readAt }: StatusList): Promise<void> {
  if (!received) return;
  const { bytes, mediaType, documents } = received;
  const digest = digestOf(bytes);
  const before = await tx.selectFrom('status_copy').select('digest').where('url', '=', url).executeTakeFirst();
  if (before?.digest !== digest) {
    await forgetList(tx, url);
    const copy = { url, digest, media_type: mediaType, bytes, read_at: readAt.toISOString() };
    await tx.insertInto('status_copy').values(copy).execute();
    await keep(tx, digest, documents);
  } else await tx.updateTable('status_copy').set({ read_at: readAt.toISOString() }).where('url', '=', url).execute();
}

/** Nothing that is held names the list any more. */
export async function forgetList(tx: Tx, url: string): Promise<void> {
  const before = await tx.selectFrom('status_copy').select('digest').where('url', '=', url).executeTakeFirst();
  if (!before) return;
  const under = await tx
    .selectFrom('signed_under')
    .select('document')
    .where('credential', '=', before.digest)
    .execute();
  await tx.deleteFrom('status_copy').where('url', '=', url).execute();
  const other = await tx.selectFrom('status_copy').select('url').where('digest', '=', before.digest).executeTakeFirst();
  if (other) return;
  await tx.deleteFrom('signed_under').where('credential', '=', before.digest).execute();
  for (const { document } of under) {
    const used = await tx
      .selectFrom('signed_under')
      .select('credential')
      .where('document', '=', document)
      .limit(1)
      .executeTakeFirst();
    if (!used) await tx.deleteFrom('did_document').where('digest', '=', document).execute();
  }
}

async function keep(tx: Tx, credential: string, documents: ReadDocument[]): Promise<void> {
  for (const { document, readAt } of documents) {
    const text = JSON.stringify(document);
    const digest = digestOf(Buffer.from(text));
    await tx
      .insertInto('did_document')
      .values({ digest, did: document.id, text, read_at: readAt.toISOString() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await tx
      .insertInto('signed_under')
      .values({ credential, document: digest })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
