import { html, raw } from 'hono/html';
import { FACETS, type Facet, type FacetCount, type SearchQuery, type SearchResult } from '../catalogue/search-query.ts';
import type { Page, SchemeView } from './deps.ts';
import { countryName, didName, type Html, number, typeName } from './format.ts';
import { certificationName, labelName, schemeShort } from './marks.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

/** Values shown before the rest folds away, and the facets that stand open from the start. */
const SHOWN = 6;
const OPEN: Facet[] = ['type', 'country', 'law', 'label', 'certification'];

/** What a filter value is called. Provider names come from `names`, by DID, where a result told them. */
export function valueName(facet: Facet, value: string, page: Page, names: Map<string, string> = new Map()): string {
  const said = en.facetValues[`${facet}:${value.toLowerCase()}`];
  if (said) return said;
  if (facet === 'type') return typeName(value);
  if (facet === 'country' || facet === 'law')
    return value.toLowerCase() === 'unknown' ? en.law.unknown : countryName(value);
  if (facet === 'certification') return certificationValue(value);
  if (facet === 'label') {
    const [scheme = '', level = ''] = value.split(/:(.*)/s);
    const { schemes } = page.deps;
    const name = labelName(scheme, level, schemes);
    // Nothing is better than the highest level, which may be the only one.
    return schemes.find(({ id }) => id === scheme)?.levels.at(-1)?.id === level ? name : en.search.orBetter(name);
  }
  if (facet === 'provider') return names.get(value) ?? didName(value);
  return line(value, 60);
}

/** `iso-27001` is a certificate that counts; `iso-27001:claimed` one that only the provider speaks of, and so on. */
function certificationValue(value: string): string {
  const [, bare = value, basis] = /^(.*):(attested|claimed|unknown|lapsed)$/.exec(value) ?? [];
  return basis ? en.certificationNotVerified(certificationName(bare), basis) : certificationName(value);
}

/** Values with counts, those that are set first among the shown; a value that is set stays although it counts nothing. */
function ordered(counts: FacetCount[], set: string[]): { shown: FacetCount[]; rest: FacetCount[] } {
  const missing = set
    .filter((value) => !counts.some((count) => count.value === value))
    .map((value) => ({ value, count: 0 }));
  // Silence comes last, however often it is met.
  const silent = ({ value }: FacetCount) => value === 'unknown';
  const all = [...counts.filter((one) => !silent(one)), ...missing, ...counts.filter(silent)];
  const first = all.slice(0, SHOWN);
  const late = all.slice(SHOWN);
  return {
    shown: [...first, ...late.filter((one) => set.includes(one.value))],
    rest: late.filter((one) => !set.includes(one.value)),
  };
}

/** Levels of one scheme stand together and in their order; counting alone would mix them. */
function byLevel(counts: FacetCount[], page: Page): FacetCount[] {
  const order = page.deps.schemes.flatMap((scheme) => scheme.levels.map((level) => `${scheme.id}:${level.id}`));
  const at = (value: string) => (order.includes(value) ? order.indexOf(value) : order.length);
  return [...counts].sort((a, b) => at(a.value) - at(b.value) || a.value.localeCompare(b.value));
}

function box(
  facet: Facet,
  { value, count, label }: FacetCount,
  set: string[],
  page: Page,
  names: Map<string, string>,
): Html {
  const id = `f-${facet}-${value.replace(/[^A-Za-z0-9_-]/g, (c) => `_${c.codePointAt(0)!.toString(16)}`).slice(0, 160)}`;
  const checked = set.includes(value);
  return html`<label class="${count === 0 ? 'empty' : ''}" for="${id}"><input type="checkbox" id="${id}" form="ask" name="${facet}" value="${value}" autocomplete="off" data-auto${
    checked ? raw(' checked') : ''
  }><span class="v">${label ? line(label, 60) : valueName(facet, value, page, names)}</span><span class="n">${number(count)}</span></label>`;
}

/** Whether a level always rests in part on what the provider alone states. */
export const isDeclared = ({ kind = 'criteria', criteria }: SchemeView, level: string): boolean =>
  kind === 'criteria' && criteria.some(({ levels }) => levels[level] === 'declaration');

/** The least basis that counts for the label filter: one of four, as a choice that works without script. */
function basisChoice(query: SearchQuery, page: Page): Html {
  const choices = ['', 'claimed', 'attested', 'verified'] as const;
  const options = choices.map((basis) => {
    const text = basis === '' ? en.search.basisAny : en.search.basisAtLeast(en.basis[basis].word);
    return html`<option value="${basis}"${(query.basis ?? '') === basis ? raw(' selected') : ''}>${text}</option>`;
  });
  const { schemes } = page.deps;
  const declared = schemes.filter(
    (scheme) => scheme.levels.length > 0 && scheme.levels.every(({ id }) => isDeclared(scheme, id)),
  );
  const help = en.search.basisHelp(declared.map(({ id }) => schemeShort(id, schemes)));
  return html`<label class="basis-choice" for="basis" title="${help}">${en.search.basis} <select id="basis" name="basis" form="ask" autocomplete="off" data-auto>${options}</select></label>`;
}

function facetGroup(
  facet: Facet,
  query: SearchQuery,
  result: SearchResult,
  page: Page,
  names: Map<string, string>,
): Html | '' {
  const set = query[facet];
  const found = result.facets[facet] ?? [];
  const counts = facet === 'label' ? byLevel(found, page) : found;
  if (counts.length === 0 && set.length === 0) return '';
  const { shown, rest } = ordered(counts, set);
  const boxes = (list: FacetCount[]) => list.map((count) => box(facet, count, set, page, names));
  const open = OPEN.includes(facet) || set.length > 0;
  return html`<details class="facet"${open ? raw(' open') : ''}><summary>${en.facets[facet]}${
    set.length > 0 && html` <span class="set">${set.length}</span>`
  }</summary><div class="values" role="group" aria-label="${en.facets[facet]}">${boxes(shown)}${
    rest.length > 0 &&
    html`<details class="rest"><summary>${en.search.moreValues(rest.length)}</summary>${boxes(rest)}</details>`
  }${facet === 'label' && basisChoice(query, page)}</div></details>`;
}

/** Whether the answer holds offers only, so that it may be called so. */
export const onlyOffers = ({ kind }: SearchQuery): boolean =>
  kind.every((one) => one === 'offering' || one === 'data-product');

/** How many filters are set, words left aside. */
export const filtersSet = (query: SearchQuery): number =>
  FACETS.reduce((sum, facet) => sum + query[facet].length, 0) + (query.basis ? 1 : 0);

/** The filters in the order buyers decide: a column at the side, a sheet on a phone. */
export function facetPanel(query: SearchQuery, result: SearchResult, page: Page, names: Map<string, string>): Html {
  const show = en.search.show(result.total, onlyOffers(query) ? 'offer' : 'listing');
  const groups = FACETS.map((facet) => facetGroup(facet, query, result, page, names));
  return html`<details class="sheet"><summary class="btn plain">${en.search.sheet(filtersSet(query))}</summary><div class="sheet-body">${groups}<p class="apply"><button class="btn plain" form="ask">${
    en.search.apply
  }</button></p><p class="show"><button class="btn" type="button" id="show">${show}</button></p><p class="live">${en.search.live}</p></div></details>`;
}
