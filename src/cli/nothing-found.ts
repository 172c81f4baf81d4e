import type { SearchResult } from '../catalogue/search-query.ts';
import { ask } from './client.ts';
import type { Io } from './io.ts';
import { clean, count, table } from './text.ts';

/** How often the node is asked again at most. */
const MAX_TRIES = 5;
/** These narrow nothing. */
const SETTINGS = ['sort', 'limit', 'cursor', 'facets'];

/**
 * Why a search is empty: what each of its filters alone hides, the words among them.
 *
 * @param given the filters as they were given on the command line
 */
export async function nothingFound(io: Io, node: string, query: URLSearchParams, given: object): Promise<string[]> {
  const names = [...new Set(query.keys())].filter((name) => !SETTINGS.includes(name));
  if (names.length === 0) return ['Nothing is listed here yet.'];
  const tried = await Promise.all(
    names.slice(0, MAX_TRIES).map(async (name) => {
      const { total } = await ask<SearchResult>(io, node, '/api/v1/listings', { query: without(name, query) });
      return { name, total };
    }),
  );
  const useful = tried.filter(({ total }) => total > 0).sort((one, other) => other.total - one.total);
  const rest = names.length > MAX_TRIES ? [`(${names.slice(MAX_TRIES).join(', ')} not tried.)`] : [];
  if (useful.length === 0) return ['Nothing matches, also without any one of the filters or the words.', ...rest];
  return [
    'Nothing matches all of it. Each of these left out alone would give something:',
    table(
      useful.map(({ name, total }) => [
        name === 'q' ? `the words "${clean(query.get('q') ?? '')}"` : shown(name, given),
        count(total, 'listing'),
      ]),
    ),
    ...rest,
  ];
}

function without(name: string, query: URLSearchParams): URLSearchParams {
  const left = new URLSearchParams(query);
  // A basis speaks about labels only, and an order by relevance about words.
  for (const gone of [name, ...SETTINGS, ...(name === 'label' ? ['basis'] : [])]) left.delete(gone);
  left.set('limit', '1');
  return left;
}

const shown = (name: string, given: object): string =>
  [(given as Record<string, string | string[]>)[name] ?? []]
    .flat()
    .map((value) => clean(`--${name} ${value}`))
    .join(' ');
