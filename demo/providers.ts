import { join, resolve } from 'node:path';
import { didDocument, generateKey, type SigningKey, writeKey } from '../src/credentials/issuing/identity.ts';
import { signDataIntegrity, signJwt } from '../src/credentials/issuing/sign.ts';
import { loadContexts } from '../src/credentials/jsonld/contexts.ts';
import { legalPages } from './build/documents.ts';
import { loopbackDid, loopbackUrl, type Provider } from './build/identity.ts';
import type { Node } from './build/values.ts';
import { COMPANIES } from './companies/index.ts';
import { write } from './folder.ts';
import type { Signed } from './http.ts';
import { issuerDid, ports } from './issuers.ts';

const contexts = loadContexts(resolve(import.meta.dirname, '../shapes/contexts'));

/** Folder that a provider's host serves. */
export const publicFolder = (folder: string, provider: Provider): string =>
  join(folder, 'providers', provider.company.slug, 'public');

/**
 * Gives every sample company a key, a did:web and the pages that its credentials point to, ready to be served.
 *
 * @returns the providers, and the file that tells the hosts which folder each port serves
 */
export function settleProviders(base: number, folder: string): { providers: Provider[]; hostsFile: string } {
  const providers = COMPANIES.map((company, index): Provider => {
    const port = ports(base).provider(index);
    const did = loopbackDid(port);
    const attesters = [issuerDid(base, 'mill')];
    return { company, did, url: loopbackUrl(port), port, key: generateKey(company.alg, did), attesters };
  });
  for (const provider of providers) {
    const site = publicFolder(folder, provider);
    write(
      join(site, '.well-known', 'did.json'),
      `${JSON.stringify(didDocument(provider.did, [provider.key]), null, 2)}\n`,
    );
    for (const [name, page] of Object.entries(legalPages(provider.company)))
      write(join(site, 'legal', `${name}.html`), page);
    writeKey(join(site, '..', 'key.json'), provider.key);
  }
  const hostsFile = join(folder, 'providers', 'hosts.json');
  write(
    hostsFile,
    JSON.stringify(
      Object.fromEntries(providers.map((provider) => [provider.port, publicFolder(folder, provider)])),
      null,
      2,
    ),
  );
  return { providers, hostsFile };
}

/** Signs in the way the company does. */
export async function signAs(provider: Provider, document: Node): Promise<Signed> {
  if (provider.company.signs === 'vc+jwt') return signedJwt(document, provider.key);
  return {
    mediaType: 'application/vc',
    body: JSON.stringify(await signDataIntegrity(document, provider.key, contexts)),
  };
}

export async function signedJwt(document: object, key: SigningKey): Promise<Signed> {
  return { mediaType: 'application/vc+jwt', body: await signJwt(document, key) };
}
