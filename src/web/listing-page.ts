import { html } from 'hono/html';
import type { LabelChange } from '../catalogue/label-history.ts';
import type { ListingCertifier, ListingDetail } from '../catalogue/listing.ts';
import type { PlannedOutcome } from '../catalogue/planned.ts';
import { answersSection, dependenciesSection, documentsSection, named as partiesNamed } from './answers.ts';
import { countsText, decisionSection, othersSection } from './criteria.ts';
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
  listingAddress,
  number,
  providerAddress,
  time,
  timeText,
  typeName,
} from './format.ts';
import { alert, clock } from './icons.ts';
import { layout } from './layout.ts';
import { basisKey, labelName, levelName, marks, schemeShort, voucherName } from './marks.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';
import { evidenceName, trailSection } from './trail.ts';
import { verifySection } from './verify.ts';

const t = en.listing;
/** Criterion number of "the provider is a participant whose identity is proven". */
const PROVIDER_IDENTITY = 'P1.3.2';
const MAX_PLANNED = 6;
const MAX_REASONS = 3;
/** Acts shown in the history, the newest. */
const MAX_HISTORY = 40;

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

/** What becomes of a label, or of a renewal, in a few words. */
function plannedChange(one: PlannedOutcome, page: Page): string {
  if (one.effect === 'refused') return t.planned.refused;
  const { effect, scheme, by, from, to } = one;
  const name = (level: string) => {
    const label = labelName(scheme, level, page.deps.schemes);
    return by ? t.planned.of(label, voucherName(by, page)) : label;
  };
  const [was, is] = [from, to].map(({ level }) => (level ? name(level) : undefined));
  const bare = ({ level }: { level: string | null }) =>
    level ? levelName(scheme, level, page.deps.schemes) : undefined;
  if (effect === 'gains') return t.planned.gained(is ?? '', bare(from));
  if (effect === 'loses') return t.planned.lost(was ?? '', bare(to));
  if (effect === 'stronger' || effect === 'weaker')
    return t.planned.basis(was ?? '', en.basis[from.basis].word, en.basis[to.basis].word);
  return t.planned.until(was ?? '', dayText(from.until ?? ''), dayText(to.until ?? ''));
}

/** What is going to change, said in time to those whom it concerns. */
function plannedNotice(planned: PlannedOutcome[], page: Page): Html | '' {
  if (planned.length === 0) return '';
  const rows = planned.slice(0, MAX_PLANNED).map((one) => {
    // The rules of a certificate have words for ids, which say nothing beside the reason.
    const kind = one.effect !== 'refused' && page.deps.schemes.find(({ id }) => id === one.scheme)?.kind;
    const why = one.why.slice(0, MAX_REASONS).map(({ id, why }) => (kind === 'certificates' ? why : `${id}: ${why}`));
    return html`<li><b>${day(one.plan.from)}</b>: ${line(plannedChange(one, page), 200)}. ${line(why.join('; '), 400)}${one.why.length > MAX_REASONS ? ` ${t.planned.more(one.why.length - MAX_REASONS)}` : ''}</li>`;
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
  const more = (label: { scheme: string }) => {
    const decision = item.decisions.find((one) => one.scheme === label.scheme);
    return decision && countsText(decision);
  };
  return html`<p class="crumb">${en.kinds[item.kind]} · ${typeName(item.type)} ${t.by} <a href="${providerAddress(item.provider.did)}" dir="auto">${line(
    item.provider.name,
    120,
  )}</a>${seat}</p><h1 dir="auto">${line(item.name, 300) || line(item.id, 200)}</h1>${item.description && html`<p class="lead" dir="auto">${line(item.description, 900)}</p>`}${
    item.state !== 'withdrawn' && marks(item, page, { over: item.state !== 'current', reasons, more })
  }<p class="state">${state} ${t.checked} ${time(item.verifiedAt)}.${item.status ? '' : ` ${t.noStatus}`}</p>${statusLine(item)}${identityNotice(item)}${stateNotice(item)}`;
}

/** How a label came, went or was renewed, and why: the reason behind the levels, which are told in their names. */
function changeRow({ scheme, at, level, former, label, reason }: LabelChange, page: Page): Html {
  const named = (level: string) => labelName(scheme, level, page.deps.schemes);
  const ladder = page.deps.schemes.find(({ id }) => id === scheme)?.levels.map(({ id }) => id) ?? [];
  const fell = level !== null && former !== null && ladder.indexOf(level) < ladder.indexOf(former);
  const what =
    level === null
      ? t.change.lost(former === null ? schemeShort(scheme, page.deps.schemes) : named(former))
      : former === null
        ? t.change.gained(named(level))
        : former === level
          ? t.change.renewed(named(level))
          : t.change.changed(named(level), named(former));
  const [, why] = /^[^:]*: (.*)$/s.exec(reason) ?? [];
  const words = why?.replace(/\b(?:kontor|gx):[A-Za-z]+/g, evidenceName);
  return html`<li class="change"><span class="at">${time(at)}</span><span class="${level === null || fell ? 'lost' : 'held'}">${what}${words && html`: ${partiesNamed(words, page)}`}</span>${
    label && html` <span class="quiet">${t.changeLabel} ${digest(label, credentialAddress(label))}</span>`
  }</li>`;
}

/** Versions and acts as sentences, and how its labels came and went; newest first. */
function historySection(item: ListingDetail, changes: LabelChange[], page: Page): Html {
  const versions = item.versions.map((version) => ({
    at: version.at,
    row: html`<li class="${version.state}"><span class="at">${time(version.at)}</span><span dir="auto">${line(version.sentence, 400)}</span> <span class="quiet">${
      en.states[version.state]
    }, ${digest(version.digest, credentialAddress(version.digest))}</span></li>`,
  }));
  const labels = changes
    .toReversed()
    .slice(0, MAX_HISTORY)
    .map((change) => ({ at: change.at, row: changeRow(change, page) }));
  // What came of a version at the same moment stands above it.
  const all = [...labels, ...versions].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  const left = all.length + Math.max(0, changes.length - MAX_HISTORY) - Math.min(all.length, MAX_HISTORY);
  const json = `/api/v1${listingAddress(item.key)}/labels/changes`;
  return html`<section class="panel" id="history"><h2>${t.history}</h2><ol class="history">${all.slice(0, MAX_HISTORY).map(({ row }) => row)}</ol>${
    left > 0 && html`<p class="note">${t.earlier(left)}; <a href="${json}">${t.changesJson}</a>.</p>`
  }</section>`;
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
export function listingPage(
  item: ListingDetail,
  page: Page,
  { planned = [], changes = [] }: { planned?: PlannedOutcome[]; changes?: LabelChange[] } = {},
): Html {
  const withdrawn = item.state === 'withdrawn';
  const left = withdrawn
    ? historySection(item, changes, page)
    : html`${answersSection(item, page)}${item.decisions.map((decision) => decisionSection(decision, page))}${dependenciesSection(item)}${historySection(item, changes, page)}`;
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
