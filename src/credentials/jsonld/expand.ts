import { messageOf } from '../../errors.ts';
import type { Checks } from '../check.ts';
import type { JsonObject } from '../credential.ts';
import { pointerToken } from '../strict-json.ts';
import { type ClaimNode, type ClaimValue, shorten } from './claims.ts';
import { type Contexts, UnknownContext } from './contexts.ts';
import type { ExpandedDocument } from './rdf.ts';

/** Keywords that can move a claim away from the subject it seems to stand at. */
const REFUSED_KEYWORDS = new Set([
  '@graph',
  '@included',
  '@nest',
  '@reverse',
  '@index',
  '@import',
  '@base',
  '@vocab',
  '@propagate',
  '@protected',
  '@version',
  '@prefix',
  '@container',
  '@none',
  '@json',
]);
const MAX_CONTEXTS = 10;

const CREDENTIALS = 'https://www.w3.org/2018/credentials#';

const child = (path: string, key: string | number) => `${path}/${pointerToken(String(key))}`;

interface Inspection {
  contexts: Contexts;
  /** Whether a credential may bring contexts and keywords of its own, as JSON-LD allows. */
  inline: boolean;
  checks: Checks;
}

function inspect(value: unknown, path: string, inspection: Inspection): void {
  if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) inspect(one, child(path, at), inspection);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '@context') inspectContext(inner, child(path, key), inspection);
    else if (REFUSED_KEYWORDS.has(key) && !inspection.inline)
      inspection.checks.fail('terms', 'verify.terms', `The keyword ${key} is not taken in a credential`, {
        where: child(path, key),
        found: key,
        mend: 'State the claim at the subject it is about',
      });
    else if (inner !== null && typeof inner === 'object') inspect(inner, child(path, key), inspection);
  }
}

function inspectContext(value: unknown, where: string, { contexts, inline, checks }: Inspection): void {
  const list = [value].flat();
  const fail = (why: string, found: string, mend?: string) =>
    checks.fail('terms', 'verify.context', why, {
      where,
      found: found.slice(0, 200),
      allowed: [...contexts.keys()].join(', '),
      ...(mend ? { mend } : {}),
    });
  if (list.length > MAX_CONTEXTS)
    fail(`It names ${list.length} contexts; up to ${MAX_CONTEXTS} are taken`, String(list.length));
  else
    for (const one of list) {
      if (typeof one === 'string' ? contexts.has(one) : inline && one !== null && typeof one === 'object') continue;
      if (typeof one === 'string')
        fail(
          `The context ${one.slice(0, 200)} is not held by this node, and contexts are never fetched`,
          one,
          'Use one of the contexts held, or ask the operator to add this one',
        );
      else
        fail(
          'A context written into the credential is not taken: it could give any name another meaning',
          JSON.stringify(one) ?? '',
          'Name a published context by its URL',
        );
    }
}

/**
 * Refuses, before anything costs much, contexts that are not held, contexts written into the credential, and keywords
 * that hide claims.
 *
 * @returns whether nothing was found
 */
export function inspectDocument(document: JsonObject, inspection: Inspection): boolean {
  const before = inspection.checks.list.length;
  inspect(document, '', inspection);
  return inspection.checks.list.length === before;
}

/** What expansion says of a credential: its types and subjects, in shortened names. */
export interface Expanded {
  types: string[];
  subjects: ClaimNode[];
}

/** Reads the claims out of an expanded credential; undefined when a name in it belongs to no vocabulary. */
export function readClaims([root]: ExpandedDocument, checks: Checks): Expanded | undefined {
  if (!absolute(root ?? {}, checks)) return undefined;
  const subjects = ((root?.[`${CREDENTIALS}credentialSubject`] as object[]) ?? []).map((subject) =>
    tree(subject as Record<string, unknown>),
  );
  const types = ((root?.['@type'] as string[]) ?? [])
    .map(shorten)
    .filter((type) => type !== 'cred:VerifiableCredential');
  checks.pass('verify.terms', 'Every term is defined by a context this node holds');
  return { types, subjects };
}

