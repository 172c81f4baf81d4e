/**
 * `node demo/hosts.ts FILE`: the web hosts of the sample providers, one port each. FILE is JSON {port: folder}; each
 * port serves its folder, and so each company's did:web stands where its name says.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES: Record<string, string> = {
  '.json': 'application/json; charset=utf-8',
  '.jwt': 'application/vc+jwt',
  '.jsonld': 'application/vc',
  '.html': 'text/html; charset=utf-8',
};

/** The file behind a path: itself, or with one of the endings that ids leave out. */
function fileFor(folder: string, path: string): string | undefined {
  const wanted = normalize(join(folder, decodeURIComponent(path)));
  if (!wanted.startsWith(`${folder}/`)) return undefined;
  return [wanted, `${wanted}.jwt`, `${wanted}.jsonld`, `${wanted}.html`].find(
    (file) => existsSync(file) && statSync(file).isFile(),
  );
}

const file = process.argv[2];
if (!file) throw new Error('Use: node demo/hosts.ts FILE');
const folders = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>);

const listening = folders.map(
  ([port, folder]) =>
    new Promise<void>((resolve, reject) => {
      const server = createServer((request, response) => {
        const path = new URL(request.url ?? '/', 'http://localhost').pathname;
        const found = /%(?![0-9a-f]{2})/i.test(path) ? undefined : fileFor(folder, path);
        if (!found) {
          response.writeHead(404, { 'content-type': 'text/plain' }).end('Nothing stands here\n');
          return;
        }
        const type =
          path === '/.well-known/did.json'
            ? 'application/did+json'
            : (TYPES[extname(found)] ?? 'application/octet-stream');
        response.writeHead(200, { 'content-type': type }).end(readFileSync(found));
      });
      server.once('error', reject);
      server.listen(Number(port), '127.0.0.1', resolve);
    }),
);
await Promise.all(listening);
console.log(`${folders.length} hosts are up`);
// The demo holds the other end of standard input: when it is gone, so is this process.
process.stdin.on('end', () => process.exit(0)).resume();
process.on('SIGTERM', () => process.exit(0));
