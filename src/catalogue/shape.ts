import { LABEL_CREDENTIAL } from '../compliance/basis.ts';
import { isClearingLabel, readClearingLabel } from '../compliance/clearing-house.ts';
import type { Description } from '../compliance/description.ts';
import type { Compliance } from '../compliance/load.ts';
import type { Checks } from '../credentials/check.ts';
import { controls, isSubjectId, permits } from '../credentials/control.ts';
import type { Rung, VerifiedCredential } from '../credentials/credential.ts';
import { type ClaimNode, values } from '../credentials/jsonld/claims.ts';
import { admission, type Policy } from '../policy.ts';
import { listingKey } from './listing.ts';

/** The fourth rung: a verified credential that says what its kind must say. */
export type Shaped = Rung<'shaped'> & { verified: VerifiedCredential; subject: string; key: string } & (
    | { kind: 'listing'; description: Description; references: string[] }
    /** `names`: of a label of a clearing house, the credentials it names. */
    | { kind: 'evidence'; type: string; claims: ClaimNode; names?: string[] }
    | { kind: 'withdrawal'; reason: string }
    | { kind: 'label'; label: LabelClaims }
  );

/** What a label credential says. */
export interface LabelClaims {
  about: string;
  scheme: string;
  level: string;
  basis: string;
}

const WITHDRAWAL = 'kontor:ListingWithdrawal';
const LABEL = 'kontor:TrustLabelCredential';
/** Other subjects one listing may rest on. */
const MAX_REFERENCES = 300;
/** The check that each constraint of a shape belongs to; all others are about what a value may be. */
const SHAPE_CHECKS: Record<string, string> = {
  shape: 'shape.type',
  term: 'shape.term',
  required: 'shape.required',
  count: 'shape.count',
  class: 'shape.class',
  closed: 'shape.closed',
  logic: 'shape.logic',
  depth: 'shape.size',
  size: 'shape.size',
};

