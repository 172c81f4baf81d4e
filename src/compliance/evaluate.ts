import { evaluateAnswers } from './answers-scheme.ts';
import { weaker } from './basis.ts';
import { evaluateCertificates } from './certificate-scheme.ts';
import { certificatesOf, certified } from './certified.ts';
import type { Basis, CriterionResult, Decision, EvidenceItem, TrustEntry } from './decision.ts';
import type { Description } from './description.ts';
import { at, both, decide, type Facts, type Outcome } from './predicate.ts';
import { type CriteriaScheme, type Criterion, demands, partFor, type Scheme } from './scheme.ts';
import { order } from './vouched.ts';
import { fill } from './words.ts';

export interface EvaluationInput {
  scheme: Scheme;
  description: Description;
  credential: { digest: string; issuer: string; validUntil: string };
  /** The self-description of the provider named, if held. `issuer`: who signed it; absent: the issuer of the listing. */
  provider?: { description: Description; digest: string; validUntil: string; issuer?: string };
  /** Credentials whose statements are part of the description (resources), or of the provider's (its owners). */
  sources?: { resources: Source[]; owners: Source[] };
  evidence: EvidenceItem[];
  trust: TrustEntry[];
  now: Date;
}

/** A credential that something rests on. */
export interface Source {
  digest: string;
  validUntil: string;
}

type Asked = 'declaration' | 'certification';

interface Judged {
  /** 1 to 3, as of criteria. */
  effort: number;
  outcome: Outcome;
  result: CriterionResult;
}

/**
 * What a scheme says about one listing version. Pure: the same inputs give the same bytes, in whatever order evidence
 * and trust entries are given. The level is derived, never asked for.
 */
export function evaluate(input: EvaluationInput): Decision {
  const { scheme } = input;
  if (scheme.kind === 'answers') return evaluateAnswers({ ...input, scheme });
  if (scheme.kind === 'certificates') return evaluateCertificates({ ...input, scheme });
  return evaluateCriteria(scheme, input);
}

/** The highest level whose every demanded criterion is met; a level need not demand all that a lower one does. */
function evaluateCriteria(scheme: CriteriaScheme, input: EvaluationInput): Decision {
  const { description, credential } = input;
  const part = partFor(scheme, description);
  const base = { scheme: scheme.id, edition: scheme.edition, schemeDigest: scheme.digest };
  if (!part) {
    return {
      ...base,
      level: null,
      basis: 'unknown',
      criteria: [
        {
          id: 'scope',
          title: 'What the scheme is about',
          result: 'not-applicable',
          basis: 'unknown',
          why: scheme.notApplicable,
          evidence: [],
        },
      ],
      next: null,
      validUntil: iso(credential.validUntil),
      evidence: [credential.digest],
    };
  }
  const given = {
    ...input,
    evidence: [...input.evidence].sort((a, b) => order(a.digest, b.digest) || order(a.about.join(), b.about.join())),
    sets: scheme.sets,
    certification: scheme.certification,
  };
  const facts = { ...given, certificates: certificatesOf(given) };
  // Levels ask the same of most criteria: each is judged once for what is asked.
  const judged = new Map<string, Judged>();
  const judgedOnce = (criterion: Criterion, asked: Asked): Judged => {
    const key = `${asked} ${criterion.id}`;
    const known =
      judged.get(key) ?? judge(criterion, asked, { ...facts, criterion: criterion.id }, sourcesOf(criterion, input));
    judged.set(key, known);
    return known;
  };
  /** What a level demands; empty where it demands nothing of such a listing. */
  const demandedBy = (level: string): Judged[] =>
    part.criteria.flatMap((criterion) => {
      const asked = demands(criterion, level);
      return asked ? judgedOnce(criterion, asked) : [];
    });
  const levels = scheme.levels
    .filter(({ decided }) => decided)
    .map(({ id }) => ({ id, demanded: demandedBy(id) }))
    .filter(({ demanded }) => demanded.length > 0);
  const reached = levels.findLastIndex(({ demanded }) => demanded.every(({ outcome }) => outcome.result === 'met'));
  const shown = levels[Math.max(reached, 0)]?.demanded ?? [];
  const open = ({ demanded }: (typeof levels)[number]) =>
    demanded.filter(({ outcome }) => outcome.result !== 'met').length;
  // Of the levels above the nearest: one need not demand all that a lower one does.
  const next = levels.slice(reached + 1).sort((one, other) => open(one) - open(other))[0];
  return {
    ...base,
    level: levels[reached]?.id ?? null,
    basis:
      reached < 0 ? 'unknown' : shown.reduce<Basis>((weakest, { result }) => weaker(weakest, result.basis), 'verified'),
    criteria: shown.map(({ result }) => result),
    next: next ? { level: next.id, missing: missing(next.demanded) } : null,
    validUntil: endOf(shown, next?.demanded ?? [], input),
    evidence: readOf([...shown, ...(next?.demanded ?? [])], input),
  };
}

