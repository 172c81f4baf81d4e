import type { SigningKey } from '../../src/credentials/issuing/identity.ts';
import type { Company, Product } from '../model.ts';

/** A company with its place on the demo's network: what it is called, where it is reached, how it signs. */
export interface Provider {
  company: Company;
  did: string;
  /** Base URL of its own host, without trailing slash. */
  url: string;
  port: number;
  key: SigningKey;
  /** DIDs of the bodies on nobody's trust list whose word it wants shown all the same. */
  attesters?: string[];
}

/** did:web of a host on loopback (https://w3c-ccg.github.io/did-method-web/: the port's colon is percent-encoded). */
export const loopbackDid = (port: number): string => `did:web:localhost%3A${port}`;
export const loopbackUrl = (port: number): string => `http://localhost:${port}`;

/** The id of a service at the host of such a DID. */
export const serviceAt = (did: string, slug: string): string =>
  `http://${decodeURIComponent(did.slice('did:web:'.length))}/offerings/${slug}`;
export const offeringId = (provider: Provider, product: Pick<Product, 'slug'>): string =>
  `${provider.url}/offerings/${product.slug}`;
export const legalUrl = (provider: Provider, document: string): string => `${provider.url}/legal/${document}`;

/** Finds the id of an offering by `company/slug`. @throws when the sample data names one that is not there */
export function lookUpOffering(providers: Provider[], name: string): string {
  const [slug, product] = name.split('/');
  const provider = providers.find(({ company }) => company.slug === slug);
  const found =
    provider &&
    [...provider.company.offerings, ...(provider.company.dataProducts ?? [])].find((item) => item.slug === product);
  if (!provider || !found) throw new Error(`The sample data rests on ${name}, which no company offers`);
  return offeringId(provider, found);
}
