import { html } from 'hono/html';
import { line, visible } from './safe-text.ts';
import { en } from './texts/en.ts';

/** A piece of page, already escaped. */
export type Html = ReturnType<typeof html>;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number) => String(value).padStart(2, '0');
const parsed = (iso: string | Date) => {
  const date = typeof iso === 'string' ? new Date(iso) : iso;
  return Number.isNaN(date.getTime()) ? undefined : date;
};

/** `21 Nov 2026`; the text itself where it is no date. */
export function dayText(iso: string | Date): string {
  const date = parsed(iso);
  return date ? `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}` : line(String(iso), 40);
}

/** `21 Nov 2026, 09:14 UTC` */
export function timeText(iso: string | Date): string {
  const date = parsed(iso);
  return date ? `${dayText(date)}, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC` : line(String(iso), 40);
}

const machine = (iso: string | Date) => parsed(iso)?.toISOString() ?? '';
export const day = (iso: string | Date): Html => html`<time datetime="${machine(iso)}">${dayText(iso)}</time>`;
export const time = (iso: string | Date): Html => html`<time datetime="${machine(iso)}">${timeText(iso)}</time>`;

/** `2 minutes ago`, up to 48 hours; the day after that. `title` holds the time. */
export function ago(iso: string, now: Date): Html {
  const date = parsed(iso);
  if (!date) return html`${line(iso, 40)}`;
  const seconds = Math.round((now.getTime() - date.getTime()) / 1000);
  const words = seconds < 172_800 ? en.time.ago(Math.max(0, seconds)) : en.time.on(dayText(date));
  return html`<time datetime="${machine(iso)}" title="${timeText(date)}">${words}</time>`;
}

export const number = (value: number): string => value.toLocaleString('en-GB');

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  return value < 1_000_000
    ? `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} kB`
    : `${(value / 1_000_000).toFixed(1)} MB`;
}

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** `Norway` for `NO`; the text itself where it is no known code. */
export function countryName(code: string): string {
  return (/^[A-Z]{2}$/.test(code) && names.of(code)) || line(code, 60);
}

/** Name and code, as in `Norway NO`. */
export const country = (code: string): Html =>
  /^[A-Z]{2}$/.test(code)
    ? html`<span class="nb">${countryName(code)} <span class="cc">${code}</span></span>`
    : html`${line(code, 60)}`;

/** A list of countries, the first `limit` by name. */
export function countryList(codes: string[], limit = 5): Html {
  const shown = codes.slice(0, limit).map((code, index) => html`${index > 0 ? ', ' : ''}${country(code)}`);
  return html`${shown}${codes.length > limit ? en.more(codes.length - limit) : ''}`;
}

/** The first and last characters of something long and unreadable. */
export function middle(text: string, head = 6, tail = 4): string {
  const shown = visible(text.slice(0, 4096));
  return shown.length <= head + tail + 3 ? shown : `${shown.slice(0, head)}…${shown.slice(-tail)}`;
}

const DIGEST = /^[A-Za-z0-9_+/=-]{1,128}$/;

/** A digest, shortened in the middle, copied whole. Links to the bytes where `href` is given. */
export function digest(value: string, href?: string): Html {
  if (!DIGEST.test(value)) return html`<code>${line(value, 60)}</code>`;
  const short = html`<code title="${value}">${middle(value)}</code>`;
  const copy = html`<button type="button" class="copy" data-copy="${value}" data-done="${en.copied}" hidden>${en.copy}</button>`;
  return html`<span class="digest">${href ? html`<a href="${href}">${short}</a>` : short}${copy}</span>`;
}

/** The page that shows a credential decoded; the bytes are one link further. */
export const credentialAddress = (value: string): string => `/credentials/${encodeURIComponent(value)}`;
/** The exact bytes of anything this node holds. */
export const rawAddress = (value: string): string => `/api/v1/credentials/${encodeURIComponent(value)}`;
export const listingAddress = (key: string): string => `/listings/${encodeURIComponent(key)}`;
export const providerAddress = (did: string): string => `/providers/${encodeURIComponent(did)}`;
export const schemeAddress = (id: string): string => `/labels/${encodeURIComponent(id)}`;

/** The name a DID is read by: the host of a did:web, else the DID, shortened. */
export function didName(did: string): string {
  const match = /^did:web:([^:#?/]+)((?::[^#?]*)?)/.exec(did);
  if (!match) return middle(line(did, 400), 16, 6);
  const host = match[1]!.replace(/%3A/gi, ':');
  return line(`${host}${(match[2] ?? '').replaceAll(':', '/')}`, 80);
}

/** A compact word for a type: `gx:VirtualMachineServiceOffering` is `Virtual machines`. */
export function typeName(type: string): string {
  const known = en.types[type];
  if (known) return known;
  const bare = type.replace(/^[a-z]+:/, '').replace(/(ServiceOffering|Service)$/, '') || type.replace(/^[a-z]+:/, '');
  const words = bare.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');
  return line(words.charAt(0).toUpperCase() + words.slice(1), 60);
}
