import type { Description } from '../compliance/description.ts';
import { controls, isUnowned } from '../credentials/control.ts';
import type { Policy } from '../policy.ts';
import type { Reader } from './database.ts';

/** Listings looked at to learn whether their owners name an attester. */
const MAX_ASKED = 200;

/**
 * Whether anybody here listens to this issuer about the subject: the operator, whoever owns the subject, or the owner of
 * a listing that rests on it and names the issuer as attester, there or in its own self-description.
 */
export async function isHeard(db: Reader, subject: string, issuer: string, policy: Policy): Promise<boolean> {
  if (isTrusted(issuer, policy) || (!isUnowned(subject) && controls(issuer, subject))) return true;
  const resting = await db
    .selectFrom('depends')
    .innerJoin('listing', 'listing.key', 'depends.key')
    .select(['listing.key', 'listing.issuer'])
    .where('depends.on_id', '=', subject)
    .limit(MAX_ASKED)
    .execute();
  if (resting.length === 0) return false;
  if (resting.some((one) => one.issuer === issuer)) return true;
  const rows = await db
    .selectFrom('version')
    .innerJoin('listing', 'listing.digest', 'version.digest')
    .select('version.description')
    .where('version.state', '=', 'current')
    .where((where) =>
      where.or([
        where(
          'version.key',
          'in',
          resting.map((one) => one.key),
        ),
        where.and([
          where('listing.kind', '=', 'participant'),
          where(
            'version.issuer',
            'in',
            resting.map((one) => one.issuer),
          ),
        ]),
      ]),
    )
    .limit(MAX_ASKED)
    .execute();
  return rows.some((row) => (JSON.parse(row.description) as Description).attesters?.includes(issuer));
}

/** Whether the operator lets this issuer vouch for anything. */
export const isTrusted = (issuer: string, policy: Policy): boolean =>
  policy.trust.some((entry) => entry.did === issuer);
