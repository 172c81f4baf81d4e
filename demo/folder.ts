import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file that tells a folder of the demo from any other. */
const MARK = '.kontor-demo';

/** Makes the data folder afresh. @throws when the folder holds something that no demo put there */
export function freshFolder(path: string): void {
  const foreign = existsSync(path) && readdirSync(path).length > 0 && !existsSync(join(path, MARK));
  if (foreign)
    throw new Error(
      `${path} is not empty and was not made by the demo. Empty it, or name another folder in KONTOR_DEMO_DATA`,
    );
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, MARK), 'Made by npm run demo; made afresh at each start.\n');
}

/** Writes a file and the folders above it. */
export function write(path: string, content: string | Uint8Array, mode?: number): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content, mode === undefined ? {} : { mode });
}
