import type { ExplainedDecision } from '../catalogue/explain.ts';
import type { Witness } from '../catalogue/label-history.ts';
import type { Assessed, Basis, CriterionResult, EvidenceItem, HeldCertificate } from '../compliance/decision.ts';
import { type EvidenceNames, evidenceWords } from '../compliance/evidence-words.ts';
import type { Io } from './io.ts';
import { criteria, type Levels, mark } from './show-label.ts';
import { count, day, table, time, wrap } from './text.ts';

/** What is needed to say a decision in words; all of it clean. */
export interface Said {
  levels: Levels;
  names: EvidenceNames;
  /** What stands behind the listing. */
  evidence: EvidenceItem[];
}

/** One scheme's decision. What is missing comes before what is met: it is what people came for. */
export function decisionLines(io: Io, decision: ExplainedDecision, said: Said): string[] {
  const { scheme, edition, level, basis, next, validUntil, held, assessment } = decision;
  const until = level ? `; holds until ${time(validUntil)}` : '';
  const sure = level ? `: ${surenessOf(decision.criteria)}` : '';
  const isOpen = ({ result }: CriterionResult) => result === 'unmet' || result === 'unknown';
  const missing = next?.missing ?? decision.criteria.filter(isOpen);
  // What is met for this level may be missing for the next one, and is shown for both.
  const rest = decision.criteria.filter((one) => !isOpen(one) || !missing.some(({ id }) => id === one.id));
  const shown = (results: ExplainedDecision['criteria']) =>
    criteria(
      io,
      results.map((one) => withWitnesses(one, said)),
    );
  const decided = said.names.schemes.find(({ id }) => id === scheme)?.levels.filter((one) => one.decided) ?? [];
  return [
    wrap(`${mark(io, said.levels, { scheme, level, basis })}${sure} (edition ${edition}${until})`, io.width, 2, 0),
    ...(held ? heldLines(io, held) : []),
    ...(assessment ? assessmentLines(io, assessment) : []),
    ...(missing.length > 0
      ? [
          '',
          io.paint(
            'strong',
            `Missing for ${next?.level ?? 'a level'}: ${count(missing.length, 'criterion', 'criteria')}`,
          ),
          ...shown(missing as ExplainedDecision['criteria']),
        ]
      : []),
    ...(level && next === null
      ? ['', `Nothing is missing for the levels this node can decide (${decided.map(({ id }) => id).join(', ')}).`]
      : []),
    ...(rest.length > 0
      ? ['', io.paint('strong', level ? `Criteria of ${level}` : 'Other criteria'), ...shown(rest)]
      : []),
  ];
}

const SURENESS: [Basis, string][] = [
  ['verified', 'verified'],
  ['attested', 'attested'],
  ['claimed', "on the provider's word"],
];

/** How sure what is met is: `36 of 54 criteria verified, 18 on the provider's word`. */
function surenessOf(results: CriterionResult[]): string {
  const met = results.filter(({ result }) => result === 'met');
  const counts = SURENESS.map(([basis, words]) => ({ words, number: met.filter((one) => one.basis === basis).length }));
  const [first, ...rest] = counts.filter(({ number }) => number > 0);
  if (!first) return 'no criterion applies';
  const whole = count(met.length, 'criterion', 'criteria');
  if (rest.length === 0) return `${met.length > 1 ? 'all ' : ''}${whole} ${first.words}`;
  return [`${first.number} of ${whole} ${first.words}`, ...rest.map(({ number, words }) => `${number} ${words}`)].join(
    ', ',
  );
}

/** The certificates of a scheme as what they are, whether they count or not. */
const heldLines = (io: Io, held: HeldCertificate[]): string[] => [
  '',
  io.paint('strong', 'Held'),
  ...held.map(({ basis, says }) => `  ${basis.padEnd(8)}  ${wrap(says, io.width, 12)}`),
];

/** What answers come to. */
function assessmentLines(io: Io, assessment: Assessed): string[] {
  const { notes, answered, of, binding, objectives } = assessment;
  const rows = objectives.map((one) => [
    one.id,
    one.name,
    one.level ?? 'no level',
    `${one.answered} of ${one.of} answered`,
    one.points === null ? 'no points' : count(one.points, 'point'),
  ]);
  return [
    '',
    ...notes.map((note) => wrap(`${io.paint('attention', note)}.`, io.width, 2, 0)),
    `Answered: ${answered} of ${count(of, 'criterion', 'criteria')}, ${binding.answered} of the ${binding.of} that can lower the level.`,
    wrap(scoreWords(assessment), io.width, 2, 0),
    '',
    io.paint('strong', 'By objective'),
    table(rows),
  ];
}

/** The score with the edition that it means something under, or why there is none. */
function scoreWords({ score, edition, answered, of, objectives }: Assessed): string {
  if (score !== null && edition)
    return `Score: ${score} % by the weights of ${edition}, to be compared with no other edition.`;
  if (answered === 0) return 'No score: no answer counts.';
  if (edition === null) return 'No score: the answers are by several editions of the weights.';
  if (answered < of) return `No score by the weights of ${edition}: only ${answered} of ${of} criteria are answered.`;
  const without = objectives.filter(({ points }) => points === null).map(({ id }) => id);
  return `No score by the weights of ${edition}: no points are published for an answer given under ${without.join(', ')}.`;
}

/** What others vouch for is said with its end; the provider's own claims end with the listing. */
function withWitnesses(one: ExplainedDecision['criteria'][number], said: Said): CriterionResult {
  const vouched = one.by.filter(({ kind }) => kind === 'evidence');
  return vouched.length === 0
    ? one
    : { ...one, why: `${one.why} [${vouched.map((by) => witnessWords(by, said)).join('; ')}]` };
}

/** `SecNumCloud qualified, by Observatoire (did:web:...), until 21 Apr 2029` */
export function witnessWords({ digest, type, issuer, validUntil }: Witness, { evidence, names }: Said): string {
  const item = evidence.find((one) => one.digest === digest);
  return `${evidenceWords(item ?? { type, issuer, facts: {} }, names)}, until ${day(validUntil)}`;
}
