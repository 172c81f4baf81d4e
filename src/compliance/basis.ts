import { BASES, type Basis, type TrustEntry } from './decision.ts';

/** Whether a role on the trust list may vouch with this type of evidence. */
export const mayVouch = (role: TrustEntry['role'], type: string): boolean =>
  type === 'kontor:Certificate' ? role === 'certificate' || role === 'assessment-body' : role === 'registration-number';

/** The instant a date or time of a mandate means; a date as an end means the end of that day. */
function instant(text: string, end: boolean): number {
  return Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T${end ? '23:59:59.999' : '00:00:00'}Z` : text);
}

/** Whether a mandate is in force at the time. */
export const mandateRuns = ({ from, until }: TrustEntry, now: Date): boolean =>
  (!from || instant(from, false) <= now.getTime()) && (!until || now.getTime() <= instant(until, true));

/** The entry of the trust list whose mandate lets this issuer vouch for such evidence now. */
export function mandateOf(
  issuer: string,
  type: string,
  facts: Record<string, string>,
  trust: readonly TrustEntry[],
  now: Date,
): TrustEntry | undefined {
  const entries = trust.filter(
    ({ did, role, schemes, from, until }) =>
      did === issuer &&
      mayVouch(role, type) &&
      (role === 'registration-number' || !schemes || schemes.includes(facts.scheme ?? '')) &&
      (!from || instant(from, false) <= now.getTime()) &&
      (!until || now.getTime() <= instant(until, true)),
  );
  // Of several the one that lasts longest, then the first by name, so that their order on the list decides nothing.
  const end = ({ until }: TrustEntry) => (until ? instant(until, true) : Number.POSITIVE_INFINITY);
  return entries.sort((a, b) =>
    end(a) === end(b) ? ((a.name ?? '') < (b.name ?? '') ? -1 : 1) : end(b) > end(a) ? 1 : -1,
  )[0];
}

/** The end of a mandate as an ISO time. */
export const mandateEnd = (entry: TrustEntry): string | undefined =>
  entry.until ? new Date(instant(entry.until, true)).toISOString() : undefined;

/**
 * How sure evidence is under this node's trust list: `verified` if its issuer is on the list for the role, within the
 * mandate's dates and schemes; `claimed` if the provider says it of itself; `attested` if anybody else signed it.
 * Never the class another node gave it.
 *
 * @param subjectIssuer the DID that signed the listing the evidence is about
 */
export function evidenceBasis(
  issuer: string,
  type: string,
  facts: Record<string, string>,
  trust: readonly TrustEntry[],
  now: Date,
  subjectIssuer: string | undefined,
): Basis {
  // Nobody vouches for themselves, not even a notary on the list.
  if (issuer === subjectIssuer) return 'claimed';
  return mandateOf(issuer, type, facts, trust, now) ? 'verified' : 'attested';
}

/** The weaker of two. */
export const weaker = (a: Basis, b: Basis): Basis => (BASES.indexOf(a) <= BASES.indexOf(b) ? a : b);

export const atLeast = (basis: Basis, wanted: Basis): boolean => BASES.indexOf(basis) >= BASES.indexOf(wanted);
