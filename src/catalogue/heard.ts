import type { ExpressionBuilder } from 'kysely';
import type { Description } from '../compliance/description.ts';
import { controls, isUnowned, ownersOf } from '../credentials/control.ts';
import type { Policy } from '../policy.ts';
import type { Reader } from './database.ts';
import type { Tables } from './schema.ts';

/** Listings looked at to learn whether their owners name an attester. */
const MAX_ASKED = 200;

/**
 * Whether anybody here listens to this issuer about the subject: the operator, whoever owns the subject, or the owner of
 * a listing that rests on it and names the issuer as attester, there or in its own self-description. Whoever owns the
 * subject is asked first, so that no crowd of listings that name it, too, can stand before them.
 */
export async function isHeard(db: Reader, subject: string, issuer: string, policy: Policy): Promise<boolean> {
  if (isTrusted(issuer, policy) || (!isUnowned(subject) && controls(issuer, subject))) return true;
  const owners = ownersOf(subject);
  const owned = ({ or, eb }: ExpressionBuilder<Pick<Tables, 'listing'>, 'listing'>) =>
    or([eb('listing.subject', '=', subject), eb('listing.issuer', 'in', owners)]);
  const resting = await db
    .selectFrom('depends')
    .innerJoin('listing', 'listing.key', 'depends.key')
    .select(['listing.key', 'listing.issuer'])
    .where('depends.on_id', '=', subject)
    .orderBy((where) => where('listing.issuer', '=', issuer), 'desc')
    .orderBy(owned, 'desc')
    .limit(MAX_ASKED)
    .execute();
  if (resting.length === 0) return false;
  if (resting.some((one) => one.issuer === issuer)) return true;
  const rows = await db
    .selectFrom('listing')
    .innerJoin('version', 'version.digest', 'listing.digest')
    .select('version.description')
    .where('version.state', '=', 'current')
    .where((where) =>
      where.or([
        where(
          'listing.key',
          'in',
          resting.map((one) => one.key),
        ),
        where.and([
          where('listing.kind', '=', 'participant'),
          where(
            'listing.issuer',
            'in',
            resting.map((one) => one.issuer),
          ),
        ]),
      ]),
    )
    .orderBy(owned, 'desc')
    .limit(MAX_ASKED)
    .execute();
  return rows.some((row) => (JSON.parse(row.description) as Description).attesters?.includes(issuer));
}

/** Whether the operator lets this issuer vouch for anything. */
export const isTrusted = (issuer: string, policy: Policy): boolean =>
  policy.trust.some((entry) => entry.did === issuer);
