import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contexts as credentials } from '@digitalbazaar/credentials-context';
import { contexts as dataIntegrity } from '@digitalbazaar/data-integrity-context';
import { contexts as statusLists } from '@digitalbazaar/vc-status-list-context';
import { contexts as ed25519 } from 'ed25519-signature-2020-context';
import { ConfigError } from '../../config.ts';
import { accepted, messageOf, refused, type Verdict, whyNot } from '../../errors.ts';
import { digestOf, hasDigest } from '../digest.ts';

/** Loads a JSON-LD document; the signature that jsonld and its relatives expect. */
type DocumentLoader = (
  url: string,
) => Promise<{ contextUrl: null; documentUrl: string; document: unknown; tag?: string }>;

/** JSON-LD contexts by URL. Nothing is ever fetched: a context decides what a signature means. */
export type Contexts = ReadonlyMap<string, object>;

/** A credential names a context that this node does not hold. */
export class UnknownContext extends Error {
  readonly url: string;
  constructor(url: string) {
    super(`The context ${url} is not held by this node`);
    this.name = 'UnknownContext';
    this.url = url;
  }
}

/** W3C's contexts of credentials. Their companions for undefined terms and examples swallow every word (`@vocab`). */
const CREDENTIALS = ['https://www.w3.org/2018/credentials/v1', 'https://www.w3.org/ns/credentials/v2'];

/**
 * The contexts bundled with this node: W3C's from their packages, Gaia-X's and ours from `shapes/contexts`, and
 * those an operator adds.
 *
 * @param bundled our folder, with an index.json of {url: file}
 * @param added folders of the operator, with an index.json of {url: {file, digest}}: the digest (`digestMultibase`) pins
 *   what the context says, because a context decides what a signature means
 * @throws ConfigError naming every context whose file is not what was pinned
 */
export function loadContexts(bundled: string, ...added: string[]): Contexts {
  const contexts = new Map<string, object>([...dataIntegrity, ...ed25519, ...statusLists]);
  for (const url of CREDENTIALS) contexts.set(url, credentials.get(url)!);
  for (const [url, file] of Object.entries(readIndex<string>(bundled)))
    contexts.set(url, JSON.parse(readFileSync(join(bundled, file), 'utf8')));
  const problems: string[] = [];
  for (const dir of added) {
    for (const [url, pin] of Object.entries(readPins(dir))) {
      const context = readPinned(dir, url, pin);
      if (!context.ok) problems.push(context.detail);
      else if (contexts.has(url)) problems.push(`${join(dir, INDEX)}: ${url} is held already, and cannot be replaced`);
      else contexts.set(url, context.value);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return contexts;
}

const INDEX = 'index.json';
const readIndex = <T>(dir: string) => JSON.parse(readFileSync(join(dir, INDEX), 'utf8')) as Record<string, T>;

/** Where a context is kept, and what its bytes have to hash to. */
export interface Pin {
  file: string;
  digest: string;
}

/** The contexts that an operator pinned in a folder, by URL. @throws ConfigError when its index cannot be read */
export function readPins(dir: string): Record<string, Pin> {
  const isPin = (pin: unknown) => typeof (pin as Pin | null)?.file === 'string';
  try {
    const pins = readIndex<Pin>(dir);
    if (Object.values(pins).every(isPin)) return pins;
  } catch (error) {
    throw new ConfigError([
      `${join(dir, INDEX)} cannot be read: ${whyNot(error)}. Put a copy of it back, or remove ${dir} and add the contexts anew`,
    ]);
  }
  throw new ConfigError([`${join(dir, INDEX)} is not of the form {"https://...": {"file": "...", "digest": "u..."}}`]);
}

/** A pinned context, if its file is still what was pinned. */
export function readPinned(dir: string, url: string, { file, digest }: Pin): Verdict<object> {
  const path = join(dir, file);
  try {
    const bytes = readFileSync(path);
    if (hasDigest(bytes, String(digest))) return accepted(JSON.parse(bytes.toString('utf8')) as object);
    const why = `${path} is not what was pinned for ${url}: its digest is ${digestOf(bytes)}, ${digest} is wanted`;
    return refused('malformed', `${why}. Put the file back, or remove the context and add it anew`);
  } catch (error) {
    return refused('malformed', `${path}, pinned for ${url}, cannot be read: ${messageOf(error)}`);
  }
}

const loaders = new WeakMap<Contexts, DocumentLoader>();

/**
 * A loader that answers from `contexts` and, where given, from `documents` (DIDs and their keys); everything else is
 * refused. One set of contexts has one loader, by which jsonld remembers what it made of them.
 */
export function contextLoader(contexts: Contexts, documents?: (url: string) => object | undefined): DocumentLoader {
  const known = documents ? undefined : loaders.get(contexts);
  if (known) return known;
  const loader: DocumentLoader = async (url) => {
    const document = contexts.get(url) ?? documents?.(url);
    if (!document) throw new UnknownContext(url);
    return { contextUrl: null, documentUrl: url, document };
  };
  if (!documents) loaders.set(contexts, loader);
  return loader;
}
