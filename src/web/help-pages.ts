import { html } from 'hono/html';
import { CODES, type Code } from '../errors.ts';
import { askForm } from './ask-form.ts';
import type { Page } from './deps.ts';
import { type Html, timeText } from './format.ts';
import { layout } from './layout.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.help;

/** `GET /docs/errors`: every code, what it means for the one who meets it, and what to do. Problem documents link here. */
export function errorsPage(page: Page): Html {
  const rows = (Object.keys(CODES) as Code[]).map(
    (code) =>
      html`<tr id="${code}"><th scope="row"><a href="#${code}"><code>${code}</code></a></th><td class="num">${CODES[code].status}</td><td><b>${CODES[code].title}.</b> ${en.errorHelp[code]}</td></tr>`,
  );
  return layout(page, {
    title: t.errorsTitle,
    head: html`<h1>${t.errorsTitle}</h1><p class="lead">${t.errorsLead}</p>`,
    main: html`<div class="one"><section class="panel"><table class="rows errors"><thead><tr><th scope="col">${en.failure.code}</th><th scope="col" class="num">${t.status}</th><th scope="col"><span class="vh">${en.publish.codeHelp}</span></th></tr></thead><tbody>${rows}</tbody></table></section></div>`,
  });
}

/**
 * A page that says what went wrong in the reader's words, when, and where to go from here.
 *
 * @param asked the words of a search that was not understood: they stay in the field, so that only the fault is mended
 */
export function failurePage(page: Page, code: Code, title: string, text: string, asked?: string): Html {
  return layout(page, {
    title,
    head: html`<p class="crumb">${CODES[code].status}</p><h1>${title}</h1>`,
    main: html`<div class="one">${asked === undefined ? '' : askForm(asked)}<section class="panel"><p class="large" dir="auto">${line(text, 1200)}</p><p class="note">${en.failure.at} ${timeText(page.now)}. ${en.failure.code} <a href="/docs/errors#${code}"><code>${code}</code></a>.</p><p class="actions"><a class="btn" href="/">${
      en.failure.home
    }</a> <a class="btn plain" href="/publish">${en.failure.publish}</a></p></section></div>`,
  });
}
