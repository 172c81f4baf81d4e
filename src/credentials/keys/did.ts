import { refused, type Verdict } from '../../errors.ts';
import type { JsonObject } from '../credential.ts';
import type { Http } from '../http.ts';
import { createSizedCache } from '../sized-cache.ts';
import { soon } from '../soon.ts';
import { didJwkDocument, didKeyDocument } from './did-local.ts';
import { didWebUrl, fetchDidWeb } from './did-web.ts';

/** A DID document as received, with its id checked (https://www.w3.org/TR/did-1.0/#core-properties). */
export interface DidDocument extends JsonObject {
  id: string;
}

/** A document or why there is none, and when its host said so; no time for what is known without asking. */
export type Resolved = Verdict<DidDocument> & { readAt?: Date };
export type ResolveDid = (did: string, options?: { fresh?: boolean }) => Promise<Resolved>;

interface DidResolverOptions {
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

/**
 * Resolves did:web (https://w3c-ccg.github.io/did-method-web/) over the given client, did:key and did:jwk locally.
 * Documents of did:web are cached; `fresh` asks again, which verification does once before it calls a signature bad.
 */
export function createDidResolver({ http, clock, allowPrivateNetwork, known }: DidResolverOptions): ResolveDid {
  const cache = createSizedCache<{ verdict: Verdict<DidDocument>; at: number; asked?: number }>(MAX_CACHED_BYTES);
  const asking = new Map<string, Promise<Resolved>>();
  const told = ({ verdict, at }: { verdict: Verdict<DidDocument>; at: number }): Resolved => ({
    ...verdict,
    readAt: new Date(at),
  });

  const ask = async (did: string): Promise<Resolved> => {
    const located = didWebUrl(did, allowPrivateNetwork);
    if (!located.ok) return located;
    const before = cache.get(did);
    const verdict = await fetchDidWeb(http, did, located.value);
    const at = clock().getTime();
    const stale = !verdict.ok && verdict.code === 'key-unavailable' && before?.verdict.ok && at - before.at < STALE_MS;
    if (stale) {
      before.asked = at;
      return told(before);
    }
    cache.set(did, { verdict, at }, verdict.ok ? JSON.stringify(verdict.value).length : verdict.detail.length);
    return told({ verdict, at });
  };

  return async (did, { fresh = false } = {}) => {
    const own = known?.(did);
    if (own) return { ok: true, value: own };
    const method = /^did:[a-z0-9]+:/.exec(did)?.[0];
    if (method === 'did:key:') return didKeyDocument(did);
    if (method === 'did:jwk:') return didJwkDocument(did);
    if (method !== 'did:web:') {
      const named = method ? `The DID method ${method.slice(0, -1)}` : 'What does not begin with did: and a method';
      return refused(
        'unsupported',
        `${named} is not supported (${did.slice(0, 120)}); did:web, did:key and did:jwk are`,
      );
    }
    const cached = cache.get(did);
    const age = cached ? clock().getTime() - Math.max(cached.at, cached.asked ?? 0) : Number.POSITIVE_INFINITY;
    if (cached && age < (!cached.verdict.ok || fresh ? NEGATIVE_MS : FRESH_MS)) return told(cached);
    const running = asking.get(did) ?? ask(did).finally(() => asking.delete(did));
    asking.set(did, running);
    return soon(running, WAIT_MS, () =>
      // An older document will do for now.
      cached?.verdict.ok && age < STALE_MS
        ? told(cached)
        : refused('key-unavailable', `The DID document of ${did} did not come within ${WAIT_MS} ms`),
    );
  };
}
