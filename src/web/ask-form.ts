import { html, raw } from 'hono/html';
import type { Html } from './format.ts';
import { en } from './texts/en.ts';

/**
 * The one field of search. The filters of the page belong to this form by its id. Browsers keep nothing of it: after
 * "Back" the boxes must show what was asked, not what was ticked last.
 *
 * @param asked what stands in the field
 * @param more hidden fields that keep the rest of the question
 */
export const askForm = (
  asked: string,
  { more = [], focus = false }: { more?: (Html | string)[]; focus?: boolean } = {},
): Html =>
  html`<form id="ask" class="ask" action="/" method="get" role="search" autocomplete="off"><label class="vh" for="q">${
    en.search.field
  }</label><input id="q" name="q" type="search" value="${asked}" maxlength="500" placeholder="${en.search.hint}" autocomplete="off"${
    focus ? raw(' autofocus') : ''
  }>${more}<button class="btn">${en.search.button}</button></form>`;
