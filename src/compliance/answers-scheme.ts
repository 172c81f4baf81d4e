import { CERTIFICATE, evidenceBasis, isProvider, mandateEnd, mandateOf, weaker } from './basis.ts';
import { addMonths, endOfDay, startOfDay } from './dates.ts';
import type { Assessed, Basis, CriterionResult, Decision, EvidenceItem } from './decision.ts';
import type { EvaluationInput } from './evaluate.ts';
import type { SchemeBase, ShownCriterion } from './scheme.ts';

/** A scheme of graded answers: each answer of a criterion carries points and a level, read independently. */
export interface AnswersScheme extends SchemeBase {
  kind: 'answers';
  /** Answers older than this are not counted. */
  freshMonths: number;
  objectives: { id: string; name: string }[];
  /** Weights in percent by objective; points are taken as a share of the divisor, or of the objective's maximum. */
  editions: Record<string, { weights: Record<string, number>; divisor: number | 'maximum' }>;
  criteria: AnswersCriterion[];
}

export interface AnswersCriterion {
  id: string;
  objective: string;
  title: string;
  /** Lowest first: points (null: none published) and position of the level, 0 for the lowest. */
  answers: [points: number | null, level: number][];
}

type Input = Omit<EvaluationInput, 'scheme'> & { scheme: AnswersScheme };

/** Somebody's answers: of an assessor on the trust list, or of the provider itself. */
interface Source {
  choices: Map<string, number>;
  edition: string;
  basis: 'verified' | 'claimed';
  by: string;
  digest: string;
  /** Milliseconds. */
  end: number;
}

/** The answer that counts for a criterion. */
interface Counted {
  choice: number;
  level: number;
  points: number | null;
  source: Source;
}

const ASSESSMENT = 'kontor:SealAssessment';

/** A criterion whose every answer carries the top level cannot lower anything. */
export const isInert = ({ levels }: SchemeBase, { answers }: AnswersCriterion): boolean =>
  answers.every(([, level]) => level === levels.length - 1);

/** The criteria for people: the lowest answer that carries each level. */
export const shownAnswers = (scheme: AnswersScheme): ShownCriterion[] =>
  scheme.criteria.map((criterion) => ({
    id: criterion.id,
    title: criterion.title,
    part: scheme.objectives.find(({ id }) => id === criterion.objective)?.name ?? criterion.objective,
    levels: Object.fromEntries(
      scheme.levels.map(({ id }, at) => {
        const lowest = criterion.answers.findIndex(([, level]) => level >= at) + 1;
        return [
          id,
          isInert(scheme, criterion) ? 'not-required' : lowest > 1 ? `answer ${lowest} or higher` : 'any answer',
        ];
      }),
    ),
  }));

/**
 * What answers to a graded scheme come to. Pure, as `evaluate`. The level is the minimum over the answers and never a
 * mean, and is given only where every criterion that can lower it is answered; else it is at most the lowest answer
 * given. Answers count that an assessor on the trust list gave, or the provider; of several to a criterion the assessor's,
 * of equals the lowest. Whoever else answers is named in a note, and neither lifts nor lowers anything. The basis is the
 * weakest among the criteria that bind. Levels and score are two readings, neither of which follows from the other.
 * `silent` where nobody answers anything.
 */
export function evaluateAnswers(input: Input): Decision {
  const { scheme, credential } = input;
  const { sources, notes } = sourcesOf(input);
  const counted = new Map<string, Counted>();
  for (const criterion of scheme.criteria) {
    const answer = countedOf(criterion, sources);
    if (answer) counted.set(criterion.id, answer);
  }
  const binding = scheme.criteria.filter((one) => !isInert(scheme, one));
  const answered = binding.flatMap(({ id }) => counted.get(id) ?? []);
  const used = [...new Set([...counted.values()].map(({ source }) => source))];
  const lowest = counted.size > 0 ? Math.min(...[...counted.values()].map(({ level }) => level)) : undefined;
  const isComplete = answered.length === binding.length;
  const level = isComplete ? lowest : undefined;
  const atMost = lowest === undefined ? null : scheme.levels[lowest]!.id;
  const basis = isComplete
    ? answered.reduce<Basis>((weak, one) => weaker(weak, one.source.basis), 'verified')
    : 'unknown';
  const results = (wanted: number) => scheme.criteria.map((one) => resultOf(one, counted.get(one.id), wanted, scheme));
  const next = level === undefined ? scheme.levels[lowest ?? 0] : scheme.levels[level + 1];
  const missing =
    next && results(scheme.levels.indexOf(next)).filter(({ result }) => result === 'unmet' || result === 'unknown');
  const isSilent = counted.size === 0 && notes.length === 0;
  return {
    scheme: scheme.id,
    edition: scheme.edition,
    schemeDigest: scheme.digest,
    level: level === undefined ? null : scheme.levels[level]!.id,
    basis,
    criteria: results(lowest ?? 0),
    next: next && missing ? { level: next.id, missing } : null,
    validUntil: new Date(Math.min(Date.parse(credential.validUntil), ...used.map(({ end }) => end))).toISOString(),
    evidence: [...new Set([credential.digest, ...used.map(({ digest }) => digest)])].sort(),
    ...(isSilent
      ? { silent: true }
      : {
          assessment: {
            ...scored(scheme, counted, used),
            answered: counted.size,
            of: scheme.criteria.length,
            binding: { answered: answered.length, of: binding.length },
            atMost,
            notes: [...inWords(answered, binding.length, atMost), ...notes],
          },
        }),
  };
}

