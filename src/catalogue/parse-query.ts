import { countryCode, EU_EEA } from '../compliance/countries.ts';
import { Problem } from '../errors.ts';
import { FACETS, type Facet, type SearchQuery } from './search-query.ts';

const KINDS = ['participant', 'offering', 'data-product', 'resource'] as const;
const SORTS = ['relevance', 'recent', 'name'] as const;
const BASES = ['claimed', 'attested', 'verified'] as const;
/** Every facet is a filter, too. */
const LISTS = FACETS;
const KNOWN = ['q', 'kind', ...LISTS, 'basis', 'sort', 'limit', 'cursor', 'facets'];
const DEFAULT_KINDS: SearchQuery['kind'] = ['offering', 'data-product'];
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
const MAX_Q = 500;
const MAX_VALUES = 50;

const bad = (detail: string, extra: Record<string, unknown> = {}): Problem => new Problem('bad-request', detail, extra);

function oneOf<T extends string>(name: string, value: string, known: readonly T[]): T {
  if (!known.includes(value as T))
    throw bad(`"${value.slice(0, 80)}" is not known for ${name}. Known: ${known.join(', ')}`, {
      parameter: name,
      known,
    });
  return value as T;
}

/**
 * Reads a search from a query string.
 *
 * @param params repeatable parameters: `kind`, `type`, `provider`, `country`, `label` and the other filters; `kind` and
 *   `facets` also take comma-separated values
 * @param schemes known schemes and levels, to check `label` against; absent: any
 * @throws Problem `bad-request` that names the parameter and what is known
 */
export function parseSearchQuery(params: URLSearchParams, schemes?: { id: string; levels: string[] }[]): SearchQuery {
  for (const name of params.keys()) {
    if (!KNOWN.includes(name))
      throw bad(`The parameter "${name.slice(0, 80)}" is not known. Known: ${KNOWN.join(', ')}`, {
        parameter: name.slice(0, 80),
        known: KNOWN,
      });
  }
  const single = (name: string): string | undefined => {
    const all = params.getAll(name);
    if (all.length > 1) throw bad(`"${name}" is given ${all.length} times; it is taken once`, { parameter: name });
    return all[0] || undefined;
  };
  const list = (name: string): string[] => {
    const all = [...new Set(params.getAll(name).filter((value) => value !== ''))];
    if (all.length > MAX_VALUES)
      throw bad(`"${name}" is given ${all.length} times; ${MAX_VALUES} are taken`, { parameter: name });
    const long = all.find((value) => value.length > 2048 || value.includes('\0'));
    if (long !== undefined) throw bad(`A value of "${name}" is too long or holds a NUL`, { parameter: name });
    return all;
  };
  const split = (name: string) =>
    list(name)
      .flatMap((value) => value.split(','))
      .filter((value) => value !== '');

  const q = single('q');
  if (q && (q.length > MAX_Q || q.includes('\0')))
    throw bad(`"q" has ${q.length} characters or holds a NUL; up to ${MAX_Q} are taken`, { parameter: 'q' });
  const limitText = single('limit') ?? String(DEFAULT_LIMIT);
  const limit = Number(limitText);
  if (!/^\d{1,3}$/.test(limitText) || limit < 1 || limit > MAX_LIMIT)
    throw bad(`"limit" is "${limitText.slice(0, 40)}"; a number from 1 to ${MAX_LIMIT} is taken`, {
      parameter: 'limit',
    });
  const basis = single('basis');
  const kinds = split('kind').map((value) => oneOf('kind', value, KINDS));
  const lists = Object.fromEntries(LISTS.map((name) => [name, list(name)])) as Pick<
    SearchQuery,
    (typeof LISTS)[number]
  >;
  for (const country of lists.country) {
    if (country !== 'unknown' && countryCode(country) !== country)
      throw bad(`"${country.slice(0, 80)}" is no country; two capital letters (ISO 3166-1) or "unknown" are taken`, {
        parameter: 'country',
      });
  }
  for (const law of lists.law) {
    if (law === 'eu-eea' || law === 'unknown') continue;
    const inside = EU_EEA.has(law) || law === 'EU';
    if (inside || countryCode(law) !== law)
      throw bad(
        `"${law.slice(0, 80)}" is not taken for law; "eu-eea", "unknown" or the code of a country outside the EU and EEA`,
        { parameter: 'law' },
      );
  }
  for (const provider of lists.provider) {
    if (!/^did:[a-z0-9]+:\S+$/.test(provider))
      throw bad(
        `"${provider.slice(0, 80)}" is no DID; the DID of a provider is taken, as GET /api/v1/providers lists them`,
        {
          parameter: 'provider',
        },
      );
  }
  for (const label of lists.label) checkLabel(label, schemes);
  return {
    ...(q ? { q } : {}),
    kind: kinds.length > 0 ? [...new Set(kinds)] : DEFAULT_KINDS,
    ...lists,
    ...(basis ? { basis: oneOf('basis', basis, BASES) } : {}),
    sort: oneOf('sort', single('sort') ?? (q ? 'relevance' : 'recent'), SORTS),
    limit,
    ...(single('cursor') ? { cursor: single('cursor')! } : {}),
    facets: [...new Set(split('facets').map((value) => oneOf<Facet>('facets', value, FACETS)))],
  };
}

function checkLabel(label: string, schemes: { id: string; levels: string[] }[] | undefined): void {
  const [scheme = '', level] = label.split(/:(.*)/s);
  if (!level)
    throw bad(`The label "${label.slice(0, 80)}" is not written scheme:level, for example gaia-x:SC`, {
      parameter: 'label',
    });
  if (!schemes) return;
  const known = schemes.find((one) => one.id === scheme);
  const all = schemes.flatMap((one) => one.levels.map((name) => `${one.id}:${name}`));
  if (!known?.levels.includes(level))
    throw bad(`The label "${label.slice(0, 80)}" is not known. Known: ${all.join(', ')}`, {
      parameter: 'label',
      known: all,
    });
}

/** The query string of a search, without what is at its default: links in pages and `next` keep every filter. */
export function toSearchParams(query: Partial<SearchQuery>): URLSearchParams {
  const params = new URLSearchParams();
  if (query.q) params.set('q', query.q);
  if (query.kind && query.kind.join() !== DEFAULT_KINDS.join())
    for (const kind of query.kind) params.append('kind', kind);
  for (const name of LISTS) for (const value of query[name] ?? []) params.append(name, value);
  if (query.basis) params.set('basis', query.basis);
  if (query.sort && query.sort !== (query.q ? 'relevance' : 'recent')) params.set('sort', query.sort);
  if (query.limit && query.limit !== DEFAULT_LIMIT) params.set('limit', String(query.limit));
  if (query.facets && query.facets.length > 0) params.set('facets', query.facets.join(','));
  if (query.cursor) params.set('cursor', query.cursor);
  return params;
}
