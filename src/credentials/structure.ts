import type { Code } from '../errors.ts';
import type { Checks } from './check.ts';
import { CLOCK_SKEW_MS, type JsonObject, type ParsedCredential, type VerifiedCredential } from './credential.ts';
import { meantMember } from './members.ts';
import type { ProofClaim } from './proofs/claim.ts';
import { isObject } from './strict-json.ts';
import { numericDate, parseTime } from './time.ts';

/** What the envelope of a credential says, before any signature is looked at. */
interface Envelope {
  issuer: string;
  version: '1.1' | '2.0';
}

const CONTEXTS = {
  '1.1': 'https://www.w3.org/2018/credentials/v1',
  '2.0': 'https://www.w3.org/ns/credentials/v2',
} as const;
const YEAR_MS = 365 * 86_400_000;
const LATEST = Date.UTC(9999, 11, 31);
const DID = /^did:[a-z0-9]+:[^\s/?#]+$/;

/** Objects that say of themselves what they are (https://www.w3.org/TR/vc-data-model-2.0/#types), and may have an id. */
const TYPED = ['credentialStatus', 'credentialSchema', 'refreshService', 'termsOfUse', 'evidence'];

type Fault = [where: string, why: string, mend: string];

const clip = (value: unknown) => JSON.stringify(value)?.slice(0, 120) ?? 'missing';
/** A URL as the data model means it: a scheme and something after it, no spaces; `urn:` and `did:` among them. */
const isUrl = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 2048 && /^[a-z][a-z0-9+.-]*:\S+$/i.test(value);

/**
 * Checks the parts every credential has (https://www.w3.org/TR/vc-data-model-2.0/#verifiable-credentials, or
 * https://www.w3.org/TR/2022/REC-vc-data-model-20220303/), and that a JWT and the credential in it agree.
 *
 * @param anyUrl whether an issuer may be any URL, as the data model allows; a catalogue wants a DID
 */
export function readEnvelope(
  { document, jwt }: Pick<ParsedCredential, 'document' | 'jwt'>,
  anyUrl: boolean,
  checks: Checks,
): Envelope | undefined {
  const fail = ([where, why, mend]: Fault, code: Code = 'malformed') => {
    checks.fail(code, 'verify.structure', why, { where, mend });
    return undefined;
  };
  const [first] = [document['@context']].flat();
  const version = first === CONTEXTS['2.0'] ? '2.0' : first === CONTEXTS['1.1'] ? '1.1' : undefined;
  if (!version || (version === '2.0' && !Array.isArray(document['@context'])))
    return fail([
      '/@context',
      version ? 'The contexts are not a list' : `The first context is ${clip(first)}`,
      `Begin the list "@context" with ${CONTEXTS['2.0']} (or ${CONTEXTS['1.1']} for VC 1.1)`,
    ]);
  const { issuer } = document;
  const issuerId = isObject(issuer) ? issuer.id : issuer;
  if (!isUrl(issuerId) || !(anyUrl || DID.test(issuerId)))
    return fail([
      '/issuer',
      `The issuer is ${clip(issuer)}`,
      'Name the issuer by its DID, for example did:web:provider.example',
    ]);
  for (const name of Object.keys(document)) {
    const meant = meantMember(name);
    if (meant && !(meant in document)) {
      const mend = 'Correct the spelling; a word that only a vocabulary defines is read by nobody here';
      checks.fail('terms', 'verify.terms', `The credential has "${name}"; did you mean ${meant}?`, {
        where: `/${name}`,
        found: name,
        allowed: meant,
        mend,
      });
      return undefined;
    }
  }
  const fault = version === '2.0' ? faultOf20(document) : faultOf11(document);
  if (fault) return fail(fault);
  const agree: [string, unknown, unknown, Code][] = [
    ['payload/iss', jwt?.payload.iss, issuerId, 'issuer'],
    ['header/iss', jwt?.header.iss, issuerId, 'issuer'],
    ['payload/jti', jwt?.payload.jti, document.id, 'malformed'],
    ['payload/sub', jwt?.payload.sub, subjectIn(document), 'malformed'],
  ];
  for (const [place, claimed, said, code] of agree) {
    if (claimed !== undefined && claimed !== said)
      return fail(
        [
          `jwt:${place}`,
          `The JWT's ${place} is ${clip(claimed)}, the credential says ${clip(said)}`,
          'Let both say the same, or leave the JWT claim out',
        ],
        code,
      );
  }
  checks.pass('verify.structure', `It has the parts of a VC ${version} credential`);
  return { issuer: issuerId, version };
}

/**
 * Checks the parts every presentation has (https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations).
 *
 * @param anybody whether the holder may go unnamed, as the data model allows
 */
export function readPresentation(
  { document, holder }: { document: JsonObject; holder: string | undefined },
  anybody: boolean,
  checks: Checks,
): boolean {
  const fail = (where: string, why: string, mend: string) => {
    checks.fail('malformed', 'verify.presentation', why, { where, mend });
    return false;
  };
  const [first] = [document['@context']].flat();
  if (first !== CONTEXTS['2.0'] && first !== CONTEXTS['1.1'])
    return fail('/@context', `The first context is ${clip(first)}`, `Begin "@context" with ${CONTEXTS['2.0']}`);
  if (![document.type].flat().every((type) => typeof type === 'string'))
    return fail('/type', `The types are ${clip(document.type)}`, 'Name types by text');
  if ('id' in document && !isUrl(document.id))
    return fail('/id', `The id is ${clip(document.id)}, which is no URL`, 'Name it by one URL, or leave it out');
  if (
    holder === undefined ? !anybody || document.holder !== undefined : !isUrl(holder) || !(anybody || DID.test(holder))
  )
    return fail('/holder', `The holder is ${clip(document.holder)}`, 'Add the DID of the presenter as "holder"');
  return true;
}

/** The id of the one subject; undefined where there are several or it has none, and then a JWT may not name one either. */
const subjectIn = ({ credentialSubject: subject }: JsonObject) => (isObject(subject) ? subject.id : undefined);

function faultOf20(document: JsonObject): Fault | undefined {
  for (const older of ['vc', 'issuanceDate', 'expirationDate'])
    if (older in document)
      return [`/${older}`, `It has "${older}" of VC 1.1 under the context of VC 2.0`, 'Use validFrom and validUntil'];
  return commonFault(document) ?? textFault(document, '') ?? textFault(document.issuer, '/issuer');
}

function faultOf11(document: JsonObject): Fault | undefined {
  for (const newer of ['validFrom', 'validUntil'])
    if (newer in document)
      return [
        `/${newer}`,
        `It has "${newer}" of VC 2.0 under the context of VC 1.1`,
        'Use issuanceDate and expirationDate',
      ];
  if (document.issuanceDate === undefined)
    return ['/issuanceDate', 'There is no issuanceDate', 'Say since when it holds, or use VC 2.0'];
  return commonFault(document);
}

function commonFault(document: JsonObject): Fault | undefined {
  const types = [document.type].flat();
  if (!types.every((type) => typeof type === 'string') || !types.includes('VerifiableCredential'))
    return ['/type', `The types are ${clip(document.type)}`, 'Name VerifiableCredential among the types'];
  if ('id' in document && !isUrl(document.id))
    return [
      '/id',
      `The id is ${clip(document.id)}, which is no URL`,
      'Name it by one URL, such as urn:uuid:..., or leave it out',
    ];
  const subjects = [document.credentialSubject ?? []].flat();
  if (subjects.length === 0 || !subjects.every((subject) => isObject(subject) && Object.keys(subject).length > 0))
    return [
      '/credentialSubject',
      'There is no credentialSubject, or one that claims nothing',
      'Say what the credential is about',
    ];
  for (const [at, subject] of subjects.entries())
    if ('id' in (subject as JsonObject) && !isUrl((subject as JsonObject).id))
      return [
        Array.isArray(document.credentialSubject) ? `/credentialSubject/${at}/id` : '/credentialSubject/id',
        `The id of the subject is ${clip((subject as JsonObject).id)}, which is no URL`,
        'Name the subject by a URL or DID in full, or leave its id out',
      ];
  for (const property of TYPED) {
    const list = [document[property] ?? []].flat();
    if (document[property] === null) return [`/${property}`, `${property} is null`, 'Give it a value, or leave it out'];
    for (const [at, one] of list.entries()) {
      const where = Array.isArray(document[property]) ? `/${property}/${at}` : `/${property}`;
      const type = isObject(one) ? [one.type].flat() : [];
      if (type.length === 0 || !type.every((name) => typeof name === 'string' && name !== ''))
        return [`${where}/type`, `${property} does not say of which type it is`, 'Add its type'];
      const { id } = one as JsonObject;
      if (id === undefined ? property === 'credentialSchema' : !isUrl(id))
        return [`${where}/id`, `The id of ${property} is ${clip(id)}`, 'Name it by one URL'];
    }
  }
  return undefined;
}

/** `name` and `description` are text, or text with its language (https://www.w3.org/TR/vc-data-model-2.0/#language-and-base-direction). */
function textFault(node: unknown, path: string): Fault | undefined {
  if (!isObject(node)) return undefined;
  for (const property of ['name', 'description']) {
    const value = node[property];
    for (const one of value === undefined ? [] : [value].flat()) {
      const keys = isObject(one) ? Object.keys(one) : [];
      const plain = typeof one === 'string';
      const tagged =
        keys.includes('@value') &&
        keys.every((key) => ['@value', '@language', '@direction'].includes(key)) &&
        Object.values(one as JsonObject).every((part) => typeof part === 'string');
      if (!plain && !tagged)
        return [
          `${path}/${property}`,
          `The ${property} is ${clip(one)}`,
          'Write text, or an object of @value with @language and @direction',
        ];
    }
  }
  return undefined;
}

type Dated = [where: string, date: Date | undefined];
const isGiven = (one: Dated): one is [string, Date] => one[1] !== undefined;

/**
 * The window in which the credential speaks; every time given has to agree.
 *
 * @param anyTime whether a credential may say nothing of its begin or end, as the data model allows
 */
export function readTimes(
  { document, jwt }: Pick<ParsedCredential, 'document' | 'jwt'>,
  claims: ProofClaim[],
  now: Date,
  anyTime: boolean,
  checks: Checks,
): Pick<VerifiedCredential, 'validFrom' | 'validUntil' | 'issuedAt'> | undefined {
  const before = checks.failure;
  const fail = (code: Code, where: string, why: string, mend: string) =>
    checks.fail(code, 'verify.validity', why, { where, mend });
  const read = (...names: string[]): Date | undefined => {
    const name = names.find((one) => document[one] !== undefined);
    if (!name) return undefined;
    const date = parseTime(document[name]);
    if (!date)
      fail(
        'malformed',
        `/${name}`,
        `${name} is ${clip(document[name])}, which is no time`,
        'Write a time like 2026-11-21T09:14:00Z',
      );
    return date;
  };
  const numeric = (name: 'nbf' | 'exp' | 'iat'): Date | undefined => {
    const value = jwt?.payload[name];
    if (value === undefined) return undefined;
    const date = numericDate(value);
    if (!date && !anyTime)
      fail(
        'malformed',
        `jwt:payload/${name}`,
        `${name} is ${JSON.stringify(value)?.slice(0, 60)}, which is no time`,
        'Write seconds since 1970 as a number',
      );
    return date;
  };
  const given = { from: read('validFrom', 'issuanceDate'), until: read('validUntil', 'expirationDate') };
  const times = { nbf: numeric('nbf'), exp: numeric('exp'), iat: numeric('iat') };
  const made = claims.flatMap(({ created }) => created ?? []);
  const validFrom = given.from ?? times.nbf ?? made[0] ?? times.iat ?? (anyTime ? now : undefined);
  if (!validFrom) {
    if (checks.failure === before)
      fail(
        'malformed',
        '/validFrom',
        'Nothing says from when it is valid',
        'Add validFrom: the order of versions rests on it',
      );
    return undefined;
  }
  const latest = anyTime ? new Date(LATEST) : new Date(validFrom.getTime() + YEAR_MS);
  const member = (newer: string, older: string) => (older in document ? `/${older}` : `/${newer}`);
  const ends: Dated[] = [
    [member('validUntil', 'expirationDate'), given.until ?? latest],
    ['jwt:payload/exp', times.exp],
    ...claims.map(({ where, expires }): Dated => [`${where}/expires`, expires]),
  ];
  const starts: Dated[] = [
    [member('validFrom', 'issuanceDate'), given.from],
    ['jwt:payload/nbf', times.nbf],
    ['jwt:payload/iat', times.iat],
    ...claims.map(({ where, created }): Dated => [`${where}/created`, created]),
    ['/validFrom', validFrom],
  ];
  const [endAt, validUntil] = ends.filter(isGiven).reduce((one, other) => (other[1] < one[1] ? other : one));
  const [startAt, start] = starts.filter(isGiven).reduce((one, other) => (other[1] > one[1] ? other : one));
  if (validUntil <= validFrom) fail('malformed', endAt, 'It ends before it begins', 'Set validUntil after validFrom');
  else if (start.getTime() > now.getTime() + CLOCK_SKEW_MS)
    fail(
      'expired',
      startAt,
      `It is not valid yet: it begins at ${start.toISOString()}, and this node's clock says ${now.toISOString()}`,
      `Send it when its time has come; if your clock is ahead, set it right and sign again (up to ${CLOCK_SKEW_MS / 60_000} minutes ahead is taken)`,
    );
  else if (validUntil <= now)
    fail(
      'expired',
      endAt,
      `It expired at ${validUntil.toISOString()}; now it is ${now.toISOString()}`,
      'Issue it again with a later validUntil',
    );
  else if (checks.failure === before)
    checks.pass(
      'verify.validity',
      `Valid from ${validFrom.toISOString()} until ${validUntil.toISOString()}${given.until || anyTime ? '' : ' (one year, as it names no end)'}`,
    );
  return { validFrom, validUntil, issuedAt: made[0] ?? times.iat ?? validFrom };
}
