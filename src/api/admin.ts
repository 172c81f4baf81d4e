import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Database } from '../catalogue/database.ts';
import { tokenHash } from '../catalogue/tokens.ts';
import { ConfigError } from '../config.ts';
import { Problem } from '../errors.ts';
import type { Federation } from '../federation/federation.ts';
import { type Policy, parsePolicy } from '../policy.ts';
import { json, jsonBody, onlyKnown } from './respond.ts';

export interface AdminDeps {
  database: Database;
  federation: Federation;
  policy: () => Policy;
  clock: () => Date;
}

/** Wrong tokens taken from one address within a minute before it has to wait. */
const MAX_FAILURES = 10;
const WINDOW_MS = 60_000;

/** Everything that changes how the node runs: for the operator's token only. */
export function adminRoutes({ database, federation, policy, clock }: AdminDeps): Hono {
  return new Hono()
    .use(operatorOnly(database, clock))
    .use(bodyLimit({ maxSize: 262_144 }))
    .get('/policy', (c) => {
      onlyKnown(c, []);
      return json(c, policy());
    })
    .post('/policy/check', async (c) => {
      onlyKnown(c, []);
      try {
        return json(c, { ok: true, policy: parsePolicy(await c.req.text(), 'policy') });
      } catch (error) {
        if (error instanceof ConfigError) return json(c, { ok: false, problems: error.problems }, 422);
        throw error;
      }
    })
    .get('/peers', async (c) => {
      onlyKnown(c, []);
      return json(c, { items: (await federation.status()).peers });
    })
    .post('/peers', async (c) => {
      onlyKnown(c, []);
      const { url, ...rest } = await jsonBody(c);
      if (Object.keys(rest).length > 0)
        throw new Problem(
          'bad-request',
          `The member "${Object.keys(rest)[0]!.slice(0, 80)}" is not known. Known: url`,
          { known: ['url'] },
        );
      if (typeof url !== 'string' || !/^https?:\/\/[^/\s?#@]+\/?$/.test(url))
        throw new Problem(
          'bad-request',
          'A peer is added as {"url": "https://node.example"}: scheme and host, without a path',
        );
      await federation.peers.add(url.replace(/\/$/, ''));
      return json(c, { ok: true, url: url.replace(/\/$/, '') }, 201);
    })
    .delete('/peers', async (c) => {
      onlyKnown(c, ['url']);
      const url = c.req.query('url')?.replace(/\/$/, '');
      if (!url) throw new Problem('bad-request', 'Name the peer: ?url=https://node.example', { parameter: 'url' });
      const known = (await federation.status()).peers.find((peer) => peer.url === url);
      if (!known) throw new Problem('not-found', `${url.slice(0, 200)} is no peer of this node`);
      if (known.source === 'policy')
        throw new Problem('forbidden', `${url} stands in the policy file; remove it there`);
      await federation.peers.remove(url);
      return json(c, { ok: true, url });
    })
    .post('/peers/sync', async (c) => {
      onlyKnown(c, []);
      const { url } = c.req.header('content-length') === '0' || !c.req.header('content-type') ? {} : await jsonBody(c);
      if (url !== undefined && typeof url !== 'string') throw new Problem('bad-request', '"url" is the URL of a peer');
      if (url && !(await federation.status()).peers.some((peer) => peer.url === url))
        throw new Problem('not-found', `${url.slice(0, 200)} is no peer of this node`);
      return json(c, await federation.sync(url));
    });
}

/** A bearer token with the operator's role. Guessing is slowed down by address. */
function operatorOnly(database: Database, clock: () => Date): MiddlewareHandler {
  const failures = new Map<string, { count: number; since: number }>();
  return async (c, next) => {
    const address = String(
      (c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming?.socket?.remoteAddress ??
        'local',
    );
    const now = clock().getTime();
    const seen = failures.get(address);
    const recent = seen && now - seen.since < WINDOW_MS ? seen : undefined;
    const token = /^Bearer (\S{1,200})$/.exec(c.req.header('authorization') ?? '')?.[1];
    const hash = token && tokenHash(token);
    const row = hash
      ? await database.read.selectFrom('token').select('role').where('hash', '=', hash).executeTakeFirst()
      : undefined;
    // The right token is never kept waiting: behind a proxy all callers share one address.
    if (!row) {
      if (recent && recent.count >= MAX_FAILURES)
        throw new Problem('rate-limited', 'Too many wrong tokens from this address; wait a minute', { retryAfter: 60 });
      if (failures.size > 10_000) failures.clear();
      if (token) failures.set(address, { count: (recent?.count ?? 0) + 1, since: recent?.since ?? now });
      throw new Problem(
        'unauthorized',
        token ? 'The token is not known here' : 'This needs the operator token: Authorization: Bearer kontor_...',
      );
    }
    if (row.role !== 'operator')
      throw new Problem('forbidden', `A token with the role ${row.role} may not do that; operator is needed`);
    await next();
  };
}
