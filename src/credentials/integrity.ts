import canonicalize from 'canonicalize';
import type { Code } from '../errors.ts';
import type { Checks } from './check.ts';
import type { JsonObject, Submission } from './credential.ts';
import type { Hashes } from './digest.ts';
import { hashesOf, matchesDigest, readDigest } from './digest.ts';
import { type Http, HttpFault, mediaTypeOf } from './http.ts';
import { clip, ID, type Reference, readReferences } from './references.ts';
import { createSizedCache } from './sized-cache.ts';
import { soon } from './soon.ts';
import { decodeUtf8, JsonFault, parseObject } from './strict-json.ts';

/** Of each that came along under an id, the forms of which a digest may have been taken; empty when nothing did. */
export type Within = (id: string) => Hashes[][];

/** What one submission may still make this node fetch; the parts of a presentation share it. */
export interface Allowance {
  /** What was asked for, by address and media type. */
  asked: Map<string, Promise<Found | undefined>>;
  running: Set<Promise<Found>>;
  bytes: number;
}

export const createAllowance = (): Allowance => ({ asked: new Map(), running: new Set(), bytes: MAX_FETCHED_BYTES });

interface RelatedOptions {
  http: Http;
  clock: () => Date;
}

/**
 * Compares what a credential names by id and digest with what stands there: first in `within`, the presentation it came
 * in; then with what W3C is known to publish; then on the web, for at most `budgetMs` and within `allowance`, which is
 * 10 documents and 5 MB for one submission. Writes `verify.related`: a digest that differs or an address that may not be
 * asked fails it; what cannot be had now is `unknown`, and refuses nothing.
 */
type CheckRelated = (
  document: JsonObject,
  checks: Checks,
  options: { budgetMs: number; within?: Within; allowance?: Allowance },
) => Promise<void>;

/** So many credentials of a presentation may have one id. */
const MAX_TWINS = 4;
const MAX_FETCHED = 10;
const MAX_FETCHED_BYTES = 5_000_000;
const MAX_BYTES = 1_000_000;
const MAX_CACHED_BYTES = 16_000_000;
const TIMEOUT_MS = 5_000;
/** How long an answer, and how long its absence, is used without asking again. */
const FRESH_MS = 300_000;
const NEGATIVE_MS = 30_000;

/**
 * What W3C publishes of contexts whose package says the same in other white space: digests of the published bytes
 * (https://www.w3.org/TR/vc-data-model-2.0/#base-context, https://www.w3.org/TR/vc-data-integrity/#contexts-and-vocabularies).
 */
const PUBLISHED: Record<string, string[]> = {
  'https://www.w3.org/2018/credentials/v1': [
    'sha256-q03dmlMXWIB6eaW0UFENYa6NFH6rlmzJogDAcJWwzcw=',
    'sha384-gsOz6rhjdUu/0rnxfY1tufYRafMBy/CwXh/EvrX1xR3U0uiIwnT0nD+7JAj2H67R',
    'sha512-U2pAs5DdqUqeORlsAAkPYmaOgYT+PIwCxKIshWZuaL9uhdPcfy26hbK2Lvldl94kEyVo2FBNtD8snILS6IQY0g==',
  ],
  'https://www.w3.org/ns/credentials/v2': [
    'sha256-WZVc7WaX1h4D8rJVb+vlMIqxaEKEb1tYbX8fet7JJzQ=',
    'sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU',
    'sha512-XVVFK9Lc+KKfWikEc+skKxxft31OaPGgqoe6pNuiaUhS1l7GPUisBKmdlW+fcVO5QG+E0tBMdIabAsI5odgTBQ==',
  ],
  'https://w3id.org/security/data-integrity/v2': [
    'sha256-Z/IebjOmwU5cz9L8eGX3R0+3GgSvfpQTbLOZ36yK6PQ=',
    'sha384-DuLXYmcX+LB81Em1JdXitx/icgn8meUwieAWndKUTXk/7qRSb8YLucyhzZZRI5H2',
    'sha512-Oc16mkBHt0uFJGQP41Yz6B6ChtFL27fnfQ4I2FCwDWo1sBhdXeNcR5uu2yOheYnZ9iislVMf3XnAxaD2Mtn6lQ==',
  ],
};

/** An answer, or why there is none. `size`: how many bytes came, as far as that is known. */
type Found = { at: number; size: number } & (
  | { forms: Hashes[]; type: string }
  | { refused: string }
  | { away: string; since: number }
);

