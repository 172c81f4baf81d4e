import { CLOCK_SKEW_MS } from '../credentials/credential.ts';
import { covers, LABEL_CREDENTIAL, mandateOf, mandateOver, mandateRuns, mayVouch } from './basis.ts';
import type { CertificateEdition, CertificateLevel, CertificateRules } from './certificate-scheme.ts';
import { addMonths, dayText, endOfDay, startOfDay } from './dates.ts';
import type { Basis, EvidenceItem, TrustEntry } from './decision.ts';
import type { Facts } from './predicate.ts';
import type { ShownCriterion } from './scheme.ts';

/** What a rule finds, in a sentence. */
export interface Finding {
  result: 'met' | 'unmet' | 'unknown';
  why: string;
  mend?: string;
}

/** What is known of the listing that a certificate is held against. */
export type Given = Pick<Facts, 'description' | 'credential' | 'provider' | 'evidence' | 'trust' | 'now'>;

/** A certificate, what it states, and whose word it is here. */
export interface Stated {
  item: EvidenceItem;
  level: CertificateLevel | undefined;
  edition: CertificateEdition | undefined;
  basis: Basis;
  /** Name on the trust list, else the DID. */
  by: string;
}

export const met = (why: string): Finding => ({ result: 'met', why });
export const unmet = (why: string, mend?: string): Finding => ({ result: 'unmet', why, ...(mend ? { mend } : {}) });
export const unsaid = (why: string, mend: string): Finding => ({ result: 'unknown', why, mend });

const TITLES = {
  held: 'There is a {document}',
  issuer: 'Who signed the {document} may issue it',
  level: 'It names a level that exists',
  edition: 'It is on an edition that counts',
  scope: 'It is about this service',
  version: 'It is about this version',
  opinion: 'The opinion is unqualified',
  period: 'The day or period it reports on is stated and has passed',
  dates: 'It is in force',
  base: 'The certificate it builds on is held',
};
export type RuleId = keyof typeof TITLES;
export const titleOf = ({ document }: CertificateRules, id: RuleId): string =>
  TITLES[id].replace('{document}', document);

/** The rules a certificate of the scheme is held against, for people. */
export function shownRules(rules: CertificateRules): ShownCriterion[] {
  const ids: RuleId[] = [
    'issuer',
    'level',
    ...(rules.editions ? (['edition'] as const) : []),
    'scope',
    ...(rules.evidence === LABEL_CREDENTIAL ? (['version'] as const) : []),
    ...(rules.opinion ? (['opinion', 'period'] as const) : []),
    'dates',
    ...(rules.builtOn ? (['base'] as const) : []),
  ];
  const levels = Object.fromEntries(rules.levels.map(({ id, self }) => [id, self ? 'declaration' : 'certification']));
  return ids.map((id) => ({ id, title: titleOf(rules, id), levels }));
}

/** Spellings that mean the same: `Type 2` and `type-2`. */
export const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, '-');
function isNamed({ id, aliases = [] }: { id: string; aliases?: string[] }, text: string): boolean {
  const wanted = plain(text);
  return [id, ...aliases].some((name) => plain(name) === wanted);
}
export const namedIn = <T extends { id: string; aliases?: string[] }>(
  list: T[] | undefined,
  text: string | undefined,
): T | undefined => (text === undefined ? undefined : list?.find((one) => isNamed(one, text)));

const entryOf = (table: Record<string, string> | undefined, text: string | undefined): string | undefined =>
  text === undefined ? undefined : Object.entries(table ?? {}).find(([name]) => plain(name) === plain(text))?.[1];

/** Facts hold a list in words. */
export const listOf = (fact = ''): string[] => fact.split(/\s+/).filter(Boolean);

/**
 * The ids under which a certificate is about the listing: its own, whoever signed it, and the id it is described under.
 * Another that the offering merely names is not meant.
 */
export function idsOf({ credential, provider, description }: Given): string[] {
  const isOwn = provider && (provider.issuer ?? credential.issuer) === credential.issuer;
  return [description.id, credential.issuer, ...(isOwn ? [provider.description.id] : [])];
}

/** Whoever provides or describes the offering vouches for it as little as whoever signed it. */
export const isSelf = (issuer: string, { credential, provider, description }: Given): boolean =>
  [credential.issuer, provider?.issuer, description.provider?.id, description.id].includes(issuer);

/** The entries of the trust list that count: where nobody can issue yet, those that name the scheme. */
export const mandates = (
  { readiness }: CertificateRules,
  { facts }: EvidenceItem,
  trust: readonly TrustEntry[],
): readonly TrustEntry[] => (readiness ? trust.filter(({ schemes }) => schemes?.includes(facts.scheme ?? '')) : trust);

