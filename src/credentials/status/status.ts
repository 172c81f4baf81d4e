import { gunzipSync } from 'node:zlib';
import { messageOf, refused, type Verdict } from '../../errors.ts';
import type { Checks } from '../check.ts';
import type { JsonObject } from '../credential.ts';
import type { Http } from '../http.ts';
import { createSizedCache } from '../sized-cache.ts';

/** A status list after its own proof was checked. */
export interface StatusList {
  issuer: string;
  document: JsonObject;
}

export interface StatusOptions {
  http: Http;
  clock: () => Date;
  /** Verifies the list as the credential it is. */
  verifyList: (bytes: Uint8Array, mediaType: string) => Promise<Verdict<StatusList>>;
}

/** 16 MiB of bits: far beyond the 131,072 entries the specification asks for at least. */
const MAX_LIST_BYTES = 2 * 1024 * 1024;
const CACHE_MS = 60_000;
const MAX_ENTRIES = 4;
const MAX_CACHED_BYTES = 64_000_000;

/**
 * Checks `credentialStatus` against Bitstring Status Lists (https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm).
 * A list that cannot be had gives `unknown`, which refuses the credential for now: never silently fine.
 */
export function createStatusCheck({ http, clock, verifyList }: StatusOptions) {
  const cache = createSizedCache<{ list: StatusList; bits: Uint8Array; at: number }>(MAX_CACHED_BYTES);

  const load = async (url: string): Promise<Verdict<{ list: StatusList; bits: Uint8Array }>> => {
    const cached = cache.get(url);
    if (cached && clock().getTime() - cached.at < CACHE_MS) return { ok: true, value: cached };
    try {
      const answer = await http(url, {
        accept: 'application/vc+jwt, application/vc',
        maxBytes: 1_000_000,
        timeoutMs: 5_000,
      });
      if (answer.status !== 200) return refused('status', `The status list ${url} answers ${answer.status}`);
      const declared = (answer.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
      const list = await verifyList(answer.bytes, declared === 'application/vc+jwt' ? declared : 'application/vc');
      if (!list.ok) return list;
      const bits = inflate(list.value.document);
      if (!bits.ok) return bits;
      const entry = { list: list.value, bits: bits.value, at: clock().getTime() };
      cache.set(url, entry, bits.value.length + answer.bytes.length);
      return { ok: true, value: entry };
    } catch (error) {
      return refused('status', `The status list ${url} could not be fetched: ${messageOf(error)}`);
    }
  };

  const asking = new Map<string, ReturnType<typeof load>>();
  /** One request a list, however many credentials ask for it. */
  const once = (url: string): ReturnType<typeof load> => {
    const running = asking.get(url) ?? load(url).finally(() => asking.delete(url));
    asking.set(url, running);
    return running;
  };

  return async (document: JsonObject, issuer: string, checks: Checks, budgetMs: number): Promise<void> => {
    const entries = [document.credentialStatus ?? []].flat() as JsonObject[];
    if (entries.length > MAX_ENTRIES) {
      checks.fail('malformed', 'verify.status', `It has ${entries.length} status entries; ${MAX_ENTRIES} are read`, {
        where: '/credentialStatus',
      });
      return;
    }
    const deadline = performance.now() + budgetMs;
    // All at once: a silent host costs its time once, and goes on answering into the cache.
    const urls = entries.map((entry) => entry?.statusListCredential).filter((url) => typeof url === 'string');
    const loading = new Map([...new Set(urls)].map((url) => [url, once(url)]));
    for (const [at, entry] of entries.entries()) {
      const where = Array.isArray(document.credentialStatus) ? `/credentialStatus/${at}` : '/credentialStatus';
      const { type, statusPurpose, statusListIndex, statusListCredential } = entry ?? {};
      const index = Number(statusListIndex);
      if (type !== 'BitstringStatusListEntry') {
        checks.fail('status', 'verify.status', `The status type ${String(type).slice(0, 80)} is not known here`, {
          where: `${where}/type`,
          allowed: 'BitstringStatusListEntry',
        });
      } else if (
        typeof statusListCredential !== 'string' ||
        typeof statusPurpose !== 'string' ||
        !/^\d{1,9}$/.test(String(statusListIndex))
      ) {
        checks.fail(
          'malformed',
          'verify.status',
          'The status entry lacks statusPurpose, statusListIndex or statusListCredential',
          { where },
        );
      } else {
        const found = await within(
          deadline - performance.now(),
          loading.get(statusListCredential)!,
          statusListCredential,
        );
        if (!found.ok) {
          const why = `Whether it was revoked is unknown since ${clock().toISOString()}: ${found.detail}`;
          checks.fail('status', 'verify.status', why, {
            where: `${where}/statusListCredential`,
            mend: 'Make the list reachable and submit again',
          });
          checks.list.at(-1)!.result = 'unknown';
        } else report(found.value, { purpose: statusPurpose, index, issuer, where }, checks);
      }
    }
  };
}

/** The answer, or that there was none in time. */
async function within<T>(ms: number, work: Promise<Verdict<T>>, url: string): Promise<Verdict<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Verdict<T>>((resolve) => {
    timer = setTimeout(
      () => resolve(refused('status', `The status list ${url} did not come in time`)),
      Math.max(100, ms),
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function report(
  { list, bits }: { list: StatusList; bits: Uint8Array },
  { purpose, index, issuer, where }: { purpose: string; index: number; issuer: string; where: string },
  checks: Checks,
): void {
  const subject = list.document.credentialSubject as JsonObject;
  if (list.issuer !== issuer) {
    checks.fail('status', 'verify.status', `The status list was signed by ${list.issuer}, not by the issuer`, {
      where,
    });
  } else if (![subject.statusPurpose].flat().includes(purpose)) {
    checks.fail(
      'status',
      'verify.status',
      `The status list is for ${String(subject.statusPurpose).slice(0, 80)}, the entry asks about ${purpose}`,
      { where },
    );
  } else if (index >= bits.length * 8) {
    checks.fail('status', 'verify.status', `Entry ${index} lies beyond the list of ${bits.length * 8}`, {
      where: `${where}/statusListIndex`,
    });
  } else if (
    (bits[index >> 3]! & (0x80 >> (index & 7))) !== 0 &&
    (purpose === 'revocation' || purpose === 'suspension')
  ) {
    const word = purpose === 'revocation' ? 'revoked' : 'suspended';
    checks.fail(
      'revoked',
      'verify.status',
      `The issuer has ${word} this credential: entry ${index} of its status list is set`,
      { where, mend: 'Issue a new credential' },
    );
  } else {
    checks.pass('verify.status', `Not set in the issuer's list for ${purpose}, entry ${index}`);
  }
}

function inflate(document: JsonObject): Verdict<Uint8Array> {
  const subject = document.credentialSubject as JsonObject | undefined;
  const encoded = subject?.encodedList;
  if (subject?.type !== 'BitstringStatusList' || typeof encoded !== 'string')
    return refused('status', 'What stands at the status list URL is not a BitstringStatusList');
  try {
    return {
      ok: true,
      value: gunzipSync(Buffer.from(encoded.replace(/^u/, ''), 'base64url'), { maxOutputLength: MAX_LIST_BYTES }),
    };
  } catch (error) {
    return refused('status', `The status list cannot be unpacked: ${messageOf(error)}`);
  }
}
