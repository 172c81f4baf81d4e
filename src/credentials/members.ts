/** What stands at the top of a credential (https://www.w3.org/TR/vc-data-model-2.0/#verifiable-credentials; VC 1.1). */
const MEMBERS = [
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
  return MEMBERS.find((member) => Math.abs(member.length - name.length) <= 2 && distance(name, member) <= 2);
}

/** How many letters have to be put in, taken out or changed (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (let to = 1; to <= other.length; to++)
      next.push(Math.min(row[to]! + 1, next[to - 1]! + 1, row[to - 1]! + (letter === other[to - 1] ? 0 : 1)));
    row = next;
  }
  return row[other.length]!;
}
