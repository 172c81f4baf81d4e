import { evidenceBasis } from '../compliance/basis.ts';
import type { EvidenceItem } from '../compliance/decision.ts';
import { controls, isUnowned } from '../credentials/control.ts';
import { CLOCK_SKEW_MS } from '../credentials/credential.ts';
import type { ClaimNode } from '../credentials/jsonld/claims.ts';
import type { Policy } from '../policy.ts';
import type { Reader } from './database.ts';
import type { ListingCertification } from './listing.ts';
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

/** Flat facts of an evidence subject, for schemes and pages; of a list, all its members, joined by spaces. */
function factsOf(type: string, claims: ClaimNode): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const [name, value] of Object.entries(claims)) {
    if (name.startsWith('@') || !Array.isArray(value)) continue;
    const plain = value.map((one) => (one !== null && typeof one === 'object' ? (one as ClaimNode)['@id'] : one));
    const said = plain.filter((one) => one !== undefined && one !== null);
    if (said.length > 0) facts[name.replace(/^[a-z]+:/, '')] = said.join(' ');
  }
  const property = NUMBERS[type];
  const number = property ? (claims[property] as unknown[] | undefined)?.[0] : undefined;
  if (number !== undefined) facts.number = String(number);
  // Answers of an assessment, `SOV-1.1=4 SOV-1.2=5`.
  const answers = ((claims['kontor:answer'] as ClaimNode[] | undefined) ?? []).map(
    (answer) => `${answer['kontor:criterionId']}=${answer['kontor:choice']}`,
  );
  if (answers.length > 0) facts.answers = answers.join(' ');
  return facts;
}

/** Whose evidence is read: the ids it may speak about, and who owns them. */
export interface EvidenceScope {
  /** Ids of the offering, its provider and its issuer. */
  subjects: string[];
  /** Ids under which registration numbers are referred to. */
  registrations: string[];
  /** Issuer of the listing: what it says of itself is a claim. */
  owner: string;
  /** Third parties that the owner names; those on the trust list need no naming. */
  attesters: string[];
}

/**
 * The credentials that count for a listing at the time, each with its basis under this node's policy.
 *
 * Nobody can gain or lose by another's papers: a number counts only under an id of the owner's own, a certificate only
 * about the offering or its provider, nothing by strangers whom neither the operator nor the owner named, and an id that
 * nobody owns (urn:uuid) is spoken for by its own issuer alone.
 */
export async function evidenceFor(
  db: Reader,
  { subjects, registrations, owner, attesters }: EvidenceScope,
  policy: Policy,
  now: Date,
): Promise<EvidenceItem[]> {
  const at = now.toISOString();
  const rows = await db
    .selectFrom('evidence')
    .selectAll()
    .where('about', 'in', [...new Set([...subjects, ...registrations])])
    .where('state', 'not in', ['revoked', 'suspended', 'status-unknown'])
    .where('valid_until', '>', at)
    .where('valid_from', '<=', new Date(now.getTime() + CLOCK_SKEW_MS).toISOString())
    .orderBy('digest')
    .execute();
  const heard = new Set([owner, ...attesters, ...policy.trust.map((entry) => entry.did)]);
  const counts = ({ type, about, issuer }: Row<'evidence'>): boolean => {
    if (isUnowned(about)) return issuer === owner;
    if (!heard.has(issuer)) return false;
    return type in NUMBERS ? registrations.includes(about) && controls(owner, about) : subjects.includes(about);
  };
  return rows.filter(counts).map((row) => itemOf(row, owner, policy, now));
}

/** The certificates among it, as lists show them. */
export function certificationsOf(evidence: EvidenceItem[]): ListingCertification[] {
  return evidence
    .filter(({ type }) => type === 'kontor:Certificate')
    .map(({ facts, issuer, basis, validUntil, digest }) => ({
      scheme: facts.scheme ?? '',
      ...(facts.level ? { level: facts.level } : {}),
      ...(facts.scope ? { scope: facts.scope } : {}),
      issuer,
      basis,
      validUntil,
      digest,
    }));
}

function itemOf(row: Row<'evidence'>, owner: string, policy: Policy, now: Date): EvidenceItem {
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
