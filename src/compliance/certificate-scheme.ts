import { CERTIFICATE, evidenceBasis, LABEL_CREDENTIAL, mandateEnd, mandateOf } from './basis.ts';
import {
  base,
  edition,
  type Finding,
  isNamed,
  issuer,
  level,
  lifeOf,
  mandateLapsed,
  mandates,
  opinion,
  ownersOf,
  period,
  plain,
  type RuleId,
  resultOf,
  type Stated,
  scope,
} from './certificate-rules.ts';
import { concerns, labelScope, labelVersion } from './clearing-house.ts';
import { BASES, type CriterionResult, type Decision, type EvidenceItem, type HeldCertificate } from './decision.ts';
import type { EvaluationInput } from './evaluate.ts';
import type { SchemeBase, SchemeLevel } from './scheme.ts';

/**
 * A scheme whose verdict is somebody else's: a certificate, an auditor's opinion, a qualification, a register entry.
 * Everything that tells one from another is data: what it is about, its levels, its editions, how long it lasts, what
 * is sold under its name and is not it.
 */
export interface CertificatesScheme extends SchemeBase {
  kind: 'certificates';
  levels: CertificateLevel[];
  /** Type of the evidence that carries it, where that is not a `kontor:Certificate`. */
  evidence?: typeof LABEL_CREDENTIAL;
  /** `kontor:scheme` of the certificates, where it is not the scheme's own id. */
  certificate?: string;
  /** Levels under the same certificate name that another scheme file decides. */
  elsewhere?: string[];
  /** What the verdict is called: certificate, report, qualification. */
  document: string;
  /** An opinion reports on a day or a period and grows stale; everything else runs from a day to a day. */
  opinion?: boolean;
  /** An organisation's certificate counts for a service only where it names the service. */
  about: 'service' | 'organisation';
  /** Longest life in months: from its day of issue, of an opinion from the end of its period. Absent: what it says. */
  months?: number;
  /** A shorter life of what was issued up to that day. */
  monthsBefore?: { until: string; months: number };
  /** Absent: the scheme has no editions that matter. */
  editions?: CertificateEdition[];
  /** Editions that never count, and why. */
  refusedEditions?: Record<string, string>;
  /** Names sold as a level, or as a scheme of its own, that are none, and why. */
  refused?: Record<string, string>;
  /** The levels stand one above the other, so that the next one is worth naming. */
  ladder?: boolean;
  /**
   * Why no certificate can exist yet: what is claimed is readiness. An entry of the trust list that names this scheme
   * switches it on, with the levels that are marked as not decided.
   */
  readiness?: string;
  /** Why no certificate of it will ever exist. */
  never?: string;
}

export interface CertificateLevel extends SchemeLevel {
  /** Other spellings. */
  aliases?: string[];
  /** By the scheme's own rules the provider may declare it. */
  self?: boolean;
  /** In place of the scheme's. */
  months?: number;
}

export interface CertificateEdition {
  id: string;
  aliases?: string[];
  /** First day that a certificate of it may speak of. */
  from?: string;
  /** Last day on which a certificate of it counts; of an opinion, the last day it may report on. */
  until?: string;
  /** Counts only beside a certificate of one of these, `scheme edition`, about the same. */
  requires?: string[];
}

export type CertificatesInput = Omit<EvaluationInput, 'scheme'> & { scheme: CertificatesScheme };

/** One certificate held against the rules. */
interface Read extends Stated {
  /** 1 for the lowest level; 0 for none. */
  rank: number;
  results: CriterionResult[];
  failing: CriterionResult[];
  /** Milliseconds at which it ends, or what it rests on. */
  end: number;
  /** Why and since when it is over. */
  lapsed?: string;
  /** Milliseconds at which it begins, if that is to come. */
  begins?: number;
}

/**
 * What the certificates held say under such a scheme. Pure, as `evaluate`. A level holds only by a certificate that
 * meets every rule and is signed by somebody on this node's trust list, or by the provider itself where the scheme lets
 * it declare that level; everything else is listed in `held` as what it is. `silent` where nothing was said.
 */
export function evaluateCertificates(input: CertificatesInput): Decision {
  const { scheme, credential } = input;
  const ids = new Set([input.description.id, ...ownersOf(input)]);
  const read = input.evidence
    .filter((item) => isOf(input, item) && item.about.some((id) => ids.has(id)))
    .sort((a, b) => (a.digest < b.digest ? -1 : 1))
    .map((item) => readOne(item, input))
    // The closest to holding, then the highest, then the surest, then the longest.
    .sort(
      (a, b) =>
        a.failing.length - b.failing.length ||
        b.rank - a.rank ||
        BASES.indexOf(b.basis) - BASES.indexOf(a.basis) ||
        b.end - a.end,
    );
  const missing = (what: string) => resultOf(scheme, 'held', { result: 'unknown', why: `No ${what} is held` });
  const granted = read.find(({ failing }) => failing.length === 0);
  const better = read.find(({ failing, rank }) => failing.length > 0 && rank > (granted?.rank ?? 0));
  const above = granted && scheme.ladder ? scheme.levels[granted.rank] : undefined;
  const next = better
    ? { level: better.level!.id, missing: better.failing }
    : above && { level: above.id, missing: [missing(`${scheme.document} for ${above.name}`)] };
  const changes = [
    Date.parse(credential.validUntil),
    ...(granted ? [granted.end] : []),
    ...read.flatMap(({ begins }) => begins ?? []),
    // What does not count is shown as lapsed from its end on.
    ...read.map(({ end }) => end).filter((end) => end > input.now.getTime()),
  ];
  const digests = read.flatMap(({ results }) => results.flatMap(({ evidence }) => evidence));
  return {
    scheme: scheme.id,
    edition: scheme.edition,
    schemeDigest: scheme.digest,
    level: granted?.level?.id ?? null,
    basis: granted?.basis ?? 'unknown',
    criteria: (granted ?? read[0])?.results ?? [missing(scheme.document)],
    next: next ?? null,
    validUntil: new Date(Math.min(...changes)).toISOString(),
    evidence: [...new Set([credential.digest, ...digests])].sort(),
    ...(read.length > 0 ? { held: read.map((one) => heldOf(one, scheme)) } : { silent: true }),
  };
}

