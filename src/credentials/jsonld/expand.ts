import { messageOf } from '../../errors.ts';
import type { Checks } from '../check.ts';
import type { JsonObject } from '../credential.ts';
import { pointerToken } from '../strict-json.ts';
import { type ClaimNode, type ClaimValue, shorten } from './claims.ts';
import { type Contexts, UnknownContext } from './contexts.ts';
import type { ExpandedDocument } from './rdf.ts';
import { nearestContext, type TermHelp } from './terms.ts';

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
/** How to mend a context that is not held. */
export const HOLD_IT = 'Use contexts that are held, or ask the operator to add this one: kontor contexts add URL FILE';

/** The namespace of the data model's own terms. */
export const CREDENTIALS = 'https://www.w3.org/2018/credentials#';

interface Inspection {
  contexts: Contexts;
  /** Whether a credential may bring contexts and keywords of its own, as JSON-LD allows. */
  inline: boolean;
  checks: Checks;
}

/** Whoever sends nonsense is told of some of it. */
const MAX_FAULTS = 20;

/** Where contexts may be named: the document, its proofs, and each credential in a presentation with its proofs. */
const CONTEXT_PLACE = /^(\/verifiableCredential(\/\d+)?)?(\/proof(\/\d+)?)?\/@context$/;
/** Where such places begin, besides the top. */
const PLAIN_FIRST = new Set([
  'verifiableCredential',
  'proof',
  'credentialStatus',
  'issuer',
  'holder',
  'relatedResource',
]);
/** What is read as it is written: the top of a document, its proofs, what tells its state, and what is named by digest. */
const PLAIN_PLACE =
  /^(\/verifiableCredential(\/\d+)?)?(\/(proof|credentialStatus|issuer|holder|relatedResource)(\/\d+)?)?$/;

/** @param path keys that lead here; a pointer is made of them only where it matters */
function inspect(value: object, path: string[], inspection: Inspection): void {
  const { checks } = inspection;
  const isPlain =
    path.length === 0 || (PLAIN_FIRST.has(path[0]!) && !Array.isArray(value) && PLAIN_PLACE.test(pointer(path)));
  for (const key of Object.keys(value)) {
    if (checks.list.length > MAX_FAULTS) return;
    const inner = (value as JsonObject)[key];
    path.push(key);
    if (key === '@context') inspectContexts(inner, path, inspection);
    else {
      const fault = faultOf(key, inner, isPlain, inspection.inline);
      if (fault) {
        const [why, mend] = fault;
        checks.fail('terms', 'verify.terms', why, { where: pointer(path), found: key.slice(0, 200), mend });
      } else if (inner !== null && typeof inner === 'object') inspect(inner, path, inspection);
    }
    path.pop();
  }
}

/** What is wrong with one member, whatever is inside it, and how to mend it. */
function faultOf(key: string, inner: unknown, isPlain: boolean, inline: boolean): [string, string] | undefined {
  if (!inline && REFUSED_KEYWORDS.has(key))
    return [`The keyword ${key} is not taken in a credential`, 'State the claim at the subject it is about'];
  // Statements are signed, not spelling: what this node reads by name must have no other name.
  if (isPlain && (key.includes(':') || key.includes('@')))
    return [
      `"${key.slice(0, 120)}" is written with a prefix, as an IRI or as a keyword, where plain terms are read`,
      'Write the term that the context defines, such as validUntil, id or type',
    ];
  if ((key === 'type' || key === '@type') && [inner].flat().includes('@json'))
    return ['JSON literals are not taken', 'State it as claims'];
  if ((key === 'id' || key === '@id') && typeof inner === 'string' && inner.startsWith('_:'))
    return ['A blank node has a name', 'Leave the id out, or give a URL'];
  return undefined;
}

const pointer = (path: string[]) => path.map((key) => `/${pointerToken(key)}`).join('');

