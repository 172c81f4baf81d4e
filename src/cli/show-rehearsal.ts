import type { Change } from '../catalogue/changes.ts';
import type { LabelOutcome, Outcome, Summary } from '../catalogue/outcomes.ts';
import type { Io } from './io.ts';
import { clean, cleanDeep, count, day, wrap } from './text.ts';

/** So many outcomes are shown, and so many reasons of each; --json has all. */
export const MAX_SHOWN = 20;
const MAX_REASONS = 3;

const EFFECTS = ['gains', 'loses', 'stronger', 'weaker', 'longer', 'shorter'] as const;

const WHAT = { policy: 'policy', scheme: 'scheme', shapes: 'shapes', ontology: 'ontology' };

/** `scheme gaia-x, from gaia-x.json` */
export function changeLine({ what, name, digest, was, source }: Change): string {
  const named = what === 'policy' ? WHAT[what] : `${WHAT[what]} ${clean(name)}`;
  if (digest === null) return `${named} is taken away`;
  return `${named} ${was === null ? 'is new' : 'is replaced'}${source ? `, from ${clean(source)}` : ''}`;
}

/** What came of a rehearsal: those who lose first, then the others, then how many in all. */
export function rehearsalLines(io: Io, { changes, shown, summary }: Shown): string[] {
  const { looked, schemes, refused, notes } = summary;
  const told = schemes.reduce((sum, one) => sum + EFFECTS.reduce((all, effect) => all + one[effect], 0), 0);
  const all = told + refused.listings + refused.evidence;
  return [
    ...changes.map((change) => changeLine(change)),
    '',
    ...shown.flatMap((outcome) => outcomeLines(io, cleanDeep(outcome))),
    ...(all > shown.length ? [`and ${(all - shown.length).toLocaleString('en')} more; --json has all`] : []),
    ...(all > 0 ? [''] : []),
    `${things(looked)} looked at${all === 0 && notes.length === 0 ? ': nothing changes.' : '.'}`,
    ...schemes.flatMap(({ scheme, edition, gains, loses, stronger, weaker, longer, shorter }) => {
      const counts = [
        ...(gains > 0 ? [count(gains, 'listing gains', 'listings gain')] : []),
        ...(loses > 0 ? [io.paint('bad', count(loses, 'listing loses', 'listings lose'))] : []),
        ...(stronger > 0 ? [`${stronger.toLocaleString('en')} on a surer basis`] : []),
        ...(weaker > 0 ? [io.paint('attention', `${weaker.toLocaleString('en')} on a weaker basis`)] : []),
        ...(shorter > 0 ? [io.paint('attention', `${shorter.toLocaleString('en')} ending earlier`)] : []),
        ...(longer > 0 ? [`${longer.toLocaleString('en')} ending later`] : []),
      ];
      const editions =
        edition.from === edition.to
          ? ''
          : ` (${edition.from === null ? 'new' : `edition ${clean(edition.from)}`}${edition.to === null ? ', then none' : edition.from === null ? `, edition ${clean(edition.to)}` : ` to ${clean(edition.to)}`})`;
      return [`  ${clean(scheme)}${editions}: ${counts.join(', ') || 'no label changes'}`];
    }),
    ...(refused.listings + refused.evidence > 0
      ? [
          `  ${io.paint('attention', `${things(refused)} could not be renewed unchanged`)}; what is listed stands until it ends.`,
        ]
      : []),
    ...notes.map((note) => `  ${io.paint('attention', '!')}  ${note}`),
  ];
}

const things = ({ listings, evidence }: Summary['looked']): string =>
  [
    count(listings, 'listing'),
    ...(evidence > 0 ? [count(evidence, 'piece of evidence', 'pieces of evidence')] : []),
  ].join(' and ');

export interface Shown {
  changes: Change[];
  /** The first outcomes, those who lose before the others. */
  shown: Outcome[];
  summary: Summary;
}

const ORDER: Outcome['effect'][] = ['loses', 'weaker', 'shorter', 'refused', 'gains', 'stronger', 'longer'];

/** Keeps the outcomes that people are shown, however many there are. */
export function createShown(): { add(outcome: Outcome): void; list(): Outcome[] } {
  const kept = new Map<Outcome['effect'], Outcome[]>(ORDER.map((effect) => [effect, []]));
  return {
    add: (outcome) => {
      const list = kept.get(outcome.effect)!;
      if (list.length < MAX_SHOWN) list.push(outcome);
    },
    list: () => ORDER.flatMap((effect) => kept.get(effect)!).slice(0, MAX_SHOWN),
  };
}

const STYLES = {
  loses: 'bad',
  weaker: 'attention',
  shorter: 'attention',
  refused: 'attention',
  gains: 'good',
  stronger: 'good',
  longer: 'good',
} as const;

/** One outcome: who and what, and below the criteria or checks, for whom it concerns with what to do. Its texts must be clean. */
export function outcomeLines(io: Io, outcome: Outcome, indent = '', mend = false): string[] {
  const what = outcome.effect === 'refused' ? 'could not be renewed unchanged' : labelWords(outcome);
  const shown = outcome.why.slice(0, MAX_REASONS);
  const reasons = shown.flatMap((one) => {
    const place = 'where' in one && one.where ? ` at ${one.where}` : '';
    const allowed = 'allowed' in one && one.allowed ? `; allowed: ${one.allowed}` : '';
    const line = (text: string) => `${indent}    ${wrap(text, io.width, indent.length + 6, indent.length + 4)}`;
    const why = line(`${one.id}${place}: ${one.why}${allowed}`);
    return mend && one.mend ? [why, line(`  Mend: ${one.mend}`)] : [why];
  });
  const rest = outcome.why.length - shown.length;
  return [
    `${indent}${io.paint(STYLES[outcome.effect], outcome.effect.padEnd(8))}  ${io.paint('strong', outcome.name)}  ${what}`,
    `${indent}    ${'digest' in outcome && !outcome.key ? outcome.digest : outcome.key}  ${outcome.provider}`,
    ...reasons,
    ...(rest > 0 ? [`${indent}    and ${rest} more`] : []),
  ];
}

/** `gaia-x L2, claimed -> L1, claimed`; `gaia-x L2 ends earlier: 31 Jan 2027 -> 30 Nov 2026` */
export function labelWords({ effect, scheme, by, from, to }: LabelOutcome): string {
  if (effect === 'shorter' || effect === 'longer')
    return `${scheme} ${from.level} ends ${effect === 'shorter' ? 'earlier' : 'later'}: ${day(from.until!)} -> ${day(to.until!)}`;
  const words = ({ level, basis }: LabelOutcome['from']) => (level ? `${level}, ${basis}` : 'no level');
  return `${scheme} ${words(from)} -> ${words(to)}${by ? `, by ${by}` : ''}`;
}
