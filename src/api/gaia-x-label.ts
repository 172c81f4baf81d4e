import { Hono } from 'hono';
import type { Clocked, Database } from '../catalogue/database.ts';
import { createGaiaXLabel } from '../catalogue/gaia-x-label.ts';
import type { SigningKey } from '../credentials/issuing/identity.ts';
import { signJwt } from '../credentials/issuing/sign.ts';
import { Problem } from '../errors.ts';
import type { Federation } from '../federation/federation.ts';
import { onlyKnown } from './respond.ts';

export interface GaiaXLabelRouteDeps extends Clocked {
  database: Database;
  url: string;
  did: string;
  key: SigningKey;
  federation: Pick<Federation, 'halted'>;
}

/** The Gaia-X label of a listing in the form of a clearing house, for readers that know no other. */
export function gaiaXLabelRoutes(deps: GaiaXLabelRouteDeps): Hono {
  const give = createGaiaXLabel({ ...deps, sign: (document) => signJwt(document, deps.key) });
  return new Hono().get('/:key/labels/gaia-x.jwt', async (c) => {
    onlyKnown(c, ['of']);
    const halted = deps.federation.halted();
    if (halted) throw new Problem('unavailable', `This node signs nothing: ${halted}`);
    const label = await give(c.req.param('key'));
    const wanted = c.req.query('of');
    if (wanted !== undefined && wanted !== label?.of)
      throw new Problem('gone', 'That label has ended; without "of", the one that stands now is given');
    if (!label) throw new Problem('not-found', 'No Gaia-X level holds for a listing under this key');
    return c.body(label.jwt, 200, {
      'content-type': 'application/vc+jwt',
      'content-disposition': `inline; filename="${c.req.param('key')}.gaia-x.jwt"`,
      'cache-control': 'no-store',
    });
  });
}
