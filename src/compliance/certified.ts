import { CERTIFICATE } from './basis.ts';
import { type Judged, judge, nearest } from './certificate.ts';
import { idsOf, listOf, plain } from './certificate-rules.ts';
import type { CertificateRules } from './certificate-scheme.ts';
import { dayText } from './dates.ts';
import type { Facts, Outcome } from './predicate.ts';
import type { CertifiedBy } from './scheme.ts';
import { fill } from './words.ts';

/** A certificate about the offering or its provider, as what it is: what one criterion asks comes on top of that. */
export interface Certificate extends Judged {
  /** Of the standard. */
  name: string;
  /** Numbers that an assessor's statement names; undefined: a certificate of a standard. */
  criteria: string[] | undefined;
  /** Clauses it is limited to; none: the standard as a whole. */
  clauses: string[];
  /** It is about the provider, and not the offering itself. */
  ofProvider: boolean;
}

/** What a standard leaves unsaid. */
const RULES: CertificateRules = { document: 'certificate', about: 'organisation', levels: [] };

/** The certificates among the evidence that are of a standard of the scheme, or an assessor's statement. */
export function certificatesOf(facts: Omit<Facts, 'criterion' | 'certificates'>): Certificate[] {
  const { certification, description, evidence } = facts;
  if (!certification) return [];
  const { assessor, standards } = certification;
  const byAssessors = { ...facts, trust: facts.trust.filter(({ role }) => role === 'assessment-body') };
  const ids = idsOf(facts);
  return evidence.flatMap((item) => {
    const { scheme = '', criterion, clause } = item.facts;
    const assessed = scheme === assessor.scheme;
    const standard = assessed ? assessor : Object.hasOwn(standards, scheme) ? standards[scheme] : undefined;
    if (item.type !== CERTIFICATE || !standard || !item.about.some((id) => ids.includes(id))) return [];
    return {
      ...judge(item, { ...RULES, ...standard }, assessed ? byAssessors : facts),
      name: standard.name,
      criteria: assessed ? listOf(criterion) : undefined,
      clauses: listOf(clause),
      ofProvider: !item.about.includes(description.id),
    };
  });
}

/**
 * Certification by a third party: a certificate of one of the standards, or an assessor's statement that names the
 * criterion. It counts as everywhere, if it covers these clauses.
 */
export function certified(by: CertifiedBy, facts: Facts): Outcome {
  const { certification, certificates, criterion, now } = facts;
  if (!certification) return { result: 'unmet', reasons: [], evidence: [], usesProvider: false, until: [] };
  const { standards, assessor } = certification;
  const held = certificates
    .flatMap((one): Held | [] => {
      if (one.criteria) return one.criteria.includes(criterion) ? { one, uncovered: '' } : [];
      const { scheme = '' } = one.item.facts;
      return Object.hasOwn(by, scheme) ? { one, uncovered: missingOf(by[scheme]!, one.clauses) } : [];
    })
    .sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || nearest(a.one, b.one));
  const counted = held.find(({ one, uncovered }) => one.failing.length === 0 && !uncovered)?.one;
  const named = (name: string) => fill(name, (word) => (word === 'criterion' ? criterion : undefined));
  if (counted) {
    const until = new Date(counted.end).toISOString();
    const words: Record<string, string> = { standard: named(counted.name), until: dayText(until) };
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
    standards: [...Object.keys(by).map((id) => standards[id]!.name), named(assessor.name)].join(', or '),
    // Of several the one that came nearest.
    held: held[0] ? faultOf(held[0]) : '',
  };
  const told = (text: string) => fill(text, (name) => words[name]);
  return {
    result: held.some(isOpen) ? 'unknown' : 'unmet',
    reasons: [{ say: told(certification.say), mend: told(certification.mend) }],
    evidence: [],
    usesProvider: false,
    until: held.flatMap(({ one }) => (one.begin > now.getTime() ? [new Date(one.begin).toISOString()] : [])),
  };
}

interface Held {
  one: Certificate;
  /** Clauses that it leaves out. */
  uncovered: string;
}

/** It would count, could its status be learned. */
const isOpen = ({ one, uncovered }: Held): boolean => one.open && !uncovered;

const faultOf = ({ one: { by, failing, open }, uncovered }: Held): string =>
  uncovered && (failing.length === 0 || open)
    ? `; the one by ${by} does not cover ${uncovered}`
    : `; the one by ${by} does not: ${failing[0]!.why}`;

/** The clauses asked for that a certificate limited to others leaves out; one that names none covers the standard. */
function missingOf(wanted: string[], clauses: string[]): string {
  if (clauses.length === 0) return '';
  if (wanted.length === 0) return 'the whole of it';
  const given = clauses.map(plain);
  const within = (clause: string, whole: string) =>
    clause === whole || (clause.startsWith(whole) && /^[.-]/.test(clause.slice(whole.length)));
  return wanted.filter((clause) => !given.some((one) => within(plain(clause), one))).join(', ');
}
