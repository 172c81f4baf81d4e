import { createHash } from 'node:crypto';
import type { Code } from '../errors.ts';
import type { Checks } from './check.ts';
import type { JsonObject, ParsedCredential, Submission } from './credential.ts';
import { digestOf } from './digest.ts';
import { decodeBase58btc } from './keys/multibase.ts';
import { decodeUtf8, JsonFault, parseObject } from './strict-json.ts';

/** What parsing made of a submission: one credential, or the credentials of a presentation. */
export type Parsed =
  | { kind: 'credential'; credential: ParsedCredential }
  | {
      kind: 'presentation';
      digest: string;
      holder: string | undefined;
      document: JsonObject;
      jwt: ParsedCredential['jwt'];
      parts: Submission[];
    };

export interface Limits {
  /** Largest credential in bytes. */
  objectBytes: number;
}

/**
 * Media types of JWTs, and what each must hold: those of VC-JOSE-COSE (https://www.w3.org/TR/vc-jose-cose/#media-types),
 * those of its drafts, and the plain one of VC 1.1.
 */
const JOSE_TYPES = new Map<string, 'credential' | 'presentation' | 'either'>([
  ['application/vc+jwt', 'credential'],
  ['application/vp+jwt', 'presentation'],
  ['application/vc+ld+json+jwt', 'credential'],
  ['application/vp+ld+json+jwt', 'presentation'],
  ['application/vc+ld+jwt', 'credential'],
  ['application/vp+ld+jwt', 'presentation'],
  ['application/jwt', 'either'],
]);
/** Registered JWT claims (RFC 7519 section 4.1, RFC 7800): envelope, not part of the document. */
const JWT_CLAIMS = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'cnf', 'nonce']);
const JSON_TYPES = new Set([
  'application/vc',
  'application/vp',
  'application/ld+json',
  'application/json',
  'application/vc+ld+json',
  'application/vp+ld+json',
]);
export const MEDIA_TYPES: readonly string[] = [...JOSE_TYPES.keys(), ...JSON_TYPES];

const MAX_PARTS = 50;

/**
 * Reads a submission without trusting it: media type, size and depth caps, exact JSON, and whether it is a credential
 * or a presentation. No signature is looked at.
 */
export function parse(submission: Submission, limits: Limits, checks: Checks): Parsed | undefined {
  const { bytes, mediaType } = submission;
  const fail = (code: Code, id: string, why: string, details = {}) => {
    checks.fail(code, id, why, details);
    return undefined;
  };
  if (!JOSE_TYPES.has(mediaType) && !JSON_TYPES.has(mediaType)) {
    return fail('unsupported', 'parse.media-type', `The media type ${mediaType || '(none)'} is not taken here`, {
      found: mediaType,
      allowed: MEDIA_TYPES.join(', '),
      mend: 'Send a signed credential as application/vc+jwt, or as application/vc with a proof',
    });
  }
  if (bytes.length > limits.objectBytes) {
    return fail('too-large', 'parse.size', `The document has ${bytes.length} bytes`, {
      found: String(bytes.length),
      allowed: `up to ${limits.objectBytes}`,
    });
  }
  try {
    return JOSE_TYPES.has(mediaType) ? readJose(submission, checks) : readJson(submission, checks);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return fail('malformed', 'parse.json', error.message, {
      where: error.where,
      mend: 'Send one JSON object in UTF-8, each key once',
    });
  }
}

function readJose(submission: Submission, checks: Checks): Parsed | undefined {
  const compact = decodeUtf8(submission.bytes);
  const mend = 'Send the compact form: three base64url parts joined by dots, without padding, quotes or line breaks';
  if (!/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(compact)) {
    checks.fail('malformed', 'parse.jwt', 'It is not a JWT in compact form', {
      found: `${compact.split('.').length} parts`,
      allowed: '3 parts of base64url',
      mend,
    });
    return undefined;
  }
  const [head = '', body = '', signature = ''] = compact.split('.');
  const canonical = [head, body, signature].every(
    (part) => Buffer.from(part, 'base64url').toString('base64url') === part,
  );
  if (!canonical) {
    checks.fail('malformed', 'parse.jwt', 'A part is not canonical base64url', { mend });
    return undefined;
  }
  const header = readPart(head, 'jwt:header');
  const payload = readPart(body, 'jwt:payload');
  const document = documentOf(header, payload, checks);
  if (!document) return undefined;
  const expected = JOSE_TYPES.get(submission.mediaType)!;
  const found = kindOf(document);
  if (!found || (expected !== 'either' && found !== expected)) {
    checks.fail(
      'malformed',
      'parse.kind',
      `It was sent as ${submission.mediaType} and holds ${found ? `a ${found}` : 'neither a credential nor a presentation'}`,
      {
        where: 'jwt:payload/type',
        found: JSON.stringify(document.type ?? null).slice(0, 200),
        allowed: expected === 'presentation' ? 'VerifiablePresentation' : 'VerifiableCredential',
        mend: 'Send the media type that fits the content',
      },
    );
    return undefined;
  }
  for (const [name, named] of Object.entries({ typ: header.typ, cty: header.cty })) {
    const holds = kindNamed(name, named);
    if (holds === found || holds === 'either') continue;
    checks.fail(
      'malformed',
      'parse.kind',
      `The header says ${name} "${String(named).slice(0, 80)}", the content is a ${found}`,
      {
        where: `jwt:header/${name}`,
        found: String(named).slice(0, 80),
        allowed: `${found === 'credential' ? 'vc' : 'vp'}${name === 'typ' ? '+jwt' : ''}`,
      },
    );
    return undefined;
  }
  const jwt = { header, compact, payload };
  checks.pass('parse.json', `Well-formed ${submission.mediaType}, ${submission.bytes.length} bytes`);
  return found === 'presentation'
    ? presentation(submission, document, jwt, checks)
    : { kind: 'credential', credential: credential(submission, document, jwt) };
}

