import manifest from '../../package.json' with { type: 'json' };
import { namesOf } from '../compliance/clearing-house.ts';
import type { Decision } from '../compliance/decision.ts';
import { statusEntry } from '../credentials/issuing/status-list.ts';
import type { Clocked, Database } from './database.ts';
import { witnesses } from './label-history.ts';
import { statusListUrl } from './own-status.ts';

interface GaiaXLabelDeps extends Clocked {
  database: Database;
  /** Base URL of this node. */
  url: string;
  did: string;
  /** Signs as vc+jwt. */
  sign: (document: object) => Promise<string>;
}

/** The Gaia-X label of a listing that stands now. */
export interface GaiaXLabel {
  /** Digest of the label of this node that it says again. */
  of: string;
  jwt: string;
}

/** The listing's label as Gaia-X clearing houses give theirs; undefined where no Gaia-X level holds. */
export type GiveGaiaXLabel = (key: string) => Promise<GaiaXLabel | undefined>;

/** Where the criteria of an edition are published. */
const CRITERIA = 'https://docs.gaia-x.eu/policy-rules-committee/compliance-document';

/**
 * Says a label of this node again as a gx:LabelCredential, the form of Gaia-X 25.11. It is signed when somebody asks, and
 * only while the label stands; it has the begin, the end and the entry in the status list of that label, so that it ends
 * wherever that one does and no later signature says more than an earlier one.
 */
export function createGaiaXLabel({ database: { read: db }, clock, url, did, sign }: GaiaXLabelDeps): GiveGaiaXLabel {
  return async (key) => {
    const row = await db
      .selectFrom('decision')
      .innerJoin('label', 'label.digest', 'decision.label')
      .innerJoin('own_status', 'own_status.digest', 'label.digest')
      .innerJoin('listing', 'listing.digest', 'label.about')
      .select(['decision.decision', 'label.digest', 'label.at', 'label.valid_until', 'list', 'idx'])
      .where('decision.key', '=', key)
      .where('decision.scheme', '=', 'gaia-x')
      .where('label.state', '=', 'current')
      .where('listing.state', '=', 'current')
      .where('label.valid_until', '>', clock().toISOString())
      .executeTakeFirst();
    if (!row) return undefined;
    const decision = JSON.parse(row.decision) as Decision;
    const id = `${url}/api/v1/listings/${key}/labels/gaia-x.jwt?of=${row.digest}`;
    const document = {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/development#'],
      id,
      type: ['VerifiableCredential'],
      issuer: did,
      validFrom: row.at,
      validUntil: row.valid_until,
      credentialStatus: statusEntry(statusListUrl(url, row.list), row.idx),
      credentialSubject: {
        id: `${id}#cs`,
        type: 'gx:LabelCredential',
        'gx:labelLevel': decision.level,
        'gx:engineVersion': `kontor ${manifest.version}`,
        'gx:rulesVersion': `CD${rulesOf(decision)}`,
        'gx:compliantCredentials': await compliant(restedOn(decision)),
        'gx:validatedCriteria': criteriaOf(decision),
      },
    };
    return { of: row.digest, jwt: await sign(document) };
  };

  async function compliant(digests: string[]): Promise<object[]> {
    const read = await witnesses(db, digests);
    return Promise.all(
      read.map(async ({ digest, type }) => {
        const object = db.selectFrom('object').select('bytes').where('digest', '=', digest);
        const names = namesOf((await object.executeTakeFirstOrThrow()).bytes);
        return {
          ...(names.length > 1 ? { id: names[0] } : {}),
          type: 'gx:CompliantCredential',
          'gx:credentialType': type,
          digestSRI: names.at(-1),
        };
      }),
    );
  }
}

/** What the criteria of the level rest on: what was read for the next level only is no part of this one. */
const restedOn = ({ criteria }: Decision): string[] =>
  [...new Set(criteria.flatMap(({ evidence }) => evidence))].sort();

/** The edition of the compliance document that the scheme follows. */
const rulesOf = ({ edition }: Decision): string => /^\d+\.\d+/.exec(edition)?.[0] ?? edition;

/** Published addresses of the criteria that are met; what the scheme asks beyond them has none. */
const criteriaOf = (decision: Decision): string[] =>
  decision.criteria
    .filter(({ id, result }) => result === 'met' && /^PA?\d/.test(id))
    .map(({ id }) => {
      const page = id.startsWith('PA') ? 'criteria_participant' : 'criteria_cloud_services';
      return `${CRITERIA}/${rulesOf(decision)}/${page}/#${id}`;
    });
