import { html } from 'hono/html';
import { CODES, type Code } from '../errors.ts';
import type { OriginStatus, PeerStatus } from '../federation/status.ts';
import type { Page } from './deps.ts';
import { federationMap } from './federation-map.ts';
import { ago, bytes, didName, type Html, number, time } from './format.ts';
import { alert, check, clock, cross, half } from './icons.ts';
import { layout } from './layout.ts';
import { line, linkable } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.federation;

const SIGN: Record<OriginStatus['state'], Html> = {
  following: check,
  bootstrapping: half,
  stale: clock,
  unreachable: cross,
  unverified: alert,
  forked: alert,
};
const MEANING: Record<OriginStatus['state'], string> = {
  following: 'good',
  bootstrapping: 'wait',
  stale: 'wait',
  unreachable: 'bad',
  unverified: 'bad',
  forked: 'bad',
};

const stateTag = (state: OriginStatus['state']) =>
  html`<span class="state-tag ${MEANING[state]}">${SIGN[state]}<span>${t.states[state]}</span></span>`;

/** An address as a link where it may be one. */
function addressLink(url: string): Html {
  const address = linkable(url);
  return address
    ? html`<a href="${address}" rel="noopener noreferrer nofollow" class="break">${line(url, 120)}</a>`
    : html`<span class="break">${line(url, 120)}</span>`;
}

/** `2026-11-21T08:18:11Z what happened`: the time in the reader's form, then the words. */
function timed(text: string): Html {
  const match = /^(\d{4}-\d{2}-\d{2}T[\d:.]+Z) (.*)$/s.exec(text);
  return match ? html`${line(match[2]!, 400)} (${time(match[1]!)})` : html`${line(text, 400)}`;
}

function refusals(origin: OriginStatus): Html | string {
  if (origin.refused.length === 0) return t.none;
  const items = origin.refused.map(({ code, count, example }) => {
    const known = code in CODES;
    const why = known ? CODES[code as Code].title : line(code, 80);
    return html`<li>${known ? html`${number(count)}: <a href="/docs/errors#${code}">${why}</a>` : t.refused(count, why)}${example && html`<br><span class="quiet">${line(example, 200)}</span>`}</li>`;
  });
  return html`<ul class="bare">${items}</ul>`;
}

function originRow(origin: OriginStatus, page: Page): Html {
  const behind = Math.max(0, origin.head - origin.size);
  return html`<tr><th scope="row">${didName(origin.did)}<br><code class="break quiet">${line(origin.origin, 100)}</code></th><td>${stateTag(origin.state)}<p class="note">${line(origin.sentence, 300)}</p></td><td>${
    origin.freshAt
      ? html`${time(origin.freshAt)}<br><span class="quiet">${ago(origin.freshAt, page.now)}</span>`
      : t.never
  }</td><td class="num">${number(origin.size)}</td><td class="num">${behind === 0 ? t.behind(0) : html`<b>${t.behind(behind)}</b>`}</td><td class="num">${number(origin.listings)}</td><td class="num">${number(
    origin.labels,
  )}</td><td>${refusals(origin)}${origin.pending > 0 ? html`<p class="note">${t.columns.pending}: ${number(origin.pending)}</p>` : ''}</td></tr>`;
}

function peerRow(peer: PeerStatus): Html {
  const trouble = peer.failures > 0 || peer.lastError;
  return html`<tr><th scope="row">${addressLink(peer.url)}<br><span class="quiet">${peer.did ? didName(peer.did) : en.card.notKnown}</span></th><td>${peer.lastSuccess ? time(peer.lastSuccess) : t.never}</td><td>${
    trouble
      ? html`${peer.failures > 0 ? html`${t.failures(peer.failures)}<br>` : ''}<span class="quiet">${line(peer.lastError ?? '', 240)}</span>`
      : t.none
  }${peer.blamed && html`<p class="blamed">${alert} ${timed(peer.blamed)}</p>`}</td><td>${peer.failures > 0 && peer.nextTry ? time(peer.nextTry) : '–'}</td><td>${bytes(peer.bytes)}<br><span class="quiet">${t.requests(
    peer.requests,
  )}</span></td><td>${t.source[peer.source]}</td></tr>`;
}

