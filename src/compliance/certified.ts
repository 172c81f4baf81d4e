import { CLOCK_SKEW_MS } from '../credentials/credential.ts';
import { CERTIFICATE, evidenceBasis, mandateEnd, mandateOf } from './basis.ts';
import { ownersOf } from './certificate-rules.ts';
import { addMonths, dayText, endOfDay, startOfDay } from './dates.ts';
import type { EvidenceItem } from './decision.ts';
import type { Facts, Outcome } from './predicate.ts';
import type { CertifiedBy, Standard } from './scheme.ts';
import { order, shortfall } from './vouched.ts';
import { fill } from './words.ts';

/** A certificate about the offering or its provider, as what it is: what one criterion asks comes on top of that. */
export interface Certificate {
  item: EvidenceItem;
  standard: Standard;
  /** Numbers that an assessor's statement names; undefined: a certificate of a standard. */
  criteria: string[] | undefined;
  /** Clauses it is limited to; none: the standard as a whole. */
  clauses: string[];
  /** It is about the provider, and not the offering itself. */
  ofProvider: boolean;
  /** Who vouches, by name. */
  by: string;
  /** Why it does not count, and how near it came. */
  fault: string | undefined;
  /** Nothing else is wrong with it than that its status cannot be learned now. */
  open: boolean;
  stage: number;
  /** From when to when it would count, in milliseconds. */
  begin: number;
  end: number;
}

type Given = Omit<Facts, 'criterion' | 'certificates'>;

/** The certificates among the evidence that are of a standard of the scheme, or an assessor's statement. */
export function certificatesOf(facts: Given): Certificate[] {
  const { certification, description, evidence, trust } = facts;
  if (!certification) return [];
  const { assessor, standards } = certification;
  const assessors = trust.filter(({ role }) => role === 'assessment-body');
  return evidence.flatMap((item) => {
    const { scheme = '', criterion = '', clause = '' } = item.facts;
    const assessed = scheme === assessor.scheme;
    const standard = assessed ? assessor : Object.hasOwn(standards, scheme) ? standards[scheme] : undefined;
    const ofProvider = !item.about.includes(description.id);
    if (item.type !== CERTIFICATE || !standard) return [];
    if (ofProvider && !ownersOf(facts).some((id) => item.about.includes(id))) return [];
    return {
      item,
      standard,
      criteria: assessed ? listOf(criterion) : undefined,
      clauses: listOf(clause),
      ofProvider,
      ...judge(item, standard, ofProvider, { ...facts, trust: assessed ? assessors : trust }),
    };
  });
}

/**
 * Certification by a third party: a certificate of one of the standards, or an assessor's statement that names the
 * criterion. It counts if somebody on the trust list signed it within the mandate's dates for that scheme, it is in
 * force, of the level, type and opinion that the scheme asks for, and covers this offering and these clauses.
 */
export function certified(by: CertifiedBy, facts: Facts): Outcome {
  const { certification, certificates, criterion, now } = facts;
  if (!certification) return { result: 'unmet', reasons: [], evidence: [], usesProvider: false, until: [] };
  const { standards, assessor } = certification;
  const held = certificates.flatMap((one) => {
    if (one.criteria) return one.criteria.includes(criterion) ? one : [];
    const wanted = Object.hasOwn(by, one.item.facts.scheme!) ? by[one.item.facts.scheme!] : undefined;
    if (!wanted) return [];
    const uncovered = one.fault === undefined || one.open ? missingOf(wanted, one.clauses) : '';
    if (!uncovered) return one;
    return { ...one, fault: `; the one by ${one.by} does not cover ${uncovered}`, open: false, stage: LAST };
  });
  const counted = held
    .filter(({ fault }) => fault === undefined)
    .sort((a, b) => b.end - a.end || order(a.item.digest, b.item.digest))[0];
  if (counted) {
    const until = new Date(counted.end).toISOString();
    const words: Record<string, string> = { standard: counted.standard.name, until: dayText(until) };
    return {
      result: 'met',
      reasons: [],
      evidence: [{ item: counted.item, basis: 'verified', by: counted.by }],
      usesProvider: counted.ofProvider && facts.provider !== undefined,
      until: [until],
      met: [fill(certification.met, (word) => words[word])],
    };
  }
  const words: Record<string, string> = {
    standards: [...Object.keys(by).map((id) => standards[id]!.name), fill(assessor.name, () => criterion)].join(
      ', or ',
    ),
    // Of several the one that came nearest, then the first by digest.
    held:
      held.sort(
        (a, b) => Number(b.open) - Number(a.open) || b.stage - a.stage || order(a.item.digest, b.item.digest),
      )[0]?.fault ?? '',
  };
  const told = (text: string) => fill(text, (name) => words[name]);
  return {
    result: held.some(({ open }) => open) ? 'unknown' : 'unmet',
    reasons: [{ say: told(certification.say), mend: told(certification.mend) }],
    evidence: [],
    usesProvider: false,
    until: held.flatMap(({ begin }) => (begin > now.getTime() ? [new Date(begin).toISOString()] : [])),
  };
}

/** Beyond every stage at which a certificate itself may fail. */
const LAST = 99;

