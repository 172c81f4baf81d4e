import { Hono } from 'hono';
import type { OwnStatus } from '../catalogue/own-status.ts';
import { TTL_MS } from '../credentials/issuing/status-list.ts';
import { Problem } from '../errors.ts';
import { onlyKnown } from './respond.ts';

/** The status lists of this node's own labels, for whoever holds a label without the log it came by. */
export function ownStatusRoutes({ ownStatus }: { ownStatus: OwnStatus }): Hono {
  return new Hono().get('/:list', async (c) => {
    onlyKnown(c, []);
    const accept = (c.req.header('accept') ?? '').split(',').map((one) => one.split(';')[0]!.trim().toLowerCase());
    const wantsJson = accept.includes('application/vc') && !accept.includes('application/vc+jwt');
    const name = c.req.param('list');
    const list = /^[1-9]\d{0,8}$/.test(name)
      ? await ownStatus(Number(name), wantsJson ? 'application/vc' : 'application/vc+jwt')
      : undefined;
    if (!list) throw new Problem('not-found', 'This node has no such status list; its first one is /status/1');
    const { mediaType, body, etag } = list;
    const headers = {
      etag,
      vary: 'accept',
      'cache-control': `public, max-age=${TTL_MS / 1000}`,
      'access-control-allow-origin': '*',
    };
    const match = c.req.header('if-none-match');
    if (match?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)) return c.body(null, 304, headers);
    return c.body(body, 200, { ...headers, 'content-type': mediaType });
  });
}
