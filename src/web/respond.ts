import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context } from 'hono';
import type { Html } from './format.ts';

/**
 * Everything comes from the node's own origin, nothing runs inline, nobody may frame a page
 * (https://www.w3.org/TR/CSP3/). `data:` images are the marks that the style sheet draws.
 */
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: Record<string, string> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
  Vary: 'Accept-Encoding',
};

const compress = promisify(gzip);

/** Whether the caller takes gzip, as it says in Accept-Encoding (https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3). */
export const takesGzip = (c: Context): boolean =>
  /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(c.req.header('Accept-Encoding') ?? '');

/** Sends a page with the headers every page has, compressed where the caller takes it. */
export async function sendPage(c: Context, status: number, body: Html): Promise<Response> {
  const text = String(await body);
  // After 413 part of the request is unread, so the connection cannot serve another one.
  const headers = status === 413 ? { ...HEADERS, Connection: 'close' } : HEADERS;
  if (text.length < 1400 || !takesGzip(c)) return new Response(text, { status, headers });
  return new Response(await compress(text), { status, headers: { ...headers, 'Content-Encoding': 'gzip' } });
}
