import { CERTIFICATE, evidenceBasis, LABEL_CREDENTIAL, mandateOf } from '../compliance/basis.ts';
import { labelFacts } from '../compliance/clearing-house.ts';
import type { Decision, EvidenceItem, ShownBasis } from '../compliance/decision.ts';
import { order } from '../compliance/vouched.ts';
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

/** Why a certificate by somebody on the trust list is beyond the mandates there; undefined where it is not, or nobody is. */
export function beyondMandate(
  issuer: string,
  { type, claims }: { type: string; claims: ClaimNode },
  { trust }: Policy,
  now: Date,
): string | undefined {
  const own = trust.filter(({ did }) => did === issuer);
  const facts = factsOf(type, claims);
  if (type !== CERTIFICATE || own.length === 0 || mandateOf(issuer, type, facts, own, now)) return undefined;
  return `${issuer} is on this node's trust list, but not for "${(facts.scheme ?? '').slice(0, 100)}" today`;
}

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

/** Read of one listing: of statements in force, and of certificates that ended; those of trusted issuers first, then the newest. */
const MAX_IN_FORCE = 500;
const MAX_ENDED = 100;

/** Whose evidence is read: the ids it may speak about, and who owns them. */
export interface EvidenceScope {
  /** The version that is judged. */
  version: Pick<Row<'version'>, 'digest' | 'subject' | 'names'>;
  /** Ids of the offering, its provider and its issuer. */
  subjects: string[];
  /** Ids under which registration numbers are referred to. */
  registrations: string[];
  /** Labels of clearing houses that name the version. */
  labels: { digest: string }[];
  /** Issuer of the listing: what it says of itself is a claim. */
  owner: string;
  /** Third parties that the owner names; those on the trust list need no naming. */
  attesters: string[];
}

/** States of what its issuer took back. */
const ENDED = ['revoked', 'suspended'];

/** A certificate that counted once. */
export interface LapsedItem extends EvidenceItem {
  ended: NonNullable<ListingCertification['ended']>;
}

/**
 * The credentials that count for a listing at the time, each with its basis under this node's policy; and certificates
 * that counted once, which no decision looks at. One whose status cannot be learned is among the first, marked as unchecked.
 *
 * Nobody can gain or lose by another's papers: a number counts only under an id of the owner's own, a certificate only
 * about the offering or its provider, a label of a clearing house only for what it names, nothing by strangers whom
 * neither the operator nor the owner named, and an id that nobody owns (urn:uuid) is spoken for by its own issuer alone.
 */
export async function evidenceFor(
  db: Reader,
  { version, subjects, registrations, labels, owner, attesters }: EvidenceScope,
  policy: Policy,
  now: Date,
): Promise<{ evidence: EvidenceItem[]; lapsed: LapsedItem[] }> {
  const at = now.toISOString();
  const named = new Set(labels.map(({ digest }) => digest));
  const trusted = policy.trust.map(({ did }) => did);
  const begun = db
    .selectFrom('evidence')
    .selectAll()
    .where((where) =>
      where.or([
        where('about', 'in', [...new Set([...subjects, ...registrations])]),
        where('digest', 'in', [...named]),
      ]),
    )
    .where('issuer', 'in', [owner, ...attesters, ...trusted])
    .where('valid_from', '<=', new Date(now.getTime() + CLOCK_SKEW_MS).toISOString())
    .orderBy((where) => where('issuer', 'in', trusted), 'desc')
    .orderBy('valid_from', 'desc')
    .orderBy('digest', 'desc');
  const inForce = begun.where('valid_until', '>', at).where('state', 'not in', ENDED);
  const ended = begun
    .where('type', '=', CERTIFICATE)
    .where((where) => where.or([where('valid_until', '<=', at), where('state', 'in', ENDED)]));
  const counts = ({ digest, type, about, issuer }: Row<'evidence'>): boolean => {
    if (type === LABEL_CREDENTIAL) return named.has(digest) || about === version.subject;
    if (isUnowned(about)) return issuer === owner;
    return type in NUMBERS ? registrations.includes(about) && controls(owner, about) : subjects.includes(about);
  };
  const counted = (await inForce.limit(MAX_IN_FORCE).execute())
    .filter(counts)
    .sort((a, b) => order(a.digest, b.digest));
  const labelled = counted.some(({ type }) => type === LABEL_CREDENTIAL) ? await listed(db, version) : undefined;
  const itemOf = (row: Row<'evidence'>): EvidenceItem => {
    const claims = JSON.parse(row.subjects) as ClaimNode;
    const isLabel = labelled && row.type === LABEL_CREDENTIAL;
    const facts = isLabel ? labelFacts(claims, labelled) : factsOf(row.type, claims);
    return {
      digest: row.digest,
      type: row.type,
      about: [isLabel ? version.subject : row.about],
      issuer: row.issuer,
      validFrom: row.valid_from,
      validUntil: row.valid_until,
      basis: evidenceBasis(row.issuer, row.type, facts, policy.trust, now, owner),
      facts,
      ...(row.state === 'status-unknown' ? { unchecked: true } : {}),
    };
  };
  const endOf = ({ state }: Row<'evidence'>): LapsedItem['ended'] =>
    state === 'revoked' || state === 'suspended' ? state : 'expired';
  const lapsed = (await ended.limit(MAX_ENDED).execute()).filter(counts);
  return { evidence: counted.map(itemOf), lapsed: lapsed.map((row) => ({ ...itemOf(row), ended: endOf(row) })) };
}

