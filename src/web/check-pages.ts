import { readdirSync, readFileSync } from 'node:fs';
import { html, raw } from 'hono/html';
import { Marked } from 'marked';
import { CODES } from '../errors.ts';
import type { Page } from './deps.ts';
import type { Html } from './format.ts';
import { RESULT_SIGN } from './icons.ts';
import { layout } from './layout.ts';
import { en } from './texts/en.ts';

const t = en.help;
const DOCS = new URL('../../docs/', import.meta.url);

/** Ids of the checks that have a page. */
const IDS = new Set(
  readdirSync(new URL('checks/', DOCS))
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -3)),
);

/** Where the page of a check is; undefined for ids that have none. */
export const checkAddress = (id: string): string | undefined => (IDS.has(id) ? `/docs/checks/${id}` : undefined);

/** The page of a check with its id as a link, or the id alone. */
export function checkLink(id: string): Html {
  const address = checkAddress(id);
  return html`<code class="quiet">${address ? html`<a href="${address}">${id}</a>` : id}</code>`;
}

/** Links of the documentation as addresses of this node: of other pages than these, only the text is kept. */
function addressOf(href: string): string | undefined {
  if (/^https:\/\//.test(href)) return href;
  if (href === '../checks.md') return '/docs/checks';
  return checkAddress(/^(?:checks\/)?([a-z.-]+)\.md$/.exec(href)?.[1] ?? '');
}

/** Our own files are the only Markdown that is shown, so what they hold needs no cleaning. */
const markdown = new Marked({
  renderer: {
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      const address = addressOf(href);
      return address ? `<a href="${address}">${text}</a>` : text;
    },
    strong({ text }) {
      const sign = RESULT_SIGN[text as keyof typeof RESULT_SIGN];
      return String(sign ? html`<b class="said ${text}">${sign} ${text}</b>` : html`<b>${text}</b>`);
    },
    codespan({ text }) {
      const code = html`<code>${text}</code>`;
      return String(Object.hasOwn(CODES, text) ? html`<a href="/docs/errors#${text}">${code}</a>` : code);
    },
    code({ text }) {
      return String(html`<pre tabindex="0"><code>${text}</code></pre>`);
    },
  },
});

const inline = (text: string): Html => raw(markdown.parseInline(text, { async: false }));

/** A file of the documentation: its title, what stands before the first heading, and the parts under headings. */
function documentation(file: string, page: Page): { title: string; lead: string; parts: Html[] } {
  const text = readFileSync(new URL(file, DOCS), 'utf8').replaceAll('http://localhost:8080', page.deps.node.url);
  const [head = '', ...parts] = text.split(/^## /m);
  const [title = '', ...lead] = head.replace(/^# /, '').split('\n');
  return {
    title,
    lead: lead.join('\n').trim(),
    parts: parts.map((part) => {
      const [name, ...body] = part.split('\n');
      return html`<section class="panel doc"><h2>${name}</h2>${raw(markdown.parse(body.join('\n'), { async: false }))}</section>`;
    }),
  };
}

/** `GET /docs/checks`: all checks by stage. */
export function checksPage(page: Page): Html {
  const { title, lead, parts } = documentation('checks.md', page);
  return layout(page, {
    title,
    head: html`<h1>${title}</h1><p class="lead">${inline(lead)}</p>`,
    main: html`<div class="one">${parts}</div>`,
  });
}

/** `GET /docs/checks/{id}`: what one check asks, what its results mean, and how to mend; undefined for an id that is none. */
export function checkPage(id: string, page: Page): Html | undefined {
  if (!IDS.has(id)) return undefined;
  const { title, lead, parts } = documentation(`checks/${id}.md`, page);
  const [results, protects, mend, specification] = parts;
  return layout(page, {
    title,
    description: lead.replaceAll('`', ''),
    head: html`<p class="crumb"><a href="/docs/checks">${t.checksTitle}</a></p><h1>${title}</h1><p class="lead">${inline(lead)}</p>`,
    main: html`<div class="two"><div>${results}${mend}</div><div class="side">${protects}${specification}</div></div>`,
  });
}
