import type { ListingSummary } from './listing.ts';

/** Facets a search can count, in the order buyers decide. */
export const FACETS = [
  'type',
  'country',
  'law',
  'label',
  'certification',
  'exit',
  'openness',
  'ai',
  'energy',
  'provider',
] as const;
export type Facet = (typeof FACETS)[number];

/**
 * A question to the catalogue. Values of one filter are alternatives (OR), filters are combined (AND). Labels are
 * minimum levels: `gaia-x:SC` means Standard Compliance or better; several labels must all hold.
 */
export interface SearchQuery {
  q?: string;
  /** Default: offerings and data products. */
  kind: ('participant' | 'offering' | 'data-product' | 'resource')[];
  type: string[];
  provider: string[];
  country: string[];
  law: string[];
  /** `scheme:level` */
  label: string[];
  /** Weakest basis a label may have to count for `label`. */
  basis?: 'claimed' | 'attested' | 'verified';
  certification: string[];
  exit: string[];
  openness: string[];
  ai: string[];
  energy: string[];
  sort: 'relevance' | 'recent' | 'name';
  /** 1..100 */
  limit: number;
  cursor?: string;
  facets: Facet[];
}

export interface FacetCount {
  value: string;
  count: number;
  /** Name for people, where the value is an id: provider names. */
  label?: string;
}

export interface SearchResult {
  items: ListingSummary[];
  total: number;
  /** Counts per value, each facet without its own filter; by count, then by value. */
  facets: Partial<Record<Facet, FacetCount[]>>;
  /** Opaque cursor of the next page. */
  next: string | null;
  /** How complete the answer is. */
  completeness: {
    catalogues: {
      name: string;
      did: string;
      state: 'following' | 'stale' | 'unreachable' | 'unverified' | 'forked';
      since: string;
    }[];
    newest: string | null;
  };
}
