import { CLOCK_SKEW_MS } from '../credentials/credential.ts';
import { CERTIFICATE, covers, evidenceBasis, LABEL_CREDENTIAL, mandateOf, mandateRuns, mayVouch } from './basis.ts';
import type {
  CertificateEdition,
  CertificateLevel,
  CertificatesInput,
  CertificatesScheme,
} from './certificate-scheme.ts';
import { addMonths, dayText, endOfDay, startOfDay } from './dates.ts';
import type { Basis, CriterionResult, EvidenceItem } from './decision.ts';
import type { ShownCriterion } from './scheme.ts';

/** What a rule finds, in a sentence. */
export interface Finding {
  result: 'met' | 'unmet' | 'unknown';
  why: string;
  mend?: string;
}

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
  period: 'The day or period it reports on is stated',
  dates: 'It is in force',
  base: 'The certificate it builds on is held',
};
export type RuleId = keyof typeof TITLES;
export const titleOf = (scheme: CertificatesScheme, id: RuleId): string =>
  TITLES[id].replace('{document}', scheme.document);

/** The rules a certificate of the scheme is held against, for people. */
export function shownRules(scheme: CertificatesScheme): ShownCriterion[] {
  const ids: RuleId[] = [
    'issuer',
    'level',
    ...(scheme.editions ? (['edition'] as const) : []),
    'scope',
    ...(scheme.evidence === LABEL_CREDENTIAL ? (['version'] as const) : []),
    ...(scheme.opinion ? (['opinion', 'period'] as const) : []),
    'dates',
    ...(scheme.editions?.some(({ requires }) => requires) ? (['base'] as const) : []),
  ];
  const levels = Object.fromEntries(scheme.levels.map(({ id, self }) => [id, self ? 'declaration' : 'certification']));
  return ids.map((id) => ({ id, title: titleOf(scheme, id), levels }));
}

/** Spellings that mean the same: `Type 2` and `type-2`. */
export const plain = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, '-');
export const isNamed = (one: { id: string; aliases?: string[] }, text: string): boolean =>
  [one.id, ...(one.aliases ?? [])].some((name) => plain(name) === plain(text));

const entryOf = (table: Record<string, string> | undefined, text: string | undefined): string | undefined =>
  text === undefined ? undefined : Object.entries(table ?? {}).find(([name]) => plain(name) === plain(text))?.[1];

/** Who signed the listing, and the id it is described under. Another that the offering merely names is not meant. */
export function ownersOf({ credential, provider }: Pick<CertificatesInput, 'credential' | 'provider'>): string[] {
  const isOwn = provider && (provider.issuer ?? credential.issuer) === credential.issuer;
  return [credential.issuer, ...(isOwn ? [provider.description.id] : [])];
}

/** The entries of the trust list that count: of a scheme that cannot issue yet, those that name it. */
export const mandates = ({ scheme, trust }: CertificatesInput) =>
  scheme.readiness ? trust.filter(({ schemes }) => schemes?.includes(scheme.certificate ?? scheme.id)) : trust;

export function issuer({ item, level, basis, by }: Stated, input: CertificatesInput): Finding {
  const { scheme, now } = input;
  if (basis === 'verified') return met(`Signed by ${by}, on this node's trust list`);
  if (level?.self && item.issuer === input.credential.issuer)
    return met(`Declared by the provider itself, as the scheme allows for ${level.name}`);
  const who = new Set(
    mandates(input)
      .filter((one) => mandateOf(one.did, item.type, item.facts, [one], now))
      .map(({ did, name }) => name ?? did),
  );
  const mend =
    scheme.never || who.size === 0
      ? undefined
      : `Ask one of those on this node's trust list for a signed ${scheme.document}: ${[...who].sort().slice(0, 5).join(', ')}`;
  const ended = mandateLapsed(item, input);
  if (ended) return unmet(ended, mend);
  if (scheme.readiness && who.size === 0) return unmet(`Readiness only: ${scheme.readiness}`);
  if (basis === 'claimed') return unmet('Only the provider says so, and nobody vouches for themselves', mend);
  return unmet(`Signed by ${by}, who is not on this node's trust list for it`, mend);
}

/** An issuer's mandate has dates of its own: when it ends, so does what rests on it. */
export function mandateLapsed(item: EvidenceItem, input: CertificatesInput): string | undefined {
  const { now } = input;
  const own = mandates(input).filter(
    (entry) => entry.did === item.issuer && mayVouch(entry.role, item.type) && covers(entry, item.facts),
  );
  if (own.some((entry) => mandateRuns(entry, now))) return undefined;
  const over = own.filter(({ until }) => until && endOfDay(until) < now.getTime());
  const last = over.sort(
    (a, b) => endOfDay(b.until!) - endOfDay(a.until!) || ((a.name ?? '') < (b.name ?? '') ? -1 : 1),
  )[0];
  return last && `The mandate of ${last.name ?? last.did} on this node's trust list ended on ${dayText(last.until!)}`;
}

