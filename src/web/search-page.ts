import { html, raw } from 'hono/html';
import { FACETS, type SearchQuery, type SearchResult } from '../catalogue/search-query.ts';
import { askForm } from './ask-form.ts';
import { card } from './card.ts';
import type { Page } from './deps.ts';
import { facetPanel, filtersSet, isDeclared, onlyOffers } from './facets.ts';
import { ago, didName, type Html, number, timeText } from './format.ts';
import { layout } from './layout.ts';
import { basisKey, schemeShort } from './marks.ts';
import { line } from './safe-text.ts';
import { droppable, jsonAddress, narrowings, searchAddress } from './search-links.ts';
import { en } from './texts/en.ts';

/** The order offered: the one that is used when nothing is said comes first and adds nothing to the address. */
function sortChoice(query: SearchQuery): Html {
  const usual = query.q ? 'relevance' : 'recent';
  const sorts = (['relevance', 'recent', 'name'] as const).filter((sort) => sort !== 'relevance' || query.q);
  const options = [usual, ...sorts.filter((sort) => sort !== usual)].map(
    (sort) =>
      html`<option value="${sort === usual ? '' : sort}"${query.sort === sort ? raw(' selected') : ''}>${en.search.sorts[sort as 'recent']}</option>`,
  );
  return html`<label for="sort">${en.search.sort} <select id="sort" name="sort" form="ask" autocomplete="off" data-auto>${options}</select></label>`;
}

/** How complete the answer is: every catalogue counted, and each that is missing named with its time. */
function completeness({ completeness: { catalogues, newest } }: SearchResult, page: Page): Html {
  const others = catalogues.filter((catalogue) => catalogue.did !== page.deps.node.did);
  const gaps = others.filter((catalogue) => catalogue.state !== 'following');
  const said = gaps.map(
    ({ name, did, state, since }) =>
      html`${en.search.without(line(name || didName(did), 60))} ${en.search.gap[state as 'stale'](timeText(since))}`,
  );
  // One gap is said at once; several fold, so that they do not push the answers down.
  const missing =
    said.length < 2
      ? html`<span class="gap">${said}</span>`
      : html`<details class="gaps"><summary>${en.search.gaps(said.length)}</summary><ul class="bare">${said.map((one) => html`<li>${one}</li>`)}</ul></details>`;
  return html`<div class="complete">${en.search.from(1 + others.length - gaps.length, 1 + others.length)}${
    newest && html`, ${en.search.newest} ${ago(newest, page.now)}`
  }. ${said.length > 0 && missing}</div>`;
}

function chips(query: SearchQuery, page: Page, names: Map<string, string>): Html | '' {
  const set = narrowings(query, page, names);
  if (set.length === 0) return '';
  const items = set.map(
    ({ group, value, without }) =>
      html`<li class="chip"><span class="group">${group}</span> <b>${value}</b><a href="${searchAddress(without)}" aria-label="${en.search.remove(`${group}: ${value}`)}">×</a></li>`,
  );
  const bare: Partial<SearchQuery> = { q: query.q, kind: query.kind, sort: query.sort };
  return html`<ul class="chips" aria-label="${en.search.active}">${items}${
    set.length > 1 && html`<li class="clear"><a href="${searchAddress(bare)}">${en.search.clear}</a></li>`
  }</ul>`;
}

/** Levels that were asked for and that this node does not decide: nothing can be found for them, whatever is dropped. */
function undecided(query: SearchQuery, page: Page): string[] {
  return query.label.flatMap((value) => {
    const [id = '', asked] = value.split(/:(.*)/s);
    const levels = page.deps.schemes.find((scheme) => scheme.id === id)?.levels ?? [];
    if (levels.find((level) => level.id === asked)?.decided !== false) return [];
    const decided = levels.filter((level) => level.decided).map((level) => level.id);
    return en.zero.undecided(`${schemeShort(id, page.deps.schemes)} ${asked}`, en.zero.and(decided));
  });
}

/** Schemes whose levels cannot be as sure as was asked for. */
function declared(query: SearchQuery, page: Page): string[] {
  if (query.basis !== 'verified' && query.basis !== 'attested') return [];
  const names = query.label.flatMap((value) => {
    const [id = '', level = ''] = value.split(/:(.*)/s);
    const scheme = page.deps.schemes.find((one) => one.id === id);
    return scheme && isDeclared(scheme, level) ? [schemeShort(id, page.deps.schemes)] : [];
  });
  return [...new Set(names)].map(en.zero.declared);
}

