import { evidenceBasis } from '../compliance/basis.ts';
import type { EvidenceItem } from '../compliance/decision.ts';
import type { ClaimNode } from '../credentials/claims.ts';
import { controls } from '../credentials/control.ts';
import type { Policy } from '../policy.ts';
import type { Reader } from './database.ts';
import type { Row } from './schema.ts';

/** Types that state a registration number, and the property that holds it. */
const NUMBERS: Record<string, string> = {
  'gx:VatID': 'gx:vatID',
  'gx:LeiCode': 'schema:leiCode',
  'gx:EORI': 'gx:eori',
  'gx:EUID': 'gx:euid',
  'gx:TaxID': 'schema:taxID',
  'gx:LocalRegistrationNumber': 'gx:local',
  'gx:CountryCompanyNumber': 'gx:countryCompanyNumber',
};

/** Flat facts of an evidence subject, for schemes and pages. */
export function factsOf(type: string, claims: ClaimNode): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const [name, value] of Object.entries(claims)) {
    if (name.startsWith('@') || !Array.isArray(value)) continue;
    const first = value[0];
    const plain = first !== null && typeof first === 'object' ? (first as ClaimNode)['@id'] : first;
    if (plain !== undefined) facts[name.replace(/^[a-z]+:/, '')] = String(plain);
  }
  const property = NUMBERS[type];
  const number = property ? (claims[property] as unknown[] | undefined)?.[0] : undefined;
  if (number !== undefined) facts.number = String(number);
  return facts;
}

/**
 * The credentials that speak about any of the ids and hold at the time, each with its basis under this node's policy.
 *
 * @param owner issuer of the listing they are read for: what it says of itself is a claim, and a registration number
 *   counts only under an id of its own, so that nobody can point at another company's number
 */
export async function evidenceAbout(
  db: Reader,
  ids: string[],
  owner: string,
  policy: Policy,
  now: Date,
): Promise<EvidenceItem[]> {
  if (ids.length === 0) return [];
  const at = now.toISOString();
  const rows = await db
    .selectFrom('evidence')
    .selectAll()
    .where('about', 'in', ids)
    .where('valid_until', '>', at)
    .where('valid_from', '<=', at)
    .orderBy('digest')
    .execute();
  return rows
    .filter((row) => !(row.type in NUMBERS) || (controls(owner, row.about) && !row.about.startsWith('urn:')))
    .map((row) => itemOf(row, owner, policy, now));
}

export function itemOf(row: Row<'evidence'>, owner: string, policy: Policy, now: Date): EvidenceItem {
  const facts = factsOf(row.type, JSON.parse(row.subjects) as ClaimNode);
  return {
    digest: row.digest,
    type: row.type,
    about: [row.about],
    issuer: row.issuer,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    basis: evidenceBasis(row.issuer, row.type, facts, policy.trust, now, owner),
    facts,
  };
}
