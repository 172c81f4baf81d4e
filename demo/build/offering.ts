import type { Offering } from '../model.ts';
import { LEGAL_DOCUMENTS, legalDocument, legalPage, plainDocument } from './documents.ts';
import { commonFacts, sitesOf } from './facts.ts';
import { legalUrl, offeringId, type Provider } from './identity.ts';
import { datacentre, specifics } from './resources.ts';
import { credential, hashOf, type Node, reference, said, uri, type Validity } from './values.ts';

/** gx:TermsAndConditions with the hash of the page as the provider's host serves it. */
export const termsNode = (provider: Provider, type: string, page: string): Node => ({
  type,
  'gx:url': uri(legalUrl(provider, page)),
  'gx:hash': hashOf(legalPage(provider.company, page)),
});

export const contactNode = (provider: Provider): Node => ({
  type: 'gx:ContactInformation',
  'gx:url': uri(legalUrl(provider, 'contact')),
  'gx:email': `contact@${provider.company.slug}.example`,
});

/** How a customer's data leaves again, as gx:DataPortability asks for it. */
const portability = (provider: Provider, offering: Offering): Node => ({
  type: 'gx:DataPortability',
  'gx:resource': offering.name,
  'gx:means': 'Export by the customer at any time, through the interface or as an archive',
  'gx:documentations': uri(legalUrl(provider, 'portability')),
  'gx:legalDocument': legalDocument(provider, 'LegallyBindingAct'),
  'gx:deletionMethods': 'Keys are destroyed, then the media are overwritten; the customer gets a signed record',
  'gx:deletionTimeframe': `${offering.exit?.retrievalDays ?? 30} days after the end of the contract`,
  'gx:formats': offering.exit?.formats ?? ['application/x-tar'],
  'gx:pricing': uri(legalUrl(provider, 'pricing')),
  'gx:contactInformation': contactNode(provider),
});

function transfers(provider: Provider): Node[] {
  const management = plainDocument(provider, 'sub-processors');
  const within = provider.company.subContractors.map(({ name }) => ({
    type: 'gx:SubProcessorDataTransfer',
    'gx:reason': `${name} keeps equipment and second-line support running`,
    'gx:scope': 'Contact data of named administrators; no customer content',
    'gx:subProcessorManagement': management,
  }));
  const abroad = (provider.company.thirdCountries ?? []).map(({ country, reason, scope, securing }) => ({
    type: 'gx:ThirdCountryDataTransfer',
    'gx:country': country,
    'gx:reason': reason,
    'gx:scope': scope,
    'gx:securingMechanism': securing,
  }));
  return [...within, ...abroad];
}

/**
 * A service offering with everything Gaia-X Standard Compliance and Label Level 1 ask for, minus what the sample says
 * the provider left out.
 */
export function serviceOffering(
  provider: Provider,
  offering: Offering,
  validity: Validity,
  providers: Provider[],
): Node {
  const omit = new Set(offering.omit ?? []);
  const { type, ...special } = specifics(provider, offering);
  const documents = Object.keys(LEGAL_DOCUMENTS).filter((kind) => !omit.has(kind));
  const subject: Node = {
    id: offeringId(provider, offering),
    type,
    name: offering.name,
    description: offering.description,
    'gx:keyword': offering.keywords,
    'gx:provisionType': 'public',
    'gx:providedBy': reference(provider.did),
    'gx:serviceOfferingTermsAndConditions': termsNode(provider, 'gx:TermsAndConditions', 'terms'),
    ...special,
    'gx:legalDocuments': documents.map((kind) => legalDocument(provider, kind, offering.law)),
    'gx:providerContactInformation': contactNode(provider),
    'gx:dataProtectionRegime': 'GDPR2016',
    'gx:cryptographicSecurityStandards': ['RFC8446', 'FIPS186-5'],
    'gx:requiredMeasures': {
      type: 'gx:Measure',
      description: 'Technical and organisational measures under Article 32 GDPR, matched to the roles of both sides',
      'gx:legalDocuments': [
        legalDocument(provider, 'RoleAndResponsibilities'),
        legalDocument(provider, 'DataProtectionRegulationMeasures'),
      ],
    },
    'gx:customerInstructions': {
      type: 'gx:CustomerInstructions',
      'gx:terms': plainDocument(provider, 'instructions-terms'),
      'gx:means': plainDocument(provider, 'instructions-means'),
    },
    'gx:subContractors': provider.company.subContractors.map(({ name, country }) => ({
      type: 'gx:SubContractor',
      'gx:legalName': name,
      'gx:applicableJurisdiction': country,
      'gx:communicationMethods': 'Mail to all customers, and the page named here',
      'gx:informationDocuments': uri(legalUrl(provider, 'sub-processors')),
    })),
    'gx:possiblePersonalDataTransfers': transfers(provider),
    'kontor:noThirdCountryTransfer': provider.company.thirdCountries ? undefined : true,
    'gx:dataPortability': portability(provider, offering),
    'gx:dataAccountExport': {
      type: 'gx:DataAccountExport',
      'gx:requestType': 'API',
      'gx:accessType': 'digital',
      'gx:formatType': 'application/json',
    },
    'gx:servicePolicy': {
      type: 'gx:AccessUsagePolicy',
      'gx:policyLanguage': 'ODRL',
      'gx:policyDocument': uri(legalUrl(provider, 'usage-policy')),
    },
    'gx:aggregationOfResources': sitesOf(provider, offering).map((site) => datacentre(provider, site, offering.omit)),
    ...commonFacts(provider, offering, providers),
  };
  for (const name of omit) delete subject[`gx:${name}`];
  return credential([type], provider.did, validity, said(subject));
}
