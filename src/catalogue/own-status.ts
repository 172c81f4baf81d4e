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
  signDataIntegrity: (document: object) => Promise<object>;
}

/** What was signed is served again until a bit changes or half of its life has passed. */
export function createOwnStatus({ database, clock, url, did, signJwt, signDataIntegrity }: OwnStatusDeps): OwnStatus {
  const kept = new Map<string, { ended: number; at: number; signed: Promise<SignedList> }>();

  const sign = async (list: number, mediaType: SignedList['mediaType'], now: Date): Promise<SignedList> => {
    const rows = await database.read
      .selectFrom('own_status')
      .select('idx')
      .where('list', '=', list)
      .where('ended', '=', 1)
      .execute();
    const set = rows.map(({ idx }) => idx);
    const document = statusListDocument({ url: statusListUrl(url, list), issuer: did, set, now });
    const isJwt = mediaType === 'application/vc+jwt';
    const body = isJwt ? await signJwt(document) : JSON.stringify(await signDataIntegrity(document));
    return { mediaType, body, etag: `"${digestOf(Buffer.from(body))}"` };
  };

  return async (list, mediaType) => {
    const { newest, ended } = await database.read
      .selectNoFrom(({ selectFrom }) => [
        selectFrom('own_status')
          .select(({ fn }) => fn.max('list').as('newest'))
          .as('newest'),
        selectFrom('own_status')
          .select(({ fn }) => fn.countAll<number>().as('ended'))
          .where('list', '=', list)
          .where('ended', '=', 1)
          .as('ended'),
      ])
      .executeTakeFirstOrThrow();
    if (list > Number(newest ?? 1)) return undefined;
    const now = clock();
    const name = `${list} ${mediaType}`;
    const before = kept.get(name);
    // Bits are only ever set, so their number tells whether one changed.
    if (before?.ended === ended && Math.abs(now.getTime() - before.at) < LIST_LIFE_MS / 2) return before.signed;
    const signed = sign(list, mediaType, now);
    kept.set(name, { ended: Number(ended), at: now.getTime(), signed });
    signed.catch(() => kept.delete(name));
    return signed;
  };
}
