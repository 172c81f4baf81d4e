import type { ListingDetail, ListingLabel } from '../catalogue/listing.ts';
import { parsePolicy, type TrustRule } from '../policy.ts';
import { ask } from './client.ts';
import { Failure } from './failure.ts';
import { type Input, readInput } from './input.ts';
import type { Io } from './io.ts';

/** A listing as its node serves it: the credential, and what its label rests on. Nothing of it is believed yet. */
export interface Listed {
  node: string;
  key: string;
  credential: Input;
  /** The provider's own self-description, then the evidence. */
  rests: Input[];
  /** What of these the node named and did not serve: why, each. */
  absent: string[];
  /** What the node itself says, to compare. */
  labels: ListingLabel[];
}

/** Credentials taken in for one listing at most. */
const MAX_RESTS = 100;

/**
 * Fetches a listing's credential and, where the label is to be judged, every credential that the node names behind it.
 *
 * @throws Failure when the listing or its credential cannot be had
 */
export async function readListed(io: Io, node: string, key: string, withRests: boolean): Promise<Listed> {
  const listing = await ask<ListingDetail>(io, node, `/api/v1/listings/${key}`);
  const credential = await readInput(io, credentialUrl(node, listing.digest));
  const rests: Input[] = [];
  const absent: string[] = [];
  for (const { digest, name } of withRests ? behind(listing) : []) {
    try {
      rests.push({ ...(await readInput(io, credentialUrl(node, digest))), name });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      absent.push(`${name}: ${error.message}`);
    }
  }
  return { node, key, credential, rests, absent, labels: listing.labels.filter(({ own }) => own) };
}

const credentialUrl = (node: string, digest: string) => `${node}/api/v1/credentials/${encodeURIComponent(digest)}`;

function behind({ providerListing: company, evidence }: ListingDetail): { digest: string; name: string }[] {
  return [
    ...(company ? [{ digest: company.digest, name: `the self-description of ${company.name}` }] : []),
    ...evidence.map(({ digest, type, issuer }) => ({ digest, name: `${type} by ${issuer}` })),
  ].slice(0, MAX_RESTS);
}

/** Who may vouch for what, as the operator of a node publishes it; undefined where the node does not. */
export async function trustOf(io: Io, node: string): Promise<TrustRule[] | undefined> {
  let answer: { trust?: unknown };
  try {
    answer = await ask(io, node, '/api/v1/trust');
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
  return parsePolicy(JSON.stringify({ trust: answer.trust }), `${node}/api/v1/trust`).trust;
}
