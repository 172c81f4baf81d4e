import type { TrustRole } from '../policy.ts';

/** What a role lets a party vouch for: "may vouch for ...". */
export const VOUCHES_FOR: Record<TrustRole, string> = {
  'registration-number': 'registration numbers',
  certificate: 'certificates',
  'assessment-body': 'certificates, as an accredited assessment body',
  'clearing-house': 'labels, as a Gaia-X clearing house',
};