/** A version as labels name it. */
async function listed(db: Reader, { digest, names }: EvidenceScope['version']) {
  const object = db.selectFrom('object').select('bytes').where('digest', '=', digest);
  return { bytes: (await object.executeTakeFirstOrThrow()).bytes, names: JSON.parse(names) as string[] };
}

/** What somebody trusted signed and proves nothing yet says more than what anybody says of itself. */
const BEST: ShownBasis[] = ['verified', 'attested', 'unknown', 'claimed', 'lapsed'];

/**
 * The certificates among it, the best first: each as sure as the scheme finds it that it is about. Of a scheme under
 * which none is held any more the last that lapsed, behind all others.
 */
export function certificationsOf(
  { evidence, lapsed }: { evidence: EvidenceItem[]; lapsed: LapsedItem[] },
  decisions: Decision[],
): ListingCertification[] {
  const held = decisions.flatMap((decision) => decision.held ?? []);
  const found = new Map(held.map((one) => [one.digest, one]));
  // Levels of such a scheme are computed: no paper can state one, and it is worth what it proves of a criterion.
  const computed = new Map(decisions.flatMap((one) => (one.held ? [] : [[one.scheme, one]])));
  const basisOf = ({ digest, facts, basis, unchecked }: EvidenceItem): ListingCertification['basis'] => {
    const decision = computed.get(facts.scheme ?? '');
    const proves = !decision || decision.evidence.includes(digest);
    return found.get(digest)?.basis ?? (unchecked || !proves ? 'unknown' : basis);
  };
  const levelOf = ({ scheme = '', level, certificateType }: EvidenceItem['facts']) => {
    const said = computed.has(scheme) ? undefined : (level ?? certificateType);
    return said ? { level: said } : {};
  };
  const shown = ({ facts, issuer, validUntil, digest }: EvidenceItem) => ({
    scheme: facts.scheme ?? '',
    ...levelOf(facts),
    ...(facts.scope ? { scope: facts.scope } : {}),
    issuer,
    validUntil: found.get(digest)?.until ?? validUntil,
    digest,
  });
  const current = evidence
    .filter(({ type }) => type === CERTIFICATE)
    .map((item) => ({ item, basis: basisOf(item) }))
    .sort(
      (a, b) =>
        BEST.indexOf(a.basis) - BEST.indexOf(b.basis) ||
        order(b.item.validFrom, a.item.validFrom) ||
        order(a.item.digest, b.item.digest),
    )
    .map(({ item, basis }) => ({ ...shown(item), basis }));
  const former = new Map<string, ListingCertification>();
  for (const item of lapsed.toSorted((a, b) => order(a.validFrom, b.validFrom) || order(a.digest, b.digest)))
    if (!current.some(({ scheme }) => scheme === item.facts.scheme))
      former.set(item.facts.scheme ?? '', { ...shown(item), basis: 'lapsed', ended: item.ended });
  return [...current, ...former.values()];
}
