import { CERTIFICATE, LABEL_CREDENTIAL } from './basis.ts';
import { type Judged, judge, type RuleFinding } from './certificate.ts';
import { idsOf, plain, titleOf } from './certificate-rules.ts';
import { concerns } from './clearing-house.ts';
import { BASES, type CriterionResult, type Decision, type EvidenceItem, type HeldCertificate } from './decision.ts';
import type { EvaluationInput } from './evaluate.ts';
import type { SchemeBase, SchemeLevel } from './scheme.ts';
import { order } from './vouched.ts';

/**
 * A scheme whose verdict is somebody else's: a certificate, an auditor's opinion, a qualification, a register entry.
 * Everything that tells one from another is data: what it is about, its levels, its editions, how long it lasts, what
 * is sold under its name and is not it.
 */
export interface CertificatesScheme extends SchemeBase, CertificateRules {
  kind: 'certificates';
  levels: CertificateLevel[];
  /** `kontor:scheme` of the certificates, where it is not the scheme's own id. */
  certificate?: string;
  /** Levels under the same certificate name that another scheme file decides. */
  elsewhere?: string[];
  /** The levels stand one above the other, so that the next one is worth naming. */
  ladder?: boolean;
}

/** What a certificate must be to count, whoever asks for it: a scheme of its own, a criterion, or one that builds on it. */
export interface CertificateRules {
  /** What the verdict is called: certificate, report, qualification. */
  document: string;
  /** An organisation's certificate counts for a service only where it names the service. */
  about: 'service' | 'organisation';
  /** None: no level is asked for. */
  levels: CertificateLevel[];
  /** Type of the evidence that carries it, where that is not a `kontor:Certificate`. */
  evidence?: typeof LABEL_CREDENTIAL;
  /** An opinion reports on a day or a period and grows stale; everything else runs from a day to a day. */
  opinion?: boolean;
  /** Longest life in months: from its day of issue, of an opinion from the end of its period. Absent: what it says. */
  months?: number;
  /** A shorter life of what was issued up to that day. */
  monthsBefore?: { until: string; months: number };
  /** Absent: there are no editions that matter. */
  editions?: CertificateEdition[];
  /** Editions that never count, and why. */
  refusedEditions?: Record<string, string>;
  /** Names sold as a level, or as a scheme of its own, that are none, and why. */
  refused?: Record<string, string>;
  /** The rules of what editions require, by the value of `kontor:scheme`. */
  builtOn?: Record<string, CertificateRules>;
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
  /** Of an opinion: it reports on a period of so many months at least. Absent: on a day. */
  minMonths?: number;
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

/**
 * What the certificates held say under such a scheme. Pure, as `evaluate`. A level holds only by a certificate that
 * meets every rule and is signed by somebody on this node's trust list, or by the provider itself where the scheme lets
 * it declare that level; everything else is listed in `held` as what it is. `silent` where nothing was said.
 */
export function evaluateCertificates(input: CertificatesInput): Decision {
  const { scheme, credential } = input;
  const now = input.now.getTime();
  const ids = new Set(idsOf(input));
  const rankOf = ({ level }: Judged): number => (level ? scheme.levels.indexOf(level) + 1 : 0);
  const read = input.evidence
    .filter((item) => isOf(input, item) && item.about.some((id) => ids.has(id)))
    .sort((a, b) => order(a.digest, b.digest))
    .map((item) => judge(item, scheme, input))
    // The closest to holding, then the highest, then the surest, then the longest.
    .sort(
      (a, b) =>
        a.failing.length - b.failing.length ||
        rankOf(b) - rankOf(a) ||
        BASES.indexOf(b.basis) - BASES.indexOf(a.basis) ||
        b.end - a.end,
    );
  const missing = (what: string): CriterionResult => ({
    id: 'held',
    title: titleOf(scheme, 'held'),
    result: 'unknown',
    basis: 'unknown',
    why: `No ${what} is held`,
    evidence: [],
  });
  const granted = read.find(({ failing }) => failing.length === 0);
  const better = read.find((one) => one.failing.length > 0 && rankOf(one) > (granted ? rankOf(granted) : 0));
  const above = granted && scheme.ladder ? scheme.levels[rankOf(granted)] : undefined;
  const next = better
    ? { level: better.level!.id, missing: better.failing.map((one) => resultOf(one, better, scheme)) }
    : above && { level: above.id, missing: [missing(`${scheme.document} for ${above.name}`)] };
  // What does not count is shown as lapsed from its end on.
  const changes = read.flatMap(({ begin, end }) => [begin, end]).filter((time) => time > now);
  const best = granted ?? read[0];
  return {
    scheme: scheme.id,
    edition: scheme.edition,
    schemeDigest: scheme.digest,
    level: granted?.level?.id ?? null,
    basis: granted?.basis ?? 'unknown',
    criteria: best?.findings.map((one) => resultOf(one, best, scheme)) ?? [missing(scheme.document)],
    next: next ?? null,
    validUntil: new Date(Math.min(Date.parse(credential.validUntil), ...changes)).toISOString(),
    evidence: [...new Set([credential.digest, ...read.flatMap(digestsOf)])].sort(),
    ...(read.length > 0 ? { held: read.map((one) => heldOf(one, scheme)) } : { silent: true }),
  };
}

const isOf = ({ scheme, description }: CertificatesInput, { type, facts }: EvidenceItem): boolean =>
  type === (scheme.evidence ?? CERTIFICATE) &&
  (type !== LABEL_CREDENTIAL || concerns(description, facts)) &&
  ((facts.scheme === (scheme.certificate ?? scheme.id) && !scheme.elsewhere?.includes(plain(facts.level ?? ''))) ||
    Object.hasOwn(scheme.refused ?? {}, facts.scheme ?? ''));

const digestsOf = ({ item, findings }: Judged): string[] => [
  item.digest,
  ...findings.flatMap(({ beside = [] }) => beside),
];

const resultOf = (
  { id, result, why, mend, beside = [] }: RuleFinding,
  { basis, item }: Judged,
  scheme: CertificatesScheme,
): CriterionResult => ({
  id,
  title: titleOf(scheme, id),
  result,
  // Where it is the issuer that does not do, the class of what is there says why.
  basis: result === 'met' || id === 'issuer' ? basis : 'unknown',
  why,
  ...(mend && result !== 'met' ? { mend } : {}),
  evidence: [item.digest, ...beside].sort(),
});

/** One certificate in a line: what it says, whose word that is, and why it proves nothing where that is so. */
function heldOf(
  { item, level, basis, by, lapsed, over, edition, failing, end }: Judged,
  scheme: CertificatesScheme,
): HeldCertificate {
  const named = level?.name ?? item.facts.level ?? item.facts.certificateType ?? `A ${scheme.document}`;
  const ready = scheme.readiness && basis !== 'verified' ? `Readiness for ${named}` : named;
  const said = edition ? `${ready} (${edition.id})` : ready;
  // Whose word it is stands there already.
  const faults = failing.filter(({ id }) => id !== 'issuer').map(({ why }) => why);
  const whose = basis === 'claimed' ? 'stated by the provider alone' : `signed by ${by}`;
  const proves = !over && !(basis === 'verified' && failing.length > 0);
  return {
    digest: item.digest,
    level: level?.id ?? null,
    ...(edition ? { edition: edition.id } : {}),
    until: new Date(Number.isFinite(end) ? end : item.validUntil).toISOString(),
    // A trusted signature under what proves no level makes nothing sure, and what never held has not lapsed.
    basis: lapsed ? 'lapsed' : proves ? basis : 'unknown',
    says: [`${said}, ${whose}`, ...(lapsed ? [lapsed] : faults.slice(0, 1))].join('. '),
  };
}
