import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { didDocument, generateKey, type SigningKey } from '../../src/credentials/issuing/identity.ts';
import type { Alg } from '../../src/credentials/keys/keys.ts';

/** A real did:web host on loopback: it serves one DID document, and whatever else a test puts on it. */
export interface DidHost {
  did: string;
  url: string;
  key: SigningKey;
  /** Answers by path; change it to change what the world sees. */
  files: Map<
    string,
    { status?: number; type?: string; body: string | Uint8Array; headers?: Record<string, string>; delayMs?: number }
  >;
  /** Requests seen, by path. */
  seen: string[];
  close: () => Promise<void>;
}

export async function didHost(alg: Alg = 'EdDSA'): Promise<DidHost> {
  const files: DidHost['files'] = new Map();
  const seen: string[] = [];
  const server: Server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    seen.push(path);
    const file = files.get(path);
    if (file?.delayMs) await new Promise((resolve) => setTimeout(resolve, file.delayMs));
    response.writeHead(file ? (file.status ?? 200) : 404, {
      'content-type': file?.type ?? 'application/json',
      ...file?.headers,
    });
    response.end(file?.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const did = `did:web:localhost%3A${port}`;
  const key = generateKey(alg, did);
  files.set('/.well-known/did.json', { type: 'application/did+json', body: JSON.stringify(didDocument(did, [key])) });
  return {
    did,
    url: `http://localhost:${port}`,
    key,
    files,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
