import type { SearchResult } from '../../catalogue/search-query.ts';
import { EU_EEA } from '../../compliance/countries.ts';
import { ask, nodeUrl } from '../client.ts';
import type { ExitCode } from '../failure.ts';
import type { Io } from '../io.ts';
import { levelsOf } from '../levels.ts';
import { nothingFound } from '../nothing-found.ts';
import { answer, say } from '../output.ts';
import { kontor, nodeOption } from '../printed-command.ts';
import { hitLines } from '../show-listing.ts';
import { cleanDeep, count, time } from '../text.ts';

/** Options whose name is the query parameter and that may be given several times. */
const FILTERS = [
  'kind',
  'type',
  'country',
  'law',
  'label',
  'provider',
  'certification',
  'exit',
  'openness',
  'ai',
  'energy',
] as const;
const SETTINGS = ['basis', 'sort', 'limit'] as const;

interface Options extends Partial<Record<(typeof FILTERS)[number], string[]>> {
  basis?: string;
  sort?: string;
  limit?: number;
  cursor?: string;
  facets?: string;
  node?: string;
  json?: boolean;
}

export async function search(io: Io, words: string[], options: Options): Promise<ExitCode> {
  const node = nodeUrl(io, options.node);
  const query = new URLSearchParams();
  if (words.length > 0) query.set('q', words.join(' '));
  for (const filter of FILTERS)
    for (const value of options[filter] ?? [])
      for (const one of filter === 'country' ? countriesOf(value) : [value]) query.append(filter, one);
  for (const name of [...SETTINGS, 'cursor', 'facets'] as const)
    if (options[name] !== undefined) query.set(name, String(options[name]));
  const found = await ask<SearchResult>(io, node, '/api/v1/listings', { query });
  if (options.json) {
    answer(io, found);
    return 0;
  }
  const result = cleanDeep(found);
  const levels = levelsOf(io);
  say(io, [
    completeness(result),
    ...result.items.flatMap((item) => ['', ...hitLines(io, item, levels)]),
    ...Object.entries(result.facets).flatMap(([name, values]) => [
      '',
      io.paint('strong', name),
      ...values.map(
        ({ value, count: number, label }) =>
          `  ${String(number).padStart(5)}  ${label ? `${label} (${value})` : value}`,
      ),
    ]),
    '',
    ...(found.items.length > 0
      ? [next(io, found, node, words, options)]
      : await nothingFound(io, node, query, options)),
  ]);
  return 0;
}

/** Members of the EEA that are none of the EU. */
const EFTA = ['IS', 'LI', 'NO'];

/** A country; of `EU` and `EEA` their members, `EU/EEA` being all of them. */
function countriesOf(value: string): string[] {
  const name = value.toUpperCase();
  if (name === 'EU') return [...EU_EEA].filter((code) => !EFTA.includes(code));
  return ['EEA', 'EU/EEA', 'EU-EEA'].includes(name) ? [...EU_EEA] : [value];
}

/** How many, from how many catalogues, how new: an answer with a gap says so. */
function completeness({ total, completeness: { catalogues, newest } }: SearchResult): string {
  const silent = catalogues.filter((catalogue) => catalogue.state !== 'following');
  const from = `${count(total, 'listing')} from ${catalogues.length - silent.length} of ${count(catalogues.length, 'catalogue')}`;
  const without = silent.map(({ name, state, since }) => `without ${name}: ${state} since ${time(since)}`);
  return [newest ? `${from}, newest entry ${time(newest)}` : from, ...without].join('; ');
}

function next(io: Io, result: SearchResult, node: string, words: string[], options: Options): string {
  const at = nodeOption(io, node);
  if (!result.next) return `Next: ${kontor('show', result.items[0]!.key, ...at)}`;
  const filters = FILTERS.flatMap((filter) => (options[filter] ?? []).flatMap((value) => [`--${filter}`, value]));
  const rest = SETTINGS.flatMap((name) => (options[name] === undefined ? [] : [`--${name}`, String(options[name])]));
  return `Next page: ${kontor('search', ...words, ...filters, ...rest, '--cursor', result.next, ...at)}`;
}
