import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { takesGzip } from './respond.ts';

interface Asset {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
  packed: Uint8Array<ArrayBuffer>;
  /** First characters of the digest: part of the address, so that an address never changes its content. */
  hash: string;
}

const TYPES: Record<string, string> = {
  'kontor.css': 'text/css; charset=utf-8',
  'kontor.js': 'text/javascript; charset=utf-8',
  'kontor.svg': 'image/svg+xml',
};

/** The style sheet is written in parts and served as one; later parts refine earlier ones. */
const STYLES = [
  'tokens',
  'base',
  'frame',
  'controls',
  'search',
  'cards',
  'marks',
  'panels',
  'checks',
  'trail',
  'labels',
  'federation',
  'views',
];

function read(name: string): Uint8Array<ArrayBuffer> {
  const files = name === 'kontor.css' ? STYLES.map((part) => `css/${part}.css`) : [name];
  return new Uint8Array(Buffer.concat(files.map((file) => readFileSync(new URL(`./assets/${file}`, import.meta.url)))));
}

const assets = new Map<string, Asset>();
for (const [name, type] of Object.entries(TYPES)) {
  const bytes = read(name);
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
  assets.set(name, { type, bytes, packed: new Uint8Array(gzipSync(bytes, { level: 9 })), hash });
}

/** The address of an asset, with its hash: what it names may be kept for ever. */
export const assetAddress = (name: string): string => `/assets/${name}?v=${assets.get(name)!.hash}`;

/** `/assets/*`: the style sheet, the script and the icon, read once at start. */
export function assetRoutes(): Hono {
  const app = new Hono();
  for (const [name, asset] of assets) {
    app.get(`/assets/${name}`, (c) => {
      const etag = `"${asset.hash}"`;
      const headers: Record<string, string> = {
        'Content-Type': asset.type,
        'X-Content-Type-Options': 'nosniff',
        'Cache-Control': c.req.query('v') === asset.hash ? 'public, max-age=31536000, immutable' : 'no-cache',
        ETag: etag,
        Vary: 'Accept-Encoding',
      };
      const known = (c.req.header('If-None-Match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
      if (known.includes(etag) || known.includes('*')) return new Response(null, { status: 304, headers });
      const packed = takesGzip(c);
      if (packed) headers['Content-Encoding'] = 'gzip';
      return new Response(packed ? asset.packed : asset.bytes, { headers });
    });
  }
  return app;
}
