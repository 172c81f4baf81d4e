import type { Judgement } from '../catalogue/judgement.ts';
import type { Code } from '../errors.ts';

/** Refusals that say something of this moment only; nobody may stand behind a statement now, and somebody later. */
const PASSING = new Set<Code>([
  'key-unavailable',
  'status-unavailable',
  'unavailable',
  'rate-limited',
  'internal',
  'untrusted',
  'suspended',
]);

/** Refusals that another policy would not make: too large, not admitted, or about an id that only a rule permits. */
export const BY_POLICY: readonly Code[] = ['too-large', 'not-admitted', 'issuer'];

/** Places of the times at which a credential begins. */
const BEGINS = /^(\/validFrom|\/issuanceDate|jwt:payload\/(nbf|iat)|\/proof(\/\d+)?\/created)$/;

/**
 * Whether a refusal may pass though the bytes stay what they are, because what was asked of others decided it, or the
 * time: the DID document (gone, unusable, or not yet with the key), the status list, a validity that has not begun.
 * Ids of checks are those of docs/checks.md.
 */
export function mayPass({ code = 'internal', checks }: Pick<Judgement, 'code' | 'checks'>): boolean {
  if (PASSING.has(code)) return true;
  const failed = checks.find(({ result }) => result === 'fail');
  switch (code) {
    case 'status':
      // A kind of status that is not known here stands in the credential itself; all else is the list's.
      return !failed?.where?.endsWith('/type');
    case 'issuer':
      return failed?.id === 'verify.did';
    case 'proof':
      return failed?.id === 'verify.key';
    case 'expired':
      return BEGINS.test(failed?.where ?? '');
    default:
      return false;
  }
}
