import { gunzipSync } from 'node:zlib';
import { accepted, messageOf, type Refusal, refused, type Verdict } from '../../errors.ts';
import type { JsonObject, ReadDocument, VerifiedCredential } from '../credential.ts';

/** What is asked of one status list: one entry of `credentialStatus`. */
export interface StatusEntry {
  type: string;
  /** Address of the list credential. */
  url: string;
  index: number;
  /** `revocation`, `suspension`, `refresh`, `message`, or another word of the issuer. */
  purpose: string;
  /** Bits that one entry takes. */
  size: number;
}

/** A list credential whose proof and window were checked; its own status is not asked. */
export type ListCredential = Pick<VerifiedCredential, 'issuer' | 'document' | 'issuedAt' | 'validUntil'> &
  Partial<Pick<VerifiedCredential, 'documents'>>;

/** An unpacked status list. */
export interface StatusList {
  issuer: string;
  /** The type of the entries that it answers. */
  entries: string;
  purposes: unknown[];
  bits: Uint8Array;
  issuedAt: Date;
  validUntil: Date;
  /** When it was fetched. */
  readAt: Date;
  /** Milliseconds for which the issuer lets it be kept. */
  ttl?: number;
  /** As it was received, and the DID documents by which it was verified. */
  received?: { bytes: Uint8Array; mediaType: string; documents: ReadDocument[] };
}

/** What a list says to an entry: the number that stands there, 0 where nothing is set; or why it cannot answer. */
export type Reading = { ok: true; value: number } | (Refusal & { where?: string; found?: string; allowed?: string });

/** Entry types that are read, with the types of the list's subject and of the list itself. */
const KINDS: Record<string, { subject: string; credential: string }> = {
  BitstringStatusListEntry: { subject: 'BitstringStatusList', credential: 'BitstringStatusListCredential' },
  StatusList2021Entry: { subject: 'StatusList2021', credential: 'StatusList2021Credential' },
};
const ENTRY_TYPES: readonly string[] = Object.keys(KINDS);

/** 16,777,216 entries of one bit: far beyond what a catalogue of credentials needs. */
const MAX_LIST_BYTES = 2 * 1024 * 1024;
/** https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm, step 2. StatusList2021 checks no length. */
const MIN_ENTRIES = 131_072;
const MAX_SIZE = 32;

const words = (value: unknown): unknown[] => [value ?? []].flat();
const brief = (value: unknown): string => String(JSON.stringify(value) ?? 'nothing').slice(0, 80);

/** Reads one `credentialStatus` entry; a string tells what is wrong with it, and where below the entry. */
export function readEntry(given: unknown): Verdict<StatusEntry> & { where?: string; allowed?: string } {
  const entry = (given !== null && typeof given === 'object' ? given : {}) as JsonObject;
  const type = words(entry.type).find((one) => typeof one === 'string' && one in KINDS);
  const wrong = (where: string, why: string, allowed: string) => ({ ...refused('malformed', why), where, allowed });
  if (typeof type !== 'string')
    return {
      ...refused('status', `The status type ${brief(entry.type)} is not known here`),
      where: '/type',
      allowed: ENTRY_TYPES.join(', '),
    };
  const { statusListCredential: url, statusListIndex: index, statusPurpose: purpose } = entry;
  if (typeof url !== 'string' || url.length > 2048 || !URL.canParse(url))
    return wrong('/statusListCredential', `statusListCredential is ${brief(url)}`, 'the URL of the list');
  if (typeof purpose !== 'string' || purpose === '' || purpose.length > 200)
    return wrong('/statusPurpose', `statusPurpose is ${brief(purpose)}`, 'one word such as revocation');
  if (typeof index !== 'string' || !/^\d{1,15}$/.test(index))
    return wrong('/statusListIndex', `statusListIndex is ${brief(index)}`, 'a number in digits, as a string');
  const size = type === 'BitstringStatusListEntry' ? (entry.statusSize ?? 1) : 1;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > MAX_SIZE)
    return wrong('/statusSize', `statusSize is ${brief(size)}`, `a number from 1 to ${MAX_SIZE}`);
  return accepted({ type, url, index: Number(index), purpose, size });
}

