import { type JudgedLabel, type Judgement, ownChecks } from '../catalogue/judgement.ts';
import type { Check } from '../credentials/check.ts';
import { isHeld } from '../errors.ts';
import type { Io } from './io.ts';
import { criteria, type Levels, mark } from './show-label.ts';
import { count, shortDigest, wrap } from './text.ts';

const MARKS: Record<Check['result'], { text: string; style: 'good' | 'bad' | 'attention' | 'quiet' }> = {
  pass: { text: 'ok', style: 'good' },
  fail: { text: 'no', style: 'bad' },
  warn: { text: '!', style: 'attention' },
  unknown: { text: '?', style: 'attention' },
};

/** One check a line; where it did not pass, the place and the mend below it. */
export function checkLines(io: Io, checks: Check[], indent = '  '): string[] {
  const width = Math.max(0, ...checks.map((check) => check.id.length));
  const start = indent.length + 4 + width + 2;
  return checks.flatMap((check) => {
    const { text, style } = MARKS[check.result];
    const line = `${indent}${io.paint(style, text.padEnd(2))}  ${check.id.padEnd(width)}  ${wrap(check.why, io.width, start)}`;
    if (check.result === 'pass') return [line];
    const details = (['where', 'found', 'allowed', 'mend'] as const).filter((name) => check[name]);
    return [
      line,
      ...details.map(
        (name) =>
          `${' '.repeat(start)}${io.paint('quiet', name.padEnd(7))}  ${wrap(check[name]!, io.width, start + 9)}`,
      ),
    ];
  });
}

/**
 * The report on one submission: sentence, checks, labels, what is missing. Texts of the judgement must be clean.
 *
 * @param name what the person called it
 */
export function judgementLines(io: Io, judgement: Judgement, name: string, levels: Levels): string[] {
  const lines = [`${io.paint('strong', name)}  ${sentence(io, judgement)}`];
  if (judgement.digest)
    lines.push(`  ${io.paint('quiet', `digest ${io.terminal ? shortDigest(judgement.digest) : judgement.digest}`)}`);
  const { items = [] } = judgement;
  const own = ownChecks(judgement);
  if (own.length > 0) lines.push('', ...checkLines(io, own));
  for (const [index, item] of items.entries()) {
    lines.push('', ...judgementLines(io, item, `${name}, credential ${index + 1}`, levels));
  }
  // Those of what a presentation holds stand with each.
  if (judgement.labels?.length && !judgement.items) lines.push('', ...labelLines(io, judgement.labels, levels));
  return lines;
}

function sentence(io: Io, judgement: Judgement): string {
  const { ok, code, detail, stage, known, kind, listing } = judgement;
  // What was taken stays taken, whatever became of the others.
  if (!ok && judgement.items?.some((item) => item.ok)) return `${io.paint('attention', 'in part')}: ${detail}`;
  if (isHeld(code)) return `${io.paint('attention', 'held')}: ${detail}`;
  if (!ok) {
    const more = judgement.checks.filter((check) => check.result === 'fail').length - 1;
    return `${io.paint('bad', 'refused')} at ${stage} (${code}): ${detail}${more > 0 ? `; and ${more} more` : ''}`;
  }
  const what =
    kind === 'presentation'
      ? count(judgement.items?.length ?? 0, 'credential')
      : listing
        ? `${listing.type} "${listing.name}"`
        : (kind ?? 'credential');
  if (kind === 'withdrawal') {
    const ended = listing ? `"${listing.name}"` : 'the listing';
    return stage === 'commit'
      ? `${io.paint('good', known ? 'withdrawn already' : 'withdrawn')}: ${ended}`
      : `${io.paint('good', 'good')} up to ${stage}: withdrawal of ${ended}`;
  }
  if (stage === 'commit') return `${io.paint('good', known ? 'held already' : 'accepted')}: ${what}`;
  return `${io.paint('good', 'good')} up to ${stage}: ${what}`;
}

/** Each scheme's steps, and what is missing for the next one. */
export function labelLines(io: Io, labels: JudgedLabel[], levels: Levels): string[] {
  return ['Labels', ...labels.flatMap((label) => [`  ${mark(io, levels, label)}`, ...missing(io, label)])];
}

function missing(io: Io, label: JudgedLabel): string[] {
  const open =
    label.next?.missing ??
    (label.level
      ? []
      : label.criteria.filter((criterion) => criterion.result === 'unmet' || criterion.result === 'unknown'));
  if (open.length === 0) return [];
  return [`  Missing for ${label.next?.level ?? 'a label'}`, ...criteria(io, open, '    ')];
}