export function level({ item, level: found }: Stated, { scheme }: CertificatesInput): Finding {
  const { facts } = item;
  const choices = scheme.levels.map(({ id }) => id).join(', ');
  for (const text of [facts.scheme, facts.level, facts.certificateType]) {
    const why = entryOf(scheme.refused, text);
    if (why) return unmet(why);
  }
  if (scheme.never) return unmet(scheme.never);
  const said = facts.level ?? facts.certificateType;
  if (said === undefined && !found)
    return unsaid(`The ${scheme.document} names no level`, `State kontor:level: one of ${choices}`);
  if (!found) return unmet(`There is no level "${said}"`, `Levels are ${choices}`);
  const { certificateType } = facts;
  if (facts.level && certificateType && !(isNamed(found, facts.level) && isNamed(found, certificateType)))
    return unmet(`It says ${facts.level}, and ${certificateType} as its type`, 'Level and type must say the same');
  if (!found.decided && !scheme.readiness) return unmet(found.because ?? `${found.name} is not granted here`);
  return met(`It states ${found.name}`);
}

export function edition({ item, edition: found }: Stated, { scheme }: CertificatesInput): Finding {
  const { facts } = item;
  const said = facts.edition;
  const choices = scheme.editions!.map(({ id }) => id).join(', ');
  if (said === undefined) return unsaid('No edition is stated', `State kontor:edition: one of ${choices}`);
  const why = entryOf(scheme.refusedEditions, said);
  if (why) return unmet(why, `Editions that count are ${choices}`);
  if (!found) return unmet(`There is no edition "${said}"`, `Editions that count are ${choices}`);
  const spoken = scheme.opinion ? facts.periodUntil : (facts.from ?? item.validFrom);
  if (found.from && spoken && startOfDay(spoken) < startOfDay(found.from))
    return unmet(`It is of ${dayText(spoken)}, and edition ${found.id} exists since ${found.from}`);
  if (scheme.opinion && found.until && spoken && startOfDay(spoken) > endOfDay(found.until))
    return unmet(`It reports on time up to ${spoken}, and edition ${found.id} serves up to ${found.until}`);
  return met(`Edition ${found.id}`);
}

/** A certificate is about the listing if it was issued about it, or names it among what it covers. */
export function scope({ item }: Stated, input: CertificatesInput): Finding {
  const { scheme, description } = input;
  const owners = [...ownersOf(input), description.id];
  const { holder, covers = '' } = item.facts;
  if (holder && !owners.includes(holder)) return unmet(`Its holder is ${holder}, who does not provide this`);
  const organisation = description.kind === 'participant';
  const isWhole = item.about.includes(description.id);
  if (organisation && isWhole && scheme.about === 'service')
    return unmet('It names an organisation, and this is about services', 'It counts for the services that it names');
  if (isWhole) return met(organisation ? 'Issued to this organisation' : 'Issued about this service');
  if (covers.split(' ').includes(description.id)) return met('It names this service among what it covers');
  const words = item.facts.scope ? `, for "${item.facts.scope}"` : '';
  return unmet(
    scheme.about === 'organisation'
      ? `It certifies the organisation${words}, and does not say that this service is inside`
      : `It is about the provider${words}, not about this service`,
    `Ask the issuer to name ${description.id} under kontor:covers`,
  );
}

export function opinion({ item }: Stated): Finding {
  const said = item.facts.opinion;
  if (said === undefined)
    return unsaid('The opinion is not stated: it may be a qualified one', 'State kontor:opinion, such as unqualified');
  return said === 'unqualified' ? met('The opinion is unqualified') : unmet(`The opinion is "${said}"`);
}

export function period({ item, level: found }: Stated): Finding {
  const { periodFrom, periodUntil } = item.facts;
  if (!periodUntil)
    return unsaid('It does not say what day or period it reports on', 'State kontor:periodFrom and kontor:periodUntil');
  if (found?.id !== 'type-2') return met(`As of ${periodUntil}`);
  if (!periodFrom) return unmet('A Type 2 reports on a period, and no begin is stated', 'State kontor:periodFrom');
  if (!(startOfDay(periodFrom) < startOfDay(periodUntil)))
    return unmet(`It reports on ${periodUntil} alone: that is a Type 1, whatever it is called`);
  return met(`From ${periodFrom} to ${periodUntil}`);
}

