import { html } from 'hono/html';
import type { ListingDetail } from '../catalogue/listing.ts';
import type { ProviderDetail, ProviderSummary } from '../catalogue/reader.ts';
import { card } from './card.ts';
import type { Page } from './deps.ts';
import { country, countryName, didName, type Html, listingAddress, number, providerAddress, time } from './format.ts';
import { layout } from './layout.ts';
import { basisTag, marks, voucherName } from './marks.ts';
import { didDocumentAddress, line } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.providers;
const notSaid = html`<span class="not-known">${t.notSaid}</span>`;

/** `GET /providers`: everyone whose offers are listed. */
export function providersPage(all: ProviderSummary[], page: Page): Html {
  const sorted = [...all].sort((a, b) => a.name.localeCompare(b.name, en.language));
  const rows = sorted.map(
    (one) =>
      html`<tr><th scope="row"><a href="${providerAddress(one.did)}" dir="auto">${line(one.name, 120) || didName(one.did)}</a></th><td>${
        one.country ? country(one.country) : html`<span class="not-known">${t.unknownCountry}</span>`
      }</td><td class="num">${number(one.listings)}</td><td><code class="break">${line(one.did, 120)}</code></td></tr>`,
  );
  return layout(page, {
    title: t.title,
    section: 'providers',
    head: html`<h1>${t.title}</h1><p class="lead">${t.lead}</p>`,
    main:
      rows.length === 0
        ? html`<div class="panel empty-state"><p>${t.none}</p></div>`
        : html`<section class="panel wide"><div class="scroll" role="region" tabindex="0" aria-label="${t.title}"><table class="rows providers"><thead><tr><th scope="col">${t.name}</th><th scope="col">${
            t.country
          }</th><th scope="col" class="num">${t.listings}</th><th scope="col">${t.did}</th></tr></thead><tbody>${rows}</tbody></table></div></section>`,
  });
}

/** A registration number with its basis: the strongest that anybody gave it. */
function registration(one: { id?: string; type: string; value?: string }, self: ListingDetail, page: Page): Html {
  const strength = { verified: 0, attested: 1, claimed: 2, unknown: 3 };
  const [found] = self.evidence
    .filter((item) => one.id && item.about.includes(one.id) && item.facts.number)
    .sort((a, b) => strength[a.basis] - strength[b.basis]);
  const type = found?.type ?? one.type;
  const name = en.listing.evidenceTypes[type] ?? line(type.replace(/^[a-z]+:/, ''), 40);
  const value = found?.facts.number ?? one.value ?? one.id;
  const basis = found && found.basis !== 'unknown' ? found.basis : 'claimed';
  const who = found && voucherName(found.issuer, page);
  const said =
    who && basis === 'verified' ? t.vouched(who) : who && basis === 'attested' ? t.signedBy(who) : t.notVouched;
  return html`<p>${name} ${value && html`<code class="break">${line(value, 100)}</code>`}<br>${basisTag(basis)}<span class="quiet">${said}</span></p>`;
}

/** What the provider's own self-description says of it, in four lines, with the way to all of it. */
function selfSection(self: ListingDetail | undefined, page: Page): Html {
  if (!self) return html`<section class="panel"><h2>${t.self}</h2><p class="note">${t.selfNone}</p></section>`;
  const { participant } = self.facts;
  const registrations = (participant?.registrations ?? []).map((one) => registration(one, self, page));
  const parents = (participant?.parents ?? [])
    .map((one) =>
      [line(one.name ?? didName(one.id ?? ''), 100), one.country && countryName(one.country)]
        .filter(Boolean)
        .join(', '),
    )
    .join('; ');
  const place = (code: string | undefined) => (code ? country(code.slice(0, 2)) : notSaid);
  const rows: [string, Html | string][] = [
    [t.headquarters, place(participant?.headquarters)],
    [t.legalAddress, place(participant?.legalAddress)],
    [t.parents, parents || notSaid],
    [t.registrations, registrations.length > 0 ? html`<div class="numbers">${registrations}</div>` : notSaid],
  ];
  return html`<section class="panel"><h2>${t.self}</h2><dl class="pairs">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd dir="auto">${value}</dd></div>`)}</dl>${marks(
    self,
    page,
    { over: self.state !== 'current', reasons: (label) => `${listingAddress(self.key)}#label-${label.scheme}` },
  )}<p class="links"><a href="${listingAddress(self.key)}">${t.selfOpen}</a></p></section>`;
}

/** `GET /providers/:did`: who it is, and what it offers here. */
export function providerPage(provider: ProviderDetail, page: Page): Html {
  const address = didDocumentAddress(provider.did);
  const seat = provider.country ? country(provider.country) : html`${t.unknownCountry}`;
  const checked = provider.participant && html` ${en.listing.checked} ${time(provider.participant.verifiedAt)}.`;
  return layout(page, {
    title: provider.name,
    section: 'providers',
    head: html`<p class="crumb"><a href="/providers">${t.title}</a> · ${seat}</p><h1 dir="auto">${line(provider.name, 300) || didName(provider.did)}</h1><p class="state"><code class="break">${line(provider.did, 400)}</code>${address && html` · <a href="${address}" rel="noopener noreferrer nofollow">${t.document}</a>`}.${checked}</p>`,
    main: html`<div class="two"><section aria-labelledby="offers"><h2 id="offers" class="section">${t.offers}</h2>${
      provider.items.length > 0
        ? provider.items.map((item) => card(item, page, { level: 3, own: true }))
        : html`<div class="panel empty-state"><p>${t.offersNone}</p></div>`
    }</section><div class="side">${selfSection(provider.participant, page)}</div></div>`,
  });
}
