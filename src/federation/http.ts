import { Hono } from 'hono';
import { isDigest } from '../credentials/digest.ts';
import { Problem } from '../errors.ts';
import type { FederationLimits } from './deps.ts';
import { readHeads } from './heads.ts';
import { jsonOf, numberOf, queryOf } from './http-input.ts';
import { type LogRouteDeps, logRoutes } from './log-routes.ts';
import { MAX_DIGESTS } from './objects.ts';
import { parseOrigin } from './origins.ts';

export interface FederationRouteDeps extends LogRouteDeps {
  limits: FederationLimits;
  /** Told that a log is said to have grown; returns whether that leads to a pull. */
  announced(origin: string, size: number): Promise<boolean>;
}

/** Everything peers, auditors and mirrors ask of a node. Refusals are thrown as Problem; the mounting app renders them. */
export function federationRoutes(deps: FederationRouteDeps): Hono {
  const { database, own, limits } = deps;
  const app = new Hono();
  app.route('/', logRoutes(deps));

  app.get('/federation/heads', async (c) => {
    const since = numberOf(queryOf(c, ['since']), 'since', 0, Number.MAX_SAFE_INTEGER);
    // Re-makes the timestamp when it is due, which is a change like any other.
    await own.checkpoint();
    const heads = await readHeads(database.read, since);
    return heads ? c.json(heads, 200, { 'cache-control': 'no-store' }) : c.body(null, 304);
  });

  app.get('/objects/:digest', async (c) => {
    queryOf(c, []);
    const digest = c.req.param('digest');
    if (!isDigest(digest))
      throw new Problem('bad-request', 'An object is named by its digestMultibase: uEi and 44 letters of base64url');
    const object = await database.read
      .selectFrom('object')
      .select(['media_type', 'bytes'])
      .where('digest', '=', digest)
      .executeTakeFirst();
    if (!object) throw new Problem('not-found', `This node holds no object ${digest}`);
    const headers = { etag: `"${digest}"`, 'cache-control': 'public, max-age=31536000, immutable' };
    if (c.req.header('if-none-match') === headers.etag) return c.body(null, 304, headers);
    return c.body(new Uint8Array(object.bytes), 200, {
      ...headers,
      'content-type': object.media_type,
      'x-content-type-options': 'nosniff',
    });
  });

  app.post('/objects', async (c) => {
    queryOf(c, []);
    const { digests } = await jsonOf(c, 32_768);
    if (!Array.isArray(digests) || digests.length === 0 || digests.length > MAX_DIGESTS || !digests.every(isDigest)) {
      throw new Problem('bad-request', `The body is {"digests": [...]} with 1 to ${MAX_DIGESTS} digests`);
    }
    const lines: string[] = [];
    let size = 0;
    for (const digest of new Set<string>(digests)) {
      const object = await database.read
        .selectFrom('object')
        .select(['media_type', 'bytes', 'size'])
        .where('digest', '=', digest)
        .executeTakeFirst();
      // What does not fit any more is left out and asked for again; what is not held is told.
      if (object && size > 0 && size + object.size > limits.objectsBytes) break;
      size += object?.size ?? 0;
      lines.push(
        JSON.stringify(
          object
            ? { digest, mediaType: object.media_type, body: Buffer.from(object.bytes).toString('base64url') }
            : { digest, missing: true },
        ),
      );
    }
    return c.body(`${lines.join('\n')}\n`, 200, {
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
    });
  });

  app.post('/federation/announce', async (c) => {
    queryOf(c, []);
    const { origin, size } = await jsonOf(c, 1_024);
    if (typeof origin !== 'string' || !parseOrigin(origin) || !Number.isSafeInteger(size) || (size as number) < 0) {
      throw new Problem('bad-request', 'The body is {"origin": "host/catalogue/1", "size": 123}');
    }
    return c.json({ pull: await deps.announced(origin, size as number) }, 202);
  });

  return app;
}
