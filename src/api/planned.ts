import { Hono } from 'hono';
import type { Planned } from '../catalogue/planned.ts';
import { Problem } from '../errors.ts';
import { json, onlyKnown } from './respond.ts';

const PAGE = 100;

/** Changes of conditions for days to come, so that those who lose by them can see it in time. */
export function plannedRoutes(planned: Planned): Hono {
  return new Hono()
    .get('/', (c) => {
      onlyKnown(c, []);
      return json(c, { items: planned.plans() });
    })
    .get('/:id', (c) => {
      onlyKnown(c, ['cursor']);
      const id = c.req.param('id');
      const cursor = c.req.query('cursor') ?? '0';
      if (!/^\d{1,15}$/.test(cursor))
        throw new Problem('bad-request', 'The cursor is that which the page before gave as "next"', {
          parameter: 'cursor',
        });
      const plan = planned.plans().find((one) => one.id === id);
      const page = planned.outcomes(id, Number(cursor), PAGE);
      if (!plan || !page) throw new Problem('not-found', 'No such plan; GET /api/v1/planned lists them');
      const next = page.next === undefined ? {} : { next: String(page.next) };
      if (next.next) c.header('link', `<${c.req.path}?cursor=${next.next}>; rel="next"`);
      return json(c, { ...plan, items: page.items, ...next });
    });
}

/** What plans would do to one listing as it stands now: `/api/v1/listings/:key/planned`. */
export function listingPlanned(planned: Planned): Hono {
  return new Hono().get('/:key/planned', async (c) => {
    onlyKnown(c, []);
    const key = c.req.param('key');
    return json(c, { items: /^[A-Za-z0-9_-]{22}$/.test(key) ? await planned.of(key) : [] });
  });
}
