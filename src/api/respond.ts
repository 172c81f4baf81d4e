import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { digestOf } from '../credentials/digest.ts';
import { messageOf, Problem } from '../errors.ts';

/** The one place where a problem becomes an answer (RFC 9457). */
export function problem(c: Context, error: Problem): Response {
  const body = error.toDocument(new URL(c.req.url).pathname);
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
  };
  // The rest of the body is not read, so the connection cannot serve another request.
  if (error.status === 413) headers.connection = 'close';
  if (error.status === 401) headers['www-authenticate'] = 'Bearer realm="kontor"';
  if (error.status === 429 || error.status === 503) headers['retry-after'] = String(error.extra.retryAfter ?? 60);
  return c.body(JSON.stringify(body, null, 2), error.status as ContentfulStatusCode, headers);
}

/** Any thrown value as a problem: what is not a Problem is a fault of ours, told without its inside. */
export const toProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem('internal', 'The node failed while answering; its log has the reason');

/** JSON with a strong ETag over its bytes; 304 where the caller has them. */
export function json(c: Context, value: unknown, status: ContentfulStatusCode = 200): Response {
  const body = JSON.stringify(value);
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD')
    return c.body(body, status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  const etag = `"${digestOf(Buffer.from(body)).slice(4, 30)}"`;
  const headers = { etag, 'cache-control': 'no-cache', 'content-type': 'application/json; charset=utf-8' };
  const match = c.req.header('if-none-match');
  if (match?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag))
    return c.body(null, 304, { etag, 'cache-control': 'no-cache' });
  return c.body(body, status, headers);
}

/** Refuses query parameters that a route does not know, naming the known ones. */
export function onlyKnown(c: Context, known: string[]): void {
  for (const name of new URL(c.req.url).searchParams.keys()) {
    if (!known.includes(name)) {
      throw new Problem(
        'bad-request',
        `The parameter "${name.slice(0, 80)}" is not known. ${known.length > 0 ? `Known: ${known.join(', ')}` : 'This resource takes none'}`,
        { parameter: name.slice(0, 80), known },
      );
    }
  }
}

/** A JSON body of a small request, read strictly enough to name what is wrong. */
export async function jsonBody(c: Context): Promise<Record<string, unknown>> {
  try {
    const value: unknown = await c.req.json();
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new Problem('malformed', `The body is not JSON: ${messageOf(error)}`);
  }
  throw new Problem('malformed', 'The body is not a JSON object');
}
