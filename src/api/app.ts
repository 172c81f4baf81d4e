import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import { cors } from 'hono/cors';
import type { OwnStatus } from '../catalogue/own-status.ts';
import type { Planned } from '../catalogue/planned.ts';
import { messageOf, Problem } from '../errors.ts';
import type { Federation } from '../federation/federation.ts';
import { type AdminDeps, adminRoutes } from './admin.ts';
import { type CredentialsDeps, credentialRoutes } from './credentials.ts';
import { type GaiaXLabelRouteDeps, gaiaXLabelRoutes } from './gaia-x-label.ts';
import { type ListingsDeps, listingRoutes, providerRoutes } from './listings.ts';
import { ownStatusRoutes } from './own-status.ts';
import { listingPlanned, plannedRoutes } from './planned.ts';
import { json, onlyKnown, problem, toProblem } from './respond.ts';

export interface AppDeps extends AdminDeps, CredentialsDeps, ListingsDeps, GaiaXLabelRouteDeps {
  federation: Federation;
  didDocument: object;
  ownStatus: OwnStatus;
  planned: Planned;
  schemes: ListingsDeps['schemes'];
  shapes: () => object[];
  /** Folder that holds the shapes' files. */
  shapesDir: string;
  /** Pages, and how they show a problem; the API is whole without them. */
  pages?: { routes: Hono; problem: (c: Context, error: Problem) => Promise<Response> };
  log: { error(details: object, message: string): void };
}

const PROGRAM_PATHS =
  /^\/(api|catalogue|federation\/(heads|mirror|announce)|objects|status|\.well-known|livez|readyz)(\/|$)/;

/** The whole HTTP side of a node: API, federation, and the pages it is given. */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono();
  app.use(compress());
  app.use('/api/v1/*', async (c, next) => {
    if (c.req.path.startsWith('/api/v1/admin')) return next();
    return cors({ origin: '*', exposeHeaders: ['Link', 'ETag', 'Location', 'Retry-After'] })(c, next);
  });
  app.use(async (c, next) => {
    await next();
    c.res.headers.set('x-content-type-options', 'nosniff');
    if (!c.res.headers.has('content-security-policy'))
      c.res.headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  });

  app.route('/api/v1/credentials', credentialRoutes(deps));
  app.route('/api/v1/listings', gaiaXLabelRoutes(deps));
  app.route('/api/v1/listings', listingRoutes(deps));
  app.route('/api/v1/listings', listingPlanned(deps.planned));
  app.route('/api/v1/planned', plannedRoutes(deps.planned));
  app.route('/api/v1/providers', providerRoutes(deps));
  app.route('/api/v1/admin', adminRoutes(deps));
  app.get('/api/v1/schemes', (c) => {
    onlyKnown(c, []);
    return json(c, { items: deps.schemes() });
  });
  app.get('/api/v1/shapes', (c) => {
    onlyKnown(c, []);
    return json(c, { items: deps.shapes() });
  });
  app.get('/api/v1/shapes/:vocabulary/:name', (c) => {
    onlyKnown(c, []);
    const { vocabulary, name } = c.req.param();
    const file = deps.shapes().some((shape) => 'file' in shape && shape.file === `${vocabulary}/${name}`)
      ? `${vocabulary}/${name}`
      : undefined;
    if (!file) throw new Problem('not-found', 'No such shape; GET /api/v1/shapes lists them by file');
    const text = readFileSync(join(deps.shapesDir, 'json', file), 'utf8');
    return c.body(text, 200, { 'content-type': 'application/schema+json; charset=utf-8', 'cache-control': 'no-cache' });
  });
  app.get('/api/v1/trust', (c) => {
    onlyKnown(c, []);
    return json(c, { trust: deps.policy().trust });
  });
  app.get('/api/v1/federation', async (c) => {
    onlyKnown(c, []);
    return json(c, await deps.federation.status());
  });
  app.get('/.well-known/did.json', (c) => {
    onlyKnown(c, []);
    return c.body(JSON.stringify(deps.didDocument), 200, {
      'content-type': 'application/did+json',
      'cache-control': 'max-age=300',
      'access-control-allow-origin': '*',
    });
  });
  app.route('/status', ownStatusRoutes(deps));
  app.get('/livez', (c) => c.text('ok\n'));
  app.get('/readyz', async (c) => {
    await deps.database.read.selectFrom('meta').select('name').limit(1).execute();
    const halted = deps.federation.halted();
    if (halted) throw new Problem('unavailable', `This node signs nothing: ${halted}`);
    return c.text('ok\n');
  });
  app.route('/', deps.federation.routes);
  if (deps.pages) app.route('/', deps.pages.routes);

  const show = async (c: Context, error: Problem): Promise<Response> => {
    const page = deps.pages && !PROGRAM_PATHS.test(c.req.path) && (c.req.header('accept') ?? '').includes('text/html');
    return page ? deps.pages!.problem(c, error) : problem(c, error);
  };
  app.onError((error, c) => {
    const known = toProblem(error);
    // Who hangs up gets no answer and is no fault of the node.
    if (known.code === 'internal' && !c.req.raw.signal.aborted && error.message !== 'aborted')
      deps.log.error({ error: messageOf(error), stack: error.stack, path: c.req.path }, 'a request failed');
    return show(c, known);
  });
  app.notFound((c) => show(c, new Problem('not-found', `Nothing is served at ${c.req.path.slice(0, 200)}`)));
  return app;
}