/**
 * Unpacks a list that verified.
 *
 * @param url where it stands: a list that names itself otherwise is another list
 */
export function unpack(
  { issuer, document, issuedAt, validUntil }: ListCredential,
  url: string,
  readAt: Date,
): Verdict<StatusList> {
  const [subject, ...more] = words(document.credentialSubject) as JsonObject[];
  const kind = Object.entries(KINDS).find(
    ([, { credential, subject: type }]) =>
      words(document.type).includes(credential) && words(subject?.type).includes(type),
  );
  if (!kind || more.length > 0 || typeof subject?.encodedList !== 'string')
    return refused('status', `What stands at ${url} is not a status list: its type is ${brief(document.type)}`);
  if (document.id !== undefined && document.id !== url)
    return refused('status', `The list at ${url} calls itself ${brief(document.id)}`);
  const bits = inflate(subject.encodedList, kind[0]);
  if (!bits.ok) return bits;
  const { ttl } = subject;
  const purposes = words(subject.statusPurpose);
  const list = { issuer, entries: kind[0], purposes, bits: bits.value, issuedAt, validUntil, readAt };
  return accepted(typeof ttl === 'number' && ttl >= 0 ? { ...list, ttl } : list);
}

/** Base64url with multibase prefix (`u`), or for StatusList2021 base64 or base64url without; then GZIP. */
function inflate(encoded: string, kind: string): Verdict<Uint8Array> {
  const bitstring = kind === 'BitstringStatusListEntry';
  if (!(bitstring ? /^u[\w-]+$/ : /^[\w+/-]+={0,2}$/).test(encoded))
    return refused(
      'status',
      bitstring ? 'encodedList is not multibase base64url, which begins with "u"' : 'encodedList is not base64url',
    );
  try {
    const packed = Buffer.from(bitstring ? encoded.slice(1) : encoded, 'base64url');
    return accepted(gunzipSync(packed, { maxOutputLength: MAX_LIST_BYTES }));
  } catch (error) {
    return refused('status', `The status list cannot be unpacked within ${MAX_LIST_BYTES} bytes: ${messageOf(error)}`);
  }
}

/**
 * Looks one entry up. The list has to be the issuer's own, for the entry's purpose, and long enough.
 *
 * @param issuer of the credential that the entry stands in
 */
export function lookUp(list: StatusList, entry: StatusEntry, issuer: string): Reading {
  const { bits } = list;
  const { index, size } = entry;
  const wrong = (why: string, where: string, found: string, allowed: string): Reading => ({
    ...refused('status', why),
    where,
    found,
    allowed,
  });
  if (list.issuer !== issuer)
    return wrong(
      `The status list was signed by ${list.issuer}, not by the issuer`,
      '/statusListCredential',
      list.issuer,
      issuer,
    );
  if (list.entries !== entry.type)
    return wrong(`The status list answers ${list.entries}, not ${entry.type}`, '/type', entry.type, list.entries);
  if (!list.purposes.includes(entry.purpose))
    return wrong(
      `The status list is for ${brief(list.purposes)}, the entry asks about ${entry.purpose}`,
      '/statusPurpose',
      entry.purpose,
      brief(list.purposes),
    );
  const length = Math.floor((bits.length * 8) / size);
  if (length < MIN_ENTRIES && entry.type === 'BitstringStatusListEntry')
    return wrong(
      `The status list has ${length} entries: too few to hide among`,
      '/statusListCredential',
      String(length),
      `at least ${MIN_ENTRIES}`,
    );
  if (index >= length)
    return wrong(
      `Entry ${index} lies beyond the list of ${length}`,
      '/statusListIndex',
      String(index),
      `below ${length}`,
    );
  // The first entry is the left-most bit.
  let value = 0;
  for (let at = index * size; at < (index + 1) * size; at++)
    value = value * 2 + ((bits[at >> 3]! & (0x80 >> (at & 7))) === 0 ? 0 : 1);
  return { ok: true, value };
}
