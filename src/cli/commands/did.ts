import { createServer } from 'node:http';
import { didDocument } from '../../credentials/issuing/identity.ts';
import { didWebUrl } from '../../credentials/keys/did-web.ts';
import { messageOf } from '../../errors.ts';
import { type ExitCode, Failure, wrongUsage } from '../failure.ts';
import type { Io } from '../io.ts';
import { keyFile } from '../key.ts';
import { answer, say } from '../output.ts';
import { stopSignal } from '../stop-signal.ts';
import { safeJson } from '../text.ts';

export async function did(io: Io, files: string[], options: { serve?: boolean }): Promise<ExitCode> {
  const keys = files.map(keyFile);
  const first = keys[0]!;
  const other = keys.find((key) => key.did !== first.did);
  if (other)
    throw wrongUsage(`These are keys of two DIDs, ${first.did} and ${other.did}.`, 'Print one document for each.');
  const twice = keys.find((key, at) => keys.findIndex((one) => one.id === key.id) !== at);
  if (twice)
    throw wrongUsage(`Two of these keys have the id ${twice.id}.`, 'Make the second one with another --fragment.');
  const document = didDocument(first.did, keys);
  if (options.serve) return host(io, first.did, document);
  answer(io, document);
  return 0;
}

/** Hosts a document where its did:web says, so that a first try needs no web server. Loopback only. */
async function host(io: Io, name: string, document: object): Promise<ExitCode> {
  const located = name.startsWith('did:web:') ? didWebUrl(name, true) : undefined;
  const url = located?.ok ? new URL(located.value) : undefined;
  if (url?.protocol !== 'http:') {
    throw wrongUsage(
      `${name} does not name this machine, so it cannot be hosted from here.`,
      'Print the document without --serve and put it on the web server of that name.',
    );
  }
  const body = safeJson(document);
  const server = createServer((request, response) => {
    const found = request.url === url.pathname;
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/did+json' }).end(found ? body : '{}');
  });
  const stopped = stopSignal();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new Failure(
          1,
          'unavailable',
          `${url.host} cannot be used: ${messageOf(error)}.`,
          'Stop what listens there, or choose a DID with another port.',
        ),
      ),
    );
    server.listen(Number(url.port || 80), '127.0.0.1', resolve);
  });
  say(io, [`Hosting ${name} at ${url.href} until Ctrl-C`]);
  await stopped;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return 0;
}
