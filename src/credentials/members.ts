import { editDistance } from './nearest.ts';

/** What stands at the top of a credential (https://www.w3.org/TR/vc-data-model-2.0/#verifiable-credentials; VC 1.1). */
const MEMBERS = [
  '@context',
  'credentialSubject',
  'credentialStatus',
  'credentialSchema',
  'validFrom',
  'validUntil',
  'issuanceDate',
  'expirationDate',
  'issuer',
  'evidence',
  'termsOfUse',
  'refreshService',
  'relatedResource',
  'description',
  'proof',
];

/**
 * The member that a name was most likely meant to be; undefined for a member as it is, and for other words. A
 * vocabulary may define every word, and then a slip of the pen in `credentialStatus` would pass, and nothing could be
 * revoked.
 */
export function meantMember(name: string): string | undefined {
  if (MEMBERS.includes(name) || name.length < 5) return undefined;
  return MEMBERS.find((member) => Math.abs(member.length - name.length) <= 2 && editDistance(name, member) <= 2);
}
