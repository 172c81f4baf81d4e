import { html } from 'hono/html';
import type { ListingCertifier, ListingDetail } from '../catalogue/listing.ts';
import type { PlannedOutcome } from '../catalogue/planned.ts';
import { answersSection, dependenciesSection, documentsSection } from './answers.ts';
import { decisionSection, othersSection } from './criteria.ts';
import type { Page } from './deps.ts';
import {
  bytes,
  country,
  credentialAddress,
  day,
  dayText,
  didName,
  digest,
  type Html,
  number,
  providerAddress,
  time,
  timeText,
  typeName,
} from './format.ts';
import { alert, clock } from './icons.ts';
import { layout } from './layout.ts';
import { basisKey, marks, schemeShort, voucherName } from './marks.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';
import { trailSection } from './trail.ts';
import { verifySection } from './verify.ts';

const t = en.listing;
/** Criterion number of "the provider is a participant whose identity is proven". */
const PROVIDER_IDENTITY = 'P1.3.2';
const MAX_PLANNED = 6;
const MAX_REASONS = 3;

/** Said before anything else where the listing is not in force. */
function stateNotice(item: ListingDetail): Html | '' {
  const notice = {
    current: undefined,
    withdrawn: { title: t.withdrawn.title, text: t.withdrawn.text },
    expired: { title: t.expired.title, text: t.expired.text(dayText(item.validUntil)) },
    revoked: item.status?.key ? t.revokedKey : t.revoked,
    suspended: t.suspended,
    'status-unknown': t['status-unknown'],
    pending: { title: t.pending.title, text: t.pending.text(dayText(item.validFrom)) },
    superseded: t.superseded,
  }[item.state];
  return notice
    ? html`<div class="notice ${item.state}" role="note">${item.state === 'withdrawn' || item.state === 'revoked' ? alert : clock}<div><b>${notice.title}</b><p>${notice.text}</p></div></div>`
    : '';
}

/** One line: whether its issuer still stands behind it, by the status list that the credential names. */
function statusLine({ status }: ListingDetail): Html | '' {
  if (!status) return '';
  if (status.key !== undefined)
    return html`<p class="state">${t.status.key(line(status.key, 300), timeText(status.since))}</p>`;
  const [since, checked] = [timeText(status.since), timeText(status.checkedAt)];
  const text = {
    good: t.status.good(checked),
    revoked: t.status.revoked(since),
    suspended: t.status.suspended(since),
    unknown: t.status.unknown(since, checked),
  }[status.state];
  return html`<p class="state" title="${line(status.reason ?? status.list, 300)}">${text}</p>`;
}

/** Said of an offer whose provider nobody on the trust list has identified, in the words of the criterion that asks for it. */
function identityNotice(item: ListingDetail): Html | '' {
  if (item.kind === 'participant' || item.state === 'withdrawn') return '';
  for (const { scheme, criteria } of item.decisions) {
    const lacking = criteria.find(
      ({ id, result }) => id === PROVIDER_IDENTITY && (result === 'unmet' || result === 'unknown'),
    );
    if (lacking)
      return html`<p class="note">${t.unproven} ${line(lacking.why, 240)} <a href="#label-${scheme}">${t.unprovenWhy}</a></p>`;
  }
  return '';
}

/** What is going to change, said in time to those whom it concerns. */
function plannedNotice(planned: PlannedOutcome[], page: Page): Html | '' {
  if (planned.length === 0) return '';
  const rows = planned.slice(0, MAX_PLANNED).map((one) => {
    const what =
      one.effect === 'refused'
        ? t.planned.refused
        : t.planned[one.effect](
            schemeShort(one.scheme, page.deps.schemes),
            one.from.level ?? t.planned.none,
            one.to.level ?? t.planned.none,
          );
    const why = one.why.slice(0, MAX_REASONS).map(({ id, why }) => `${id}: ${why}`);
    return html`<li><b>${day(one.plan.from)}</b>: ${line(what, 200)}. ${line(why.join('; '), 400)}${one.why.length > MAX_REASONS ? ` ${t.planned.more(one.why.length - MAX_REASONS)}` : ''}</li>`;
  });
  const more = planned.length > MAX_PLANNED ? html`<p>${t.planned.more(planned.length - MAX_PLANNED)}</p>` : '';
  return html`<div class="notice" role="note" id="planned">${clock}<div><b>${t.planned.title}</b><ul class="prose">${rows}</ul>${more}</div></div>`;
}