/** @see CheckRelated. Answers are kept for five minutes, so that a thousand listings may name one document. */
export function createRelatedCheck({ http, clock }: RelatedOptions): CheckRelated {
  const cache = createSizedCache<Found>(MAX_CACHED_BYTES);
  const asking = new Map<string, Promise<Found>>();

  const ask = async (url: string, accept: string, before: Found | undefined): Promise<Found> => {
    const now = clock().getTime();
    const since = before && 'since' in before ? before.since : now;
    try {
      const options = { accept, redirects: 3, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS };
      const { status, headers, bytes } = await http(url, options);
      const size = bytes.length;
      if (status !== 200) return { at: now, size, since, away: `it answers with status ${status}` };
      return { at: now, size, forms: formsOf(bytes).map(hashesOf), type: mediaTypeOf(headers) };
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      if (error.kind === 'refused') return { at: now, size: 0, refused: error.message };
      return { at: now, size: error.kind === 'limit' ? MAX_BYTES : 0, since, away: error.message };
    }
  };
  const fetched = (url: string, accept: string): Promise<Found> => {
    const key = `${accept} ${url}`;
    const cached = cache.get(key);
    if (cached && clock().getTime() - cached.at < ('away' in cached ? NEGATIVE_MS : FRESH_MS))
      return Promise.resolve(cached);
    const running =
      asking.get(key) ??
      ask(url, accept, cached)
        .then((found) => {
          cache.set(key, found, 'forms' in found ? found.size * found.forms.length : 0);
          return found;
        })
        .finally(() => asking.delete(key));
    asking.set(key, running);
    return running;
  };

  /** Each request sets aside all that it may bring, and gives back what it did not; the others wait for that. */
  const afford = async (url: string, accept: string, allowance: Allowance): Promise<Found | undefined> => {
    while (allowance.bytes < MAX_BYTES) {
      if (allowance.running.size === 0) return undefined;
      await Promise.race(allowance.running);
    }
    allowance.bytes -= MAX_BYTES;
    const running = fetched(url, accept).then((found) => {
      allowance.bytes += MAX_BYTES - found.size;
      allowance.running.delete(running);
      return found;
    });
    allowance.running.add(running);
    return running;
  };
  const allowed = (url: string, accept: string, allowance: Allowance): Promise<Found | undefined> | undefined => {
    const key = `${accept} ${url}`;
    const asked = allowance.asked.get(key);
    if (asked || allowance.asked.size >= MAX_FETCHED) return asked;
    const running = afford(url, accept, allowance);
    allowance.asked.set(key, running);
    return running;
  };

  return async (document, checks, { budgetMs, within, allowance = createAllowance() }) => {
    const references = readReferences(document, checks);
    if (!references || references.length === 0) return;
    const late = (): Found => {
      const now = clock().getTime();
      return { at: now, size: 0, since: now, away: 'it did not come in time' };
    };
    const look = async (reference: Reference): Promise<Outcome> => {
      const { id, mediaType, normalised } = reference;
      if (normalised) return unknown(`it was hashed after ${normalised}, which is not known here`);
      const near = within?.(id) ?? [];
      if (near.length > MAX_TWINS) return tooManyTwins(near.length);
      if (near.length > 0) return compare(reference, near.flat(), 'in the presentation');
      if (Object.hasOwn(PUBLISHED, id)) return published(reference);
      if (!/^https?:/i.test(id)) return unknown('it is not in the presentation, and its id is no URL to fetch it from');
      const found = await soon(allowed(id, mediaType ?? '*/*', allowance), budgetMs, late);
      if (!found) return unknown(`no more than ${MAX_FETCHED} resources and 5 MB are fetched for one submission`);
      if ('refused' in found) return { result: 'fail', why: `may not be fetched: ${found.refused}` };
      if ('away' in found) return unknown(`${found.away}; since ${new Date(found.since).toISOString()}`);
      if (mediaType && found.type !== mediaType)
        return {
          result: 'fail',
          why: `is served as ${found.type || 'no media type'}, not as ${mediaType}`,
          found: found.type,
        };
      return compare(reference, reference.exact ? found.forms.slice(0, 1) : found.forms, 'where its id leads');
    };
    const outcomes = await Promise.all(references.map(look));
    for (const [at, outcome] of outcomes.entries()) report(references[at]!, outcome, checks);
    const good = outcomes.filter(({ result }) => result === 'pass').length;
    if (good > 0) checks.pass(ID, `${good} of ${outcomes.length} named resources have the digest that the issuer gave`);
  };
}

