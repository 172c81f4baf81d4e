import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Ingest } from '../catalogue/ingest.ts';
import type { Judgement } from '../catalogue/judgement.ts';
import type { CatalogueReader } from '../catalogue/reader.ts';
import { Checks } from '../credentials/check.ts';
import { isDigest } from '../credentials/digest.ts';
import { CODES, isHeld, Problem, problemDocument } from '../errors.ts';
import type { Policy } from '../policy.ts';
import { onlyKnown } from './respond.ts';

export interface CredentialsDeps extends Ingest {
  reader: CatalogueReader;
  policy: () => Policy;
  url: string;
}

/** POST a self-description, rehearse one, and read back the exact bytes of any. */
export function credentialRoutes({ ingest, check, reader, policy, url }: CredentialsDeps): Hono {
  const limit = (c: Context, next: () => Promise<void>) =>
    bodyLimit({
      maxSize: policy().limits.bodyBytes,
      onError: () => {
        const { bodyBytes } = policy().limits;
        const why = `The body is larger than ${bodyBytes} bytes`;
        const checks = new Checks();
        checks.fail('too-large', 'parse.size', why, {
          allowed: `up to ${bodyBytes}`,
          mend: 'Send fewer credentials at once, and leave images and documents out of them',
        });
        throw new Problem('too-large', why, { limit: bodyBytes, stage: 'parse', checks: checks.list });
      },
    })(c, next);

  const judge = (run: Ingest['ingest']) => async (c: Context) => {
    onlyKnown(c, []);
    const mediaType = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
    const encoding = c.req.header('content-encoding');
    if (encoding && encoding !== 'identity') {
      throw new Problem(
        'unsupported',
        `The body is sent with content-encoding ${encoding.slice(0, 40)}; send it as it is`,
        { allowed: ['identity'] },
      );
    }
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    return answer(c, await run({ bytes, mediaType, source: { kind: 'provider' } }), url);
  };

  return new Hono()
    .post('/', limit, judge(ingest))
    .post('/check', limit, judge(check))
    .on(['GET', 'PUT', 'DELETE', 'PATCH'], ['/', '/check'], (c) => {
      c.header('allow', 'POST');
      throw new Problem(
        'method-not-allowed',
        'Send a signed credential here with POST; read one at /api/v1/credentials/{digest}',
      );
    })
    .get('/:digest', async (c) => {
      onlyKnown(c, []);
      const digest = c.req.param('digest');
      if (!isDigest(digest))
        throw new Problem('bad-request', 'A digest is 47 characters: u, then a sha2-256 multihash in base64url');
      const object = await reader.object(digest);
      if (!object) throw new Problem('not-found', `No credential ${digest} is held here`);
      const headers = {
        'content-type': object.mediaType,
        'cache-control': 'public, max-age=31536000, immutable',
        etag: `"${digest}"`,
        'content-disposition': `inline; filename="${digest}${object.mediaType.endsWith('jwt') ? '.jwt' : '.json'}"`,
      };
      if (c.req.header('if-none-match') === `"${digest}"`) return c.body(null, 304, headers);
      return c.body(object.bytes as Uint8Array<ArrayBuffer>, 200, headers);
    });
}

/** 201 new, 200 known, 202 held, else a problem document that carries every check. */
function answer(c: Context, judgement: Judgement, url: string): Response {
  const { listing, ...rest } = judgement;
  const body = listing ? { ...rest, listing: { ...listing, url: `${url}/listings/${listing.key}` } } : rest;
  if (judgement.ok) {
    const status = judgement.known || judgement.stage !== 'commit' ? 200 : 201;
    const location = status === 201 && listing ? { location: `/api/v1/listings/${listing.key}` } : undefined;
    return c.json(body, status, location);
  }
  const code = judgement.code ?? 'internal';
  if (isHeld(code)) return c.json(body, 202, { 'retry-after': '10' });
  const document = problemDocument(code, judgement.detail ?? '', { instance: new URL(c.req.url).pathname, ...body });
  return c.body(JSON.stringify(document, null, 2), CODES[code].status as ContentfulStatusCode, {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
  });
}
