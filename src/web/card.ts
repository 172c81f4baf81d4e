import { html } from 'hono/html';
import type { ListingSummary } from '../catalogue/listing.ts';
import type { Page } from './deps.ts';
import {
  country,
  countryList,
  countryName,
  day,
  type Html,
  listingAddress,
  providerAddress,
  time,
  typeName,
} from './format.ts';
import { alert } from './icons.ts';
import { marks } from './marks.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

const notKnown = html`<span class="not-known">${en.card.notKnown}</span>`;

/** Whose law reaches it: inside the EU/EEA, each country outside with the first link that brings it, or not known. */
export function lawText({ known, outside }: ListingSummary['exposure']): Html {
  if (outside.length === 0) return known ? html`${en.law.inside}` : notKnown;
  const links = new Map<string, string[]>();
  for (const { country: code, by } of outside) links.set(code, [...(links.get(code) ?? []), by]);
  const said = [...links].slice(0, 3).map(([code, [first = '', ...more]]) => {
    const text = en.law.by(countryName(code), line(first, 80).replace(/^by /, ''));
    return more.length > 0 ? `${text}${en.more(more.length)}` : text;
  });
  const rest = links.size > 3 ? en.more(links.size - 3) : '';
  return html`<span class="outside">${said.join('; ')}${rest}${known ? '' : `; ${en.law.rest}`}</span>`;
}

/** A listing in a list: who, what, its marks, and the facts buyers compare first. `own`: on the page of its provider. */
export function card(
  item: ListingSummary,
  page: Page,
  { level = 2, own = false }: { level?: 2 | 3; own?: boolean } = {},
): Html {
  const href = listingAddress(item.key);
  const over = item.state !== 'current' && item.state !== 'pending' && item.state !== 'superseded';
  const link = html`<a href="${href}" dir="auto">${line(item.name, 200) || item.id}</a>`;
  const title = level === 2 ? html`<h2>${link}</h2>` : html`<h3>${link}</h3>`;
  const provider = html`<a href="${providerAddress(item.provider.did)}" dir="auto">${line(item.provider.name, 100)}</a>`;
  const seat = item.provider.country && html`, ${country(item.provider.country)}`;
  return html`<article class="card"><div class="head">${title}<p class="by">${typeName(item.type)}${own ? '' : html` ${en.listing.by} ${provider}${seat}`}</p></div>${
    item.description && html`<p class="about" dir="auto">${line(item.description, 240)}</p>`
  }${marks(item, page, { over, reasons: (label) => `${href}#label-${label.scheme}` })}<dl class="facts"><div><dt>${en.card.countries}</dt><dd>${
    item.countries.length > 0 ? countryList(item.countries) : notKnown
  }</dd></div><div><dt>${en.card.law}</dt><dd>${lawText(item.exposure)}</dd></div><div><dt>${en.card.until}</dt><dd>${
    item.state === 'current' ? day(item.validUntil) : html`${en.states[item.state]}, ${day(item.validUntil)}`
  }</dd></div><div><dt>${en.card.verified}</dt><dd>${time(item.verifiedAt)}</dd></div></dl>${
    item.caution &&
    html`<p class="say">${alert}<span>${line(item.caution, 400)} <a href="${href}#answers">${en.card.why}</a></span></p>`
  }</article>`;
}
