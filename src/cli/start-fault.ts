import { existsSync, statSync } from 'node:fs';
import { type Config, ConfigError } from '../config.ts';
import { messageOf } from '../errors.ts';
import { Failure } from './failure.ts';

/**
 * Does what opens the data folder and the database of a node; what goes wrong there says which file it is and what
 * to do.
 *
 * @throws ConfigError or Failure in place of the bare errors of the system and of SQLite
 */
export async function opening<T>(config: Config, work: () => Promise<T> | T): Promise<T> {
  if (existsSync(config.data) && !statSync(config.data).isDirectory())
    throw new ConfigError([`KONTOR_DATA is "${config.data}", which is a file; a folder is accepted`]);
  try {
    return await work();
  } catch (error) {
    throw plainFault(error, config);
  }
}

function plainFault(error: unknown, { data, database }: Config): unknown {
  const { code, path, name, message } = error as NodeJS.ErrnoException;
  if (name === 'LockFault')
    return new Failure(
      1,
      'unavailable',
      `${message}.`,
      'See "When the node refuses to sign" in the guide for operators.',
    );
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ConfigError([
        `${path ?? data} may not be read or written by this user (${code}). Give it to the user that runs the node, or choose another KONTOR_DATA`,
      ]);
    case 'ENOTDIR':
    case 'EEXIST':
      return new ConfigError([
        `${path ?? data} cannot be made, for part of its path is a file. Choose another KONTOR_DATA`,
      ]);
    case 'ENOSPC':
    case 'SQLITE_FULL':
      return new Failure(
        1,
        'unavailable',
        `There is no room left for ${path ?? database}.`,
        'Make room, then start again.',
      );
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return new Failure(
        1,
        'unavailable',
        `${database} is not a database that can be read (${messageOf(error)}).`,
        `Put back the newest copy of it and leave ${data}/log.lock as it is.`,
      );
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_READONLY_DIRECTORY':
      return new ConfigError([
        `${database} cannot be opened for writing (${messageOf(error)}). It and its folder must belong to the user that runs the node`,
      ]);
    case 'SQLITE_BUSY':
      return new Failure(
        1,
        'unavailable',
        `${database} is in use by another process.`,
        'End that process, then start again.',
      );
    default:
      // Written by a newer Kontor: the database knows a migration that this version does not.
      if (/^corrupted migrations/.test(message ?? ''))
        return new Failure(
          1,
          'unavailable',
          `${database} was written by a newer version of Kontor.`,
          'Start that version, or put back the copy of the data folder from before.',
        );
      return error;
  }
}
