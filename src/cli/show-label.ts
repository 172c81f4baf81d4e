import type { CriterionResult, ShownBasis } from '../compliance/decision.ts';
import type { Io } from './io.ts';
import { day, wrap } from './text.ts';

/** Level names by scheme, lowest first; see levels.ts. */
export type Levels = Readonly<Record<string, string[]>>;

interface Mark {
  scheme: string;
  level: string | null;
  basis: ShownBasis;
  validUntil?: string;
}

/** The mark of a label in words: scheme, steps, level, basis. `gaia-x [##--] L1, verified` */
export function mark(io: Io, levels: Levels, { scheme, level, basis, validUntil }: Mark): string {
  const steps = levels[scheme];
  const reached = level ? (steps?.indexOf(level) ?? -1) + 1 : 0;
  const drawn = steps ? ` [${'#'.repeat(reached)}${'-'.repeat(steps.length - reached)}]` : '';
  if (!level) return io.paint('quiet', `${scheme}${drawn} no level`);
  if (basis === 'lapsed')
    return io.paint('quiet', `${scheme}${drawn} ${level}, lapsed${validUntil ? ` ${day(validUntil)}` : ''}`);
  const styles = { verified: 'good', attested: 'good', claimed: 'attention', unknown: 'quiet' } as const;
  return `${scheme}${drawn} ${io.paint('strong', level)}, ${io.paint(styles[basis], basis)}`;
}

const MARKS: Record<CriterionResult['result'], { text: string; style: 'good' | 'bad' | 'attention' | 'quiet' }> = {
  met: { text: 'ok', style: 'good' },
  unmet: { text: 'no', style: 'bad' },
  unknown: { text: '?', style: 'attention' },
  'not-applicable': { text: '-', style: 'quiet' },
};

/** One criterion a line: mark, number, reason with its basis; below, what to do where it is not met. */
export function criteria(io: Io, results: CriterionResult[], indent = '  '): string[] {
  const width = Math.max(0, ...results.map((result) => result.id.length));
  return results.flatMap((result) => {
    const { text, style } = MARKS[result.result];
    const start = indent.length + 4 + width + 2;
    const basis = result.result === 'met' ? ` (${result.basis})` : '';
    const line = `${indent}${io.paint(style, text.padEnd(2))}  ${result.id.padEnd(width)}  ${wrap(`${result.title}. ${result.why}${basis}`, io.width, start)}`;
    if (result.result === 'met' || result.result === 'not-applicable' || !result.mend) return [line];
    return [line, `${' '.repeat(start)}${wrap(`Mend: ${result.mend}`, io.width, start)}`];
  });
}
