import { type Code, messageOf, refused, type Verdict } from '../../errors.ts';
import { type Http, HttpFault } from '../http.ts';
import { createSizedCache } from '../sized-cache.ts';
import { type ListCredential, type StatusList, unpack } from './list.ts';

export interface StatusListsOptions {
  http: Http;
  clock: () => Date;
  /** Verifies a list as the credential it is; a refusal has the code of the check that failed. */
  verifyList: (bytes: Uint8Array, mediaType: string) => Promise<Verdict<ListCredential>>;
  /** The date of the newest list that was ever taken from an address, where somebody keeps it beyond this process. */
  newestSeen?: (url: string) => Promise<Date | undefined>;
}

/** Status lists of others, each fetched once for all who ask and kept as long as it lives. */
export interface StatusLists {
  /**
   * The list at an address. Refused with `status-unavailable` when it cannot be had now, or is older than one that
   * was seen; with `status` when what stands there cannot be used.
   *
   * @param maxAgeMs how long a list that names no time to live is kept. Default 5 minutes
   */
  get(url: string, maxAgeMs?: number): Promise<Verdict<StatusList>>;
}

const MAX_ANSWER_BYTES = 1_000_000;
const TIMEOUT_MS = 5_000;
const MAX_CACHED_BYTES = 64_000_000;
/** About 16,000 addresses, of each the date of the newest list; of others `newestSeen` knows. */
const MAX_DATES_BYTES = 8_000_000;
const DEFAULT_MS = 300_000;
const SHORTEST_MS = 10_000;
const LONGEST_MS = 86_400_000;
/** A host that failed is left in peace for so long. */
const FAILED_MS = 5_000;
const ACCEPT =
  'application/vc+jwt, application/vc, application/vc+ld+json+jwt, application/vc+ld+json, application/jwt;q=0.9, application/ld+json;q=0.8, application/json;q=0.8';

/** Refusals of the list itself that pass by themselves or by an act of its issuer. */
const PASSING = new Set<Code>(['key-unavailable', 'expired', 'unavailable']);

export function createStatusLists({ http, clock, verifyList, newestSeen }: StatusListsOptions): StatusLists {
  const cache = createSizedCache<{ verdict: Verdict<StatusList>; at: number }>(MAX_CACHED_BYTES);
  const newest = createSizedCache<number>(MAX_DATES_BYTES);

  const load = async (url: string): Promise<Verdict<StatusList>> => {
    const unavailable = (why: string) => refused('status-unavailable', why);
    let answer: Awaited<ReturnType<Http>>;
    try {
      answer = await http(url, { accept: ACCEPT, maxBytes: MAX_ANSWER_BYTES, timeoutMs: TIMEOUT_MS });
    } catch (error) {
      const why = `The status list ${url} could not be fetched: ${messageOf(error)}`;
      return error instanceof HttpFault && error.kind !== 'network' ? refused('status', why) : unavailable(why);
    }
    if (answer.status !== 200) return unavailable(`The status list ${url} answers ${answer.status}`);
    const mediaType = mediaTypeOf(answer.bytes);
    const found = await verifyList(answer.bytes, mediaType);
    if (!found.ok)
      return refused(
        PASSING.has(found.code) ? 'status-unavailable' : 'status',
        `The status list ${url} itself does not verify: ${found.detail}`,
      );
    const list = unpack(found.value, url, clock());
    if (!list.ok) return list;
    const { issuedAt } = list.value;
    const before = newest.get(url) ?? (await newestSeen?.(url))?.getTime();
    // Yesterday's list is well signed too; taken back, it would take a revocation back.
    if (before !== undefined && issuedAt.getTime() < before)
      return unavailable(
        `The status list ${url} is of ${issuedAt.toISOString()}; one of ${new Date(before).toISOString()} was seen before`,
      );
    newest.set(url, issuedAt.getTime(), url.length);
    const received = { bytes: answer.bytes, mediaType, documents: found.value.documents ?? [] };
    return { ok: true, value: { ...list.value, received } };
  };

  const fresh = (url: string, maxAgeMs: number): Verdict<StatusList> | undefined => {
    const { verdict, at } = cache.get(url) ?? {};
    if (!verdict || at === undefined) return undefined;
    const now = clock().getTime();
    if (!verdict.ok) return now - at < FAILED_MS ? verdict : undefined;
    const { ttl, validUntil } = verdict.value;
    const lives = ttl === undefined ? maxAgeMs : Math.min(Math.max(ttl, SHORTEST_MS), LONGEST_MS);
    return now - at < lives && now < validUntil.getTime() ? verdict : undefined;
  };

  const asking = new Map<string, Promise<Verdict<StatusList>>>();
  return {
    get: async (url, maxAgeMs = DEFAULT_MS) => {
      const kept = fresh(url, maxAgeMs);
      if (kept) return kept;
      const running =
        asking.get(url) ??
        load(url)
          .then((verdict) => {
            cache.set(
              url,
              { verdict, at: clock().getTime() },
              url.length + (verdict.ok ? verdict.value.bits.length + (verdict.value.received?.bytes.length ?? 0) : 0),
            );
            return verdict;
          })
          .finally(() => asking.delete(url));
      asking.set(url, running);
      return running;
    },
  };
}

/** By its bytes: many hosts serve lists as plain text. */
const mediaTypeOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, 64)).toString('latin1').trimStart().startsWith('{')
    ? 'application/vc'
    : 'application/jwt';
