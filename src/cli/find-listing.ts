import { type ListingDetail, listingKey } from '../catalogue/listing.ts';
import { ask, nodeUrl } from './client.ts';
import { Failure, wrongUsage } from './failure.ts';
import type { Io } from './io.ts';
import { listingAt } from './listing-name.ts';

/** Issuers that may speak for a subject id by themselves, most likely first: the DID itself, the host, its paths. */
function likelyIssuers(id: string): string[] {
  if (id.startsWith('did:')) return [id.split('#')[0]!];
  const url = URL.canParse(id) ? new URL(id) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) return [];
  const host = `did:web:${url.host.replace(':', '%3A')}`;
  const [first, second] = url.pathname.split('/').filter(Boolean);
  return [host, ...(first ? [`${host}:${first}`] : []), ...(second ? [`${host}:${first}:${second}`] : [])];
}

/**
 * A listing as a person names it: its key, its URL, or the id of its subject, whose issuer is given or is looked for
 * where such ids come from.
 *
 * @throws Failure when the name is none of these, or the node holds no such listing
 */
export async function findListing(
  io: Io,
  name: string,
  options: { node?: string; issuer?: string },
): Promise<{ node: string; key: string }> {
  const named = listingAt(name);
  const node = nodeUrl(io, options.node ?? named?.node);
  if (named) return { node, key: named.key };
  if (options.issuer) return { node, key: listingKey(name, options.issuer) };
  const issuers = likelyIssuers(name);
  if (issuers.length === 0)
    throw wrongUsage(
      `"${name}" is neither the key of a listing nor its URL, nor the id of its subject.`,
      'Keys are 22 characters, as `kontor search` prints them; an id that does not name its issuer needs --issuer DID.',
    );
  for (const key of issuers.map((issuer) => listingKey(name, issuer))) {
    try {
      await ask<ListingDetail>(io, node, `/api/v1/listings/${key}`);
      return { node, key };
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'not-found')) throw error;
    }
  }
  throw new Failure(
    1,
    'not-found',
    `${node} holds no listing of ${name} by ${issuers.join(' or ')}.`,
    'Name its issuer with --issuer DID, or give the key that `kontor search` prints.',
  );
}
