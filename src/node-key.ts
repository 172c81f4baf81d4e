import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Database } from './catalogue/database.ts';
import { type Config, ConfigError } from './config.ts';
import type { Identity } from './credentials/issuing/identity.ts';
import { START_ANEW } from './federation/own-log.ts';

const KEY = 'signs-with';

/**
 * Notes which key this node signs with, and refuses an older one: a copy from before a rotation would bring back a key
 * that was replaced, or given up as stolen. Refuses a key without its database too: peers hold the log that it signed.
 */
export async function rememberKey(database: Database, key: Identity, config: Config, log: Logger): Promise<void> {
  const file = join(config.data, 'identity.json');
  const row = await database.read.selectFrom('meta').select('value').where('name', '=', KEY).executeTakeFirst();
  if (row?.value === key.id) return;
  if (row && !key.former.some(({ id }) => id === row.value)) {
    await database.close();
    throw new ConfigError([
      `${file} signs with ${key.id}, but this node has signed with ${row.value}, which that file does not know: it is an old copy. Put the newest one back; an old key may have been revoked`,
    ]);
  }
  if (!row && key.log) {
    await database.close();
    throw new ConfigError([
      `${file} has signed the log ${key.log}, but the database ${config.database} is empty. A second log of that name would be a fork, which peers refuse. Remedies: put the newest copies of the database and of log.lock there, or, where all are lost, ${START_ANEW}`,
    ]);
  }
  if (row) log.info({ key: key.id, former: row.value }, 'this node has another key since its last start');
  await database.transaction((tx) =>
    tx
      .insertInto('meta')
      .values({ name: KEY, value: key.id })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: key.id }))
      .execute(),
  );
}
