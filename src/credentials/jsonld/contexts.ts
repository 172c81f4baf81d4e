import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contexts as credentials } from '@digitalbazaar/credentials-context';
import { contexts as dataIntegrity } from '@digitalbazaar/data-integrity-context';

/** Loads a JSON-LD document; the signature that jsonld and its relatives expect. */
export type DocumentLoader = (
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

/**
 * The contexts bundled with this node: W3C's from their packages, Gaia-X's and ours from `shapes/contexts`, and
 * those an operator adds.
 *
 * @param dirs folders with an index.json of {url: file}
 */
export function loadContexts(...dirs: string[]): Contexts {
  const contexts = new Map<string, object>([...credentials, ...dataIntegrity]);
  for (const dir of dirs) {
    const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8')) as Record<string, string>;
    for (const [url, file] of Object.entries(index)) {
      contexts.set(url, JSON.parse(readFileSync(join(dir, file), 'utf8')));
    }
  }
  return contexts;
}

/**
 * A loader that answers from `contexts` and, where given, from `documents` (DIDs and their keys); everything else is
 * refused. `tag: 'static'` lets jsonld share its resolved contexts between documents.
 */
export function contextLoader(contexts: Contexts, documents?: (url: string) => object | undefined): DocumentLoader {
  return async (url) => {
    const context = contexts.get(url);
    if (context) return { contextUrl: null, documentUrl: url, document: context, tag: 'static' };
    const document = documents?.(url);
    if (document) return { contextUrl: null, documentUrl: url, document };
    throw new UnknownContext(url);
  };
}
