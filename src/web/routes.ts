import { type Context, Hono } from 'hono';
import { parseSearchQuery } from '../catalogue/parse-query.ts';
import { CODES, Problem } from '../errors.ts';
import { assetRoutes } from './assets.ts';
import { checkPage, checksPage } from './check-pages.ts';
import { credentialPage } from './credential-page.ts';
import type { WebDeps } from './deps.ts';
import { federationPage } from './federation-page.ts';
import { listingAddress } from './format.ts';
import { errorsPage, failurePage } from './help-pages.ts';
import { labelsPage, schemePage } from './labels-pages.ts';
import { openPage } from './layout.ts';
import { listingPage } from './listing-page.ts';
import { providerPage, providersPage } from './provider-pages.ts';
import { publishRoutes } from './publish-routes.ts';
import { sendPage } from './respond.ts';
import { BEFORE, searchParameters } from './search-links.ts';
import { searchPage } from './search-page.ts';
import { en } from './texts/en.ts';

const t = en.failure;

/** The answer to an address that leads nowhere, as a page. For the composition root, when the caller wants HTML. */
export async function notFoundPage(c: Context, deps: WebDeps): Promise<Response> {
  return sendPage(c, 404, failurePage(await openPage(deps), 'not-found', t.notFoundTitle, t.notFound));
}

/** What a thrown value looks like as a page: a Problem in its own words, everything else as our fault, without details. */
export async function errorPage(c: Context, deps: WebDeps, error: unknown): Promise<Response> {
  if (error instanceof Problem) {
    const title =
      error.code === 'bad-request'
        ? t.badTitle
        : error.code === 'not-found'
          ? t.notFoundTitle
          : CODES[error.code].title;
    const asked = c.req.path === '/' ? (c.req.query('q') ?? '').replaceAll('\0', '').slice(0, 1000) : undefined;
    return sendPage(c, error.status, failurePage(await openPage(deps), error.code, title, error.message, asked));
  }
  deps.report?.(error);
  return sendPage(c, 500, failurePage(await bareIfBroken(deps), 'internal', t.internalTitle, t.internal));
}

/** A page that can be shown even when the federation status is what failed. */
async function bareIfBroken(deps: WebDeps) {
  try {
    return await openPage(deps);
  } catch {
    const now = deps.clock();
    const own = { origin: '', did: deps.node.did, size: 0, root: '', at: now.toISOString() };
    return { deps, now, federation: { own, origins: [], peers: [], forks: [] } };
  }
}

/**
 * The pages of a node: search, listing, providers, publish, labels, federation, help. Server-rendered, whole without
 * script. Mount at the root: addresses in them are absolute paths.
 */
export function webRoutes(deps: WebDeps): Hono {
  const app = new Hono();
  app.get('/', async (c) => {
    const params = new URL(c.req.url).searchParams;
    const schemes = deps.schemes.map((scheme) => ({ id: scheme.id, levels: scheme.levels.map((level) => level.id) }));
    const query = parseSearchQuery(searchParameters(params), schemes);
    return sendPage(c, 200, await searchPage(query, await openPage(deps), Number(params.get(BEFORE) ?? NaN)));
  });

  app.get('/listings/:key', async (c) => {
    const item = await deps.reader.listing(c.req.param('key'));
    if (!item) throw new Problem('not-found', t.noListing);
    const planned = item.state === 'current' ? await deps.planned?.(item.key) : undefined;
    const changes = await deps.changes?.(item.key);
    const page = listingPage(item, await openPage(deps), { planned, changes });
    return sendPage(c, item.state === 'withdrawn' ? 410 : 200, page);
  });

  app.get('/listings/:key/', (c) => c.redirect(listingAddress(c.req.param('key')), 301));

  app.get('/credentials/:digest', async (c) => {
    const value = c.req.param('digest');
    const held = await deps.reader.object(value);
    if (!held) throw new Problem('not-found', t.noCredential);
    return sendPage(c, 200, credentialPage(value, held, await openPage(deps)));
  });

  app.get('/providers', async (c) =>
    sendPage(c, 200, providersPage(await deps.reader.providers(), await openPage(deps))),
  );

  app.get('/providers/:did', async (c) => {
    const provider = await deps.reader.provider(c.req.param('did'));
    if (!provider) throw new Problem('not-found', t.noProvider);
    return sendPage(c, 200, providerPage(provider, await openPage(deps)));
  });

  app.get('/labels', async (c) => sendPage(c, 200, labelsPage(await openPage(deps))));

  app.get('/labels/:scheme', async (c) => {
    const scheme = deps.schemes.find((one) => one.id === c.req.param('scheme'));
    if (!scheme) throw new Problem('not-found', t.noScheme);
    return sendPage(c, 200, schemePage(scheme, await openPage(deps)));
  });

  app.get('/federation', async (c) => sendPage(c, 200, federationPage(await openPage(deps))));
  for (const path of ['/docs', '/docs/']) app.get(path, (c) => c.redirect('/docs/errors', 301));
  app.get('/docs/checks', async (c) => sendPage(c, 200, checksPage(await openPage(deps))));
  app.get('/docs/checks/:id', async (c) => {
    const page = checkPage(c.req.param('id'), await openPage(deps));
    if (!page) throw new Problem('not-found', t.noCheck);
    return sendPage(c, 200, page);
  });
  app.get('/docs/errors', async (c) => sendPage(c, 200, errorsPage(await openPage(deps))));
  app.route('/', publishRoutes(deps));
  app.route('/', assetRoutes());

  app.onError((error, c) => errorPage(c, deps, error));
  app.notFound((c) => notFoundPage(c, deps));
  return app;
}