export function issuer(
  { item, level, basis, by }: Stated,
  rules: CertificateRules,
  ended: string | undefined,
  { credential, trust, now }: Given,
): Finding {
  if (basis === 'verified') return met(`Signed by ${by}, on this node's trust list`);
  if (level?.self && item.issuer === credential.issuer)
    return met(`Declared by the provider itself, as the scheme allows for ${level.name}`);
  const who = new Set(
    mandates(rules, item, trust)
      .filter((one) => mandateOf(one.did, item.type, item.facts, [one], now))
      .map(({ did, name }) => name ?? did),
  );
  const mend =
    rules.never || who.size === 0
      ? undefined
      : `Ask one of those on this node's trust list for a signed ${rules.document}: ${[...who].sort().slice(0, 5).join(', ')}`;
  if (ended) return unmet(ended, mend);
  if (rules.readiness && who.size === 0) return unmet(`Readiness only: ${rules.readiness}`);
  if (basis === 'claimed') return unmet('Only the provider says so, and nobody vouches for themselves', mend);
  return unmet(`Signed by ${by}, who is not on this node's trust list for it`, mend);
}

/** An issuer's mandate has dates of its own: when it ends, so does what rests on it. */
export function mandateLapsed(item: EvidenceItem, trust: readonly TrustEntry[], now: Date): string | undefined {
  const own = trust.filter(
    (entry) => entry.did === item.issuer && mayVouch(entry.role, item.type) && covers(entry, item.facts),
  );
  if (own.some((entry) => mandateRuns(entry, now))) return undefined;
  const over = own.filter((entry) => mandateOver(entry, now));
  const last = over.sort(
    (a, b) => endOfDay(b.until!) - endOfDay(a.until!) || ((a.name ?? '') < (b.name ?? '') ? -1 : 1),
  )[0];
  return last && `The mandate of ${last.name ?? last.did} on this node's trust list ended on ${dayText(last.until!)}`;
}

export function level({ item, level: found }: Stated, rules: CertificateRules): Finding {
  const { facts } = item;
  const choices = rules.levels.map(({ id }) => id).join(', ');
  for (const text of [facts.scheme, facts.level, facts.certificateType]) {
    const why = entryOf(rules.refused, text);
    if (why) return unmet(why);
  }
  if (rules.never) return unmet(rules.never);
  if (rules.levels.length === 0) return met('No level is asked for');
  const said = facts.level ?? facts.certificateType;
  if (said === undefined && !found)
    return unsaid(`The ${rules.document} names no level`, `State kontor:level: one of ${choices}`);
  if (!found) return unmet(`Level "${said}" does not count, only ${choices}`);
  const { certificateType } = facts;
  if (facts.level && certificateType && !(isNamed(found, facts.level) && isNamed(found, certificateType)))
    return unmet(`It says ${facts.level}, and ${certificateType} as its type`, 'Level and type must say the same');
  if (!found.decided && !rules.readiness) return unmet(found.because ?? `${found.name} is not granted here`);
  return met(`It states ${found.name}`);
}

export function edition({ item, edition: found }: Stated, rules: CertificateRules): Finding {
  const { facts } = item;
  const said = facts.edition;
  const choices = rules.editions!.map(({ id }) => id).join(', ');
  if (said === undefined) return unsaid('No edition is stated', `State kontor:edition: one of ${choices}`);
  const why = entryOf(rules.refusedEditions, said);
  if (why) return unmet(why, `Editions that count are ${choices}`);
  if (!found) return unmet(`Edition "${said}" does not count, only ${choices}`);
  const spoken = rules.opinion ? facts.periodUntil : (facts.from ?? item.validFrom);
  if (found.from && spoken && startOfDay(spoken) < startOfDay(found.from))
    return unmet(`It is of ${dayText(spoken)}, and edition ${found.id} exists since ${found.from}`);
  if (rules.opinion && found.until && spoken && startOfDay(spoken) > endOfDay(found.until))
    return unmet(`It reports on time up to ${spoken}, and edition ${found.id} serves up to ${found.until}`);
  return met(`Edition ${found.id}`);
}

/**
 * A certificate is about the listing if it was issued about it, or names it among what it covers, by its id. A scope in
 * words is for people: names are not unique, and "all services but that one" names one, too.
 */
export function scope({ item }: Stated, rules: CertificateRules, given: Given): Finding {
  const { description } = given;
  const { holder } = item.facts;
  if (holder && !idsOf(given).includes(holder)) return unmet(`Its holder is ${holder}, who does not provide this`);
  const organisation = description.kind === 'participant';
  const isWhole = item.about.includes(description.id);
  if (organisation && isWhole && rules.about === 'service')
    return unmet('It names an organisation, and this is about services', 'It counts for the services that it names');
  if (isWhole) return met(organisation ? 'Issued to this organisation' : 'Issued about this service');
  if (listOf(item.facts.covers).includes(description.id)) return met('It names this service among what it covers');
  const words = item.facts.scope ? `, for "${item.facts.scope}"` : '';
  return unmet(
    rules.about === 'organisation'
      ? `It certifies the organisation${words}, and does not say that this service is inside`
      : `It is about the provider${words}, not about this service`,
    `Ask the issuer to name ${description.id} under kontor:covers`,
  );
}

