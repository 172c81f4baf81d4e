import type { Provider } from './identity.ts';
import { address, credential, type Node, reference, said, type Validity } from './values.ts';

/** SHA-256 of the Gaia-X terms and conditions that a participant accepts, as the 25.11 shape of gx:Issuer lists it. */
export const GAIA_X_TERMS = '4bd7554097444c960292b4726c2efa1373485e8a5565d94d41195214c5e0ceb3';

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
