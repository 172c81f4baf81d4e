import { styleText } from 'node:util';

type Style = 'good' | 'bad' | 'attention' | 'quiet' | 'strong';
const STYLES = { good: 'green', bad: 'red', attention: 'yellow', quiet: 'dim', strong: 'bold' } as const;

/** All that a command knows of the world it runs in; tests hand in their own. */
export interface Io {
  /** Answers, one call a piece of text, newline included. */
  out(text: string): void;
  /** Remarks for people: never part of an answer. */
  err(text: string): void;
  stdin(): Promise<Uint8Array>;
  env: Record<string, string | undefined>;
  fetch: typeof fetch;
  now(): Date;
  /** Columns to wrap text at; Infinity in a pipe, where line breaks would only be in the way. */
  width: number;
  /** True when people look at the answers, not a program. */
  terminal: boolean;
  /** Colour where a terminal shows it; the bare text everywhere else. */
  paint(style: Style, text: string): string;
}

/** The process's own streams. */
export function processIo(): Io {
  const { stdout, stderr, env } = process;
  // A reader that had enough (`kontor search | head -1`) is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const terminal = stdout.isTTY === true;
  const colour = terminal && !env.NO_COLOR && env.TERM !== 'dumb';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    stdin: readStdin,
    env,
    fetch,
    now: () => new Date(),
    width: terminal ? Math.max(40, stdout.columns || 80) : Number.POSITIVE_INFINITY,
    terminal,
    paint: (style, text) => (colour ? styleText(STYLES[style], text, { validateStream: false }) : text),
  };
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
