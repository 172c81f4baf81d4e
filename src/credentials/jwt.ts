import type { Checks } from './check.ts';
import type { JsonObject } from './credential.ts';
import { isBase64url } from './keys/multibase.ts';
import { decodeUtf8, JsonFault, parseObject } from './strict-json.ts';
import { numericDate } from './time.ts';

export type Kind = 'credential' | 'presentation';

/**
 * Media types of JWTs, and what each must hold: those of VC-JOSE-COSE (https://www.w3.org/TR/vc-jose-cose/#media-types),
 * those of its drafts, and the plain one of VC 1.1.
 */
export const JOSE_TYPES: ReadonlyMap<string, Kind | 'either'> = new Map<string, Kind | 'either'>([
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
const V1 = 'https://www.w3.org/2018/credentials/v1';
/** Members of a credential or presentation: beside a `vc` or `vp` claim they would be a second one. */
const OUTSIDE = new Set([
  'vc',
  'vp',
  '@context',
  'type',
  'issuer',
  'holder',
  'credentialSubject',
  'verifiableCredential',
  'proof',
]);

/** A JWT taken apart: nothing in it is believed yet. */
interface Jwt {
  header: JsonObject;
  compact: string;
  payload: JsonObject;
}

/**
 * Reads a compact JWT that holds a credential or a presentation.
 *
 * @throws JsonFault when a part is not exact JSON
 */
export function readJwt(
  bytes: Uint8Array,
  mediaType: string,
  checks: Checks,
): { kind: Kind; document: JsonObject; jwt: Jwt } | undefined {
  const compact = decodeUtf8(bytes);
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
  const stray = Object.entries({ header: head, payload: body, signature }).find(([, part]) => !isBase64url(part));
  if (stray) {
    const [part, { length }] = stray;
    const why = `The ${part}, of ${length} characters, is not canonical base64url: it was cut off or changed`;
    checks.fail('malformed', 'parse.jwt', why, { where: `jwt:${part}`, mend });
    return undefined;
  }
  const header = readPart(head, 'jwt:header');
  const payload = readPart(body, 'jwt:payload');
  const strange = ['typ', 'cty'].find((name) => header[name] !== undefined && typeof header[name] !== 'string');
  const unread = ['zip', 'enc'].find((name) => name in header);
  if (strange || unread) {
    checks.fail(
      'malformed',
      'parse.jwt',
      strange ? `The header's ${strange} is not text` : `The header has "${unread}"`,
      {
        where: `jwt:header/${strange ?? unread}`,
        mend,
      },
    );
    return undefined;
  }
  const document = documentOf(header, payload, checks);
  if (!document) return undefined;
  const expected = JOSE_TYPES.get(mediaType)!;
  const found = kindOf(document);
  if (!found || (expected !== 'either' && found !== expected)) {
    checks.fail(
      'malformed',
      'parse.kind',
      `It was sent as ${mediaType} and holds ${found ? `a ${found}` : 'neither a credential nor a presentation'}`,
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
        mend: `Sign it again with ${name} "${found === 'credential' ? 'vc' : 'vp'}${name === 'typ' ? '+jwt' : ''}"`,
      },
    );
    return undefined;
  }
  return { kind: found, document, jwt: { header, compact, payload } };
}

/** What a `typ` or `cty` of a JWT's header promises; undefined for a type that is none of ours. */
function kindNamed(member: string, value: unknown): Kind | 'either' | undefined {
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
  const old = inner !== null && typeof inner === 'object' && !Array.isArray(inner);
  const beside = Object.keys(payload).find((name) => name !== wrapper && OUTSIDE.has(name));
  if (beside) return fail(`The payload has "${beside}" beside "${wrapper}"`, beside, 'Say everything in one place');
  if (typ !== 'JWT' || !old || [(inner as JsonObject)['@context']].flat()[0] !== V1)
    return fail(
      `The payload has a "${wrapper}" claim`,
      wrapper,
      'Let the payload be the credential itself (VC 2.0), or use typ "JWT" for VC 1.1',
    );
  const document = inner as JsonObject;
  const seconds = (value: unknown) =>
    numericDate(typeof value === 'number' ? Math.floor(value) : value)
      ?.toISOString()
      .replace('.000Z', 'Z');
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
  if (wrapper === 'vc' && payload.sub !== undefined && Array.isArray(subject))
    return fail('The claim sub names one subject, the credential has several', 'sub', 'Leave the claim out');
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

/** Whether a document calls itself a credential or a presentation; not both. */
export function kindOf(document: JsonObject): Kind | undefined {
  const types = [document.type ?? document['@type']].flat();
  if (types.includes('VerifiablePresentation'))
    return types.includes('VerifiableCredential') ? undefined : 'presentation';
  return types.includes('VerifiableCredential') ? 'credential' : undefined;
}
