import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
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
  if (statSync(config.database, { throwIfNoEntry: false })?.isDirectory())
    throw new ConfigError([
      `The database ${config.database} is a folder. Put the file back, or name another with KONTOR_DATABASE`,
    ]);
  try {
    makeFolder(config.data);
    if (config.database !== ':memory:') makeFolder(dirname(config.database));
    return await work();
  } catch (error) {
    throw plainFault(error, config);
  }
}

const WHOLE = 'Put the folder "shapes" of this release back, or have KONTOR_SHAPES name a whole copy of it';

/** One folder at a time: Node's way to make several never ends in /proc, where none can be made (node 24). */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function plainFault(error: unknown, { data, database, shapes }: Config): unknown {
  const { code, path, name, message, syscall } = error as NodeJS.ErrnoException;
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
    case 'EISDIR':
      // Reading names no path.
      return new ConfigError([
        `A folder stands where a file belongs${path ? `: ${path}` : `: look for log.lock in ${data}`}. Move it away, and put the file back`,
      ]);
    case 'ENOENT':
      if (path?.startsWith(shapes)) return new ConfigError([`${path} is missing. ${WHOLE}`]);
      if (syscall !== 'mkdir') return error;
      return new ConfigError([
        `${path ?? data} cannot be made: no folder can be made there. Choose another KONTOR_DATA`,
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
      if (error instanceof SyntaxError)
        return new ConfigError([`A file of ${shapes} is no JSON (${message}). ${WHOLE}`]);
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
