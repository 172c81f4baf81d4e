import { html } from 'hono/html';
import type { Answer, ListingDetail } from '../catalogue/listing.ts';
import type { Page } from './deps.ts';
import { country, countryList, credentialAddress, digest, type Html } from './format.ts';
import { alert } from './icons.ts';
import { basisTag, voucherName } from './marks.ts';
import { line, linkable } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.listing;
const DIGEST = /^[uz][A-Za-z0-9_-]{20,}$/;

/** Words in which parties are called by their names. */
export function named(text: string, page: Page): Html {
  const parts = line(text, 400).split(/(did:[a-z0-9]+:[^\s,;()]*[^\s,;().:])/);
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<span title="${part}">${voucherName(part, page)}</span>` : part))}`;
}

/** Where an answer comes from: a credential by its digest, or words. */
const source = (text: string, page: Page): Html =>
  DIGEST.test(text) ? digest(text, credentialAddress(text)) : named(text, page);

function row(answer: Answer, page: Page): Html {
  const said = answer.basis !== 'unknown' || Boolean(answer.value);
  return html`<tr class="${answer.basis}"><th scope="row">${line(answer.question, 120)}</th><td><span dir="auto">${
    said ? line(answer.value, 600) : t.unknown
  }</span></td><td class="b">${basisTag(answer.basis)}${answer.source && html`<span class="source"><span class="vh">${t.source}: </span>${source(answer.source, page)}</span>`}</td></tr>`;
}

/** The twelve questions of a buyer. All of them, always: what nobody has said is shown as unknown. */
export function answersSection(item: ListingDetail, page: Page): Html {
  return html`<section class="panel" id="answers"><h2>${t.answers}</h2><p class="note">${t.answersNote}</p>${
    item.caution &&
    html`<div class="say"><span>${alert}</span><p><b>${t.cautionTitle}.</b> ${line(item.caution, 600)}</p></div>`
  }<table class="answers"><thead class="vh"><tr><th scope="col">${t.question}</th><th scope="col">${t.answer}</th><th scope="col">${t.basis}</th></tr></thead><tbody>${item.answers.map((answer) => row(answer, page))}</tbody></table></section>`;
}

/** Dependencies and subcontractors as a table; empty where none was named. */
export function dependenciesSection({ facts }: ListingDetail): Html | '' {
  const notKnown = html`<span class="not-known">${en.card.notKnown}</span>`;
  const row = (kind: keyof typeof t.dependencyKinds, name: string, supplier: string | undefined, place: Html | '') =>
    html`<tr><td class="kind">${t.dependencyKinds[kind]}</td><td class="strong" dir="auto">${line(name, 120)}</td><td dir="auto" data-label="${columns.supplier}">${
      supplier ? line(supplier, 120) : notKnown
    }</td><td data-label="${columns.country}">${place || notKnown}</td></tr>`;
  const columns = t.dependencyColumns;
  const rows = [
    ...facts.dependencies.map((one) =>
      row(one.kind, one.name ?? one.id ?? '', one.supplier, one.country ? country(one.country) : ''),
    ),
    // A subcontractor supplies itself.
    ...facts.subContractors.map(({ name = '', jurisdictions }) =>
      row('subContractor', name, name, jurisdictions.length > 0 ? countryList(jurisdictions) : ''),
    ),
  ].slice(0, 100);
  if (rows.length === 0) return '';
  return html`<section class="panel" id="dependencies"><h2>${t.dependencies}</h2><div class="scroll" role="region" tabindex="0" aria-label="${t.dependencies}"><table class="rows stack"><thead><tr><th scope="col">${
    columns.what
  }</th><th scope="col">${columns.name}</th><th scope="col">${columns.supplier}</th><th scope="col">${columns.country}</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

/** Documents the provider names; their addresses are links only where they are http or https. */
export function documentsSection({ facts }: ListingDetail): Html | '' {
  const documents = [
    ...facts.documents,
    ...(facts.exit?.documents ?? []).map((one) => ({
      type: 'kontor:ExitPlan',
      url: one.url,
      digest: one.digest,
      governingLaw: [] as string[],
      parties: [] as string[],
    })),
  ].filter(
    (one, index, all) =>
      one.url && all.findIndex((other) => other.url === one.url && other.type === one.type) === index,
  );
  if (documents.length === 0) return '';
  const items = documents.slice(0, 60).map((one) => {
    const address = linkable(one.url);
    const name = line(one.type.replace(/^[a-z]+:/, '').replace(/([a-z])([A-Z])/g, '$1 $2'), 80);
    return html`<li>${address ? html`<a href="${address}" rel="noopener noreferrer nofollow">${name}</a>` : html`${name}`} <span class="quiet break">${line(one.url ?? '', 200)}</span></li>`;
  });
  return html`<details class="fold"><summary>${t.documents} (${documents.length})</summary><ul class="documents">${items}</ul></details>`;
}
