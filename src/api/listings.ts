import { type Context, Hono } from 'hono';
import type { Bundler } from '../bundle/make.ts';
import type { Explain } from '../catalogue/explain.ts';
import { labelsAt } from '../catalogue/label-history.ts';
import type { ListingDetail } from '../catalogue/listing.ts';
import { parseSearchQuery, toSearchParams } from '../catalogue/parse-query.ts';
import type { CatalogueReader } from '../catalogue/reader.ts';
import { Problem } from '../errors.ts';
import { json, onlyKnown } from './respond.ts';

export interface ListingsDeps {
  reader: CatalogueReader;
  schemes: () => readonly { id: string; levels: { id: string }[] }[];
  explain: Explain;
  bundle: Bundler;
  clock: () => Date;
}

const NOT_HELD = 'No listing is held under this key. Keys are 22 characters, as GET /api/v1/listings gives them';

/** A time that was asked for: `at` of the query. A day means its end; of today, now. */
function timeOf(c: Context, now: Date): Date | undefined {
  const text = c.req.query('at');
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T23:59:59.999Z`) : new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(at.getTime()))
    throw new Problem(
      'bad-request',
      `"${text.slice(0, 40)}" is no time; a date such as 2027-01-31, or an ISO time, is accepted`,
      {
        parameter: 'at',
      },
    );
  if (at <= now) return at;
  if (text === now.toISOString().slice(0, 10)) return now;
  throw new Problem(
    'bad-request',
    `${text.slice(0, 40)} is to come: which labels held is told up to now. What would be decided on a later day tells a bundle: kontor verify FILE --at DATE`,
    { parameter: 'at' },
  );
}

/** Search, and one listing with everything it rests on. */
export function listingRoutes({ reader, schemes, explain, bundle, clock }: ListingsDeps): Hono {
  const levels = () => schemes().map(({ id, levels }) => ({ id, levels: levels.map((level) => level.id) }));
  const find = async (key: string): Promise<ListingDetail> => {
    const listing = /^[A-Za-z0-9_-]{22}$/.test(key) ? await reader.listing(key) : undefined;
    if (!listing) throw new Problem('not-found', NOT_HELD);
    return listing;
  };
  return new Hono()
    .get('/', async (c) => {
      const query = parseSearchQuery(new URL(c.req.url).searchParams, levels());
      const result = await reader.search(query);
      if (result.next)
        c.header('link', `<${c.req.path}?${toSearchParams({ ...query, cursor: result.next })}>; rel="next"`);
      return json(c, result);
    })
    .get('/:key', async (c) => {
      onlyKnown(c, []);
      return json(c, await find(c.req.param('key')));
    })
    .get('/:key/versions', async (c) => {
      onlyKnown(c, []);
      return json(c, (await find(c.req.param('key'))).versions);
    })
    .get('/:key/labels', async (c) => {
      onlyKnown(c, ['at']);
      const at = timeOf(c, clock());
      const { key, labels } = await find(c.req.param('key'));
      return json(c, at ? labelsAt(await explain.changes(key), at, clock()) : labels);
    })
    .get('/:key/labels/changes', async (c) => {
      onlyKnown(c, []);
      const { key } = await find(c.req.param('key'));
      return json(c, { items: await explain.changes(key) });
    })
    .get('/:key/evidence', async (c) => {
      onlyKnown(c, []);
      const key = c.req.param('key');
      const made = /^[A-Za-z0-9_-]{22}$/.test(key) ? await bundle(key) : undefined;
      if (made === undefined) throw new Problem('not-found', NOT_HELD);
      // Made for who asks, as of now.
      return c.body(made, 200, {
        'content-type': 'application/json; charset=utf-8',
        'content-disposition': `attachment; filename="${key}.bundle.json"`,
        'cache-control': 'no-store',
      });
    })
    .get('/:key/explain', async (c) => {
      onlyKnown(c, ['scheme', 'at']);
      const wanted = c.req.query('scheme');
      if (wanted && !levels().some((scheme) => scheme.id === wanted)) {
        throw new Problem(
          'bad-request',
          `The scheme "${wanted.slice(0, 80)}" is not known. Known: ${levels()
            .map((scheme) => scheme.id)
            .join(', ')}`,
          { parameter: 'scheme', known: levels().map((scheme) => scheme.id) },
        );
      }
      const at = timeOf(c, clock());
      const { key, decisions } = await find(c.req.param('key'));
      const explained = at ? await explain.at(key, at) : await explain.now(decisions);
      return json(
        c,
        explained.filter(({ scheme }) => !wanted || scheme === wanted),
      );
    });
}

/** Providers, by the DID they sign with. */
export function providerRoutes({ reader }: Pick<ListingsDeps, 'reader'>): Hono {
  return new Hono()
    .get('/', async (c) => {
      onlyKnown(c, []);
      return json(c, { items: await reader.providers() });
    })
    .get('/:did', async (c) => {
      onlyKnown(c, []);
      const did = c.req.param('did');
      const provider = await reader.provider(did);
      if (!provider) throw new Problem('not-found', `No current listing of ${did.slice(0, 200)} is held here`);
      return json(c, provider);
    });
}
