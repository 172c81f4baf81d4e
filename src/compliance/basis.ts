import { controls, isUnowned } from '../credentials/control.ts';
import { endOfDay, startOfDay } from './dates.ts';
import { BASES, type Basis, type TrustEntry } from './decision.ts';
import type { EvaluationInput } from './evaluate.ts';

/** The type of evidence that a third party's certificate or opinion comes as. */
export const CERTIFICATE = 'kontor:Certificate';

/** The type of evidence that the labels of Gaia-X clearing houses come as, whatever their generation. */
export const LABEL_CREDENTIAL = 'gx:LabelCredential';

/** Whether a role on the trust list may vouch with this type of evidence. */
export function mayVouch(role: TrustEntry['role'], type: string): boolean {
  if (type === LABEL_CREDENTIAL) return role === 'clearing-house';
  if (type === CERTIFICATE) return role === 'certificate' || role === 'assessment-body';
  return role === (type === 'kontor:SealAssessment' ? 'assessment-body' : 'registration-number');
}

/** Whether a mandate covers evidence of that scheme. Notaries and clearing houses vouch for one thing: schemes mean nothing to them. */
export const covers = ({ role, schemes }: TrustEntry, { scheme = '' }: Record<string, string>): boolean =>
  role === 'registration-number' || role === 'clearing-house' || !schemes || schemes.includes(scheme);

/** Whether a mandate is in force at the time. */
export const mandateRuns = (entry: TrustEntry, now: Date): boolean =>
  (!entry.from || startOfDay(entry.from) <= at(entry, now)) &&
  (!entry.until || at(entry, now) <= endOfDay(entry.until));

/** Whether a mandate has ended. */
export const mandateOver = (entry: TrustEntry, now: Date): boolean =>
  entry.until !== undefined && endOfDay(entry.until) < at(entry, now);

const at = ({ asOf }: TrustEntry, now: Date): number => (asOf ?? now).getTime();

/** The entry of the trust list whose mandate lets this issuer vouch for such evidence now. */
export function mandateOf(
  issuer: string,
  type: string,
  facts: Record<string, string>,
  trust: readonly TrustEntry[],
  now: Date,
): TrustEntry | undefined {
  const entries = trust.filter(
    (entry) => entry.did === issuer && mayVouch(entry.role, type) && covers(entry, facts) && mandateRuns(entry, now),
  );
  // Of several the one that lasts longest, then the first by name, so that their order on the list decides nothing.
  const end = ({ until }: TrustEntry) => (until ? endOfDay(until) : Number.POSITIVE_INFINITY);
  return entries.sort((a, b) =>
    end(a) === end(b) ? ((a.name ?? '') < (b.name ?? '') ? -1 : 1) : end(b) > end(a) ? 1 : -1,
  )[0];
}

/** The end of a mandate as an ISO time. */
export const mandateEnd = (entry: TrustEntry): string | undefined =>
  entry.until ? new Date(endOfDay(entry.until)).toISOString() : undefined;

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

/** Whether that is the provider itself: it signed the listing or the self-description, or its name is the provider's. */
export function isProvider(
  issuer: string,
  { credential, provider, description }: Pick<EvaluationInput, 'credential' | 'provider' | 'description'>,
): boolean {
  const named = description.provider?.id;
  return (
    issuer === credential.issuer ||
    issuer === provider?.issuer ||
    (named !== undefined && !isUnowned(named) && controls(issuer, named))
  );
}

/** The weaker of two. */
export const weaker = (a: Basis, b: Basis): Basis => (BASES.indexOf(a) <= BASES.indexOf(b) ? a : b);

export const atLeast = (basis: Basis, wanted: Basis): boolean => BASES.indexOf(basis) >= BASES.indexOf(wanted);