export interface Life {
  finding: Finding;
  /** Milliseconds; NaN where a date says nothing. */
  end: number;
  /** Why and since when it is over. */
  lapsed?: string;
  /** Milliseconds at which it begins, if that is to come. */
  begins?: number;
}

/** States of a certificate that once was valid. */
const OVER = ['suspended', 'withdrawn', 'expired'];

/** When it begins and ends, and why; an end that has come makes it lapsed. */
export function lifeOf({ item, level: found, edition: on }: Stated, { scheme, now }: CertificatesInput): Life {
  const { facts } = item;
  const issued = facts.from ?? item.validFrom;
  const start = scheme.opinion ? (facts.periodUntil ?? issued) : issued;
  const shorter = scheme.monthsBefore && startOfDay(start) <= endOfDay(scheme.monthsBefore.until);
  const months = shorter ? scheme.monthsBefore?.months : (found?.months ?? scheme.months);
  const ends = [{ at: Date.parse(item.validUntil), why: 'the credential ended' }];
  if (facts.until) ends.push({ at: endOfDay(facts.until), why: 'its own last day' });
  if (months) {
    const why = scheme.opinion
      ? `a ${scheme.document} is stale ${months} months after what it reports on`
      : `a ${scheme.document} lasts ${months} months at most`;
    ends.push({ at: endOfDay(addMonths(start, months)), why });
  }
  if (!scheme.opinion && on?.until) ends.push({ at: endOfDay(on.until), why: `edition ${on.id} counts no longer` });
  if (Number.isNaN(startOfDay(issued)) || ends.some(({ at }) => Number.isNaN(at)))
    return { finding: unsaid('It has a date that no calendar has', 'Correct the dates'), end: Number.NaN };
  const { at: end, why } = ends.sort((a, b) => a.at - b.at)[0]!;
  const day = dayText(new Date(end).toISOString());
  const state = facts.certificateState ?? 'valid';
  if (state !== 'valid' && !OVER.includes(state))
    return { finding: unmet(`It is ${state}, as its record says: that is no ${scheme.document}`), end };
  const over = OVER.includes(state)
    ? `It is ${state}, as its record says`
    : now.getTime() >= end
      ? `It ended on ${day}: ${why}`
      : undefined;
  if (over) return { finding: unmet(over, `A new ${scheme.document} is needed`), end, lapsed: over };
  if (startOfDay(issued) > now.getTime() + CLOCK_SKEW_MS)
    return { finding: unmet(`It begins on ${dayText(issued)}`), end, begins: startOfDay(issued) };
  if (item.unchecked)
    return {
      finding: unsaid(
        'Whether its issuer took it back cannot be learned now',
        'Nothing: its status list is asked again',
      ),
      end,
    };
  return { finding: met(`In force until ${day}`), end };
}

/** Another certificate that one builds on: about the same, by somebody on the list, in force. */
export function base(
  requires: string[],
  item: EvidenceItem,
  { evidence, trust, now, credential }: CertificatesInput,
): { finding: Finding; evidence: string[]; end: number } {
  const isBase = (other: EvidenceItem): boolean =>
    other.type === CERTIFICATE &&
    !other.unchecked &&
    other.about.some((id) => item.about.includes(id)) &&
    requires.includes(`${other.facts.scheme} ${other.facts.edition}`) &&
    (other.facts.certificateState ?? 'valid') === 'valid' &&
    startOfDay(other.facts.from ?? other.validFrom) <= now.getTime() &&
    evidenceBasis(other.issuer, CERTIFICATE, other.facts, trust, now, credential.issuer) === 'verified';
  const endOf = ({ validUntil, facts }: EvidenceItem): number =>
    Math.min(Date.parse(validUntil), facts.until ? endOfDay(facts.until) : Number.POSITIVE_INFINITY);
  const held = evidence
    .filter((other) => isBase(other) && endOf(other) > now.getTime())
    .sort((a, b) => endOf(b) - endOf(a) || (a.digest < b.digest ? -1 : 1))[0];
  const wanted = requires.join(' or ');
  return held
    ? {
        finding: met(`Builds on ${held.facts.scheme} ${held.facts.edition}`),
        evidence: [held.digest],
        end: endOf(held),
      }
    : {
        finding: unmet(
          `It counts only together with ${wanted}, and none in force is held`,
          `Publish that of ${wanted}`,
        ),
        evidence: [],
        end: Number.NaN,
      };
}

export const resultOf = (scheme: CertificatesScheme, id: RuleId, finding: Finding): CriterionResult => ({
  id,
  title: titleOf(scheme, id),
  result: finding.result,
  basis: 'unknown',
  why: finding.why,
  ...(finding.mend && finding.result !== 'met' ? { mend: finding.mend } : {}),
  evidence: [],
});