const isOf = ({ scheme, description }: CertificatesInput, { type, facts }: EvidenceItem): boolean =>
  type === (scheme.evidence ?? CERTIFICATE) &&
  (type !== LABEL_CREDENTIAL || concerns(description, facts)) &&
  ((facts.scheme === (scheme.certificate ?? scheme.id) && !scheme.elsewhere?.includes(plain(facts.level ?? ''))) ||
    Object.hasOwn(scheme.refused ?? {}, facts.scheme ?? ''));

function levelOf(
  { levels, opinion: isOpinion }: CertificatesScheme,
  { level, certificateType }: EvidenceItem['facts'],
) {
  const said = level ?? certificateType;
  if (said !== undefined) return levels.find((one) => isNamed(one, said));
  return levels.length === 1 && !isOpinion ? levels[0] : undefined;
}

function readOne(item: EvidenceItem, input: CertificatesInput): Read {
  const { scheme, credential, provider, now } = input;
  const { facts } = item;
  const owner = item.issuer === provider?.issuer ? item.issuer : credential.issuer;
  const trust = mandates(input);
  const basis = evidenceBasis(item.issuer, item.type, facts, trust, now, owner);
  const mandate = basis === 'verified' ? mandateOf(item.issuer, item.type, facts, trust, now) : undefined;
  const stated: Stated = {
    item,
    basis,
    by: mandate?.name ?? input.trust.find(({ did }) => did === item.issuer)?.name ?? item.issuer,
    level: levelOf(scheme, facts),
    edition: scheme.editions?.find((one) => facts.edition !== undefined && isNamed(one, facts.edition)),
  };
  const life = lifeOf(stated, input);
  const requires = stated.edition?.requires;
  const under = requires && base(requires, item, input);
  const findings: [RuleId, Finding][] = [
    ['issuer', issuer(stated, input)],
    ['level', level(stated, input)],
    ...(scheme.editions ? [['edition', edition(stated, input)] satisfies [RuleId, Finding]] : []),
    ...(scheme.evidence === LABEL_CREDENTIAL
      ? ([
          ['scope', labelScope(item, input.description)],
          ['version', labelVersion(item)],
        ] satisfies [RuleId, Finding][])
      : ([['scope', scope(stated, input)]] satisfies [RuleId, Finding][])),
    ...(scheme.opinion
      ? ([
          ['opinion', opinion(stated)],
          ['period', period(stated)],
        ] satisfies [RuleId, Finding][])
      : []),
    ['dates', life.finding],
    ...(under ? [['base', under.finding] satisfies [RuleId, Finding]] : []),
  ];
  const results = findings.map(
    ([id, finding]): CriterionResult => ({
      ...resultOf(scheme, id, finding),
      // Where it is the issuer that does not do, the class of what is there says why.
      basis: finding.result === 'met' || id === 'issuer' ? basis : 'unknown',
      evidence: [item.digest, ...(id === 'base' ? (under?.evidence ?? []) : [])].sort(),
    }),
  );
  const until = mandate && mandateEnd(mandate);
  const lapsed = life.lapsed ?? mandateLapsed(item, input);
  return {
    ...stated,
    rank: stated.level ? scheme.levels.indexOf(stated.level) + 1 : 0,
    results,
    failing: results.filter(({ result }) => result !== 'met'),
    // Where a date says nothing the credential's own end stands; such a certificate does not count anyway.
    end: Math.min(...[life.end, until ? Date.parse(until) : life.end, under?.end ?? life.end].filter(Number.isFinite)),
    ...(lapsed ? { lapsed } : {}),
    ...(life.begins ? { begins: life.begins } : {}),
  };
}

/** One certificate in a line: what it says, whose word that is, and why it proves nothing where that is so. */
function heldOf(
  { item, level, basis, by, lapsed, edition, failing, end }: Read,
  scheme: CertificatesScheme,
): HeldCertificate {
  const named = level?.name ?? item.facts.level ?? item.facts.certificateType ?? `A ${scheme.document}`;
  const ready = scheme.readiness && basis !== 'verified' ? `Readiness for ${named}` : named;
  const said = edition ? `${ready} (${edition.id})` : ready;
  // Whose word it is stands there already.
  const faults = failing.filter(({ id }) => id !== 'issuer').map(({ why }) => why);
  const whose = basis === 'claimed' ? 'stated by the provider alone' : `signed by ${by}`;
  return {
    digest: item.digest,
    level: level?.id ?? null,
    ...(edition ? { edition: edition.id } : {}),
    until: new Date(Number.isFinite(end) ? end : item.validUntil).toISOString(),
    // A trusted signature under what proves no level makes nothing sure.
    basis: lapsed ? 'lapsed' : basis === 'verified' && failing.length > 0 ? 'unknown' : basis,
    says: [`${said}, ${whose}`, ...(lapsed ? [lapsed] : faults.slice(0, 1))].join('. '),
  };
}
