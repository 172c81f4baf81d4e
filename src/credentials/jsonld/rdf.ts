import type { JsonObject } from '../credential.ts';
import { type Contexts, contextLoader, UnknownContext } from './contexts.ts';
import jsonld from './jsonld.ts';
import { expandPlain } from './plain-expand.ts';
import { canonizePlain } from './plain-rdf.ts';

/** Expanded JSON-LD (https://www.w3.org/TR/json-ld11-api/#expansion): one node object a top-level subject. */
export type ExpandedDocument = Record<string, unknown>[];

/**
 * How often blank nodes that look alike are compared, as a power of their number: poisoned graphs end here instead of
 * in hours (https://www.w3.org/TR/rdf-canon/#dataset-poisoning).
 */
const MAX_WORK_FACTOR = 1;

/**
 * Expands a document under the contexts held, in safe mode: what a term would silently lose is an error with its name.
 *
 * @param safe false where it is asked what others have signed who dropped undefined terms; nobody may read claims from that
 * @throws UnknownContext, or jsonld's error that names the term
 */
export async function expand(document: JsonObject, contexts: Contexts, safe = true): Promise<ExpandedDocument> {
  const documentLoader = contextLoader(contexts);
  const plain = expandPlain(document, documentLoader);
  if (plain) return plain;
  const options = { documentLoader, safe, base: null };
  try {
    return (await jsonld.expand(document, options)) as ExpandedDocument;
  } catch (error) {
    const { cause } = (error as { details?: { cause?: unknown } }).details ?? {};
    throw cause instanceof UnknownContext ? cause : error;
  }
}

/**
 * The canonical N-Quads of an expanded document (RDFC-1.0, https://www.w3.org/TR/rdf-canon/).
 *
 * @param hash SHA-384 for keys on P-384, else SHA-256: it names blank nodes, so it shows in the result
 * @throws when something has no place in RDF, or blank nodes are too much alike
 */
export async function canonize(
  expanded: ExpandedDocument,
  hash: 'sha256' | 'sha384' = 'sha256',
  safe = true,
): Promise<string> {
  const plain = canonizePlain(expanded, hash);
  if (plain !== undefined) return plain;
  return jsonld.canonize(expanded, {
    skipExpansion: true,
    safe,
    base: null,
    rdfDirection: 'i18n-datatype',
    canonizeOptions: { algorithm: 'RDFC-1.0', messageDigestAlgorithm: hash, maxWorkFactor: MAX_WORK_FACTOR },
  });
}
