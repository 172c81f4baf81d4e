import { InvalidArgumentError } from 'commander';

/** Options and arguments that several commands share. */

export const JSON_OPTION = ['--json', 'answer in JSON, for programs'] as const;
export const KEY_OPTION = ['--key <file>', 'private key made by `kontor keygen` (default: KONTOR_KEY)'] as const;
export const CONTEXTS_OPTION = [
  '--contexts <folder>',
  'more JSON-LD contexts: a folder made by `kontor contexts add`',
] as const;
export const NODE_OPTION = [
  '--node <url>',
  'node to talk to (default: KONTOR_NODE, else http://localhost:8080)',
] as const;
export const TOKEN_OPTION = ['--token <token>', 'operator token (default: KONTOR_TOKEN)'] as const;

export const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

export const wholeNumber = (least: number, most: number) => (text: string) => {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most)
    throw new InvalidArgumentError(`A number from ${least} to ${most} is accepted.`);
  return number;
};

/** A time; a day means its end, and today now. */
export function timeOf(text: string): Date {
  if (text === new Date().toISOString().slice(0, 10)) return new Date();
  return beginOf(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T23:59:59.999Z` : text);
}

/** A time; a day means its begin. */
export function beginOf(text: string): Date {
  const at = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('An ISO time such as 2026-11-21T09:14:00Z is accepted.');
  return at;
}

export const examples = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
