import { digestOf } from '../credentials/digest.ts';
import { isObject } from '../credentials/strict-json.ts';
import { accepted, refused, type Verdict } from '../errors.ts';

/*
 * An evidence bundle is one JSON file: a manifest, the node's signature over it, and named parts as text. The manifest
 * names each part with its digest. There is one spelling: what `writeBundle` writes, so that no byte is without meaning.
 */

export const FORMAT = 'kontor-evidence-bundle/1';
/** Largest file that is made or read, in bytes. */
export const MAX_BUNDLE_BYTES = 32_000_000;
const MAX_PARTS = 2_000;

/** What a part is; docs/bundle.md tells what each proves. */
export const PART_KINDS = [
  'listing',
  'claim',
  'evidence',
  'label',
  'did',
  'status',
  'context',
  'scheme',
  'shapes',
  'added',
  'trust',
  'decision',
  'log',
] as const;
export type PartKind = (typeof PART_KINDS)[number];

export interface PartInfo {
  name: string;
  kind: PartKind;
  /** digestMultibase of the part's bytes. */
  digest: string;
  /** Of credentials and status lists. */
  mediaType?: string;
  /** The bytes are no UTF-8, so they are written in base64. */
  base64?: true;
  /** DID, URL or scheme that the part is of; of shapes that an operator added, `shapes` or `ontology`. */
  of?: string;
  /** Of what was read or taken from others: when; of shapes that an operator added, since when they are in force. */
  readAt?: string;
  /** Of credentials and status lists: names of the DID documents they were verified by. */
  under?: string[];
  /** Of a credential: who stood behind its key by certificates, as the node found when it took it. */
  anchored?: { anchor: string; subject: string };
}

export interface Manifest {
  format: typeof FORMAT;
  /** Version of Kontor that made it. */
  kontor: string;
  /** DID of the node that made and signed it. */
  node: string;
  /** The time as of which everything was decided, ISO 8601 UTC. */
  at: string;
  listing: { key: string; id: string; name: string; digest: string };
  parts: PartInfo[];
}

/** A bundle in memory; `parts` by name, as they are written. */
export interface Bundle {
  manifest: string;
  signature: { key: string; value: string };
  parts: Record<string, string>;
}

export interface Part {
  info: PartInfo;
  bytes: Uint8Array;
}

/** What the node signs: no other text that it signs begins so. */
export const signedBytes = (manifest: string): Uint8Array => Buffer.from(`${FORMAT}\n${manifest}`);

/** A part as it stands in the file. */
export function partOf(
  info: Omit<PartInfo, 'digest' | 'base64'>,
  content: Uint8Array | string,
): { info: PartInfo; text: string } {
  const bytes = Buffer.from(content as Uint8Array);
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  const digest = digestOf(bytes);
  return isText
    ? { info: { ...info, digest }, text }
    : { info: { ...info, digest, base64: true }, text: bytes.toString('base64') };
}

export const writeBundle = ({ manifest, signature, parts }: Bundle): string =>
  `${JSON.stringify({ manifest, signature: { key: signature.key, value: signature.value }, parts }, null, 1)}\n`;

/**
 * Reads a file that calls itself a bundle. Nothing is believed yet; refused with `too-large` or `malformed`, naming the
 * part in which it stops being one.
 */
