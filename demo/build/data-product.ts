import type { DataProduct } from '../model.ts';
import { LEGAL_DOCUMENTS, legalDocument } from './documents.ts';
import { commonFacts } from './facts.ts';
import { offeringId, type Provider } from './identity.ts';
import { contactNode, termsNode } from './offering.ts';
import { credential, type Node, reference, said, uri, type Validity } from './values.ts';

/** A data product with every property gx:DataProduct of 25.11 asks for. */
export function dataProduct(provider: Provider, product: DataProduct, validity: Validity, providers: Provider[]): Node {
  const omit = new Set(product.omit ?? []);
  const { 'gx:dependsOn': _, ...facts } = commonFacts(provider, product, providers);
  const subject: Node = {
    id: offeringId(provider, product),
    type: 'gx:DataProduct',
    name: product.name,
    description: product.description,
    'gx:keyword': product.keywords,
    'gx:digitalServiceOfferingIdentifier': `${provider.company.slug}:${product.slug}`,
    'gx:digitalServiceOfferingName': product.name,
    'gx:digitalServiceOfferingShortDescription': product.description,
    'gx:digitalServiceOfferingLaunchDate': product.launched,
    'gx:digitalServiceOfferingProvider': reference(provider.did),
    'gx:digitalServiceOfferingTermsAndConditions': termsNode(provider, 'gx:ServiceTermsAndConditions', 'terms'),
    'gx:digitalServiceUsageTermsAndConditions': termsNode(provider, 'gx:UsageTermsAndConditions', 'usage-policy'),
    'gx:digitalServiceUsageDataPolicy': termsNode(provider, 'gx:TermsAndConditions', 'data-usage-policy'),
    'gx:digitalServiceLegalDocuments': Object.keys(LEGAL_DOCUMENTS)
      .filter((kind) => !omit.has(kind))
      .map((kind) => legalDocument(provider, kind, product.law)),
    'gx:digitalServiceOfferingContactInformation': contactNode(provider),
    'gx:dataRightsHolders': reference(provider.did),
    'gx:dataProductDescription': {
      type: 'gx:DataProductDescription',
      'dcat:Dataset': product.name,
      'gx:dataLicense': { type: 'gx:DataLicense', 'gx:genericLicense': uri(product.licence) },
      'gx:dataProductConfigurationParameters': {
        type: 'gx:DataProductConfigurationParameter',
        'gx:parameterName': product.parameter.name,
        'gx:parameterDescription': product.parameter.description,
        'gx:parameterAdmissibleValues': product.parameter.values,
      },
    },
    ...facts,
  };
  for (const name of omit) delete subject[`gx:${name}`];
  return credential(['gx:DataProduct'], provider.did, validity, said(subject));
}
