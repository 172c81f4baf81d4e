import type { Submission } from '../credentials/credential.ts';
import { isHeld } from '../errors.ts';
import type { Clocked, Database } from './database.ts';
import type { Judgement } from './judgement.ts';

/** How many submissions are kept waiting, and how often each is tried before it is given up. */
const MAX_HELD = 1_000;
const MAX_TRIES = 9;
/** How many wait for one issuer's host: nobody can fill the queue in another's name alone. */
const MAX_PER_HOST = 20;
const FIRST_WAIT_MS = 5_000;

/**
 * Keeps a provider's submission whose issuer cannot be asked for its key or status list just now; it is judged again by
 * `retryHeld`.
 * Anything else passes through unchanged.
 */
export async function hold(
  deps: Clocked & { database: Database },
  submission: Submission,
  judgement: Judgement,
  issuer: unknown,
): Promise<Judgement> {
  if (!isHeld(judgement.code) || submission.source.kind !== 'provider') return judgement;
  const now = deps.clock();
  const id = typeof issuer === 'string' ? issuer : (issuer as { id?: unknown } | null)?.id;
  const host = String(id)
    .replace(/%3A\d+/i, '')
    .split(':')
    .slice(0, 3)
    .join(':')
    .slice(0, 300);
  const kept = await deps.database.transaction(async (tx) => {
    const { count } = await tx
      .selectFrom('held')
      .select((select) => select.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    const mine = await tx
      .selectFrom('held')
      .select((select) => select.fn.countAll<number>().as('count'))
      .where('host', '=', host)
      .executeTakeFirstOrThrow();
    const already = await tx
      .selectFrom('held')
      .select('digest')
      .where('digest', '=', judgement.digest)
      .executeTakeFirst();
    if (already) return true;
    if (count >= MAX_HELD || mine.count >= MAX_PER_HOST) return false;
    await tx
      .insertInto('held')
      .values({
        digest: judgement.digest,
        host,
        media_type: submission.mediaType,
        bytes: submission.bytes,
        source: JSON.stringify(submission.source),
        reason: judgement.detail ?? '',
        tries: 0,
        not_before: new Date(now.getTime() + FIRST_WAIT_MS).toISOString(),
        since: now.toISOString(),
      })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute();
    return true;
  });
  return kept
    ? { ...judgement, detail: `${judgement.detail}. It is held and tried again` }
    : {
        ...judgement,
        code: 'unavailable',
        detail: 'Too many submissions wait for keys or status lists; send it again later',
      };
}

/** Judges again what is due, and forgets what was taken, refused for another reason, or tried often enough. */
export async function retryHeld(
  deps: Clocked & { database: Database },
  ingest: (submission: Submission) => Promise<Judgement>,
): Promise<void> {
  const now = deps.clock();
  const due = await deps.database.read
    .selectFrom('held')
    .selectAll()
    .where('not_before', '<=', now.toISOString())
    .orderBy('not_before')
    .limit(20)
    .execute();
  await Promise.all(
    due.map(async (row) => {
      const judgement = await ingest({ bytes: row.bytes, mediaType: row.media_type, source: JSON.parse(row.source) });
      const again = isHeld(judgement.code) && row.tries + 1 < MAX_TRIES;
      await deps.database.transaction(async (tx) => {
        if (again) {
          const wait = FIRST_WAIT_MS * 2 ** (row.tries + 1);
          await tx
            .updateTable('held')
            .set({
              tries: row.tries + 1,
              reason: judgement.detail ?? '',
              not_before: new Date(now.getTime() + wait).toISOString(),
            })
            .where('digest', '=', row.digest)
            .execute();
        } else await tx.deleteFrom('held').where('digest', '=', row.digest).execute();
      });
    }),
  );
}
