import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from '../../catalogue/database.ts';
import { ConfigError, didOfUrl, readConfig } from '../../config.ts';
import { readKey, rotateIdentity } from '../../credentials/issuing/identity.ts';
import { type ExitCode, Failure, wrongUsage } from '../failure.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { opening } from '../start-fault.ts';

interface Options {
  compromised?: string | true;
  json?: boolean;
}

/** Gives a stopped node another key: one process at a time may sign for it. */
export async function rotateKey(io: Io, { compromised, json }: Options): Promise<ExitCode> {
  const config = readConfig(io.env);
  const file = join(config.data, 'identity.json');
  if (!existsSync(file))
    throw wrongUsage(`There is no node in ${config.data}.`, 'Name its folder with KONTOR_DATA, as for kontor serve.');
  const did = didOfUrl(config.url);
  const named = compromised === true ? undefined : fullId(did, compromised);
  const before = readKey(file).id;
  const identity = await opening(config, () => {
    const release = lock(config.data);
    try {
      return rotateIdentity(config.data, did, io.now(), compromised === true ? 'current' : named);
    } finally {
      release();
    }
  });
  if (json) {
    const former = identity.former.map(({ id, expires, revoked }) => ({ id, expires, revoked }));
    answer(io, { did, keyId: identity.id, former, file });
    return 0;
  }
  const ended = named ?? identity.former.at(-1)!.id;
  const isNew = identity.id !== before;
  say(io, [
    isNew
      ? `${did} signs with ${identity.id} from its next start.`
      : `${did} goes on signing with ${identity.id}: that key was not in other hands, so it stays.`,
    ...(compromised
      ? [
          `Revoked: ${ended}. Once the node runs again, its DID document says so, and nothing that this key signed is believed any more.`,
          `Labels: those in force that ${ended} signed are ended and given anew, signed with ${identity.id}, soon after the start. ${isNew ? 'All others stay as they are.' : 'Those that other keys signed stay as they are.'}`,
          'Buyers: a copy of an old label fails, because its key was revoked; the page and the API of the listing show the new one.',
        ]
      : [`What ${ended} signed until now stays good. Its private part was dropped from ${file}.`]),
    'Copies of the old file, in backups too, can be deleted. Keep a copy of the new one.',
    'Next: ./kontor serve',
  ]);
  return 0;
}

const fullId = (did: string, key: string | undefined): string | undefined =>
  key === undefined || key.includes('#') ? key : `${did}#${key}`;

function lock(folder: string): () => void {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Failure(
      1,
      'unavailable',
      `The node of ${folder} runs; its key can be changed only while it is stopped.`,
      'Stop it, run this again, and start it.',
    );
  }
}
