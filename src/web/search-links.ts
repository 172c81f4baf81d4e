import { toSearchParams } from '../catalogue/parse-query.ts';
import { FACETS, type Facet, type SearchQuery } from '../catalogue/search-query.ts';
import type { Page } from './deps.ts';
import { valueName } from './facets.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

const KNOWN: string[] = ['q', 'kind', ...FACETS, 'basis', 'sort', 'limit', 'cursor', 'facets'];

/** The parameters of the address that belong to a search. Others, such as those of a mailing, are no question to us. */
export const searchParameters = (all: URLSearchParams): URLSearchParams =>
  new URLSearchParams([...all].filter(([name]) => KNOWN.includes(name)));

/** The parameter that tells a later page how many results came before it: for show only. */
export const BEFORE = 'before';

/** The page of a search; the first one unless the query carries a cursor, with `before` results ahead of it. */
export function searchAddress(query: Partial<SearchQuery>, before?: number): string {
  const all = toSearchParams({ ...query, facets: [] });
  if (before) all.set(BEFORE, String(before));
  const params = all.toString();
  return params ? `/?${params}` : '/';
}

/** The same question to the interface for programs. */
export function jsonAddress(query: SearchQuery): string {
  const params = toSearchParams({ ...query, facets: [] }).toString();
  return `/api/v1/listings${params ? `?${params}` : ''}`;
}

/** One thing that narrows a search: what it is called, and the search without it. */
export interface Narrowing {
  group: string;
  value: string;
  without: SearchQuery;
}

const firstPage = (query: SearchQuery): SearchQuery => ({ ...query, cursor: undefined });

/** Every single value that is set, in the order of the facets. */
export function narrowings(query: SearchQuery, page: Page, names: Map<string, string>): Narrowing[] {
  const of = (facet: Facet) =>
    query[facet].map((value) => ({
      group: en.facets[facet],
      value: valueName(facet, value, page, names),
      without: firstPage({ ...query, [facet]: query[facet].filter((other) => other !== value) }),
    }));
  const basis = query.basis && {
    group: en.search.basis,
    value: en.search.basisAtLeast(en.basis[query.basis].word).toLowerCase(),
    without: firstPage({ ...query, basis: undefined }),
  };
  return [...FACETS.flatMap(of), ...(basis ? [basis] : [])];
}

/** Whole filters that could be dropped, words included: dropping one value of two would only narrow further. */
export function droppable(query: SearchQuery, page: Page, names: Map<string, string>): Narrowing[] {
  const whole = FACETS.filter((facet) => query[facet].length > 0).map((facet) => ({
    group: en.facets[facet],
    value: query[facet].map((value) => valueName(facet, value, page, names)).join(', '),
    without: firstPage({ ...query, [facet]: [], ...(facet === 'label' ? { basis: undefined } : {}) }),
  }));
  const words = query.q
    ? [
        {
          group: en.search.text,
          value: `“${line(query.q, 60)}”`,
          without: firstPage({ ...query, q: undefined, sort: 'recent' as const }),
        },
      ]
    : [];
  const basis = query.basis
    ? [
        {
          group: en.search.basis,
          value: en.search.basisAtLeast(en.basis[query.basis].word).toLowerCase(),
          without: firstPage({ ...query, basis: undefined }),
        },
      ]
    : [];
  return [...words, ...whole, ...basis];
}
