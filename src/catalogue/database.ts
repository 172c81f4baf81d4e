import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Kysely, SqliteDialect, type Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { ConfigError } from '../config.ts';
import * as firstLight from './migrations/001-first-light.ts';
import * as status from './migrations/002-status.ts';
import * as ownStatus from './migrations/003-own-status.ts';
import * as anchored from './migrations/004-anchored.ts';
import * as heldRoom from './migrations/005-held-room.ts';
import * as history from './migrations/006-history.ts';
import * as signers from './migrations/007-signers.ts';
import * as affected from './migrations/008-affected.ts';
import * as named from './migrations/009-named.ts';
import * as dueAgain from './migrations/010-due-again.ts';
import type { Tables } from './schema.ts';

/** Migrations in order; a name never changes once a node has run it. */
const MIGRATIONS: Record<string, Migration> = {
  '001-first-light': { up: firstLight.up },
  '002-status': { up: status.up },
  '003-own-status': { up: ownStatus.up },
  '004-anchored': { up: anchored.up },
  '005-held-room': { up: heldRoom.up },
  '006-history': { up: history.up },
  '007-signers': { up: signers.up },
  '008-affected': { up: affected.up },
  '009-named': { up: named.up },
  '010-due-again': { up: dueAgain.up },
};

export type Tx = Transaction<Tables>;
/** Anything that reads: the database, or a transaction that must see its own writes. */
export type Reader = Kysely<Tables>;

export interface Clocked {
  clock: () => Date;
}

/** The node's database. Reads go through `read`; every write goes through `transaction`, so none can stand outside one. */
export interface Database {
  read: Reader;
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens (or makes) the SQLite file and brings it to the current schema.
 *
 * @param path file path, or `:memory:`
 * @throws when the file is not a database, or was written by a newer Kontor
 */
export async function openDatabase(path: string): Promise<Database> {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const sqlite = new Sqlite(path);
  sqlite.pragma('journal_mode = WAL');
  // What was answered with 201 survives a loss of power.
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  sqlite.pragma('busy_timeout = 5000');
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await migrator.migrateToLatest();
  if (error) {
    await db.destroy();
    throw error;
  }
  return {
    read: db,
    transaction: (work) => db.transaction().execute(work),
    close: () => db.destroy(),
  };
}

/**
 * Opens a database to look at what it holds, also beside the node that serves it. Nothing is written, no schema is brought
 * up to date.
 *
 * @throws ConfigError when another version of Kontor wrote it
 */
export async function openToRead(path: string): Promise<{ read: Reader; close(): Promise<void> }> {
  const sqlite = new Sqlite(path, { readonly: true, fileMustExist: true });
  sqlite.pragma('busy_timeout = 5000');
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) });
  const known = Object.keys(MIGRATIONS);
  const ran = sqlite.prepare('SELECT name FROM kysely_migration ORDER BY name').pluck().all() as string[];
  if (ran.join() !== known.join()) {
    await db.destroy();
    throw new ConfigError([
      ran.length < known.length
        ? `${path} was written by a former version of Kontor. Start the node once, so that it is brought up to date`
        : `${path} was written by a newer version of Kontor. Use that version`,
    ]);
  }
  return { read: db, close: () => db.destroy() };
}

/**
 * Makes this process the only one that serves a data folder: two of them would write one log against each other. The
 * operating system gives the lock back when the process ends, however it ends.
 *
 * @returns what gives it back
 * @throws ConfigError when another process has it
 */
export function lockFolder(folder: string): () => void {
  const lock = new Sqlite(join(folder, 'serve.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw new ConfigError([`Another node serves ${folder}. End it first, or use another KONTOR_DATA`]);
  }
  return () => lock.close();
}