interface Outcome {
  result: 'pass' | 'fail' | 'unknown';
  /** Of `fail`; `proof` by default. */
  code?: Code;
  why?: string;
  found?: string | undefined;
  allowed?: string;
}

const unknown = (why: string): Outcome => ({ result: 'unknown', why });
const tooManyTwins = (count: number): Outcome => ({
  result: 'fail',
  code: 'malformed',
  why: `is the id of ${count} credentials of the presentation`,
  found: String(count),
  allowed: `up to ${MAX_TWINS}`,
});

function compare({ digests }: Reference, forms: Hashes[], place: string): Outcome {
  for (const { digest, text } of digests) {
    const verdicts = forms.map((form) => matchesDigest(form, digest));
    const [first] = verdicts;
    if (first && !first.ok && verdicts.every(({ ok }) => !ok))
      return {
        result: 'fail',
        why: `has another digest ${place} than the issuer gave`,
        found: first.detail,
        allowed: text,
      };
  }
  return { result: 'pass' };
}

function published({ id, digests }: Reference): Outcome {
  const editions = PUBLISHED[id]!.map((text) => readDigest(text, 'sri'));
  const differs = digests.find(
    ({ digest }) =>
      !editions.some(
        (edition) =>
          edition.ok &&
          edition.value.hash === digest.hash &&
          digest.values.some((value) => value.equals(edition.value.values[0]!)),
      ),
  );
  if (!differs) return { result: 'pass' };
  return {
    result: 'fail',
    why: 'has another digest as W3C publishes it than the issuer gave',
    found: PUBLISHED[id]![0]!,
    allowed: differs.text,
  };
}

function report({ id, where }: Reference, outcome: Outcome, checks: Checks): void {
  const { result, code = 'proof', why, found, allowed } = outcome;
  const details = { where, ...(found ? { found } : {}), ...(allowed ? { allowed } : {}) };
  if (result === 'unknown') checks.unknown(ID, `${clip(id)} was not compared with its digest: ${why}`, details);
  if (result === 'fail')
    checks.fail(code, ID, `${clip(id)} ${why}`, {
      ...details,
      mend:
        code === 'malformed'
          ? 'Give each credential an id of its own'
          : 'Restore what stood there, or issue the credential anew with its https address and the digest it has now',
    });
}

const JWT = /^\s*[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*\s*$/;

/**
 * The forms of one credential or document over which digests are in use: its bytes; the text of a JWT; and, for JSON and
 * for what a JWT says, the canonical form of RFC 8785, which Gaia-X clearing houses hash
 * (https://gitlab.com/gaia-x/lab/compliance/gx-compliance, https://www.rfc-editor.org/rfc/rfc8785).
 */
export const formsOf = (bytes: Uint8Array): Uint8Array[] => readCredential(bytes).forms;

function readCredential(bytes: Uint8Array): { document?: JsonObject; forms: Uint8Array[] } {
  try {
    const text = decodeUtf8(bytes);
    const payload = JWT.exec(text)?.[1];
    const document = parseObject(payload ? decodeUtf8(Buffer.from(payload, 'base64url')) : text);
    const canonical = Buffer.from(canonicalize(document)!);
    return { document, forms: payload ? [bytes, Buffer.from(text.trim()), canonical] : [bytes, canonical] };
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return { forms: [bytes] };
  }
}

/**
 * The credentials of a presentation by their ids, so that what refers to another one of them is compared with that one.
 * Nothing is read before somebody asks. Up to four with one id all count: the digest tells which was meant.
 */
export function linkedIn(parts: readonly Pick<Submission, 'bytes'>[]): Within {
  let index: Map<string, Hashes[][]> | undefined;
  const read = () => {
    const byId = new Map<string, Hashes[][]>();
    for (const { bytes } of parts) {
      const { document, forms } = readCredential(bytes);
      const id = document?.id ?? document?.['@id'];
      if (typeof id === 'string') byId.set(id, [...(byId.get(id) ?? []), forms.map(hashesOf)]);
    }
    return byId;
  };
  return (id) => {
    index ??= read();
    return index.get(id) ?? [];
  };
}