/** How far the criteria that can lower the level are answered, and by whose word. */
function inWords(answered: Counted[], of: number, atMost: string | null): string[] {
  if (answered.length < of) {
    const coverage = `${answered.length} of the ${of} criteria that can lower the level are answered`;
    return [`Incomplete${atMost ? `, at most ${atMost}` : ''}: ${coverage}`];
  }
  const own = answered.filter(({ source }) => source.basis === 'claimed').length;
  if (own === of) return ['Self-declared: the provider alone says so'];
  return own > 0 ? [`Partly self-declared: ${own} of the ${of} criteria rest on the provider's word alone`] : [];
}

/** Everybody's answers that count, and in words what does not. */
function sourcesOf(input: Input): { sources: Source[]; notes: string[] } {
  const { scheme, description, credential, evidence, trust, now } = input;
  const sources: Source[] = [];
  const notes: string[] = [];
  const own = description.assessment;
  if (own && own.scheme === scheme.id) {
    const { edition = '', answers, assessedOn } = own;
    const fault = faultOf(edition, assessedOn, input);
    const choices = choicesOf(answers.map(({ criterion, choice }) => [criterion, choice]));
    const end = staleAt(scheme, assessedOn);
    if (fault) notes.push(`The answers by the provider ${fault}`);
    else sources.push({ choices, edition, basis: 'claimed', by: 'the provider', digest: credential.digest, end });
  }
  const mine = evidence.filter(({ about, facts }) => about.includes(description.id) && facts.scheme === scheme.id);
  /** By issuer, what its later assessments answer: an earlier answer stands until it is repeated, or stale. */
  const later = new Map<string, Set<string>>();
  for (const item of newestFirst(mine.filter(({ type }) => type === ASSESSMENT))) {
    const { issuer, facts, digest } = item;
    const basis = evidenceBasis(issuer, ASSESSMENT, facts, trust, now, isProvider(issuer, input) ? issuer : undefined);
    const mandate = basis === 'verified' ? mandateOf(issuer, ASSESSMENT, facts, trust, now) : undefined;
    const name = mandate?.name ?? trust.find(({ did }) => did === issuer)?.name ?? issuer;
    const by = basis === 'claimed' ? 'the provider' : name;
    if (basis === 'attested') {
      notes.push(
        `The answers by ${by} are not counted: it is not on this node's trust list as an assessor of this scheme today`,
      );
      continue;
    }
    const repeated = later.get(issuer) ?? new Set<string>();
    later.set(issuer, repeated);
    const choices = new Map([...choicesOf(pairsOf(facts))].filter(([id]) => !repeated.has(id)));
    if (choices.size === 0) continue;
    const { edition = '', assessedOn } = facts;
    const fault = faultOf(edition, assessedOn, input);
    if (fault) {
      notes.push(`The answers by ${by} ${fault}`);
      continue;
    }
    for (const id of choices.keys()) repeated.add(id);
    const until = mandate && mandateEnd(mandate);
    const end = Math.min(Date.parse(item.validUntil), until ? Date.parse(until) : Number.POSITIVE_INFINITY);
    if (item.unchecked) notes.push(`Whether the answers by ${by} were taken back cannot be learned now`);
    else if (end <= now.getTime()) notes.push(`The answers by ${by} ended on ${item.validUntil.slice(0, 10)}`);
    else
      sources.push({
        choices,
        edition,
        basis: basis === 'verified' ? 'verified' : 'claimed',
        by,
        digest,
        end: Math.min(end, staleAt(scheme, assessedOn)),
      });
  }
  const certificates = mine.filter(({ type }) => type === CERTIFICATE).sort((a, b) => (a.digest < b.digest ? -1 : 1));
  for (const { facts, issuer } of certificates)
    notes.push(
      `A certificate by ${issuer} states ${facts.level ?? 'a level'}: there is none of this scheme, levels are computed from answers`,
    );
  return { sources: sources.sort((a, b) => (a.digest < b.digest ? -1 : 1)), notes: [...new Set(notes)] };
}

const staleAt = ({ freshMonths }: AnswersScheme, assessedOn = ''): number =>
  endOfDay(addMonths(assessedOn, freshMonths));

/** Why answers of that edition and day are not counted. */
function faultOf(edition: string, assessedOn: string | undefined, { scheme, now }: Input): string | undefined {
  const stale = staleAt(scheme, assessedOn);
  if (!assessedOn || Number.isNaN(stale)) return 'have no date and are not counted';
  if (startOfDay(assessedOn) > now.getTime()) return `are dated ${assessedOn}, which is to come`;
  if (stale <= now.getTime())
    return `are of ${assessedOn}, older than ${scheme.freshMonths} months: they are not counted`;
  if (Object.hasOwn(scheme.editions, edition)) return undefined;
  const named = edition ? `the edition "${edition}", which does not exist` : 'no edition';
  return `name ${named}: they are not counted. Editions are ${Object.keys(scheme.editions).join(', ')}`;
}