export function readBundle(bytes: Uint8Array): Verdict<{ bundle: Bundle; manifest: Manifest }> {
  if (bytes.length > MAX_BUNDLE_BYTES)
    return refused('too-large', `The file has ${bytes.length} bytes; a bundle has ${MAX_BUNDLE_BYTES} at most`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const malformed = (why: string, at = 0) =>
    refused('malformed', `${why}${at > 0 ? ` (in ${placeOf(text, at)})` : ''}. Take the bundle anew from its node`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const at = Number(/at position (\d+)/.exec((error as Error).message)?.[1] ?? text.length);
    return malformed('The file is not whole JSON, so it is no bundle, or not all of one', at);
  }
  if (!isBundle(value))
    return malformed('This is no evidence bundle: it has manifest, signature and parts, all of text');
  const written = writeBundle(value);
  if (written !== text) return malformed('The file is not as a node writes it', differsAt(written, text));
  const manifest = readManifest(value.manifest);
  if (typeof manifest === 'string') return malformed(`The manifest does not say what one says: ${manifest}`);
  return accepted({ bundle: value, manifest });
}

function isBundle(value: unknown): value is Bundle {
  if (!isObject(value) || Object.keys(value).join() !== 'manifest,signature,parts') return false;
  const { manifest, signature, parts } = value;
  return (
    typeof manifest === 'string' &&
    isObject(signature) &&
    Object.keys(signature).join() === 'key,value' &&
    Object.values(signature).every(isText) &&
    isObject(parts) &&
    Object.keys(parts).length <= MAX_PARTS &&
    Object.values(parts).every(isText)
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTime = (value: unknown): value is string =>
  isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && !Number.isNaN(Date.parse(value));

/** The manifest, or what is wrong with it. */
function readManifest(text: string): Manifest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  if (!isObject(value)) return 'it is not an object';
  const { format, kontor, node, at, listing, parts } = value;
  if (format !== FORMAT) return `its format is ${JSON.stringify(format)?.slice(0, 60)}; this Kontor reads ${FORMAT}`;
  if (!isText(kontor) || !isText(node)) return 'it does not say who made it';
  if (!isTime(at)) return 'it does not say when it was made';
  if (!isObject(listing) || !['key', 'id', 'name', 'digest'].every((name) => isText(listing[name])))
    return 'it does not say which listing it is about';
  if (!Array.isArray(parts) || parts.length > MAX_PARTS || !parts.every(isPart)) return 'it does not list its parts';
  if (new Set(parts.map(({ name }) => name)).size !== parts.length) return 'it lists a part twice';
  return value as unknown as Manifest;
}

function isPart(value: unknown): value is PartInfo {
  if (!isObject(value)) return false;
  const { name, kind, digest, mediaType, base64, of, readAt, under, anchored } = value;
  const maybe = (given: unknown) => given === undefined || isText(given);
  return (
    isText(name) &&
    isText(digest) &&
    PART_KINDS.includes(kind as PartKind) &&
    [mediaType, of].every(maybe) &&
    (base64 === undefined || base64 === true) &&
    (readAt === undefined || isTime(readAt)) &&
    (under === undefined || (Array.isArray(under) && under.every(isText))) &&
    (anchored === undefined || (isObject(anchored) && isText(anchored.anchor) && isText(anchored.subject)))
  );
}

/**
 * The parts by name, each as its digest in the manifest says; `wrong` names those that are not, that lack, or that
 * the manifest does not know.
 */
export function openParts({ parts }: Bundle, manifest: Manifest): { opened: Map<string, Part>; wrong: Wrong[] } {
  const opened = new Map<string, Part>();
  const wrong: Wrong[] = [];
  for (const info of manifest.parts) {
    const text = Object.hasOwn(parts, info.name) ? parts[info.name]! : undefined;
    const bytes = text === undefined ? undefined : Buffer.from(text, info.base64 ? 'base64' : 'utf8');
    if (!bytes) wrong.push({ part: info.name, why: 'The manifest lists it, and it is not there' });
    else if (digestOf(bytes) !== info.digest || (info.base64 && bytes.toString('base64') !== text))
      wrong.push({ part: info.name, why: `It was changed: the manifest has the digest ${info.digest}` });
    else opened.set(info.name, { info, bytes });
  }
  const listed = new Set(manifest.parts.map(({ name }) => name));
  for (const name of Object.keys(parts))
    if (!listed.has(name)) wrong.push({ part: name, why: 'It was added: the manifest does not list it' });
  return { opened, wrong };
}

export interface Wrong {
  part: string;
  why: string;
}

function differsAt(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}

/** The part that a place in the file belongs to: each stands on a line of its own. */
function placeOf(text: string, at: number): string {
  const begin = text.lastIndexOf('\n', Math.max(0, at - 1)) + 1;
  const name = /^ *"((?:[^"\\]|\\.){1,300})":/.exec(text.slice(begin, begin + 400))?.[1];
  return name ? `the part ${name}, at character ${at}` : `what stands at character ${at}`;
}