function head(item: ListingDetail, page: Page): Html {
  const over = item.state !== 'current';
  const seat = item.provider.country && html`, ${country(item.provider.country)}`;
  const state = over
    ? html`${en.states[item.state]}.`
    : html`${t.current(dayText(item.validFrom))} ${t.validUntil(dayText(item.validUntil))}`;
  const reasons = (label: { scheme: string }) =>
    item.decisions.some((one) => one.scheme === label.scheme) ? `#label-${label.scheme}` : undefined;
  return html`<p class="crumb">${en.kinds[item.kind]} · ${typeName(item.type)} ${t.by} <a href="${providerAddress(item.provider.did)}" dir="auto">${line(
    item.provider.name,
    120,
  )}</a>${seat}</p><h1 dir="auto">${line(item.name, 300) || line(item.id, 200)}</h1>${item.description && html`<p class="lead" dir="auto">${line(item.description, 900)}</p>`}${
    item.state !== 'withdrawn' && marks(item, page, { over: item.state !== 'current', reasons })
  }<p class="state">${state} ${t.checked} ${time(item.verifiedAt)}.${item.status ? '' : ` ${t.noStatus}`}</p>${statusLine(item)}${identityNotice(item)}${stateNotice(item)}`;
}

/** Versions and acts as sentences, newest first. */
function historySection(item: ListingDetail): Html {
  const rows = item.versions.map(
    (version) =>
      html`<li class="${version.state}"><span class="at">${time(version.at)}</span><span dir="auto">${line(version.sentence, 400)}</span> <span class="quiet">${
        en.states[version.state]
      }, ${digest(version.digest, credentialAddress(version.digest))}</span></li>`,
  );
  return html`<section class="panel" id="history"><h2>${t.history}</h2><ol class="history">${rows}</ol></section>`;
}

const certifier = ({ anchor, subject, until }: ListingCertifier): Html =>
  html`${line(anchor, 200)} (${t.certifiedFor} ${line(subject, 200)}), ${t.certifiedUntil} ${day(until)}; ${t.certifiedThen}`;

function credentialSection(item: ListingDetail): Html {
  const { credential } = item;
  const { anchored } = credential;
  const carried = item.carriedBy
    .slice(0, 8)
    .map((one) => html`<br>${line(one.origin, 100)}, ${t.entry(number(one.index))}, ${time(one.at)}`);
  const rows: [string, Html][] = [
    [t.digest, digest(item.digest, credentialAddress(item.digest))],
    [t.id, html`<code class="break">${line(item.id, 300)}</code>`],
    [t.key, html`<code class="break">${line(credential.keyId, 300)}</code>`],
    ...(anchored ? ([[t.certified, certifier(anchored)]] as [string, Html][]) : []),
    [t.issuedAt, time(credential.issuedAt)],
    ...(credential.keyReadAt ? ([[t.keyReadAt, time(credential.keyReadAt)]] as [string, Html][]) : []),
    ...(item.status?.list
      ? ([[t.status.list, html`<code class="break">${line(item.status.list, 300)}</code>`]] as [string, Html][])
      : []),
    [t.format, html`${line(credential.format, 40)}, ${bytes(credential.size)}`],
  ];
  return html`<section class="panel" id="credential"><h2>${t.credential}</h2><dl class="pairs">${rows.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}${carried.length > 0 && html`<div><dt>${t.carried}</dt><dd class="carried">${carried}</dd></div>`}</dl>${documentsSection(item)}</section>`;
}

/** In-page links, in the order of the page. */
function contents(item: ListingDetail): Html {
  const parts: [string, string][] = [
    ['answers', t.answers],
    ...(item.decisions.length > 0 ? ([[`label-${item.decisions[0]!.scheme}`, t.labels]] as [string, string][]) : []),
    ['evidence', t.trail],
    ['history', t.history],
    ['verify', t.verify],
  ];
  return html`<nav class="contents" aria-label="${t.onPage}">${parts.map(([id, text]) => html`<a href="#${id}">${text}</a>`)}</nav>`;
}

/** How a catalogue is called on this page: by its DID's host, or the name the trust list gives. */
const nodeName = (page: Page) => (did: string) => (did === page.deps.node.did ? voucherName(did, page) : didName(did));

/** `GET /listings/:key`. A withdrawn listing keeps its head, its history and its bytes, and offers no answers. */
export function listingPage(item: ListingDetail, page: Page, planned: PlannedOutcome[] = []): Html {
  const withdrawn = item.state === 'withdrawn';
  const left = withdrawn
    ? historySection(item)
    : html`${answersSection(item, page)}${item.decisions.map((decision) => decisionSection(decision, page))}${dependenciesSection(item)}${historySection(item)}`;
  const right = withdrawn
    ? html`${verifySection(item, page)}${credentialSection(item)}`
    : html`${verifySection(item, page)}${trailSection(item, page)}${othersSection(item, page, nodeName(page))}${credentialSection(item)}<section class="panel"><h2>${en.basisKey}</h2>${basisKey()}</section>`;
  return layout(page, {
    title: item.name,
    section: 'search',
    description: item.description,
    head: html`${head(item, page)}${plannedNotice(planned, page)}${withdrawn ? '' : contents(item)}`,
    main: html`<div class="two"><div>${left}</div><div class="side">${right}</div></div>`,
  });
}
