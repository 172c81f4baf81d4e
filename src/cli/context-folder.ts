import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { wrongUsage } from './failure.ts';

/** The folder that --contexts names. @throws Failure when it holds no contexts */
export function contextFolder(path: string): string {
  if (!existsSync(join(path, 'index.json')))
    throw wrongUsage(
      `${path} holds no index.json.`,
      '--contexts takes a folder such as `kontor contexts add` makes: index.json says {url: {file, digest}}.',
    );
  return resolve(path);
}