function inspectContexts(value: unknown, path: string[], { contexts, inline, checks }: Inspection): void {
  const where = pointer(path);
  if (!inline && !CONTEXT_PLACE.test(where)) {
    checks.fail('terms', 'verify.context', 'A context stands inside the document', {
      where,
      mend: 'Name every context at the top of the document',
    });
    return;
  }
  const list = [value].flat();
  const fail = (why: string, found: string, mend: string) =>
    checks.fail('terms', 'verify.context', why, {
      where,
      found: found.slice(0, 200),
      allowed: [...contexts.keys()].join(', '),
      mend,
    });
  if (list.length > MAX_CONTEXTS || new Set(list).size < list.length)
    fail(
      `It names ${list.length} contexts; up to ${MAX_CONTEXTS} are taken, each once`,
      String(list.length),
      'Name only the contexts whose terms it uses',
    );
  else
    for (const one of list) {
      if (typeof one === 'string' ? contexts.has(one) : inline && one !== null && typeof one === 'object') continue;
      if (typeof one === 'string') {
        const near = nearestContext(one, contexts);
        fail(
          `The context ${one.slice(0, 200)} is not held here, and contexts are never fetched${near ? `; did you mean ${near}?` : ''}`,
          one,
          near ? `Write ${near}, which is held` : HOLD_IT,
        );
      } else
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
  const { checks } = inspection;
  const before = checks.list.length;
  inspect(document, [], inspection);
  if (checks.list.length > before) return false;
  checks.pass('verify.context', 'It names only contexts that this node holds');
  return true;
}

/** What expansion says of a credential: its types and subjects, in shortened names. */
export interface Expanded {
  types: string[];
  subjects: ClaimNode[];
}

/** Reads the claims out of an expanded credential; undefined when a name in it belongs to no vocabulary. */
export function readClaims([root]: ExpandedDocument, checks: Checks, help?: TermHelp): Expanded | undefined {
  if (!absolute(root ?? {}, checks, help)) return undefined;
  const subjects = ((root?.[`${CREDENTIALS}credentialSubject`] as object[]) ?? []).map((subject) =>
    tree(subject as Record<string, unknown>),
  );
  const types = ((root?.['@type'] as string[]) ?? [])
    .map(shorten)
    .filter((type) => type !== 'cred:VerifiableCredential');
  checks.pass('verify.terms', 'Every term is defined by a context this node holds');
  return { types, subjects };
}

/**
 * Whether each thing that claims are made of stands in one place. A signature over statements (RDFC-1.0) holds however
 * they are arranged, so claims about one id in two places could be moved from where they are looked for to where they
 * are not.
 */
export function isGathered([root]: ExpandedDocument, checks: Checks): boolean {
  const places = new Map<string, { count: number; claims: boolean }>();
  const visit = (node: Record<string, unknown>, counts: boolean): void => {
    let claims = false;
    for (const key in node) {
      if (key === '@id') continue;
      claims = true;
      const value = node[key];
      // The issuer's bare id names who speaks; nothing could have been said of the subject there.
      const inside = key !== `${CREDENTIALS}issuer` && key !== `${CREDENTIALS}holder`;
      for (const inner of Array.isArray(value) ? value : [value])
        if (inner !== null && typeof inner === 'object') visit(inner as Record<string, unknown>, inside);
    }
    const id = node['@id'];
    if (typeof id !== 'string') return;
    const place = places.get(id) ?? { count: 0, claims: false };
    if (counts || claims) place.count++;
    place.claims ||= claims;
    places.set(id, place);
  };
  visit(root ?? {}, true);
  const [scattered] = [...places].find(([, { count, claims }]) => claims && count > 1) ?? [];
  if (scattered === undefined) return true;
  checks.fail(
    'terms',
    'verify.terms',
    `What is said of ${scattered.slice(0, 200)} could stand in more than one place`,
    {
      found: scattered.slice(0, 200),
      mend: 'Let one object have this id and all its claims, or sign as vc+jwt, which signs the text itself',
    },
  );
  return false;
}

/** Schemes of IRIs that name terms. Any other "scheme" is a prefix that no context declares. */
const TERM_SCHEME = /^(https?|urn|did):/;
const ABSOLUTE = /^(_:|[a-z][a-z0-9+.-]*:)/i;

/** Whether every property and type is a real IRI, and every id an absolute one: `schema:name` without a prefix is none. */
function absolute(node: Record<string, unknown>, checks: Checks, help: TermHelp | undefined): boolean {
  for (const key of Object.keys(node)) {
    const value = node[key];
    if (key === '@id') {
      if (!ABSOLUTE.test(String(value))) return isNotAbsolute(String(value).slice(0, 200), checks);
    } else if (key === '@type') {
      if (node['@value'] === undefined)
        for (const type of value as string[])
          if (!TERM_SCHEME.test(type)) return isNoIri(type.slice(0, 200), checks, help);
    } else if (!key.startsWith('@') || key === '@list' || key === '@set' || key === '@graph') {
      if (!key.startsWith('@') && !TERM_SCHEME.test(key)) return isNoIri(key.slice(0, 200), checks, help);
      for (const inner of value as unknown[])
        if (inner !== null && typeof inner === 'object' && !absolute(inner as Record<string, unknown>, checks, help))
          return false;
    }
  }
  return true;
}

function isNotAbsolute(id: string, checks: Checks): false {
  checks.fail('terms', 'verify.terms', `The id "${id}" is not an absolute URL or DID`, {
    found: id,
    mend: 'Write ids in full',
  });
  return false;
}

function isNoIri(term: string, checks: Checks, help: TermHelp | undefined): false {
  const [prefix = '', bare = ''] = [/^[^:]*/.exec(term)?.[0], term.slice(term.indexOf(':') + 1)];
  const plain = help?.defines(bare) ? `write the term without prefix: "${bare}"` : undefined;
  checks.fail('terms', 'verify.terms', `The prefix of "${term}" is declared by none of the contexts it names`, {
    found: term,
    mend: capital(naming(help?.elsewhere(prefix) ?? [], `"${prefix}:"`, plain)),
  });
  return false;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * How to mend a word that no named context defines: by naming one that does, or otherwise.
 *
 * @param urls held contexts that define it
 */
function naming(urls: string[], word: string, otherwise: string | undefined): string {
  const add = `add to @context one that defines ${word}: ${urls.slice(0, 3).join(' or ')}`;
  if (urls.length === 0) return otherwise ?? `use a term of a context that is held: none of them defines ${word}`;
  return otherwise ? `${add}; or ${otherwise}` : add;
}

/** Writes why a document cannot be read as JSON-LD, with the term at fault. */
export function explainJsonLd(error: unknown, checks: Checks, help?: TermHelp): void {
  const details = (error as { details?: { event?: { code?: string; details?: Record<string, string> } } }).details;
  const event = details?.event;
  const redefined = (error as { details?: { term?: unknown } }).details?.term;
  const term = (event?.details?.property ?? event?.details?.type ?? event?.details?.id)?.slice(0, 200);
  if (typeof redefined === 'string') {
    const found = redefined.slice(0, 200);
    checks.fail(
      'terms',
      'verify.terms',
      `The term "${found}" is defined again by a later context, which may not change it`,
      {
        where: '/@context',
        found,
        mend: 'Leave the context out that defines it anew',
      },
    );
  } else if (error instanceof UnknownContext) {
    checks.fail('terms', 'verify.context', error.message, { where: '/@context', found: error.url, mend: HOLD_IT });
  } else if (event?.code === 'relative @id reference') {
    checks.fail('terms', 'verify.terms', `The id "${term}" is not an absolute URL or DID`, {
      found: term,
      mend: 'Write ids in full',
    });
  } else if (term !== undefined) {
    const near = help?.nearest(term);
    const otherwise = near === undefined ? undefined : `write "${near}" if that is meant`;
    const spelling = help ? undefined : 'correct the spelling, or name the context that defines it';
    checks.fail('terms', 'verify.terms', `The term "${term}" is not defined by the contexts the credential names`, {
      found: term,
      ...(near === undefined ? {} : { allowed: near }),
      mend: capital(naming(help?.elsewhere(term) ?? [], `"${term}"`, otherwise ?? spelling)),
    });
  } else {
    checks.fail('terms', 'verify.terms', `The credential is not valid JSON-LD: ${messageOf(error).slice(0, 300)}`, {
      mend: 'Correct what is named here, and sign again',
    });
  }
}

/** Expanded JSON-LD as a claim tree. Languages are dropped here; the raw credential keeps them. */
function tree(node: Record<string, unknown>): ClaimNode {
  const result: ClaimNode = {};
  for (const key of Object.keys(node)) {
    if (key === '@id') result['@id'] = node[key] as string;
    else if (key === '@type') result['@type'] = (node[key] as string[]).map(shorten);
    else {
      const name = shorten(key);
      const list = (node[key] as Record<string, unknown>[]).flatMap(plainValues);
      result[name] = name in result ? [...(result[name] as ClaimValue[]), ...list] : list;
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
  if (plain === null) return [];
  // A JSON literal is text to us: nothing in it was given a meaning by a context.
  return [typeof plain === 'object' ? JSON.stringify(plain) : (plain as string | number | boolean)];
}
