import { sql } from 'kysely';
import type { Database, Tx } from '../catalogue/database.ts';
import type { LogEntry } from '../catalogue/log-entry.ts';
import { messageOf, Problem } from '../errors.ts';
import { type CheckpointSigner, claimedCheckpoint, openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { applyCarriage, isEntryLine, MAX_ENTRY_BYTES } from './entries.ts';
import { LockFault, openLockFile } from './lock-file.ts';
import {
  edgeColumns,
  emptyLog,
  type LogRow,
  nextVersion,
  readLog,
  rootOf,
  storedHashes,
  storeEntries,
} from './log-store.ts';
import { sameHash } from './merkle.ts';
import { rootAt } from './proofs.ts';

/**
 * The log of this node's own acts. Order of things, so that nothing is ever signed twice over:
 *
 * 1. `append` writes entries in the transaction of the act itself: no act without its entry, no entry without its act.
 * 2. `publish`, after the commit: make the commit durable, sign the new head, put the checkpoint into the lock file
 *    (compare and swap, on the disk), and only then into the database, from where it is served.
 *
 * Killed between any two of these, the next start signs and publishes what is missing.
 */
export interface OwnLog {
  readonly origin: string;
  /** @throws Problem `unavailable` while the log may not be written; `bad-request` for an entry over 4,096 bytes */
  append(tx: Tx, entries: LogEntry[]): Promise<{ origin: string; index: number }[]>;
  /**
   * Signs and publishes what was appended. Never inside a transaction. Calls at once are answered by one signature.
   * @returns whether there was anything new
   */
  publish(): Promise<boolean>;
  /** The newest published note; its timestamp is at most ten minutes old. */
  checkpoint(): Promise<string>;
  /** Stops signing for good, because a second history has been seen. */
  halt(reason: string): void;
  /** Why nothing is appended or signed, when that is so. */
  halted(): string | undefined;
}

export interface OwnLogDeps {
  database: Database;
  origin: string;
  did: string;
  key: CheckpointSigner;
  clock(): Date;
  lockPath: string;
  log: { error(details: object, message: string): void };
}

/** What an operator can do about a log that may not be signed. Another URL is another identity, with a folder of its own. */
export const PUT_BACK = 'put the newest copy of the database beside log.lock';
export const START_ANEW = 'start anew with another KONTOR_URL and an empty data folder';

/** A little under ten minutes, so that what is served is never older. */
const FRESH_SECONDS = 540;

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);

export async function createOwnLog(deps: OwnLogDeps): Promise<OwnLog> {
  const { database, origin, did, key, clock } = deps;
  const lock = await openLockFile(deps.lockPath);
  let halted: string | undefined;
  const halt = (reason: string): void => {
    if (halted) return;
    halted = reason;
    deps.log.error({ origin }, reason);
  };

  await database.transaction(async (tx) => {
    const row = emptyLog(origin, did, true, clock());
    await tx
      .insertInto('log')
      .values(row)
      .onConflict((conflict) => conflict.column('origin').doNothing())
      .execute();
  });
  const own = async (): Promise<LogRow> => (await readLog(database.read, origin))!;
  let locked = await lock.read(origin);
  const doubt = await doubtAbout(locked, await own(), deps);
  if (doubt) halt(doubt);

  const sign = (row: LogRow) => signCheckpoint({ origin, size: row.size, root: rootOf(row) }, key, seconds(clock()));

  const show = (note: string) =>
    database.transaction(async (tx) => {
      const change = { note, version: await nextVersion(tx, clock()), changed_at: clock().toISOString() };
      await tx.updateTable('log').set(change).where('origin', '=', origin).execute();
    });

  const publishOnce = async (): Promise<boolean> => {
    if (halted) throw new Problem('unavailable', halted);
    const row = await own();
    // After a change of the key the head is signed anew: readers of the DID document look for the present key.
    const published = openCheckpoint(row.note, origin, [key.publicKey], clock());
    if (published.ok && published.value.size === row.size) return false;
    // The commit must survive a power cut before it is signed: in WAL mode with synchronous=NORMAL only a WAL
    // checkpoint puts it to the disk (https://www.sqlite.org/pragma.html#pragma_synchronous).
    await sql`PRAGMA wal_checkpoint(PASSIVE)`.execute(database.read);
    const note = await sign(row);
    try {
      await lock.advance(origin, locked, note);
    } catch (error) {
      if (error instanceof LockFault) halt(error.message);
      throw new Problem('unavailable', messageOf(error));
    }
    locked = note;
    await show(note);
    return true;
  };

  /** Re-makes the timestamped line of the published head; the tree stays as it is. Never with a clock that went back. */
  const refresh = async (): Promise<string> => {
    const row = await own();
    const opened = openCheckpoint(row.note, origin, [key.publicKey], clock());
    if (halted || !opened.ok) return row.note;
    const { size, root, time } = opened.value;
    // No believable time in our own note: the clock went back behind it.
    if (time === null || seconds(clock()) - time < FRESH_SECONDS) return row.note;
    const note = await signCheckpoint({ origin, size, root }, key, seconds(clock()));
    await show(note);
    return note;
  };

  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work, work);
    last = result.catch(() => {});
    return result;
  };
  let waiting: Promise<boolean> | undefined;
  const publish = (): Promise<boolean> => {
    // One that has not begun yet will also sign what was committed until it does.
    waiting ??= inTurn(() => {
      waiting = undefined;
      return publishOnce();
    });
    return waiting;
  };

  if (!halted) await publish();

  return {
    origin,
    halt,
    halted: () => halted,
    publish,
    checkpoint: () => inTurn(refresh),
    append: async (tx, entries) => {
      if (halted) throw new Problem('unavailable', halted);
      const lines = entries.map((entry) => Buffer.from(JSON.stringify(entry)));
      if (!lines.every(isEntryLine))
        throw new Problem('bad-request', `A log entry may be ${MAX_ENTRY_BYTES} bytes long at most`);
      const row = (await readLog(tx, origin))!;
      const stored = await storeEntries(tx, row, lines, clock());
      await applyCarriage(tx, origin, row.size, stored.entries);
      await tx.updateTable('log').set(edgeColumns(stored.edge)).where('origin', '=', origin).execute();
      return lines.map((_, i) => ({ origin, index: row.size + i }));
    },
  };
}

/** Why the database cannot be the one that the lock file was written for, if it cannot. */
async function doubtAbout(locked: string | undefined, row: LogRow, deps: OwnLogDeps): Promise<string | undefined> {
  const { origin, database, lockPath } = deps;
  if (row.state === 'forked') return `${row.reason}. Remedy: ${START_ANEW}`;
  if (locked === undefined) {
    return row.note === ''
      ? undefined
      : `The lock file ${lockPath} does not know ${origin}, but this database has published it. Put the lock file back; without it nobody knows what was signed last`;
  }
  const signed = claimedCheckpoint(locked);
  if (!signed.ok) return `The lock file ${lockPath} holds no checkpoint of ${origin}. Put back a copy of the file`;
  const { size, root } = signed.value;
  const remedies = `Remedies: ${PUT_BACK}, or ${START_ANEW}`;
  if (row.size < size) {
    return `This database was restored from an older copy: it holds ${row.size} entries of ${origin}, but ${size} were signed. Nothing is signed, because it would be a second history. ${remedies}`;
  }
  if (!sameHash(await rootAt(storedHashes(database.read, origin), size), root)) {
    return `The first ${size} entries of ${origin} in this database are not those that were signed. Nothing is signed, because it would be a second history. ${remedies}`;
  }
  return undefined;
}
