import type { Context } from 'hono';
import { Problem } from '../errors.ts';

/** Reading of requests: what is not understood is a Problem that names what is. */

/** @throws Problem `bad-request` naming the parameters there are */
export function queryOf(c: Context, known: string[]): Record<string, string> {
  const query = c.req.queries();
  const accepted = known.length > 0 ? `Known: ${known.join(', ')}` : 'None is taken here';
  for (const [name, values] of Object.entries(query)) {
    if (!known.includes(name))
      throw new Problem('bad-request', `The query parameter "${name.slice(0, 60)}" is not known. ${accepted}`);
    if (values.length > 1)
      throw new Problem(
        'bad-request',
        `The query parameter "${name}" is given ${values.length} times; once is accepted`,
      );
  }
  return c.req.query();
}

/** A whole number from 0 up to `max`. */
export function numberOf(query: Record<string, string>, name: string, fallback: number, max: number): number {
  const text = query[name];
  if (text === undefined) return fallback;
  const value = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) {
    throw new Problem(
      'bad-request',
      `The query parameter "${name}" is "${text.slice(0, 60)}"; a whole number from 0 to ${max} is accepted`,
    );
  }
  return value;
}

/**
 * The JSON object of a request body.
 *
 * @throws Problem `too-large` as soon as more than `maxBytes` have come, `bad-request` when it is no JSON object
 */
export async function jsonOf(c: Context, maxBytes: number): Promise<Record<string, unknown>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const tooLarge = () => new Problem('too-large', `The body may be ${maxBytes} bytes long at most`);
  if (Number(c.req.header('content-length')) > maxBytes) throw tooLarge();
  const reader = c.req.raw.body?.getReader();
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    size += part.value.length;
    if (size > maxBytes) {
      await reader?.cancel();
      throw tooLarge();
    }
    parts.push(part.value);
  }
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)));
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  throw new Problem('bad-request', 'The body is not a JSON object');
}
