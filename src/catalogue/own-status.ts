import { randomInt } from 'node:crypto';
import { digestOf } from '../credentials/digest.ts';
import { LIST_LIFE_MS, LIST_SIZE, statusListDocument } from '../credentials/issuing/status-list.ts';
import type { Clocked, Database, Tx } from './database.ts';

/** A place in one of this node's status lists. Lists count from 1. */
export interface Place {
  list: number;
  idx: number;
}

/** Where a list is served. */
export const statusListUrl = (nodeUrl: string, list: number): string => `${nodeUrl}/status/${list}`;

/** So many places are drawn for a label; where all are taken, the list is as good as full. */
const DRAWS = 64;

/**
 * Draws a free place of the newest list, at random, so that neighbours in a list say nothing about each other; a full list
 * starts the next. It is taken by `takePlace`, in the same transaction.
 */
export async function drawPlace(tx: Tx): Promise<Place> {
  const { newest } = await tx
    .selectFrom('own_status')
    .select(({ fn }) => fn.max('list').as('newest'))
    .executeTakeFirstOrThrow();
  const list = Number(newest ?? 1);
  const drawn = Array.from({ length: DRAWS }, () => randomInt(LIST_SIZE));
  const rows = await tx
    .selectFrom('own_status')
    .select('idx')
    .where('list', '=', list)
    .where('idx', 'in', drawn)
    .execute();
  const taken = new Set(rows.map(({ idx }) => idx));
  const free = drawn.find((idx) => !taken.has(idx));
  return free === undefined ? { list: list + 1, idx: drawn[0]! } : { list, idx: free };
}

/** Gives a drawn place to the label with this digest. */
export async function takePlace(tx: Tx, place: Place, digest: string, keyId: string): Promise<void> {
  await tx
    .insertInto('own_status')
    .values({ ...place, digest, key_id: keyId, ended: 0 })
    .execute();
}

/** Sets the bit of a label that has ended; it is never cleared. */
export async function endPlace(tx: Tx, digest: string): Promise<void> {
  await tx.updateTable('own_status').set({ ended: 1 }).where('digest', '=', digest).execute();
}

/** A list as it is served. */
export interface SignedList {
  mediaType: 'application/vc+jwt' | 'application/vc';
  body: string;
  etag: string;
}

/** The lists of this node, signed when somebody asks. `undefined` for a list that was not begun yet. */
export type OwnStatus = (list: number, mediaType: SignedList['mediaType']) => Promise<SignedList | undefined>;

interface OwnStatusDeps extends Clocked {
  database: Database;
  /** Base URL of the node. */
  url: string;
  did: string;
  signJwt: (document: object) => Promise<string>;
  signDataIntegrity: (document: object, now: Date) => Promise<object>;
}

/** A list as it stands since a time; both forms of it are of that time, so that neither looks older than the other. */
interface Kept {
  ended: number;
  at: Date;
  document: Promise<object>;
  forms: Map<SignedList['mediaType'], Promise<SignedList>>;
}

/** What was signed is served again until a bit changes or half of its life has passed. */
export function createOwnStatus({ database, clock, url, did, signJwt, signDataIntegrity }: OwnStatusDeps): OwnStatus {
  const lists = new Map<number, Kept>();

  const build = async (list: number, now: Date): Promise<object> => {
    const rows = await database.read
      .selectFrom('own_status')
      .select('idx')
      .where('list', '=', list)
      .where('ended', '=', 1)
      .execute();
    const set = rows.map(({ idx }) => idx);
    return statusListDocument({ url: statusListUrl(url, list), issuer: did, set, now });
  };

  const sign = async (mediaType: SignedList['mediaType'], { document, at }: Kept): Promise<SignedList> => {
    const body =
      mediaType === 'application/vc+jwt'
        ? await signJwt(await document)
        : JSON.stringify(await signDataIntegrity(await document, at));
    return { mediaType, body, etag: `"${digestOf(Buffer.from(body))}"` };
  };

  return async (list, mediaType) => {
    const { newest, ended } = await database.read
      .selectFrom('own_status')
      .select(({ fn, selectFrom }) => [
        fn.max('list').as('newest'),
        selectFrom('own_status')
          .select(fn.countAll<number>().as('count'))
          .where('list', '=', list)
          .where('ended', '=', 1)
          .as('ended'),
      ])
      .executeTakeFirstOrThrow();
    if (list > Number(newest ?? 1)) return undefined;
    const now = clock();
    let kept = lists.get(list);
    // Bits are only ever set, so their number tells whether one changed.
    if (!kept || kept.ended !== ended || Math.abs(now.getTime() - kept.at.getTime()) >= LIST_LIFE_MS / 2) {
      kept = { ended: Number(ended), at: now, document: build(list, now), forms: new Map() };
      lists.set(list, kept);
    }
    const form = kept.forms.get(mediaType) ?? sign(mediaType, kept);
    kept.forms.set(mediaType, form);
    // A fault is not kept.
    form.catch(() => lists.delete(list));
    return form;
  };
}