/** Does it say what it must, and may this issuer say it here? Writes every check; undefined when one failed. */
export function shape(
  verified: VerifiedCredential,
  { vocabulary, shapes, describe, references, evidence }: Compliance,
  policy: Policy,
  checks: Checks,
): Shaped | undefined {
  const { issuer, subjects, types, parsed } = verified;
  const local = parsed.submission.source.kind !== 'peer';
  const admitted = admission(policy, issuer);
  // Who is trusted to vouch may hand in what it vouches for, and nothing else.
  const vouches = policy.trust.some((entry) => entry.did === issuer) && isEvidence(verified, vocabulary);
  if (local && !admitted && !vouches) {
    checks.fail('not-admitted', 'shape.publisher', `${issuer} is not admitted to publish on this node`, {
      found: issuer,
      mend: 'Ask the operator of this node to admit this DID',
    });
    return undefined;
  }
  const rung = <T extends object>(about: string, value: T) =>
    ({ verified, subject: about, key: listingKey(about, issuer), ...value }) as unknown as Shaped;
  if (isClearingLabel(verified)) {
    const label = readClearingLabel(verified, checks);
    return label && rung(label.about, { kind: 'evidence', type: LABEL_CREDENTIAL, ...label });
  }
  if (subjects.length !== 1) {
    checks.fail('shape', 'shape.subject', `It speaks about ${subjects.length} subjects`, {
      where: '/credentialSubject',
      found: String(subjects.length),
      allowed: '1',
      mend: 'Issue one credential for each subject',
    });
    return undefined;
  }
  const given = subjects[0]!;
  const subjectTypes = given['@type'] ?? types.filter((type) => ![WITHDRAWAL, LABEL].includes(type));
  const claims: ClaimNode = { ...given, '@type': subjectTypes };
  const subject = given['@id'];
  if (!isSubjectId(subject)) {
    checks.fail(
      'shape',
      'shape.subject',
      subject ? 'The id of the subject is not one a listing can have' : 'The subject has no id',
      {
        where: '/credentialSubject/id',
        found: subject ? String(subject).slice(0, 200) : 'nothing',
        allowed: 'an https URL, a DID or urn:uuid, up to 2048 characters',
        mend: 'Give the subject an id under your own domain',
      },
    );
    return undefined;
  }
  if (types.includes(LABEL)) return labelRung(subject);
  const mayOwn = controls(issuer, subject) || permits(admitted?.subjects ?? [], subject);
  const kind = types.includes(WITHDRAWAL) ? 'withdrawal' : vocabulary.kindOf(subjectTypes);
  if (kind !== 'evidence' && !mayOwn) {
    checks.fail(
      'issuer',
      'shape.owner',
      `${issuer} may not speak for ${subject.slice(0, 200)}: the id is not under the issuer's own domain`,
      {
        where: '/credentialSubject/id',
        found: subject.slice(0, 200),
        allowed: `${issuer}, or a URL on its host`,
        mend: 'Use an id under your own domain, or sign with the DID that owns this id',
      },
    );
  }
  if (kind === 'withdrawal') {
    if (checks.failure) return undefined;
    checks.pass('shape.withdrawal', `It ends the listing of ${subject}`);
    const [reason] = values(claims, 'kontor:reason');
    return rung(subject, { kind, reason: typeof reason === 'string' ? reason.slice(0, 500) : '' });
  }
  if (kind === 'evidence' && subjectTypes.includes('gx:Issuer') && subject !== issuer) {
    checks.fail(
      'issuer',
      'shape.owner',
      `Terms are accepted in one's own name: it is about ${subject.slice(0, 200)}, signed by ${issuer}`,
      {
        where: '/credentialSubject/id',
        found: subject.slice(0, 200),
        allowed: issuer,
        mend: 'Set the id of the subject to the DID that signs',
      },
    );
  }
  for (const result of shapes.check(claims, { document: verified.document })) {
    const { path, found, allowed, why, rule } = result;
    if (result.ok) checks.pass('shape.conforms', why, { where: path });
    else
      checks.fail(rule === 'term' ? 'terms' : 'shape', SHAPE_CHECKS[rule.split('#').at(-1)!] ?? 'shape.value', why, {
        where: path,
        found,
        allowed,
        mend: result.mend,
      });
  }
  if (checks.failure) return undefined;
  if (kind === 'evidence') return rung(subject, { kind, ...evidence(claims) });
  if (kind === undefined) {
    checks.fail('shape', 'shape.type', `The type ${subjectTypes.join(', ').slice(0, 200)} is no kind of listing`, {
      where: '/credentialSubject/type',
      found: subjectTypes.join(', ').slice(0, 200),
      allowed: 'an offering, a data product, a resource or a participant',
      mend: 'State it inside the offering or participant that it belongs to',
    });
    return undefined;
  }
  const refers = references(claims);
  if (refers.length > MAX_REFERENCES) {
    checks.fail('shape', 'shape.references', `It refers to ${refers.length} other subjects`, {
      where: '/credentialSubject',
      found: String(refers.length),
      allowed: `up to ${MAX_REFERENCES}`,
      mend: 'Publish several listings, each with what it rests on',
    });
    return undefined;
  }
  return rung(subject, { kind: 'listing', description: describe(claims), references: refers });

  function labelRung(about: string): Shaped | undefined {
    const source = parsed.submission.source;
    const text = (name: string) => String((given[`kontor:${name}`] as unknown[] | undefined)?.[0] ?? '');
    const label = { about: text('about'), scheme: text('scheme'), level: text('level'), basis: text('basis') };
    if (source.kind !== 'peer' || source.did !== issuer) {
      checks.fail('issuer', 'shape.label', 'A label counts only from the log of the node that gives it', {
        found: issuer,
        allowed: source.kind === 'peer' ? source.did : 'labels are not submitted',
        mend: 'Publish the self-description; this node gives its own labels',
      });
      return undefined;
    }
    if (!/^[a-z0-9-]{1,64}$/.test(label.scheme) || !/^\S{1,64}$/.test(label.level) || !label.about) {
      checks.fail('shape', 'shape.label', 'The label does not say scheme, level and the version it is about', {
        where: '/credentialSubject',
        mend: 'Take the label as its own node publishes it',
      });
      return undefined;
    }
    checks.pass('shape.label', `${label.scheme}:${label.level} by ${issuer}`);
    return rung(about, { kind: 'label', label });
  }
}

const isEvidence = (verified: VerifiedCredential, vocabulary: Compliance['vocabulary']): boolean =>
  isClearingLabel(verified) || kindOf(verified, vocabulary) === 'evidence';
const kindOf = ({ subjects, types }: VerifiedCredential, vocabulary: Compliance['vocabulary']) =>
  vocabulary.kindOf(subjects[0]?.['@type'] ?? types);
