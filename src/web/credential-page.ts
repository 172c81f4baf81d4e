import { html } from 'hono/html';
import type { Page } from './deps.ts';
import { day, digest, type Html, rawAddress, bytes as sizeText, time } from './format.ts';
import { layout } from './layout.ts';
import { voucherName } from './marks.ts';
import { clip, line, visible } from './safe-text.ts';
import { decoded } from './submission.ts';
import { en } from './texts/en.ts';

const t = en.credentialView;
/** Characters of JSON shown at most; the raw bytes hold the rest. */
const LIMIT = 40_000;

function jsonBlock(value: unknown, name: string): Html {
  const text = visible(JSON.stringify(value, null, 2));
  return html`<pre class="json" tabindex="0" aria-label="${name}"><code>${clip(text, LIMIT)}</code></pre>${
    text.length > LIMIT && html`<p class="note">${t.cut}</p>`
  }`;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);
/** A reference is the id itself or an object that has it: https://www.w3.org/TR/vc-data-model-2.0/#issuer */
const idOf = (value: unknown): string | undefined =>
  textOf(value) ?? textOf((value as { id?: unknown } | undefined)?.id);

/** When it was signed: `iat` of the JWT or `created` of the proof, where either says so. */
function signedAt(document: Record<string, unknown>, header: Record<string, unknown>): string | undefined {
  const seconds = document.iat ?? header.iat;
  const date = typeof seconds === 'number' ? new Date(seconds * 1000) : undefined;
  if (date && !Number.isNaN(date.getTime())) return date.toISOString();
  return textOf(([document.proof].flat()[0] as { created?: unknown } | undefined)?.created);
}

/** `GET /credentials/:digest`: type, issuer, times and claims of anything held here, for people. Judges nothing. */
export function credentialPage(value: string, held: { bytes: Uint8Array; mediaType: string }, page: Page): Html {
  const { document, header } = decoded(held.bytes) ?? {};
  const issuer = idOf(document?.issuer);
  const signed = document && signedAt(document, header ?? {});
  const [from, until] = [textOf(document?.validFrom), textOf(document?.validUntil)];
  const types = [document?.type]
    .flat()
    .filter((type) => typeof type === 'string' && type !== 'VerifiableCredential')
    .map(String);
  const rows: [string, Html | string | undefined][] = [
    [t.type, document && line(types.join(', ') || 'VerifiableCredential', 300)],
    [t.issuer, issuer && html`${voucherName(issuer, page)}<br><code class="break">${line(issuer, 300)}</code>`],
    [t.from, from && day(from)],
    [t.until, document && (until ? day(until) : t.untilNone)],
    [t.signed, signed && time(signed)],
    [en.listing.format, html`${line(held.mediaType, 60)}, ${sizeText(held.bytes.byteLength)}`],
    [en.listing.digest, digest(value, rawAddress(value))],
  ];
  const { credentialSubject, ...rest } = document ?? {};
  const file = `credential.${held.mediaType.includes('jwt') ? 'jwt' : 'json'}`;
  return layout(page, {
    title: t.title,
    head: html`<h1>${t.title}</h1><p class="lead">${t.lead}</p>`,
    main: html`<div class="one"><section class="panel"><dl class="pairs">${rows
      .filter(([, said]) => said)
      .map(
        ([name, said]) => html`<div><dt>${name}</dt><dd dir="auto">${said}</dd></div>`,
      )}</dl><p class="links"><a href="${rawAddress(value)}" download="${file}">${en.listing.raw}</a></p></section>${
      document
        ? html`<section class="panel"><h2>${t.claims}</h2>${jsonBlock(credentialSubject ?? {}, t.claims)}<details class="fold"><summary>${
            t.rest
          }</summary>${jsonBlock(rest, t.rest)}</details></section>`
        : html`<section class="panel"><p class="note">${t.unreadable}</p></section>`
    }</div>`,
  });
}
