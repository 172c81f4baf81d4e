import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './config.ts';

const nameOf = (folder: string): string => join(folder, 'serve.pid');

/**
 * Makes this process the only one that serves a data folder: two of them would write one log against each other.
 *
 * @throws ConfigError naming the process that has it
 */
export function claimFolder(folder: string): void {
  const name = nameOf(folder);
  const other = readPid(name);
  if (other !== undefined && other !== process.pid && isAlive(other)) {
    throw new ConfigError([
      `Another node (process ${other}) serves ${folder}. End it first, or use another KONTOR_DATA`,
    ]);
  }
  writeFileSync(name, String(process.pid));
}

export function releaseFolder(folder: string): void {
  if (readPid(nameOf(folder)) === process.pid) rmSync(nameOf(folder), { force: true });
}

function readPid(name: string): number | undefined {
  try {
    return Number(readFileSync(name, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
