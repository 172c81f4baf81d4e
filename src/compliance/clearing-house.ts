import type { Checks } from '../credentials/check.ts';
import { isSubjectId } from '../credentials/control.ts';
import type { VerifiedCredential } from '../credentials/credential.ts';
import { hashesOf, matchesDigest, readDigest } from '../credentials/digest.ts';
import { formsOf } from '../credentials/integrity.ts';
import { type ClaimNode, isNode, values } from '../credentials/jsonld/claims.ts';
import { LABEL_CREDENTIAL } from './basis.ts';
import { type Finding, met, unmet, unsaid } from './certificate-rules.ts';
import type { EvidenceItem } from './decision.ts';
import type { Description } from './description.ts';

/*
 * Labels of Gaia-X clearing houses, in two generations: a gx:LabelCredential names the credentials it vouches for under
 * gx:compliantCredentials, as the 25.11 shape has it (gx:credentialType, digestSRI) or as it was issued before (the
 * class as type, gx:digestSRI); a compliance credential of 22.10, whose gx: is tagus: here, has a subject of type
 * gx:compliance for each (gx:integrity). Other marketplaces issue the same type with levels of their own, so who signed it
 * decides.
 */

const COMPLIANCE = 'tagus:compliance';
/** Value of `facts.scheme`, and id of the scheme that judges these labels. */
const SCHEME = 'gaia-x-clearing-house';
/** Level of the generation that has none. */
const COMPLIANT = 'compliant';
const MAX_CREDENTIALS = 100;
const MAX_CRITERIA = 200;
const MAX_TEXT = 200;
/** Longer ids are no names: others store them. */
const MAX_ID = 2_048;

/** A label in one form, whatever generation it is of. */
export interface ClearingLabel {
  /** What it is about by its own id. */
  about: string;
  /** Ids and digests by which it names credentials. */
  names: string[];
  /** The label as a gx:LabelCredential of the 25.11 shape. */
  claims: ClaimNode;
}

export const isClearingLabel = ({ types, subjects }: Pick<VerifiedCredential, 'types' | 'subjects'>): boolean =>
  types.includes(LABEL_CREDENTIAL) ||
  subjects.some(({ '@type': own = [] }) => own.includes(LABEL_CREDENTIAL) || own.includes(COMPLIANCE));

/** What a credential is named by in labels: its id, if it has one, and then the digest of its RFC 8785 form. */
export function namesOf(bytes: Uint8Array): string[] {
  const canonical = formsOf(bytes).at(-1)!;
  const { id, vc, jti } = JSON.parse(Buffer.from(canonical).toString('utf8')) as Record<string, unknown>;
  const named = [id, (vc as ClaimNode | undefined)?.id, jti].find((one) => typeof one === 'string') as
    | string
    | undefined;
  const digest = `sha256-${hashesOf(canonical)('sha256').toString('base64')}`;
  return named && named.length <= MAX_ID ? [named, digest] : [digest];
}

/** Reads a label; writes why it cannot be one. */
export function readClearingLabel(
  { subjects, id }: Pick<VerifiedCredential, 'subjects' | 'id'>,
  checks: Checks,
): ClearingLabel | undefined {
  const fail = (where: string, why: string, allowed: string) => {
    const mend = 'Send the label as the clearing house issued it, or ask for another';
    checks.fail('shape', 'shape.label', why, { where, allowed, mend });
    return undefined;
  };
  const older = subjects.filter(({ '@type': own }) => own?.includes(COMPLIANCE));
  if (older.length > 0 ? older.length < subjects.length : subjects.length !== 1)
    return fail(
      '/credentialSubject',
      `It is a label, and speaks about ${subjects.length} subjects`,
      `one subject of type ${LABEL_CREDENTIAL}, or subjects of type gx:compliance alone`,
    );
  const [subject] = subjects as [ClaimNode];
  const listed = older.length > 0 ? older.map(entryOfOlder) : values(subject, 'gx:compliantCredentials').map(entryOf);
  if (listed.length > MAX_CREDENTIALS)
    return fail(
      '/credentialSubject',
      `It names ${listed.length} credentials`,
      `up to ${MAX_CREDENTIALS} credentials in one label`,
    );
  const about = [...(older.length > 0 ? [] : [subject['@id']]), id, listed[0]?.['@id']].find(isSubjectId);
  if (about === undefined)
    return fail('/id', 'Neither the label nor its subject has an id', 'an https URL, a DID or urn:uuid');
  const text = (property: string): string[] => values(subject, property).map(plain).slice(0, 1);
  const level = older.length > 0 ? [COMPLIANT] : text('gx:labelLevel');
  if (level.length === 0) return fail('/credentialSubject', 'The label names no level', 'gx:labelLevel, such as SC');
  const criteria = values(subject, 'gx:validatedCriteria').slice(0, MAX_CRITERIA).flatMap(criterionOf);
  checks.pass('shape.label', `A label of level ${level[0]} for ${listed.length} credentials`);
  return {
    about,
    names: [...new Set(listed.flatMap(namesIn))],
    claims: {
      '@id': about,
      '@type': [LABEL_CREDENTIAL],
      'gx:labelLevel': level,
      'gx:rulesVersion': older.length > 0 ? text('tagus:version') : text('gx:rulesVersion'),
      'gx:engineVersion': text('gx:engineVersion'),
      ...(older.length > 0 ? {} : { 'gx:validatedCriteria': criteria }),
      'gx:compliantCredentials': listed,
    },
  };
}

