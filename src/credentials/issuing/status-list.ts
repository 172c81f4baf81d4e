import { gzipSync } from 'node:zlib';
import type { JsonObject } from '../credential.ts';

/**
 * Entries of one list: the least that the specification allows, so that one entry is lost among many
 * (https://www.w3.org/TR/vc-bitstring-status-list/#bitstring-length).
 */
export const LIST_SIZE = 131_072;

/** How long a list may be used without asking again, and how long it is valid at all, in milliseconds. */
export const TTL_MS = 300_000;
export const LIST_LIFE_MS = 86_400_000;

/**
 * The `encodedList` of a list with these entries set (https://www.w3.org/TR/vc-bitstring-status-list/#bitstring-generation-algorithm):
 * entry 0 is the leftmost bit; gzip, then base64url as multibase.
 */
export function encodeStatusList(set: Iterable<number>): string {
  const bits = new Uint8Array(LIST_SIZE / 8);
  for (const index of set) bits[index >> 3]! |= 0x80 >> (index & 7);
  return `u${gzipSync(bits).toString('base64url')}`;
}

/**
 * A list as the credential to sign (https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential).
 *
 * @param url where it is served, which is its id
 * @param set indices of the entries that have ended
 */
export function statusListDocument({
  url,
  issuer,
  set,
  now,
  lifeMs = LIST_LIFE_MS,
}: {
  url: string;
  issuer: string;
  set: Iterable<number>;
  now: Date;
  /** How long it is valid, in milliseconds; a day where absent. */
  lifeMs?: number;
}): JsonObject {
  const iso = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;
  return {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    id: url,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer,
    validFrom: iso(now.getTime()),
    validUntil: iso(now.getTime() + lifeMs),
    credentialSubject: {
      id: `${url}#list`,
      type: 'BitstringStatusList',
      statusPurpose: 'revocation',
      encodedList: encodeStatusList(set),
      ttl: TTL_MS,
    },
  };
}

/** What a credential says of its place in a list (https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistentry). */
export function statusEntry(url: string, index: number): JsonObject {
  return {
    id: `${url}#${index}`,
    type: 'BitstringStatusListEntry',
    statusPurpose: 'revocation',
    statusListIndex: String(index),
    statusListCredential: url,
  };
}
