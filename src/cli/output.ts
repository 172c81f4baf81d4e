import { writeFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { wrongUsage } from './failure.ts';
import type { Io } from './io.ts';
import { safeJson } from './text.ts';

/** Lines for people. */
export const say = (io: Io, lines: string[]): void => io.out(`${lines.join('\n')}\n`);

/** The answer for programs. */
export const answer = (io: Io, value: unknown): void => io.out(`${safeJson(value)}\n`);

/**
 * Writes a result to a file, else to the standard output: byte for byte in a pipe, with a line break on a terminal.
 */
export function deliver(io: Io, text: string, file: string | undefined): void {
  if (!file) {
    io.out(io.terminal ? `${text.trimEnd()}\n` : text);
    return;
  }
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw wrongUsage(`${file} cannot be written: ${messageOf(error)}.`);
  }
}