/** A value for people and comparison; of a node its notation or id. */
const plain = (value: unknown): string => {
  const node = value as ClaimNode;
  const said = typeof value === 'object' ? (values(node, 'skos:notation')[0] ?? node['@id']) : value;
  return String(said ?? '').slice(0, MAX_TEXT);
};

const listedAs = (id: string | undefined, type: string, digest: unknown): ClaimNode => ({
  ...(id && id.length <= MAX_ID ? { '@id': id } : {}),
  'gx:credentialType': [type],
  ...(digest === undefined ? {} : { 'cred:digestSRI': [plain(digest)] }),
});

const entryOf = (value: unknown): ClaimNode => {
  if (!isNode(value as ClaimNode)) return listedAs(plain(value), '', undefined);
  const node = value as ClaimNode;
  const digest = values(node, 'cred:digestSRI')[0] ?? values(node, 'gx:digestSRI')[0];
  return listedAs(node['@id'], plain(values(node, 'gx:credentialType')[0] ?? node['@type']?.[0]), digest);
};

const entryOfOlder = (node: ClaimNode): ClaimNode =>
  listedAs(node['@id'], plain(values(node, 'tagus:type')[0]), values(node, 'tagus:integrity')[0]);

/** Numbers of criteria, however they are addressed: `.../25.10/criteria_participant/#PA1.1` is PA1.1. */
const criterionOf = (value: unknown): string[] => /(?:^|[#/])(PA?\d[\d.]*)$/.exec(plain(value))?.slice(1, 2) ?? [];

const digestIn = (entry: ClaimNode) => {
  const read = readDigest(values(entry, 'cred:digestSRI')[0], 'sri');
  return read.ok ? read.value : undefined;
};

/** An id leads to a version as well as a digest does; only the digest says that it is the one. */
function namesIn(entry: ClaimNode): string[] {
  const digest = digestIn(entry);
  const hashes = digest?.hash.name === 'sha256' ? digest.values.map((one) => `sha256-${one.toString('base64')}`) : [];
  return [...(entry['@id'] && !entry['@id'].startsWith('_:') ? [entry['@id']] : []), ...hashes];
}

/**
 * A label as the facts of a certificate about one version of a listing. `version` is `this` where it gives the digest of
 * that very credential, `another` where the digest is not that, `unsaid` where it names the credential without a digest,
 * and `none` where it does not name it.
 */
export function labelFacts(
  claims: ClaimNode,
  { bytes, names }: { bytes: Uint8Array; names: string[] },
): Record<string, string> {
  const forms = formsOf(bytes).map(hashesOf);
  const entries = values(claims, 'gx:compliantCredentials').filter(isNode);
  const states = entries.map((entry): string => {
    const digest = digestIn(entry);
    if (digest && forms.some((form) => matchesDigest(form, digest).ok)) return 'this';
    if (!names.includes(entry['@id'] ?? '')) return 'none';
    return digest ? 'another' : 'unsaid';
  });
  const version = ['this', 'another', 'unsaid'].find((state) => states.includes(state)) ?? 'none';
  const text = (name: string, property: string) => {
    const said = values(claims, property);
    return said.length > 0 ? { [name]: said.join(' ') } : {};
  };
  return {
    scheme: SCHEME,
    version,
    ...text('level', 'gx:labelLevel'),
    ...text('edition', 'gx:rulesVersion'),
    ...text('engine', 'gx:engineVersion'),
    ...('gx:validatedCriteria' in claims ? { criteria: values(claims, 'gx:validatedCriteria').join(' ') } : {}),
  };
}

/** Criteria of participants are numbered PA, those of services P. */
const criteriaIn = ({ criteria = '' }: EvidenceItem['facts']) => {
  const ids = criteria.split(' ').filter(Boolean);
  return { participant: ids.some((id) => id.startsWith('PA')), service: ids.some((id) => !id.startsWith('PA')) };
};
const isService = ({ kind }: Description): boolean => kind === 'offering' || kind === 'data-product';

/** A label for a service lists the credentials of its provider and resources, too: it grades none of those. */
export const concerns = (description: Description, facts: EvidenceItem['facts']): boolean =>
  isService(description) || criteriaIn(facts).participant || !criteriaIn(facts).service;

/** What a label grades is told by its criteria: that of a participant looks like that of a service otherwise. */
export function labelScope({ facts }: EvidenceItem, description: Description): Finding {
  if (facts.criteria === undefined) return met('It says that this credential is compliant');
  const { participant, service } = criteriaIn(facts);
  if (!participant && !service)
    return unsaid(
      'It does not say which criteria were validated',
      'Ask the clearing house for a label that lists them',
    );
  if (isService(description))
    return service
      ? met('It was validated against criteria for services')
      : unmet('It grades a participant, and this is a service', 'Ask the clearing house for a label of the service');
  if (description.kind === 'participant') return met('It was validated against criteria for participants');
  return unmet('It grades a participant, and this is a resource');
}

/** A label is worth what it was given for: one version, told by its digest. */
export function labelVersion({ facts }: EvidenceItem): Finding {
  const mend = 'Ask the clearing house for a label of the version that is listed';
  if (facts.version === 'this') return met('It gives the digest of the version that is listed');
  if (facts.version === 'another')
    return unmet('It is about another version: the digest it gives is not that of the version listed here', mend);
  if (facts.version === 'unsaid')
    return unsaid(
      'It names this credential without a digest that can be read, so that it may be about any version',
      mend,
    );
  return unmet('It names what is listed here, and not the credential that says so', mend);
}