/** What a `typ` or `cty` of a JWT's header promises; undefined for a type that is none of ours. */
function kindNamed(member: string, value: unknown): 'credential' | 'presentation' | 'either' | undefined {
  if (value === undefined) return 'either';
  const name = String(value)
    .toLowerCase()
    .replace(/^application\//, '');
  if (member === 'typ') return JOSE_TYPES.get(`application/${name}`);
  if (['json', 'ld+json', 'jwt'].includes(name)) return 'either';
  return /^(vc|vp)(\+ld\+json|\+json)?$/.test(name)
    ? name.startsWith('vc')
      ? 'credential'
      : 'presentation'
    : undefined;
}

/**
 * The document in a JWT. In VC 2.0 the payload is the document; in VC 1.1 it stands under `vc` or `vp`, and JWT claims
 * stand for some of its members (https://www.w3.org/TR/2022/REC-vc-data-model-20220303/#jwt-decoding).
 */
function documentOf(header: JsonObject, payload: JsonObject, checks: Checks): JsonObject | undefined {
  const wrapper = 'vc' in payload ? 'vc' : 'vp' in payload ? 'vp' : undefined;
  if (!wrapper) return Object.fromEntries(Object.entries(payload).filter(([key]) => !JWT_CLAIMS.has(key)));
  const fail = (why: string, where: string, mend: string) => {
    checks.fail('malformed', 'parse.kind', why, { where: `jwt:payload/${where}`, mend });
    return undefined;
  };
  const inner = payload[wrapper];
  const typ = String(header.typ ?? 'JWT').toUpperCase();
  if (typ !== 'JWT' || inner === null || typeof inner !== 'object' || Array.isArray(inner))
    return fail(
      `The payload has a "${wrapper}" claim`,
      wrapper,
      'Let the payload be the credential itself (VC 2.0), or use typ "JWT" for VC 1.1',
    );
  const document = inner as JsonObject;
  const seconds = (value: unknown) =>
    typeof value === 'number' && value >= 0 && value < 253402300800
      ? new Date(Math.floor(value) * 1000).toISOString().replace('.000Z', 'Z')
      : undefined;
  const decoded: JsonObject = { ...document };
  const claims: [claim: string, member: string, value: unknown][] =
    wrapper === 'vc'
      ? [
          ['iss', 'issuer', payload.iss],
          ['jti', 'id', payload.jti],
          ['nbf', 'issuanceDate', seconds(payload.nbf)],
          ['exp', 'expirationDate', seconds(payload.exp)],
        ]
      : [
          ['iss', 'holder', payload.iss],
          ['jti', 'id', payload.jti],
        ];
  for (const [claim, member, value] of claims) {
    if (value === undefined) continue;
    const said = document[member];
    const plain = said !== null && typeof said === 'object' ? (said as JsonObject).id : said;
    const same =
      plain === value ||
      (/Date$/.test(member) && Math.abs(Date.parse(String(plain)) - Date.parse(String(value))) < 1000);
    if (plain !== undefined && !same)
      return fail(
        `The claim ${claim} and the credential's ${member} differ`,
        claim,
        'Let both say the same, or leave one out',
      );
    if (plain === undefined) decoded[member] = said === undefined ? value : { ...(said as JsonObject), id: value };
  }
  const subject = document.credentialSubject;
  if (
    wrapper === 'vc' &&
    payload.sub !== undefined &&
    subject !== null &&
    typeof subject === 'object' &&
    !Array.isArray(subject)
  ) {
    const { id } = subject as JsonObject;
    if (id !== undefined && id !== payload.sub)
      return fail('The claim sub and the id of the credentialSubject differ', 'sub', 'Let both say the same');
    decoded.credentialSubject = { ...subject, id: payload.sub };
  }
  return decoded;
}

function readPart(part: string, where: string): JsonObject {
  try {
    return parseObject(decodeUtf8(Buffer.from(part, 'base64url')));
  } catch (error) {
    if (error instanceof JsonFault)
      throw new JsonFault(error.message, `${where}${error.where === '/' ? '' : error.where}`);
    throw error;
  }
}

function readJson(submission: Submission, checks: Checks): Parsed | undefined {
  const document = parseObject(decodeUtf8(submission.bytes));
  const found = kindOf(document);
  if (!found) {
    checks.fail('malformed', 'parse.kind', 'It is neither a credential nor a presentation', {
      where: '/type',
      found: JSON.stringify(document.type ?? null).slice(0, 200),
      allowed: 'VerifiableCredential or VerifiablePresentation among the types',
      mend:
        'privateJwk' in document || 'd' in document
          ? 'This looks like a private key. It should not have left its owner: replace it'
          : 'Sign the document first, for example: kontor sign FILE --key KEY.json',
    });
    return undefined;
  }
  checks.pass('parse.json', `Well-formed JSON, ${submission.bytes.length} bytes`);
  return found === 'presentation'
    ? presentation(submission, document, undefined, checks)
    : { kind: 'credential', credential: credential(submission, document, undefined) };
}

function kindOf(document: JsonObject): 'credential' | 'presentation' | undefined {
  const types = [document.type ?? document['@type']].flat();
  if (types.includes('VerifiablePresentation'))
    return types.includes('VerifiableCredential') ? undefined : 'presentation';
  return types.includes('VerifiableCredential') ? 'credential' : undefined;
}

function credential(submission: Submission, document: JsonObject, jwt: ParsedCredential['jwt']): ParsedCredential {
  const parsed = {
    submission,
    digest: digestOf(submission.bytes),
    format: jwt ? 'vc+jwt' : 'data-integrity',
    document,
    ...(jwt ? { jwt } : {}),
  };
  return parsed as ParsedCredential;
}

/** What was said and signed, whatever its encoding: two encodings of one signed statement have one fingerprint. */
export function statementOf({ jwt, document }: ParsedCredential): string {
  const said = jwt
    ? jwt.compact.slice(0, jwt.compact.lastIndexOf('.'))
    : ([document.proof].flat() as (JsonObject | undefined)[]).map(signatureStem).join();
  return createHash('sha256').update(said).digest('base64url');
}

/** The part of a signature that is one for one signing: of two halves the first, since ECDSA's second has two forms. */
function signatureStem(proof: JsonObject | undefined): string {
  const { proofValue, jws } = proof ?? {};
  const bytes =
    typeof jws === 'string' ? Buffer.from(jws.split('.')[2] ?? '', 'base64url') : decodeBase58btc(String(proofValue));
  const whole = Buffer.from(bytes ?? []);
  return whole.subarray(0, whole.length <= 132 ? whole.length / 2 : whole.length).toString('hex');
}

function presentation(
  submission: Submission,
  document: JsonObject,
  jwt: ParsedCredential['jwt'],
  checks: Checks,
): Parsed | undefined {
  const inside = [document.verifiableCredential ?? []].flat() as unknown[];
  if (inside.length > MAX_PARTS) {
    checks.fail('malformed', 'parse.presentation', `The presentation holds ${inside.length} credentials`, {
      where: '/verifiableCredential',
      found: String(inside.length),
      allowed: `up to ${MAX_PARTS}`,
    });
    return undefined;
  }
  const parts: Submission[] = [];
  for (const [at, one] of inside.entries()) {
    const part = enveloped(one);
    if (!part) {
      checks.fail(
        'malformed',
        'parse.presentation',
        'A credential in the presentation is neither an object nor an enveloped JWT',
        {
          where: `/verifiableCredential/${at}`,
          allowed:
            'an embedded credential with its proof, or an EnvelopedVerifiableCredential with id data:application/vc+jwt,...',
        },
      );
      return undefined;
    }
    parts.push({ ...part, source: submission.source });
  }
  const holder = document.holder ?? document.issuer;
  const holderId = typeof holder === 'string' ? holder : (holder as JsonObject | undefined)?.id;
  return {
    kind: 'presentation',
    digest: digestOf(submission.bytes),
    holder: typeof holderId === 'string' ? holderId : undefined,
    document,
    jwt,
    parts,
  };
}

/** https://www.w3.org/TR/vc-data-model-2.0/#enveloped-verifiable-credentials */
function enveloped(value: unknown): Pick<Submission, 'bytes' | 'mediaType'> | undefined {
  if (typeof value === 'string') return { bytes: Buffer.from(value), mediaType: 'application/jwt' };
  if (value === null || typeof value !== 'object') return undefined;
  const { id, type } = value as JsonObject;
  if ([type].flat().includes('EnvelopedVerifiableCredential')) {
    // Whatever is in the envelope is judged by itself: a form that is not taken is refused there, by its name.
    const match = typeof id === 'string' ? /^data:([a-z0-9.+/-]+)(;base64)?,(.+)$/is.exec(id) : null;
    return match
      ? { bytes: Buffer.from(match[3]!, match[2] ? 'base64' : 'utf8'), mediaType: match[1]!.toLowerCase() }
      : undefined;
  }
  return { bytes: Buffer.from(JSON.stringify(value)), mediaType: 'application/vc' };
}
