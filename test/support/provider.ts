import { vatCredential } from '../../demo/build/evidence.ts';
import type { Provider } from '../../demo/build/identity.ts';
import { serviceOffering } from '../../demo/build/offering.ts';
import { legalPerson, registrationId, termsAcceptance } from '../../demo/build/participant.ts';
import { COMPANIES } from '../../demo/companies/index.ts';
import type { Offering } from '../../demo/model.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import type { Alg } from '../../src/credentials/keys/keys.ts';
import { type DidHost, didHost } from './did-host.ts';

const DAY_MS = 86_400_000;

/** A sample company with its own did:web host and key, and everything it signs. */
export interface TestProvider extends Provider {
  host: DidHost;
  person: () => Promise<string>;
  terms: () => Promise<string>;
  offering: (slug: string, change?: Partial<Offering> & { from?: Date; until?: Date }) => Promise<string>;
  offeringId: (slug: string) => string;
  withdrawal: (slug: string, from?: Date) => Promise<string>;
  sign: (document: object) => Promise<string>;
}

export async function testProvider(now = new Date(), alg: Alg = 'EdDSA', at = 0): Promise<TestProvider> {
  const host = await didHost(alg);
  const company = COMPANIES[at]!;
  const provider: Provider = {
    company,
    did: host.did,
    url: host.url,
    port: Number(new URL(host.url).port),
    key: host.key,
  };
  const validity = { from: new Date(now.getTime() - DAY_MS), until: new Date(now.getTime() + 90 * DAY_MS) };
  const template = company.offerings[0]!;
  const sign = (document: object) => signJwt(document, host.key);
  return {
    ...provider,
    host,
    sign,
    person: () => sign(legalPerson(provider, validity)),
    terms: () => sign(termsAcceptance(provider, validity)),
    offeringId: (slug) => `${host.url}/offerings/${slug}`,
    offering: (slug, { from, until, ...change } = {}) =>
      sign(
        serviceOffering(
          provider,
          { ...template, dependsOn: [], name: `Offer ${slug}`, ...change, slug },
          { from: from ?? validity.from, until: until ?? validity.until },
          [provider],
        ),
      ),
    withdrawal: (slug, from = now) =>
      sign({
        '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
        type: ['VerifiableCredential', 'ListingWithdrawal'],
        issuer: host.did,
        validFrom: `${from.toISOString().slice(0, 19)}Z`,
        credentialSubject: { id: `${host.url}/offerings/${slug}` },
      }),
  };
}

/** A notary with its own host that vouches for registration numbers. */
export async function testNotary(now = new Date()) {
  const host = await didHost();
  const validity = { from: new Date(now.getTime() - DAY_MS), until: new Date(now.getTime() + 60 * DAY_MS) };
  return {
    host,
    trust: { did: host.did, role: 'registration-number' as const, name: 'Test notary' },
    vouch: (provider: Provider) =>
      signJwt(
        vatCredential(
          host.did,
          { id: registrationId(provider), number: provider.company.vat, country: provider.company.country },
          validity,
        ),
        host.key,
      ),
  };
}
