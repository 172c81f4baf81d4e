import { createHash } from 'node:crypto';
import type { Code } from '../errors.ts';
import type { Checks } from './check.ts';
import type { JsonObject, ParsedCredential, Submission } from './credential.ts';
import { digestOf } from './digest.ts';
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

/** Accepted media types, and what each must hold. */
const JOSE_TYPES = new Map([
  ['application/vc+jwt', 'credential'],
  ['application/vp+jwt', 'presentation'],
]);
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
  const jwt = { header, compact, payload };
  const expected = JOSE_TYPES.get(submission.mediaType)!;
  const found = kindOf(payload);
  if (found !== expected) {
    checks.fail(
      'malformed',
      'parse.kind',
      `It was sent as ${submission.mediaType} and holds ${found ? `a ${found}` : 'neither a credential nor a presentation'}`,
      {
        where: 'jwt:payload/type',
        found: JSON.stringify(payload.type ?? null).slice(0, 200),
        allowed: expected === 'credential' ? 'VerifiableCredential' : 'VerifiablePresentation',
        mend: 'Send the media type that fits the content; the older form with a "vc" claim inside is not taken',
      },
    );
    return undefined;
  }
  const typ = String(header.typ ?? '');
  if (
    typ &&
    !['jwt', submission.mediaType.slice('application/'.length), submission.mediaType].includes(typ.toLowerCase())
  ) {
    checks.fail('malformed', 'parse.kind', `The header says typ "${typ}", the content is ${submission.mediaType}`, {
      where: 'jwt:header/typ',
      found: typ,
      allowed: submission.mediaType.slice(12),
    });
    return undefined;
  }
  checks.pass('parse.json', `Well-formed ${submission.mediaType}, ${submission.bytes.length} bytes`);
  return expected === 'presentation'
    ? presentation(submission, payload, jwt, checks)
    : { kind: 'credential', credential: credential(submission, payload, jwt) };
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
  const proofs = [document.proof].flat() as JsonObject[];
  const said = jwt
    ? jwt.compact.slice(0, jwt.compact.lastIndexOf('.'))
    : proofs.map((proof) => String(proof?.proofValue)).join();
  return createHash('sha256').update(said).digest('base64url');
}

function presentation(
  submission: Submission,
  document: JsonObject,
  jwt: ParsedCredential['jwt'],
  checks: Checks,
): Parsed | undefined {
  const inside = [document.verifiableCredential ?? []].flat() as unknown[];
  if (inside.length === 0 || inside.length > MAX_PARTS) {
    checks.fail('malformed', 'parse.presentation', `The presentation holds ${inside.length} credentials`, {
      where: '/verifiableCredential',
      found: String(inside.length),
      allowed: `1 to ${MAX_PARTS}`,
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
  if (typeof value === 'string') return { bytes: Buffer.from(value), mediaType: 'application/vc+jwt' };
  if (value === null || typeof value !== 'object') return undefined;
  const { id, type } = value as JsonObject;
  if ([type].flat().includes('EnvelopedVerifiableCredential')) {
    const match = typeof id === 'string' ? /^data:application\/vc(?:\+ld\+json)?\+jwt,(.+)$/s.exec(id) : null;
    return match ? { bytes: Buffer.from(match[1]!), mediaType: 'application/vc+jwt' } : undefined;
  }
  return { bytes: Buffer.from(JSON.stringify(value)), mediaType: 'application/vc' };
}
