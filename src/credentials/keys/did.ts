import { type Code, messageOf, refused, type Verdict } from '../../errors.ts';
import type { JsonObject } from '../credential.ts';
import { type Http, HttpFault, isLoopbackName } from '../http.ts';
import { createSizedCache } from '../sized-cache.ts';
import { decodeUtf8, parseObject } from '../strict-json.ts';
import { decodeMultikey } from './multibase.ts';

/** A DID document as received, with its id checked (https://www.w3.org/TR/did-1.0/#core-properties). */
export interface DidDocument extends JsonObject {
  id: string;
}

export type ResolveDid = (did: string, options?: { fresh?: boolean }) => Promise<Verdict<DidDocument>>;

export interface DidResolverOptions {
  http: Http;
  clock: () => Date;
  /** Whether did:web hosts on loopback may be asked, over http. */
  allowPrivateNetwork: boolean;
  /** Documents that are known without asking: the node's own, or those of an offline check. */
  known?: (did: string) => DidDocument | undefined;
}

/** How long a document is used without asking again, and how long a failure is remembered, in milliseconds. */
const FRESH_MS = 300_000;
const NEGATIVE_MS = 5_000;
/** A document past its freshness still serves while its host cannot be reached, up to this age. */
const STALE_MS = 86_400_000;
/** A caller waits so long; the answer is still taken into the cache for whoever asks next. */
const WAIT_MS = 900;
const MAX_CACHED_BYTES = 32_000_000;
const MAX_BYTES = 65_536;

/**
 * Resolves did:web (https://w3c-ccg.github.io/did-method-web/) over the given client and did:key locally. Documents
 * are cached; `fresh` asks again, which verification does once before it calls a signature bad.
 */
export function createDidResolver({ http, clock, allowPrivateNetwork, known }: DidResolverOptions): ResolveDid {
  const cache = createSizedCache<{ verdict: Verdict<DidDocument>; at: number; asked?: number }>(MAX_CACHED_BYTES);
  const asking = new Map<string, Promise<Verdict<DidDocument>>>();

  const ask = async (did: string): Promise<Verdict<DidDocument>> => {
    const located = didWebUrl(did, allowPrivateNetwork);
    if (!located.ok) return located;
    const before = cache.get(did);
    const verdict = await fetchDocument(http, did, located.value);
    const at = clock().getTime();
    const stale = !verdict.ok && verdict.code === 'key-unavailable' && before?.verdict.ok && at - before.at < STALE_MS;
    if (stale) {
      before.asked = at;
      return before.verdict;
    }
    cache.set(did, { verdict, at }, verdict.ok ? JSON.stringify(verdict.value).length : verdict.detail.length);
    return verdict;
  };

  return async (did, { fresh = false } = {}) => {
    const own = known?.(did);
    if (own) return { ok: true, value: own };
    if (did.startsWith('did:key:')) return didKeyDocument(did);
    if (!did.startsWith('did:web:')) {
      return refused('unsupported', `The DID method of ${clip(did)} is not supported; did:web and did:key are`);
    }
    const cached = cache.get(did);
    const age = cached ? clock().getTime() - Math.max(cached.at, cached.asked ?? 0) : Number.POSITIVE_INFINITY;
    if (cached && age < (!cached.verdict.ok || fresh ? NEGATIVE_MS : FRESH_MS)) return cached.verdict;
    const running = asking.get(did) ?? ask(did).finally(() => asking.delete(did));
    asking.set(did, running);
    return soon(running, did, cached?.verdict.ok && age < STALE_MS ? cached.verdict : undefined);
  };
}

/** The answer; where it takes too long, an older document, or for now that there is none. */
async function soon(
  running: Promise<Verdict<DidDocument>>,
  did: string,
  older: Verdict<DidDocument> | undefined,
): Promise<Verdict<DidDocument>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Verdict<DidDocument>>((resolve) => {
    const why = `The DID document of ${did} did not come within ${WAIT_MS} ms`;
    timer = setTimeout(() => resolve(older ?? refused('key-unavailable', why)), WAIT_MS);
  });
  return Promise.race([running, late]).finally(() => clearTimeout(timer));
}

const clip = (text: string) => (text.length > 120 ? `${text.slice(0, 117)}...` : text);

