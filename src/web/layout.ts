import { html, raw } from 'hono/html';
import { assetAddress } from './assets.ts';
import type { Page, WebDeps } from './deps.ts';
import { type Html, number, time } from './format.ts';
import { logo } from './icons.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

export type Section = 'search' | 'providers' | 'labels' | 'federation' | 'publish';

const ADDRESSES: Record<Section, string> = {
  search: '/',
  providers: '/providers',
  labels: '/labels',
  federation: '/federation',
  publish: '/publish',
};

/** Other catalogues, and how many of all (this one included) are in step. */
export function inStep({ federation }: Page): { ready: number; all: number } {
  const others = federation.origins.filter((origin) => origin.origin !== federation.own.origin);
  return { ready: 1 + others.filter((origin) => origin.state === 'following').length, all: 1 + others.length };
}

function navigation(current: Section | undefined): Html {
  const links = (Object.keys(ADDRESSES) as Section[]).map(
    (section) =>
      html`<a href="${ADDRESSES[section]}"${current === section ? raw(' aria-current="page"') : ''}>${en.nav[section]}</a>`,
  );
  return html`<nav aria-label="${en.nav.label}">${links}</nav>`;
}

export interface Layout {
  title: string;
  /** The part of the site, marked in the navigation. */
  section?: Section;
  /** Full-width head above the columns, on paper. */
  head?: Html;
  main: Html;
  description?: string;
}

/** The frame of every page: head, navigation, content, and a foot that says who shows this, when, at which position. */
export function layout(page: Page, view: Layout): Html {
  const { deps, now, federation } = page;
  const { ready, all } = inStep(page);
  const node = line(deps.node.name, 60);
  return html`<!doctype html>
<html lang="${en.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${line(view.title, 120)} · ${node}</title>
${view.description && html`<meta name="description" content="${line(view.description, 200)}">`}
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${assetAddress('kontor.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${assetAddress('kontor.css')}">
<script src="${assetAddress('kontor.js')}"></script>
</head>
<body>
<a class="skip-link" href="#content">${en.skip}</a>
<header class="top"><div class="wrap"><a class="word" href="/">${logo}<span>${en.site}</span></a>${navigation(view.section)}<a class="node${
    ready < all ? ' some' : ''
  }" href="/federation"><b>${node}</b> <span>${en.inStep(ready, all)}</span></a></div></header>
<main id="content">${view.head && html`<div class="page-head"><div class="wrap">${view.head}</div></div>`}<div class="wrap">${view.main}</div></main>
<footer class="foot"><div class="wrap"><p>${en.footer.shown} <b>${node}</b> <code>${line(deps.node.did, 200)}</code>, ${time(now)}, ${en.footer.log(
    number(federation.own.size),
  )}. ${en.footer.self}</p><p class="foot-links"><a href="/docs/checks">${en.footer.checks}</a> <a href="/docs/errors">${en.footer.errors}</a> <button type="button" id="theme" hidden data-system="${
    en.theme.system
  }" data-light="${en.theme.light}" data-dark="${en.theme.dark}">${en.theme.button}</button></p></div></footer>
</body>
</html>`;
}

/** Gathers what every page of one request shares. */
export async function openPage(deps: WebDeps): Promise<Page> {
  return { deps, now: deps.clock(), federation: await deps.federation() };
}