export function opinion({ item }: Stated): Finding {
  const said = item.facts.opinion;
  if (said === undefined)
    return unsaid('The opinion is not stated: it may be a qualified one', 'State kontor:opinion, such as unqualified');
  return plain(said) === 'unqualified' ? met('The opinion is unqualified') : unmet(`The opinion is "${said}"`);
}

export function period({ item, level: found }: Stated, now: Date): Finding {
  const { periodFrom, periodUntil } = item.facts;
  if (!periodUntil)
    return unsaid('It does not say what day or period it reports on', 'State kontor:periodFrom and kontor:periodUntil');
  if (!(endOfDay(periodUntil) < now.getTime()))
    return unmet(`It reports on time up to ${periodUntil}, which has not passed`, 'It counts once that has passed');
  const months = found?.minMonths;
  if (months === undefined) return met(`As of ${periodUntil}`);
  if (!periodFrom)
    return unmet(`A ${found!.name} reports on a period, and no begin is stated`, 'State kontor:periodFrom');
  if (!(startOfDay(periodFrom) < startOfDay(periodUntil)))
    return unmet(`It reports on ${periodUntil} alone: that is a Type 1, whatever it is called`);
  if (!(startOfDay(addMonths(periodFrom, months)) <= endOfDay(periodUntil) + 1))
    return unmet(`It reports on ${periodFrom} to ${periodUntil}: a ${found!.name} takes ${months} months at least`);
  return met(`From ${periodFrom} to ${periodUntil}`);
}

export interface Life {
  finding: Finding;
  /** Milliseconds; NaN where a date says nothing. */
  begin: number;
  end: number;
  /** Why and since when it is over. */
  lapsed?: string;
  /** It would be in force, could its status be learned. */
  open?: true;
}

/** States of a certificate that once was valid. */
const OVER = ['suspended', 'withdrawn', 'expired'];

/** When it begins and ends, and why; an end that has come makes it lapsed. */
export function lifeOf({ item, level: found, edition: on }: Stated, rules: CertificateRules, now: Date): Life {
  const { facts } = item;
  const issued = facts.from ?? item.validFrom;
  const start = rules.opinion ? (facts.periodUntil ?? issued) : issued;
  const shorter = rules.monthsBefore && startOfDay(start) <= endOfDay(rules.monthsBefore.until);
  const months = shorter ? rules.monthsBefore?.months : (found?.months ?? rules.months);
  const ends = [{ at: Date.parse(item.validUntil), why: 'the credential ended' }];
  if (facts.until) ends.push({ at: endOfDay(facts.until), why: 'its own last day' });
  if (months) {
    const why = rules.opinion
      ? `a ${rules.document} is stale ${months} months after what it reports on`
      : `a ${rules.document} lasts ${months} months at most`;
    ends.push({ at: endOfDay(addMonths(start, months)), why });
  }
  if (!rules.opinion && on?.until) ends.push({ at: endOfDay(on.until), why: `edition ${on.id} counts no longer` });
  const begin = Math.max(facts.from ? startOfDay(facts.from) : 0, Date.parse(item.validFrom) - CLOCK_SKEW_MS);
  if (Number.isNaN(begin) || ends.some(({ at }) => Number.isNaN(at)))
    return { finding: unsaid('It has a date that no calendar has', 'Correct the dates'), begin, end: Number.NaN };
  const { at: end, why } = ends.sort((a, b) => a.at - b.at)[0]!;
  const state = plain(facts.certificateState ?? 'valid');
  if (state !== 'valid' && !OVER.includes(state))
    return { finding: unmet(`It is ${state}, as its record says: that is no ${rules.document}`), begin, end };
  const over = OVER.includes(state)
    ? `It is ${state}, as its record says`
    : now.getTime() >= end
      ? `It ended on ${dayOf(end)}: ${why}`
      : undefined;
  if (over) return { finding: unmet(over, `A new ${rules.document} is needed`), begin, end, lapsed: over };
  if (begin > now.getTime()) return { finding: unmet(`It begins on ${dayOf(begin)}`), begin, end };
  if (item.unchecked) return { finding: UNCHECKED, begin, end, open: true };
  return { finding: met(`In force until ${dayOf(end)}`), begin, end };
}

export const UNCHECKED = unsaid(
  'Whether its issuer took it back cannot be learned now',
  'Nothing: its status list is asked again',
);

const dayOf = (time: number): string => dayText(new Date(time).toISOString());
