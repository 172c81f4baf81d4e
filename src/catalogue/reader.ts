import type { ListingDetail, ListingSummary } from './listing.ts';
import type { SearchQuery, SearchResult } from './search-query.ts';

/** What pages, API and command line read. Made by `createReader` in read.ts. */
export interface CatalogueReader {
  search(query: SearchQuery): Promise<SearchResult>;
  /** Also answers for withdrawn and expired listings, with their state. */
  listing(key: string): Promise<ListingDetail | undefined>;
  providers(): Promise<ProviderSummary[]>;
  provider(did: string): Promise<ProviderDetail | undefined>;
  /** The exact bytes received. */
  object(digest: string): Promise<{ bytes: Uint8Array; mediaType: string; kind: string } | undefined>;
}

export interface ProviderSummary {
  did: string;
  name: string;
  country?: string;
  /** Number of current offerings and data products. */
  listings: number;
}

export interface ProviderDetail extends ProviderSummary {
  /** The participant's own self-description, where one is held. */
  participant?: ListingDetail;
  items: ListingSummary[];
}