/** Whether a certificate counts for this offering at all, and from when to when. */
function judge(
  item: EvidenceItem,
  standard: Standard,
  ofProvider: boolean,
  facts: Given,
): Pick<Certificate, 'by' | 'fault' | 'open' | 'stage' | 'begin' | 'end'> {
  const { now, credential, description, trust } = facts;
  const said = item.facts;
  const { report, months } = standard;
  const begin = Math.max(Date.parse(item.validFrom) - CLOCK_SKEW_MS, said.from ? startOfDay(said.from) : 0);
  const mandate = mandateOf(item.issuer, item.type, said, trust, now);
  const ends = [
    item.validUntil,
    mandate && mandateEnd(mandate),
    said.until,
    months && addMonths(said.from ?? item.validFrom, months),
    report && said.periodUntil && addMonths(said.periodUntil, report.freshMonths),
  ];
  const end = Math.min(...ends.filter((time) => typeof time === 'string').map(endOfDay));
  const by = mandate?.name ?? item.issuer;
  // Whoever provides the offering vouches for it as little as whoever signed it.
  const self = [facts.provider?.issuer, description.provider?.id].find((id) => id === item.issuer) ?? credential.issuer;
  const basis = evidenceBasis(item.issuer, item.type, said, trust, now, self);
  const day = (time: number) => (Number.isFinite(time) ? dayText(new Date(time).toISOString()) : 'no day there is');
  const kind = kindFault(standard, said, now);
  const others = said.holder !== undefined && ![description.id, ...ownersOf(facts)].includes(said.holder);
  const unless = (holds: boolean, fault: string) => (holds ? undefined : `; the one by ${by} ${fault}`);
  const faults = [
    basis === 'verified' ? undefined : shortfall(item, basis === 'claimed', { trust, now }),
    unless(
      isOf(said.certificateState, ['valid']),
      `is stated as ${said.certificateState}, which is no certificate in force`,
    ),
    unless(kind === undefined, `${kind}`),
    unless(begin <= now.getTime(), `begins on ${day(begin)}`),
    unless(now.getTime() < end, `ended on ${day(end)}`),
    unless(!others, `is held by ${said.holder}, who does not provide this`),
    unless(
      !ofProvider || names(said, description),
      'is about the provider, and kontor:covers does not name this offering by its id: an organisation is certified, and that is no certificate of a service',
    ),
    unless(!item.unchecked, 'cannot count now, for whether it was taken back cannot be learned'),
  ];
  const stage = faults.findIndex(Boolean);
  return { by, fault: faults[stage], open: stage === faults.length - 1, stage, begin, end };
}

/** What a certificate says of its own kind that the standard does not take. */
function kindFault(
  { name, editions, levels, types, report }: Standard,
  said: EvidenceItem['facts'],
  now: Date,
): string | undefined {
  const only = (list: string[]) => `and of ${name} only ${list.join(' or ')} counts`;
  if (levels && !(said.level && isOf(said.level, levels)))
    return `is of ${said.level ? `level ${said.level}` : 'no stated level'}, ${only(levels)}`;
  if (types) {
    // Some write the type as the level. Where both name one, each must do: the lesser tells what was done.
    const stated = [said.certificateType, said.level].filter((one) => one && /^typ/i.test(one)) as string[];
    const lesser = stated.map(typeOf).find((one) => !types.includes(one));
    if (lesser || stated.length === 0) return `is of ${lesser ?? 'no stated type'}, ${only(types)}`;
  }
  if (said.opinion === undefined ? report : plain(said.opinion) !== 'unqualified')
    return said.opinion ? `comes to the opinion "${said.opinion}"` : "states no auditor's opinion";
  if (report) {
    const { periodFrom, periodUntil } = said;
    if (!periodFrom || !periodUntil) return 'states no period (kontor:periodFrom, kontor:periodUntil) that was audited';
    if (!(endOfDay(periodUntil) < now.getTime())) return `is on a period up to ${periodUntil}, which has not passed`;
    if (!(startOfDay(addMonths(periodFrom, report.minMonths)) <= endOfDay(periodUntil) + 1))
      return `covers ${periodFrom} to ${periodUntil}, less than ${report.minMonths} months`;
  }
  // An edition may be written behind the name of its standard: ISO/IEC 27001:2022.
  if (editions && !(said.edition && isOf(said.edition.replace(/^.*:/, ''), editions)))
    return `is of ${said.edition ? `edition ${said.edition}` : 'no stated edition'}, ${only(editions)}`;
  return undefined;
}

/**
 * Whether the offering is named by its id among what is covered. A scope in words is for people: names are not unique, and
 * "all services but that one" names one, too.
 */
const names = ({ covers = '' }: EvidenceItem['facts'], { id }: Facts['description']): boolean =>
  listOf(covers).includes(id);

/** The clauses asked for that a certificate limited to others leaves out; one that names none covers the standard. */
function missingOf(wanted: string[], clauses: string[]): string {
  if (clauses.length === 0) return '';
  if (wanted.length === 0) return 'the whole of it';
  const given = clauses.map(plain);
  const within = (clause: string, whole: string) =>
    clause === whole || (clause.startsWith(whole) && /^[.-]/.test(clause.slice(whole.length)));
  return wanted.filter((clause) => !given.some((one) => within(plain(clause), one))).join(', ');
}

/** Facts hold a list in words. */
const listOf = (fact: string): string[] => fact.split(/\s+/).filter(Boolean);

/** Written alike whatever the case and spacing. */
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, '-');

/** `Type II` and `Type 2` as `type-2`. */
const typeOf = (text: string): string =>
  plain(text).replace(/^type?-?(1|2|i|ii)$/, (_, number) => `type-${number.startsWith('i') ? number.length : number}`);

const isOf = (value: string | undefined, list: string[]): boolean =>
  value === undefined || list.some((one) => plain(one) === plain(value));
