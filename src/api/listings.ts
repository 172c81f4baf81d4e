import { Hono } from 'hono';
import type { ListingDetail } from '../catalogue/listing.ts';
import { parseSearchQuery, toSearchParams } from '../catalogue/parse-query.ts';
import type { CatalogueReader } from '../catalogue/reader.ts';
import { Problem } from '../errors.ts';
import { json, onlyKnown } from './respond.ts';

export interface ListingsDeps {
  reader: CatalogueReader;
  schemes: { id: string; levels: { id: string }[] }[];
}

/** Search, and one listing with everything it rests on. */
export function listingRoutes({ reader, schemes }: ListingsDeps): Hono {
  const levels = schemes.map(({ id, levels }) => ({ id, levels: levels.map((level) => level.id) }));
  const find = async (key: string): Promise<ListingDetail> => {
    const listing = /^[A-Za-z0-9_-]{22}$/.test(key) ? await reader.listing(key) : undefined;
    if (!listing)
      throw new Problem(
        'not-found',
        'No listing is held under this key. Keys are 22 characters, as GET /api/v1/listings gives them',
      );
    return listing;
  };
  return new Hono()
    .get('/', async (c) => {
      const query = parseSearchQuery(new URL(c.req.url).searchParams, levels);
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
      onlyKnown(c, []);
      return json(c, (await find(c.req.param('key'))).labels);
    })
    .get('/:key/explain', async (c) => {
      onlyKnown(c, ['scheme']);
      const wanted = c.req.query('scheme');
      if (wanted && !levels.some((scheme) => scheme.id === wanted)) {
        throw new Problem(
          'bad-request',
          `The scheme "${wanted.slice(0, 80)}" is not known. Known: ${levels.map((scheme) => scheme.id).join(', ')}`,
          { parameter: 'scheme', known: levels.map((scheme) => scheme.id) },
        );
      }
      const { decisions } = await find(c.req.param('key'));
      return json(
        c,
        decisions.filter((decision) => !wanted || decision.scheme === wanted),
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