/** Schemes of IRIs that name terms. Any other "scheme" is a prefix that no context declares. */
const TERM_SCHEME = /^(https?|urn|did):/;
const ABSOLUTE = /^(_:|[a-z][a-z0-9+.-]*:)/i;

/** Whether every property and type is a real IRI, and every id an absolute one: `schema:name` without a prefix is none. */
function absolute(node: Record<string, unknown>, checks: Checks): boolean {
  for (const [key, value] of Object.entries(node)) {
    const term = key.startsWith('@') ? (key === '@type' ? [value].flat() : []) : [key];
    const strange = (term as string[]).find((iri) => !TERM_SCHEME.test(iri));
    if (strange !== undefined && node['@value'] === undefined) {
      const name = strange.replace(/^\w+:/, '');
      checks.fail('terms', 'verify.terms', `The prefix of "${strange}" is declared by none of the contexts it names`, {
        found: strange,
        mend: `Name the context that declares it, or write the term without prefix: "${name}"`,
      });
      return false;
    }
    if (key === '@id' && !ABSOLUTE.test(String(value))) {
      checks.fail('terms', 'verify.terms', `The id "${String(value).slice(0, 200)}" is not an absolute URL or DID`, {
        found: String(value).slice(0, 200),
        mend: 'Write ids in full',
      });
      return false;
    }
    if (key.startsWith('@') && key !== '@list' && key !== '@set' && key !== '@graph') continue;
    for (const inner of [value].flat())
      if (inner !== null && typeof inner === 'object' && !absolute(inner as Record<string, unknown>, checks))
        return false;
  }
  return true;
}

/** Writes why a document cannot be read as JSON-LD, with the term at fault. */
export function explainJsonLd(error: unknown, checks: Checks): void {
  const details = (error as { details?: { event?: { code?: string; details?: Record<string, string> } } }).details;
  const event = details?.event;
  const term = event?.details?.property ?? event?.details?.type ?? event?.details?.id;
  if (error instanceof UnknownContext) {
    checks.fail('terms', 'verify.context', error.message, { found: error.url });
  } else if (event?.code === 'relative @id reference') {
    checks.fail('terms', 'verify.terms', `The id "${term}" is not an absolute URL or DID`, {
      found: term,
      mend: 'Write ids in full',
    });
  } else if (term !== undefined) {
    checks.fail('terms', 'verify.terms', `The term "${term}" is not defined by the contexts the credential names`, {
      found: term,
      mend: 'Correct the spelling, or name the context that defines it',
    });
  } else {
    checks.fail('terms', 'verify.terms', `The credential is not valid JSON-LD: ${messageOf(error)}`);
  }
}

/** Expanded JSON-LD as a claim tree. Languages are dropped here; the raw credential keeps them. */
function tree(node: Record<string, unknown>): ClaimNode {
  const result: ClaimNode = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === '@id') result['@id'] = value as string;
    else if (key === '@type') result['@type'] = (value as string[]).map(shorten);
    else {
      const name = shorten(key);
      const list = (value as Record<string, unknown>[]).flatMap(plainValues);
      result[name] = [...((result[name] as ClaimValue[]) ?? []), ...list];
    }
  }
  return result;
}

const NUMERIC =
  /#(integer|decimal|float|double|nonNegativeInteger|positiveInteger|int|long|short|byte|unsignedInt|unsignedLong|unsignedShort|unsignedByte|nonPositiveInteger|negativeInteger)$/;

function plainValues(value: Record<string, unknown>): ClaimValue[] {
  if ('@list' in value) return (value['@list'] as Record<string, unknown>[]).flatMap(plainValues);
  if ('@set' in value) return (value['@set'] as Record<string, unknown>[]).flatMap(plainValues);
  if (!('@value' in value)) return [tree(value)];
  const plain = value['@value'];
  const type = typeof value['@type'] === 'string' ? value['@type'] : '';
  if (typeof plain === 'string' && NUMERIC.test(type) && plain.trim() !== '' && Number.isFinite(Number(plain)))
    return [Number(plain)];
  if (typeof plain === 'string' && type.endsWith('#boolean')) return [plain === 'true' || plain === '1'];
  return plain === null ? [] : [plain as string | number | boolean];
}
