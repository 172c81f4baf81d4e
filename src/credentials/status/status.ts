import { refused } from '../../errors.ts';
import type { Checks } from '../check.ts';
import type { JsonObject } from '../credential.ts';
import { soon } from '../soon.ts';
import { lookUp, type Reading, readEntry, type StatusEntry } from './list.ts';
import { createStatusLists, type StatusLists, type StatusListsOptions } from './lists.ts';

export type { StatusEntry, StatusLists };

/**
 * Looks every entry of `credentialStatus` up and writes the check `verify.status` for each. What is revoked fails with
 * `revoked`, what is suspended with `suspended`; a list that cannot be had now with `status-unavailable`, one that
 * cannot be used with `status`.
 *
 * @param budgetMs what comes later than this counts as not had; it is kept for the next who ask
 */
type StatusCheck = (document: JsonObject, issuer: string, checks: Checks, budgetMs: number) => Promise<void>;

const ID = 'verify.status';
const MAX_ENTRIES = 4;
const SIGN_LIST = 'kontor status-list FILE --key KEY.json';
/** Worst first. */
const STATES = ['revoked', 'suspended', 'unknown', 'good'] as const;

/** The entries of `credentialStatus` that can be asked about, without those that are not understood. */
export function statusEntries(document: JsonObject): StatusEntry[] {
  return entriesOf(document).flatMap((given) => {
    const entry = readEntry(given);
    return entry.ok ? [entry.value] : [];
  });
}

const entriesOf = ({ credentialStatus }: JsonObject): unknown[] => [credentialStatus ?? []].flat();

/** What a reading makes of the credential. Purposes other than these two say something, and end nothing. */
export function stateOf(reading: Reading, purpose: string): 'good' | 'revoked' | 'suspended' | 'unknown' {
  if (!reading.ok) return 'unknown';
  if (reading.value === 0) return 'good';
  return purpose === 'revocation' ? 'revoked' : purpose === 'suspension' ? 'suspended' : 'good';
}

/**
 * The status of credentials by Bitstring Status List (https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm)
 * and StatusList2021 (https://www.w3.org/TR/2023/WD-vc-status-list-20230427/#validate-algorithm). What cannot be
 * established is `unknown` and fails: never silently fine. `lists` gives the same lists to who checks again later.
 */
export function createStatusCheck(options: StatusListsOptions): StatusCheck & { lists: StatusLists } {
  const lists = createStatusLists(options);
  const check: StatusCheck = async (document, issuer, checks, budgetMs) => {
    const given = entriesOf(document);
    if (given.length > MAX_ENTRIES) {
      checks.fail('malformed', ID, `It has ${given.length} status entries; ${MAX_ENTRIES} are read`, {
        where: '/credentialStatus',
        found: String(given.length),
        allowed: `up to ${MAX_ENTRIES}`,
        mend: 'Name one entry for each purpose, and sign again',
      });
      return;
    }
    const deadline = performance.now() + budgetMs;
    const read = given.map(readEntry);
    const urls = new Set(read.flatMap((one) => (one.ok ? [one.value.url] : [])));
    // All at once: a silent host costs its time once, and goes on answering into the cache.
    const loading = new Map([...urls].map((url) => [url, lists.get(url)]));
    const found = await Promise.all(
      read.map(async (entry, at) => {
        const where = Array.isArray(document.credentialStatus) ? `/credentialStatus/${at}` : '/credentialStatus';
        const place = { given: given[at], where };
        if (!entry.ok) return { ...place, reading: entry as Reading, state: 'unknown' as const };
        const list = await soon(loading.get(entry.value.url)!, deadline - performance.now(), () =>
          refused('status-unavailable', `The status list ${entry.value.url} did not come in time`),
        );
        const reading = list.ok ? lookUp(list.value, entry.value, issuer) : { ...list, where: '/statusListCredential' };
        return { ...place, entry: entry.value, reading, state: stateOf(reading, entry.value.purpose) };
      }),
    );
    // The worst first: what is revoked does not wait for another list that cannot be had.
    found.sort((one, other) => STATES.indexOf(one.state) - STATES.indexOf(other.state));
    for (const one of found) report(one, options.clock(), checks);
  };
  return Object.assign(check, { lists });
}

/** Puts what was found of one entry into the words of a check. */
function report(
  found: { entry?: StatusEntry; given: unknown; where: string; reading: Reading },
  now: Date,
  checks: Checks,
) {
  const { entry, reading, where } = found;
  const { purpose, index } = entry ?? {};
  if (!reading.ok) {
    const { code, detail, where: below = '', found, allowed } = reading;
    const away = code === 'status-unavailable';
    checks.fail(code, ID, away ? `Whether it was revoked is unknown since ${now.toISOString()}: ${detail}` : detail, {
      where: where + below,
      ...(found ? { found } : {}),
      ...(allowed ? { allowed } : {}),
      mend: away
        ? / itself does not verify: It expired/.test(detail)
          ? `Sign the list anew and host it: ${SIGN_LIST}`
          : 'Make the newest list reachable at its address'
        : / itself does not verify: /.test(detail)
          ? `Sign the list again with your current key and host it: ${SIGN_LIST}`
          : entry
            ? 'Publish a list of your own that fits the entry, or issue the credential again with the right entry'
            : 'Write the status entry as the specification of its type says, and sign again',
    });
  } else if (reading.value === 0) {
    checks.pass(ID, `Not set in the issuer's list for ${purpose}, entry ${index}`, { where });
  } else if (purpose === 'revocation') {
    const why = `The issuer has revoked it: entry ${index} of its status list is set`;
    checks.fail('revoked', ID, why, {
      where,
      mend: 'Issue it again with another entry of your status list; this one is revoked for good',
    });
  } else if (purpose === 'suspension') {
    const why = `The issuer has suspended it: entry ${index} of its status list is set`;
    checks.fail('suspended', ID, why, { where, mend: 'Send it again when the issuer has lifted the suspension' });
  } else if (purpose === 'refresh') {
    const why = `The issuer says that a newer one is to be had: entry ${index} of its list is set`;
    checks.warn(ID, why, { where, mend: 'Fetch the newer credential from its issuer' });
  } else {
    checks.warn(ID, `The issuer's list for ${purpose} says: ${messageFor(found.given, reading.value)}`, { where });
  }
}

/** https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistentry, `statusMessage` */
function messageFor(given: unknown, value: number): string {
  const { statusMessage } = given as JsonObject;
  const status = `0x${value.toString(16)}`;
  const messages = [statusMessage ?? []].flat() as (JsonObject | null)[];
  const found = messages.find((one) => Number(one?.status) === value)?.message;
  return typeof found === 'string' ? `${found.slice(0, 200)} (${status})` : status;
}
