import type { Provider } from './identity.ts';
import { address, credential, type Node, reference, said, type Validity } from './values.ts';

/** SHA-256 of the Gaia-X terms and conditions that a participant accepts, as the 25.11 shape of gx:Issuer lists it. */
export const GAIA_X_TERMS = '067dcac5efd18c1927deb1ffed3feab6d0ad044c0a9a263e6d5d8bdc43224515';

/** Where the notary's credential about the registration number will be found. */
export const registrationId = (provider: Provider): string => `${provider.did}#vat`;

/** The company about itself: gx:LegalPerson with both addresses and a registration number that a notary vouches for. */
export function legalPerson(provider: Provider, validity: Validity): Node {
  const { company } = provider;
  const seat = address({
    country: company.country,
    city: company.city,
    street: company.street,
    postalCode: company.postalCode,
  });
  return credential(
    ['gx:LegalPerson'],
    provider.did,
    validity,
    said({
      id: provider.did,
      type: 'gx:LegalPerson',
      name: company.name,
      description: company.about,
      'gx:registrationNumber': reference(registrationId(provider)),
      'gx:legalAddress': seat,
      'gx:headquartersAddress': seat,
      'kontor:ultimateParent': company.ultimateParent && {
        type: 'kontor:Party',
        'kontor:partyName': company.ultimateParent.name,
        'kontor:country': company.ultimateParent.country,
      },
    }),
  );
}

/** The company accepts the Gaia-X terms, in its own name. */
export function termsAcceptance(provider: Provider, validity: Validity): Node {
  return credential(['gx:Issuer'], provider.did, validity, {
    id: provider.did,
    type: 'gx:Issuer',
    'gx:gaiaxTermsAndConditions': GAIA_X_TERMS,
  });
}