/** Every proven misdeed, in plain words, with its time. */
function caught(page: Page): Html | '' {
  const { forks, peers } = page.federation;
  const blamed = peers.filter((peer) => peer.blamed);
  if (forks.length + blamed.length === 0) return '';
  return html`<section class="panel caught"><h2>${t.caught}</h2><ul class="plain">${forks.map(
    (fork) =>
      html`<li>${alert}<div><b>${t.fork(line(fork.origin, 100))}</b> <span class="quiet">${time(fork.at)}</span><p>${line(fork.sentence, 400)}</p>${fork.origin !== page.federation.own.origin && html`<p>${t.forkDone}</p>`}</div></li>`,
  )}${blamed.map((peer) => html`<li>${alert}<div><b>${t.blamed(line(peer.url, 100))}</b><p>${timed(peer.blamed ?? '')}</p><p>${t.blamedDone}</p></div></li>`)}</ul></section>`;
}

const table = (label: string, columns: (string | { num: string })[], rows: Html[]): Html =>
  html`<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table class="rows wide"><thead><tr>${columns.map(
    (column) =>
      typeof column === 'string'
        ? html`<th scope="col">${column}</th>`
        : html`<th scope="col" class="num">${column.num}</th>`,
  )}</tr></thead><tbody>${rows}</tbody></table></div>`;

/** `GET /federation`: who follows whom, how far behind, what was refused and why, who was caught. */
export function federationPage(page: Page): Html {
  const { federation, deps } = page;
  const others = federation.origins.filter((origin) => origin.origin !== federation.own.origin);
  const c = t.columns;
  const p = t.peerColumns;
  const own = html`<section class="panel"><h2>${t.position}</h2><dl class="pairs across"><div><dt>${c.node}</dt><dd><code class="break">${line(federation.own.origin, 120)}</code></dd></div><div><dt>${
    c.position
  }</dt><dd>${number(federation.own.size)}</dd></div><div><dt>${t.root}</dt><dd><code class="break">${line(federation.own.root, 80)}</code></dd></div><div><dt>${t.checkpoint}</dt><dd>${time(
    federation.own.at,
  )}</dd></div></dl><p class="links"><a href="/${originPath(federation.own.origin)}/checkpoint">${t.checkpoint}</a> <a href="/federation/heads">${t.heads}</a></p></section>`;
  return layout(page, {
    title: t.title,
    section: 'federation',
    head: html`<h1>${t.title}</h1><p class="lead">${t.lead}</p>`,
    main: html`<div class="one">${federation.own.blocked && html`<div class="notice bad" role="alert">${alert}<p><b>${t.blocked}</b> ${line(federation.own.blocked, 600)}</p></div>`}${caught(page)}<section class="panel"><h2>${t.map}</h2>${
      others.length > 0 ? federationMap(federation, deps.node) : html`<p class="note">${t.alone}</p>`
    }</section>${
      others.length > 0 &&
      html`<section class="panel"><h2>${t.logs}</h2>${table(
        t.logs,
        [
          c.node,
          c.state,
          c.fresh,
          { num: c.position },
          { num: c.behind },
          { num: c.listings },
          { num: c.labels },
          c.refused,
        ],
        others.map((origin) => originRow(origin, page)),
      )}</section>`
    }${
      federation.peers.length > 0 &&
      html`<section class="panel"><h2>${t.peers}</h2><p class="note">${t.peersText}</p>${table(t.peers, [p.url, p.success, p.error, p.next, p.traffic, p.source], federation.peers.map(peerRow))}</section>`
    }${own}</div>`,
  });
}

/** `catalogue/1` of `node-a.example/catalogue/1`: the log's own path on this node. */
const originPath = (origin: string): string =>
  origin.split('/').slice(1).map(encodeURIComponent).join('/') || 'catalogue/1';
