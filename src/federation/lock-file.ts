import { mkdirSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The newest checkpoint this node has ever signed, kept outside the database and written before anybody sees the
 * checkpoint. A database that was put back from an older copy is then recognised: it holds less than was signed, and
 * going on from there would sign a second history. Holds one note for each origin, because a node that was
 * given another URL keeps another log.
 */
export interface LockFile {
  /** The note last written for an origin. */
  read(origin: string): Promise<string | undefined>;
  /**
   * Writes the next note and puts it to the disk before it returns.
   *
   * @param expected the note that must stand there now; undefined for none
   * @throws LockFault when another stands there: somebody else signs this log
   */
  advance(origin: string, expected: string | undefined, note: string): Promise<void>;
}

export class LockFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LockFault';
  }
}

export async function openLockFile(path: string): Promise<LockFile> {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  // Left over from a crash: it was never renamed, so nothing that it says has been published.
  await rm(draft, { force: true });

  const readAll = async (): Promise<Record<string, string>> => {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    }
    try {
      return JSON.parse(text);
    } catch {
      throw new LockFault(
        `The lock file ${path} cannot be read: it is not what this node writes. Put back a copy of it; without it nobody knows what was signed`,
      );
    }
  };

  return {
    read: async (origin) => (await readAll())[origin],
    advance: async (origin, expected, note) => {
      // Made exclusively, so two processes cannot both be between reading and renaming.
      const file = await open(draft, 'wx', 0o600).catch((error) => {
        if (error.code === 'EEXIST')
          throw new LockFault(`Another process is writing ${path}; one node at a time may sign a log`);
        throw error;
      });
      try {
        const all = await readAll();
        if (all[origin] !== expected)
          throw new LockFault(
            `Another process has signed ${origin} since this one started; one node at a time may sign a log`,
          );
        await file.writeFile(`${JSON.stringify({ ...all, [origin]: note }, null, 2)}\n`);
        await file.sync();
        await file.close();
        await rename(draft, path);
      } catch (error) {
        await file.close().catch(() => {});
        await rm(draft, { force: true });
        throw error;
      }
      const folder = await open(dirname(path), 'r');
      await folder.sync().finally(() => folder.close());
    },
  };
}
