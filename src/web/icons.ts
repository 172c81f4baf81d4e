import { html } from 'hono/html';
import type { ShownBasis } from '../compliance/decision.ts';
import type { Html } from './format.ts';

/**
 * The handful of marks, drawn on one 16 px grid in the colour of the text around them. They never stand alone: a word
 * beside them says the same, so they are hidden from assistive technology.
 */
const svg = (inner: Html) =>
  html`<svg class="i" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${inner}</svg>`;

export const check = svg(html`<path d="M3 8.5 6.5 12 13 4" fill="none" stroke="currentColor" stroke-width="2"/>`);
export const cross = svg(html`<path d="M4 4l8 8M12 4l-8 8" fill="none" stroke="currentColor" stroke-width="2"/>`);
export const seal = svg(
  html`<circle cx="8" cy="6.5" r="4" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M5.4 9.8 4.6 14.6 8 12.9l3.4 1.7-.8-4.8" fill="none" stroke="currentColor" stroke-width="1.5"/>`,
);
export const quotes = svg(
  html`<path d="M3 9.2C3 6.2 4.2 4.2 6.4 3.2M9.4 9.2c0-3 1.2-5 3.4-6" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M2.2 8.6h3.6v3.8H2.2zM8.6 8.6h3.6v3.8H8.6z" fill="currentColor"/>`,
);
export const question = svg(
  html`<path d="M5 5.9C5.1 4 6.4 3 8.1 3c1.7 0 3 1 3 2.6 0 2.2-2.9 2.3-2.9 4.4" fill="none" stroke="currentColor" stroke-width="1.7"/><circle cx="8.2" cy="12.8" r="1.2" fill="currentColor"/>`,
);
export const clock = svg(
  html`<circle cx="8" cy="8" r="5.7" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 4.8v3.5l2.4 1.5" fill="none" stroke="currentColor" stroke-width="1.5"/>`,
);
export const alert = svg(
  html`<path d="M8 2.2 14.6 13.6H1.4z" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"/><path d="M8 6.4v3.4" stroke="currentColor" stroke-width="1.6"/><circle cx="8" cy="11.7" r=".9" fill="currentColor"/>`,
);
export const dash = svg(html`<path d="M3.5 8h9" stroke="currentColor" stroke-width="2"/>`);
export const half = svg(
  html`<circle cx="8" cy="8" r="5.7" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 2.3a5.7 5.7 0 0 1 0 11.4z" fill="currentColor"/>`,
);

/** What came of a check. */
export const RESULT_SIGN = { pass: check, fail: cross, warn: alert, unknown: question } as const;

export const basisIcon: Record<ShownBasis, Html> = {
  verified: check,
  attested: seal,
  claimed: quotes,
  unknown: question,
  lapsed: clock,
};

/** The mark of Kontor: a counter with its flap. */
export const logo = html`<svg width="24" height="24" viewBox="0 0 22 22" aria-hidden="true" focusable="false"><path d="M2 2h18v18H2z" fill="none" stroke="currentColor" stroke-width="2"/><path d="M7 2v18M7 11l8-6M7 11l8 6" stroke="currentColor" stroke-width="2" fill="none"/></svg>`;