/** What to do about an empty answer: which filter to leave out, with the count that this would give. */
async function nothing(query: SearchQuery, page: Page, names: Map<string, string>): Promise<Html> {
  const options = droppable(query, page, names);
  const count = async (without: SearchQuery) =>
    (await page.deps.reader.search({ ...without, limit: 1, facets: [] })).total;
  const counted = await Promise.all(options.map(async (option) => ({ ...option, total: await count(option.without) })));
  const useful = counted.filter((option) => option.total > 0).sort((a, b) => b.total - a.total);
  if (options.length === 0) {
    return html`<div class="panel empty-state"><h2>${en.zero.emptyHeading}</h2><p>${en.zero.empty}</p><p><a class="btn" href="/publish">${en.zero.publish}</a></p></div>`;
  }
  const rows = useful.map(
    ({ group, value, without, total }) =>
      html`<li><a href="${searchAddress(without)}">${group === en.search.text ? en.zero.words(value) : en.zero.without(group, value)}</a>: <b>${en.zero.gives(total)}</b></li>`,
  );
  return html`<div class="panel empty-state"><h2>${en.zero.heading}</h2>${[...undecided(query, page), ...declared(query, page)].map((text) => html`<p>${text}</p>`)}${
    rows.length > 0 ? html`<p>${en.zero.drop}</p><ul>${rows}</ul>` : html`<p>${en.zero.none}</p>`
  }<p><a href="${searchAddress({ kind: query.kind })}">${en.zero.all}</a></p></div>`;
}

/** Which results these are, as far as it can be told: a cursor names a place, not a count. */
function shown(query: SearchQuery, { items, total, next }: SearchResult, before: number): string {
  const ahead = !query.cursor ? 0 : next === null ? total - items.length : before;
  const last = ahead + items.length;
  return Number.isInteger(ahead) && ahead >= 0 && last <= total
    ? en.search.range(number(ahead + 1), number(last), number(total))
    : en.search.shown(number(items.length), number(total));
}

function pager(query: SearchQuery, result: SearchResult, before: number): Html | '' {
  if (result.items.length === 0 || (!query.cursor && !result.next)) return '';
  const first =
    query.cursor && html`<a href="${searchAddress({ ...query, cursor: undefined })}">${en.search.first}</a>`;
  const ahead = (query.cursor ? before : 0) + result.items.length;
  const next =
    result.next &&
    html`<a class="btn plain" rel="next" href="${searchAddress({ ...query, cursor: result.next }, ahead)}">${en.search.next}</a>`;
  return html`<nav class="pager" aria-label="${en.search.pages}">${next}${first}<span class="quiet">${shown(query, result, before)}</span></nav>`;
}

/**
 * `GET /`: the question, the filters with their counts, and the answers, with how complete they are.
 *
 * @param before results on the pages before this one, as the link that led here says; NaN where nothing does
 */
export async function searchPage(query: SearchQuery, page: Page, before = Number.NaN): Promise<Html> {
  const { reader } = page.deps;
  const result = await reader.search({ ...query, facets: [...FACETS] });
  const names = new Map(
    (result.facets.provider ?? []).map(({ value, label }) => [value, line(label ?? didName(value), 60)]),
  );
  const landing = !query.q && filtersSet(query) === 0 && !query.cursor;
  const offers = onlyOffers(query);
  const hidden = [
    ...(offers && query.kind.length === 2
      ? []
      : query.kind.map((kind) => html`<input type="hidden" name="kind" value="${kind}">`)),
    query.limit === 20 ? '' : html`<input type="hidden" name="limit" value="${query.limit}">`,
  ];
  const found =
    result.items.length > 0 ? result.items.map((item) => card(item, page)) : await nothing(query, page, names);
  const heading = landing
    ? html`<h1>${en.search.heading}</h1><p class="lead">${en.search.lead}</p>`
    : html`<h1 class="vh">${en.search.title}</h1>`;
  return layout(page, {
    title: query.q ? `${query.q}` : en.search.title,
    section: 'search',
    description: en.search.lead,
    main: html`<div class="search-head">${heading}${askForm(query.q ?? '', { more: hidden, focus: landing })}${chips(query, page, names)}</div>
<div class="answer"><p class="found" role="status">${en.search.found(result.total, offers ? 'offer' : 'listing')}</p>${completeness(result, page)}<div class="tools"><a href="${jsonAddress(
      query,
    )}">${en.search.json}</a>${sortChoice(query)}</div></div>
<div class="cols"><section class="facets" aria-label="${en.search.filters}">${facetPanel(query, result, page, names)}</section>
<section class="results" aria-label="${en.search.results}">${found}${pager(query, result, before)}<details class="key"><summary>${en.basisKey}</summary>${basisKey()}</details></section></div>`,
  });
}