function newestFirst(items: EvidenceItem[]): EvidenceItem[] {
  const order = ({ facts, validFrom, digest }: EvidenceItem) => [facts.assessedOn ?? '', validFrom, digest].join(' ');
  return items.toSorted((a, b) => (order(a) > order(b) ? -1 : 1));
}

/** `SOV-1.1=4 SOV-1.2=5`, as evidence has them. */
const pairsOf = ({ answers = '' }: EvidenceItem['facts']): [string, number][] =>
  answers.split(' ').flatMap((pair): [string, number][] => {
    const [id = '', choice] = pair.split('=');
    return id ? [[id, Number(choice)]] : [];
  });

/** A criterion that is answered in two ways is not answered. */
function choicesOf(pairs: [string, number][]): Map<string, number> {
  const choices = new Map<string, number>();
  for (const [id, choice] of pairs)
    choices.set(id, choices.has(id) && choices.get(id) !== choice ? Number.NaN : choice);
  return choices;
}

function countedOf({ id, answers }: AnswersCriterion, sources: Source[]): Counted | undefined {
  const all = sources.flatMap((source): Counted[] => {
    const choice = source.choices.get(id);
    const answer = choice === undefined ? undefined : answers[choice - 1];
    return answer ? [{ choice: choice!, points: answer[0], level: answer[1], source }] : [];
  });
  const assessed = all.filter(({ source }) => source.basis === 'verified');
  return (assessed.length > 0 ? assessed : all).sort((a, b) => a.level - b.level || a.choice - b.choice)[0];
}

function resultOf(
  criterion: AnswersCriterion,
  answer: Counted | undefined,
  wanted: number,
  scheme: AnswersScheme,
): CriterionResult {
  const { id, title, answers } = criterion;
  const idOf = (level: number) => scheme.levels[level]!.id;
  if (!answer) {
    const inert = isInert(scheme, criterion);
    return {
      id,
      title,
      result: inert ? 'not-applicable' : 'unknown',
      basis: 'unknown',
      why: inert ? 'Not answered; no answer to it can lower the level' : 'Not answered',
      ...(inert ? {} : { mend: `State a kontor:choice from 1 to ${answers.length} for it in kontor:sealAssessment` }),
      evidence: [],
    };
  }
  const { choice, level, source } = answer;
  const holds = level >= wanted;
  const lowestThatDoes = answers.findIndex((one) => one[1] >= wanted) + 1;
  return {
    id,
    title,
    result: holds ? 'met' : 'unmet',
    basis: source.basis,
    why: `Answer ${choice} of ${answers.length}, by ${source.by}, carries ${idOf(level)}`,
    ...(holds ? {} : { mend: `Answer ${lowestThatDoes} or higher carries ${idOf(wanted)}` }),
    evidence: [source.digest],
  };
}

/** Points by objective and the score by the weights of the edition that every source names. */
function scored(
  scheme: AnswersScheme,
  counted: Map<string, Counted>,
  used: Source[],
): Pick<Assessed, 'edition' | 'score' | 'objectives'> {
  const editions = [...new Set(used.map(({ edition }) => edition))];
  const edition = editions.length === 1 ? editions[0]! : null;
  const objectives = scheme.objectives.map(({ id, name }) => {
    const criteria = scheme.criteria.filter(({ objective }) => objective === id);
    const answers = criteria.flatMap((one) => counted.get(one.id) ?? []);
    const isCovered = criteria.every((one) => isInert(scheme, one) || counted.has(one.id));
    const points = answers.map((one) => one.points);
    const isPointed = answers.length === criteria.length && points.every((one) => one !== null);
    return {
      id,
      name,
      level: isCovered
        ? scheme.levels[Math.min(...answers.map(({ level }) => level), scheme.levels.length - 1)]!.id
        : null,
      answered: answers.length,
      of: criteria.length,
      points: isPointed ? rounded(points.reduce<number>((sum, one) => sum + one!, 0)) : null,
    };
  });
  const shares = edition
    ? objectives.map(({ id, points }) => {
        const { weights, divisor } = scheme.editions[edition]!;
        return points === null
          ? null
          : (points / (divisor === 'maximum' ? maximum(scheme, id) : divisor)) * weights[id]!;
      })
    : [null];
  const score = shares.some((share) => share === null)
    ? null
    : rounded(shares.reduce<number>((sum, one) => sum + one!, 0));
  return { edition, score, objectives };
}

const maximum = (scheme: AnswersScheme, objective: string): number =>
  scheme.criteria
    .filter((one) => one.objective === objective)
    .reduce((sum, { answers }) => sum + Math.max(...answers.map(([points]) => points ?? 0)), 0);

/** Four decimals, as the scores are published. */
const rounded = (value: number): number => Number(value.toFixed(4));