/** A declaration is also made by who certifies it; a certificate holds as long as the provider does not belie it. */
function outcomeOf({ test, consistent, certified: by }: Criterion, asked: Asked, facts: Facts): Outcome {
  if (asked === 'declaration') {
    const declared = decide(test!, facts);
    const certificate = by && declared.result !== 'met' ? certified(by, facts) : undefined;
    return certificate?.result === 'met' ? certificate : declared;
  }
  const certificate = certified(by!, facts);
  return consistent ? both(decide(consistent, facts), certificate) : certificate;
}

function judge(criterion: Criterion, asked: Asked, facts: Facts, sources: Source[]): Judged {
  const alone = outcomeOf(criterion, asked, facts);
  const outcome =
    sources.length > 0 ? { ...alone, until: [...alone.until, ...sources.map(({ validUntil }) => validUntil)] } : alone;
  const { credential, provider, description } = facts;
  const evidence = [
    credential.digest,
    ...(outcome.usesProvider && provider ? [provider.digest] : []),
    ...sources.map(({ digest }) => digest),
    ...outcome.evidence.map(({ item }) => item.digest),
  ];
  const met = outcome.result === 'met';
  const vouchers = outcome.evidence.filter(({ item }) => item.issuer !== credential.issuer).map(({ by }) => by);
  const why = met
    ? [
        outcome.met?.join('; ') ?? criterion.met ?? '',
        ...(vouchers.length > 0 ? [`by ${[...new Set(vouchers)].join(' and ')}`] : []),
      ].join(', ')
    : sentences(outcome.reasons.map(({ say }) => say));
  const mend = sentences(outcome.reasons.flatMap((reason) => reason.mend ?? []));
  const result: CriterionResult = {
    id: criterion.id,
    title: criterion.title,
    result: outcome.result,
    basis: met ? basisOf(outcome) : 'unknown',
    why: spoken(why, description),
    ...(met || !mend ? {} : { mend: spoken(mend, description) }),
    evidence: [...new Set(evidence)].sort(),
  };
  return { effort: asked === 'certification' ? 3 : (criterion.effort ?? 3), outcome, result };
}

/** Members of a description that what other credentials say is merged into, as tests name them. */
const OF_RESOURCES = /"(?:environment|locations|sites|resources)[."]/;
const OF_OWNERS = /"participant\.parents"/;
const reads = new WeakMap<Criterion, { resources: boolean; owners: boolean }>();

/** What a criterion may read that the credential, and the provider's, do not say themselves. */
function sourcesOf(criterion: Criterion, { sources }: EvaluationInput): Source[] {
  if (!sources) return [];
  let read = reads.get(criterion);
  if (!read) {
    const tests = JSON.stringify([criterion.test, criterion.consistent]);
    read = { resources: OF_RESOURCES.test(tests), owners: OF_OWNERS.test(tests) };
    reads.set(criterion, read);
  }
  return [...(read.resources ? sources.resources : []), ...(read.owners ? sources.owners : [])];
}

/** Where evidence was demanded, the weakest of it; otherwise the provider's own word, which is a claim. */
const basisOf = ({ evidence }: Outcome): Basis =>
  evidence.reduce<Basis>((weakest, { basis }) => weaker(weakest, basis), evidence.length > 0 ? 'verified' : 'claimed');

const sentences = (texts: string[]): string => [...new Set(texts)].join('; ');

/** Replaces {path} by what the description says there. */
const spoken = (text: string, description: Description): string =>
  fill(text, (path) => at(description, path) ?? 'not stated');

/** What is missing, the least effort first; scheme order among equals. */
function missing(demanded: Judged[]): CriterionResult[] {
  return demanded
    .filter(({ outcome }) => outcome.result !== 'met')
    .map((one, order) => ({ ...one, order }))
    .sort((a, b) => a.effort - b.effort || a.order - b.order)
    .map(({ result }) => result);
}

const iso = (time: string): string => new Date(time).toISOString();

/** The shortest validity among what the results rest on, and the first time at which something missing may be met. */
function endOf(shown: Judged[], next: Judged[], { credential, provider }: EvaluationInput): string {
  const ends = [
    credential.validUntil,
    ...(provider && shown.some(({ outcome }) => outcome.usesProvider) ? [provider.validUntil] : []),
    ...shown.flatMap(({ outcome }) => outcome.until),
    ...next.filter(({ outcome }) => outcome.result !== 'met').flatMap(({ outcome }) => outcome.until),
  ];
  return ends.map(iso).sort()[0]!;
}

function readOf(judged: Judged[], { credential, provider }: EvaluationInput): string[] {
  return [
    ...new Set([
      credential.digest,
      ...(provider ? [provider.digest] : []),
      ...judged.flatMap(({ result }) => result.evidence),
    ]),
  ].sort();
}
