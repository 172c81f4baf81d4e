import type { Policy } from '../policy.ts';
import type { Reader, Tx } from './database.ts';
import { isHeard, isTrusted } from './heard.ts';

/** Ids looked at to learn whether anybody listens to a stranger about them. */
const MAX_ASKED = 50;
/** Listings that are told of one label; it names fewer. */
const MAX_RESTING = 200;

/** Those of the ids a label goes by, its own and the names of credentials, about which anybody here listens to its issuer. */
export async function heardAbout(db: Reader, ids: string[], issuer: string, policy: Policy): Promise<string[]> {
  if (isTrusted(issuer, policy)) return ids;
  const heard: string[] = [];
  let asked = 0;
  for (const id of ids) {
    const rests = await db.selectFrom('depends').select('key').where('on_id', '=', id).limit(1).executeTakeFirst();
    if (!rests || ++asked > MAX_ASKED) continue;
    if (await isHeard(db, id, issuer, policy)) heard.push(id);
  }
  return heard;
}

/**
 * Of the names in a label those under which it is kept: all about which its issuer is listened to, and others as long as
 * fewer than `room` labels in force go by them.
 */
export async function namesWithRoom(db: Reader, names: string[], heard: string[], room: number, at: string) {
  const crowded = await db
    .selectFrom('evidence_name')
    .innerJoin('evidence', 'evidence.digest', 'evidence_name.digest')
    .select('name')
    .where('name', 'in', names)
    .where('valid_until', '>', at)
    .groupBy('name')
    .having(({ fn }) => fn.countAll(), '>=', room)
    .execute();
  const full = new Set(crowded.map(({ name }) => name));
  return names.filter((name) => !full.has(name) || heard.includes(name));
}

/**
 * Notes what a label names, so that it is found from there in whatever order they come; and that what is listed under
 * these names rests on it, so that it is settled when the trust in its issuer changes.
 */
export async function keepNames(tx: Tx, digest: string, about: string, names: string[]): Promise<void> {
  if (names.length === 0) return;
  await tx
    .insertInto('evidence_name')
    .values(names.map((name) => ({ name, digest })))
    .execute();
  const resting = await tx.selectFrom('depends').select('key').where('on_id', 'in', names).limit(MAX_RESTING).execute();
  for (const { key } of resting)
    await tx
      .insertInto('depends')
      .values({ key, on_id: about })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}

/** Labels of clearing houses that name a credential by one of these names, whether they hold or not. */
export async function labelsNaming(db: Reader, names: string[]): Promise<{ digest: string; about: string }[]> {
  return db
    .selectFrom('evidence_name')
    .innerJoin('evidence', 'evidence.digest', 'evidence_name.digest')
    .select(['evidence.digest', 'evidence.about'])
    .distinct()
    .where('name', 'in', names)
    .orderBy('evidence.digest')
    .execute();
}