/** The URL of a did:web's document. */
export function didWebUrl(did: string, allowPrivateNetwork: boolean): Verdict<string> {
  const [host, ...path] = did
    .slice('did:web:'.length)
    .split(':')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return '';
      }
    });
  const sane =
    host &&
    /^[a-z0-9.-]+(:\d{1,5})?$/i.test(host) &&
    path.every((part) => /^[A-Za-z0-9._~-]+$/.test(part) && !/^\.+$/.test(part)) &&
    did.length <= 2048;
  if (!sane) return refused('issuer', `${clip(did)} is not a did:web that names a host`);
  const name = host.replace(/:\d+$/, '').toLowerCase();
  const local = isLoopbackName(name) || /^127(\.\d+){3}$/.test(name);
  const base = `${local && allowPrivateNetwork ? 'http' : 'https'}://${host}`;
  return { ok: true, value: path.length > 0 ? `${base}/${path.join('/')}/did.json` : `${base}/.well-known/did.json` };
}

async function fetchDocument(http: Http, did: string, url: string): Promise<Verdict<DidDocument>> {
  const fail = (code: Code, why: string) => refused(code, `The DID document of ${did} at ${url} ${why}`);
  try {
    const { status, bytes } = await http(url, {
      accept: 'application/did+json, application/json',
      maxBytes: MAX_BYTES,
      timeoutMs: 5_000,
    });
    if (status >= 300 && status < 400)
      return fail('issuer', `answers with a redirect (${status}); a DID document must stand where its name says`);
    if (status === 404 || status === 410) return fail('issuer', `does not exist (${status})`);
    if (status !== 200) return fail('key-unavailable', `cannot be had now (${status})`);
    const document = parseObject(decodeUtf8(bytes));
    if (document.id !== did) return fail('issuer', `has the id ${clip(String(document.id))} instead`);
    const { id, verificationMethod, assertionMethod, authentication } = document as DidDocument;
    return { ok: true, value: { id, verificationMethod, assertionMethod, authentication } };
  } catch (error) {
    const temporary = error instanceof HttpFault && error.kind === 'network';
    return fail(temporary ? 'key-unavailable' : 'issuer', `cannot be used: ${messageOf(error)}`);
  }
}

function didKeyDocument(did: string): Verdict<DidDocument> {
  const multikey = did.slice('did:key:'.length);
  if (!decodeMultikey(multikey)) return refused('issuer', `${clip(did)} does not hold an Ed25519 or P-256 public key`);
  const id = `${did}#${multikey}`;
  const method = { id, type: 'Multikey', controller: did, publicKeyMultibase: multikey };
  return { ok: true, value: { id: did, verificationMethod: [method], assertionMethod: [id], authentication: [id] } };
}

export type Purpose = 'assertionMethod' | 'authentication';

/**
 * The verification method a DID URL names, if the document lists it for the purpose and controls it itself.
 *
 * @param methodId DID URL; a relative reference (`#key-1`) is read against the document
 */
export function findMethod(document: DidDocument, methodId: string, purpose: Purpose): Verdict<JsonObject> {
  const absolute = (id: unknown) => (typeof id === 'string' && id.startsWith('#') ? document.id + id : id);
  const wanted = absolute(methodId);
  const listed = (name: string) => (Array.isArray(document[name]) ? (document[name] as unknown[]) : []);
  const isObject = (one: unknown): one is JsonObject => one !== null && typeof one === 'object';
  const references = listed(purpose);
  const embedded = references.filter(isObject);
  const method = [...embedded, ...listed('verificationMethod').filter(isObject)].find(
    (one) => absolute(one.id) === wanted,
  );
  if (!method) return refused('proof', `The DID document of ${document.id} has no key ${clip(methodId)}`);
  if (!references.some((one) => absolute(isObject(one) ? one.id : one) === wanted)) {
    return refused('proof', `The key ${clip(methodId)} is in the DID document, but not listed under ${purpose}`);
  }
  if (method.controller !== document.id)
    return refused(
      'proof',
      `The key ${clip(methodId)} is controlled by ${clip(String(method.controller))}, not by ${document.id}`,
    );
  return { ok: true, value: { ...method, id: wanted } };
}
