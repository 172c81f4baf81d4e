import { neighbourhood } from '../credentials/addresses.ts';
import type { Submission } from '../credentials/credential.ts';
import { didWebUrl } from '../credentials/keys/did-web.ts';
import { type Code, isHeld } from '../errors.ts';
import type { Clocked, Database, Tx } from './database.ts';
import type { Judgement } from './judgement.ts';
import type { Row } from './schema.ts';

/** How many submissions wait, and how many bytes they take. */
interface Room {
  count: number;
  bytes: number;
}
const MB = 1_000_000;
const IN_ALL: Room = { count: 1_000, bytes: 64 * MB };
const PER_PLACE: Room = { count: 20, bytes: 4 * MB };
/** How often each is tried before it is given up: first after so long, then after twice the time, and so on. */
const MAX_TRIES = 9;
const FIRST_WAIT_MS = 5_000;
const AT_ONCE = 8;

/**
 * Keeps a provider's submission whose issuer cannot be asked for its key or status list just now; it is judged again by
 * `retryHeld`. Anything else passes through unchanged.
 *
 * Nothing is proved of it yet, not even its issuer. So whoever the documents name, those of one neighbourhood get no
 * more than its share. When all room is taken, a submission in the name of an issuer that has a listing here takes the place of the
 * newest of strangers; strangers take nobody's. A forger gains little by such a name: it is held only while that
 * issuer's key or list cannot be had, takes a part of that issuer's share, and is refused at the next try after that.
 */
export async function hold(
  deps: Clocked & { database: Database },
  submission: Submission,
  judgement: Judgement,
  issuer: unknown,
): Promise<Judgement> {
  if (!isHeld(judgement.code) || submission.source.kind !== 'provider') return judgement;
  const now = deps.clock();
  const { digest, detail = '' } = judgement;
  const id = String(typeof issuer === 'string' ? issuer : (issuer as { id?: unknown } | null)?.id);
  const host = placeOf(id);
  const size = submission.bytes.length;
  const row = await deps.database.transaction(async (tx) => {
    const held = await tx
      .selectFrom('held')
      .select(['tries', 'not_before', 'since'])
      .where('digest', '=', digest)
      .executeTakeFirst();
    if (held) {
      await tx.updateTable('held').set({ reason: detail }).where('digest', '=', digest).execute();
      return held;
    }
    const listing = await tx.selectFrom('listing').select('key').where('issuer', '=', id).limit(1).executeTakeFirst();
    const known = listing ? 1 : 0;
    const full = await roomFor(tx, host, size, known === 1);
    if (full) return full;
    const fresh = { tries: 0, not_before: timeAfter(now, FIRST_WAIT_MS), since: now.toISOString() };
    await tx
      .insertInto('held')
      .values({
        digest,
        host,
        known,
        size,
        media_type: submission.mediaType,
        bytes: submission.bytes,
        source: JSON.stringify(submission.source),
        reason: detail,
        ...fresh,
      })
      .execute();
    return fresh;
  });
  return typeof row === 'string'
    ? {
        ...judgement,
        code: 'unavailable',
        detail: `${detail}. There is no room to hold it: ${row}, and this would be more. Send it again when the key or status list can be had`,
      }
    : { ...judgement, detail: `${detail}. ${outlook(row, now)}` };
}

/** With whom an issuer shares its room: its neighbourhood, all of its DID method, or all that name no DID. */
function placeOf(issuer: string): string {
  const url = issuer.startsWith('did:web:') ? didWebUrl(issuer, true) : undefined;
  return url?.ok ? neighbourhood(new URL(url.value).host) : (/^did:[a-z0-9]{1,20}(?=:)/.exec(issuer)?.[0] ?? 'no DID');
}

