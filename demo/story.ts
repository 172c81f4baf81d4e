import { styleText } from 'node:util';

/** The demo's screen: a story in under forty lines. Colour only on a terminal that shows it. */
export interface Story {
  title(text: string): void;
  /** A chapter: its name in the first column, its lines beside it, cut to the terminal unless `whole`. */
  tell(name: string, lines: string[], whole?: 'whole'): void;
  /** Overwritten by what comes next; only on a terminal. */
  progress(text: string): void;
  /** Only with --verbose. */
  detail(line: string): void;
  fault(text: string): void;
}

const FIRST_COLUMN = 12;
const WIDTH = 180;

export function createStory(out: NodeJS.WriteStream, verbose: boolean): Story {
  const colour = out.isTTY && !process.env.NO_COLOR;
  const style = (format: Parameters<typeof styleText>[0], text: string) => (colour ? styleText(format, text) : text);
  const width = Math.max(80, Math.min(WIDTH, out.columns ?? WIDTH)) - FIRST_COLUMN;
  const cut = (line: string) => (line.length > width ? `${line.slice(0, width - 3)}...` : line);
  return {
    title: (text) => out.write(`${style('bold', text)}\n\n`),
    tell: (name, lines, whole) => {
      for (const [index, line] of lines.entries())
        out.write(`${style('cyan', (index === 0 ? name : '').padEnd(FIRST_COLUMN))}${whole ? line : cut(line)}\n`);
    },
    progress: (text) => {
      if (out.isTTY) out.write(`\r${''.padEnd(FIRST_COLUMN)}${text}\x1b[K\r`);
    },
    detail: (line) => {
      if (verbose) out.write(`${style('dim', `${''.padEnd(FIRST_COLUMN)}${cut(line)}`)}\n`);
    },
    fault: (text) => out.write(`${style('red', 'Stopped')}     ${text}\n`),
  };
}

/** Names and values under each other. */
export const columns = (rows: string[][]): string[] => {
  const widths = rows.reduce<number[]>((wide, row) => row.map((cell, at) => Math.max(wide[at] ?? 0, cell.length)), []);
  return rows.map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at]!))).join('  '));
};
