import type { Code } from '../errors.ts';
import type { Checks, FailDetails } from './check.ts';
import type { JsonObject, ParsedCredential, Submission } from './credential.ts';
import { digestOf } from './digest.ts';
import { JOSE_TYPES, type Kind, kindOf, readJwt } from './jwt.ts';
import { mistakenForm, wrapped } from './mistaken.ts';
import { holdsPrivateKey } from './private-key.ts';
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

interface Limits {
  /** Largest credential in bytes. */
  objectBytes: number;
}

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
const PRIVATE_KEY =
  'This contains a private key; it must be replaced now, since it has left your machine. It was not kept';

/**
 * Reads a submission without trusting it: media type, size and depth caps, exact JSON, and whether it is a credential
 * or a presentation. No signature is looked at.
 */
export function parse(submission: Submission, limits: Limits, checks: Checks): Parsed | undefined {
  const { bytes, mediaType } = submission;
  const fail = (code: Code, id: string, why: string, details: FailDetails) => {
    checks.fail(code, id, why, details);
    return undefined;
  };
  if (bytes.length === 0)
    return fail('malformed', 'parse.size', 'There is nothing in it: it has 0 bytes', {
      allowed: 'one signed credential',
      mend: 'Send the file that holds the signed credential; perhaps it was not written to the end',
    });
  if (bytes.length > limits.objectBytes) {
    return fail('too-large', 'parse.size', `The document has ${bytes.length} bytes`, {
      found: String(bytes.length),
      allowed: `up to ${limits.objectBytes}`,
      mend: 'Say less in one credential: leave images and documents out, and name them by id and digest',
    });
  }
  // Before anything that repeats what stands in it, whatever it was sent as.
  if (holdsPrivateKey(bytes))
    return fail('malformed', 'parse.private-key', PRIVATE_KEY, {
      mend: 'Make a new key, mark this one revoked in your DID document, and send the signed credential alone',
    });
  const other = mistakenForm(submission, MEDIA_TYPES);
  if (other) return fail(...other);
  if (!JOSE_TYPES.has(mediaType) && !JSON_TYPES.has(mediaType)) {
    return fail('unsupported', 'parse.media-type', `The media type ${mediaType || '(none)'} is not taken here`, {
      found: mediaType,
      allowed: MEDIA_TYPES.join(', '),
      mend: 'Send a signed credential as application/vc+jwt, or as application/vc with a proof',
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
  const read = readJwt(submission.bytes, submission.mediaType, checks);
  if (!read) return undefined;
  checks.pass('parse.json', `Well-formed ${submission.mediaType}, ${submission.bytes.length} bytes`);
  return read.kind === 'presentation'
    ? presentation(submission, read.document, read.jwt, checks)
    : { kind: 'credential', credential: credential(submission, read.document, read.jwt) };
}

function readJson(submission: Submission, checks: Checks): Parsed | undefined {
  const document = parseObject(decodeUtf8(submission.bytes));
  const envelope = ENVELOPES.get(String([document.type].flat()[0]));
  if (envelope) return readEnveloped(submission, document, envelope, checks);
  const found = kindOf(document);
  if (!found) {
    const jwt = wrapped(document);
    if (jwt) {
      checks.fail(...jwt);
      return undefined;
    }
    checks.fail('malformed', 'parse.kind', 'It is neither a credential nor a presentation', {
      where: '/type',
      found: JSON.stringify(document.type ?? null).slice(0, 200),
      allowed: 'VerifiableCredential or VerifiablePresentation among the types',
      mend: 'Sign the document first, for example: kontor sign FILE --key KEY.json',
    });
    return undefined;
  }
  checks.pass('parse.json', `Well-formed JSON, ${submission.bytes.length} bytes`);
  return found === 'presentation'
    ? presentation(submission, document, undefined, checks)
    : { kind: 'credential', credential: credential(submission, document, undefined) };
}

/** Objects that hold a JWT as a data: URL, and what is in it. */
const ENVELOPES = new Map<string, Kind>([
  ['EnvelopedVerifiableCredential', 'credential'],
  ['EnvelopedVerifiablePresentation', 'presentation'],
]);

/** An envelope that was sent by itself: what counts is what is in it. */
function readEnveloped(submission: Submission, document: JsonObject, holds: string, checks: Checks) {
  const named = [document['@context']].flat().includes('https://www.w3.org/ns/credentials/v2');
  const inner = enveloped(document);
  const isJwt = named && inner && JOSE_TYPES.has(inner.mediaType);
  const parsed = isJwt ? readJose({ ...submission, ...inner }, checks) : undefined;
  if (isJwt && (!parsed || parsed.kind === holds)) return parsed;
  checks.fail('malformed', 'parse.envelope', `The envelope ${named ? `holds no ${holds}` : 'lacks its context'}`, {
    where: named ? '/id' : '/@context',
    allowed: named
      ? 'data:application/vc+jwt,... or data:application/vp+jwt,...'
      : 'https://www.w3.org/ns/credentials/v2',
    mend: named
      ? 'Put the signed JWT into the id as a data: URL, or send the JWT itself'
      : 'Give the envelope that "@context", or send the JWT itself',
  });
  return undefined;
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
      mend: 'Send several presentations',
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
          mend: 'Embed the signed credential as it is, or envelope its JWT',
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
  if ([type].flat().some((one) => ENVELOPES.has(String(one)))) {
    // Whatever is in the envelope is judged by itself: a form that is not taken is refused there, by its name.
    const match = typeof id === 'string' ? /^data:([a-z0-9.+/-]+)(;base64)?,(.+)$/is.exec(id) : null;
    return match
      ? { bytes: Buffer.from(match[3]!, match[2] ? 'base64' : 'utf8'), mediaType: match[1]!.toLowerCase() }
      : undefined;
  }
  return { bytes: Buffer.from(JSON.stringify(value)), mediaType: 'application/vc' };
}