/** Sees to it that there is room for so many bytes more. @returns what is full, if anything is */
async function roomFor(tx: Tx, host: string, size: number, known: boolean): Promise<string | undefined> {
  const taken = (rows: { size: number }[]): Room => ({
    count: rows.length,
    bytes: rows.reduce((sum, row) => sum + row.size, 0),
  });
  const fits = (used: Room, room: Room) => used.count < room.count && used.bytes + size <= room.bytes;
  const told = ({ count, bytes }: Room) => `${count.toLocaleString('en')} submissions and ${bytes / MB} MB may wait`;

  const place = taken(await tx.selectFrom('held').select('size').where('host', '=', host).execute());
  if (!fits(place, PER_PLACE)) return `${told(PER_PLACE)} for ${host}`;
  const rows = await tx
    .selectFrom('held')
    .select(['digest', 'size', 'known'])
    .orderBy('known')
    .orderBy('since')
    .execute();
  const all = taken(rows);
  const strangers = known ? rows.filter((row) => row.known === 0) : [];
  const going: string[] = [];
  while (!fits(all, IN_ALL)) {
    const newest = strangers.pop();
    if (!newest) return `${told(IN_ALL)} in all`;
    going.push(newest.digest);
    all.count--;
    all.bytes -= newest.size;
  }
  if (going.length > 0) await tx.deleteFrom('held').where('digest', 'in', going).execute();
  return undefined;
}

/** What becomes of a held submission, for whoever sent it. */
function outlook({ tries, not_before, since }: Pick<Row<'held'>, 'tries' | 'not_before' | 'since'>, now: Date): string {
  const next = Date.parse(not_before);
  const left = MAX_TRIES - tries;
  const last = Math.max(next, now.getTime()) + FIRST_WAIT_MS * (2 ** MAX_TRIES - 2 ** (tries + 1));
  const minutes = Math.max(1, Math.ceil((last - now.getTime()) / 60_000));
  const when = next > now.getTime() ? `at ${timeOf(not_before)}` : 'soon';
  const often = left > 1 ? `up to ${left} times within ${minutes} min` : 'for the last time';
  return `It is held since ${timeOf(since)} and tried again ${when}, ${often}`;
}

const timeOf = (iso: string) => `${iso.slice(11, 19)}Z`;
const timeAfter = (now: Date, ms: number) => new Date(now.getTime() + ms).toISOString();

/**
 * Judges again some of what is due, that which is due longest first, and forgets what was taken, refused for another
 * reason, or tried often enough. A judgement that fails counts as a try.
 *
 * @param failed is told of judgements that could not be made
 */
export async function retryHeld(
  { database, clock }: Clocked & { database: Database },
  ingest: (submission: Submission) => Promise<Judgement>,
  failed: (digest: string, error: unknown) => void,
): Promise<void> {
  const due = await database.read
    .selectFrom('held')
    .select(['digest', 'media_type', 'bytes', 'source', 'tries'])
    .where('not_before', '<=', clock().toISOString())
    .orderBy('not_before')
    .limit(AT_ONCE)
    .execute();
  const retry = async ({ digest, bytes, media_type, source, tries }: (typeof due)[number]): Promise<void> => {
    const again = await ingest({ bytes, mediaType: media_type, source: JSON.parse(source) }).then(
      waits,
      (error: unknown) => {
        failed(digest, error);
        return true;
      },
    );
    await database.transaction(async (tx) => {
      if (again && tries + 1 < MAX_TRIES)
        await tx
          .updateTable('held')
          .set({ tries: tries + 1, not_before: timeAfter(clock(), FIRST_WAIT_MS * 2 ** (tries + 1)) })
          .where('digest', '=', digest)
          .execute();
      else await tx.deleteFrom('held').where('digest', '=', digest).execute();
    });
  };
  await Promise.all(due.map((row) => retry(row).catch((error: unknown) => failed(row.digest, error))));
}

/**
 * Whether it is to be tried again. A presentation that could be opened is not, since its credentials are held on their own;
 * but nothing is lost because this node had no room or no time.
 */
const waits = ({ code, items }: Judgement): boolean =>
  items ? items.some((item) => isOurFault(item.code)) : isHeld(code) || isOurFault(code);
const isOurFault = (code: Code | undefined) => code === 'unavailable' || code === 'internal';
