import type { Company } from '../model.ts';
import { legalUrl, type Provider } from './identity.ts';
import { type Node, reference, said, uri } from './values.ts';

/**
 * The 27 kinds of gx:LegalDocument of Gaia-X 25.11, each with the sentence that a provider's own page says under it.
 * The pages are real: the provider's host serves them, and hashes in credentials are taken from what it serves.
 */
export const LEGAL_DOCUMENTS: Record<string, string> = {
  LegallyBindingAct:
    'This is the master agreement. It binds the provider and the customer and covers the whole service with all its parts.',
  ServiceAgreementOffer:
    'This offer adds a data-processing agreement under Article 28 GDPR to the master agreement, under the law of the same country.',
  CustomerDataProcessingTerms:
    'Customer data is processed to deliver the service and for nothing else, on instructions that are kept on file.',
  CustomerDataAccessTerms:
    'Staff open customer data only when the customer has agreed in the ticket or a law of the named country demands it.',
  DataProtectionRegulationMeasures:
    'The technical and organisational measures under Article 32 GDPR, with the date each was last reviewed.',
  RoleAndResponsibilities:
    'Who is controller, who is processor, who answers within which time, for each step of the service.',
  CustomerAuditingRights:
    'Customers may audit once a year with thirty days of notice, and at once after an incident that concerns them.',
  DocumentChangeProcedures:
    'Changes to any of these documents are announced ninety days ahead by mail and in the change feed.',
  BusinessContinuityMeasures:
    'What happens in an outage, in insolvency and if the service ends, and when each plan was last rehearsed.',
  CopyrightAndIntellectualPropertyDocument:
    'Who holds which rights in software, in configuration and in what customers create with the service.',
  InformationSecurityOrganization: 'How information security is organised, led and improved across the company.',
  InformationSecurityPolicies:
    'The security policy that the board signed, and the procedures that put it into practice.',
  InformationSecurityRiskManagement: 'How risks are found, rated and treated, and who accepts what remains.',
  EmployeeResponsibilities:
    'What staff sign and learn before they get access, and what happens to that access when they change role or leave.',
  AssetsManagement:
    'The inventory of the equipment and software behind the service, with an owner for each item over its whole life.',
  PhysicalSecurity: 'Fences, locks, fire, power and cooling of each site, and who may enter it.',
  OperationalSecurity: 'Capacity, malware, logging, vulnerabilities and failures in daily operation.',
  AccessControlManagement: 'Who gets which access by which identity, for how long, and how it is reviewed.',
  ChangeAndConfigurationManagement: 'How changes are proposed, tested, approved and rolled back.',
  DevelopmentCycleSecurity: 'Threat models, reviews, tests and signed builds in the development of the service.',
  ProcurementManagementSecurity: 'What suppliers must promise, and how their delivery is watched.',
  SecurityIncidentManagement: 'How incidents are reported, rated, told to customers and learned from.',
  ComplianceAssurance: 'How legal, contractual and own duties are listed and checked.',
  UserDocumentationMaintenance:
    'Guidance for a secure set-up and known vulnerabilities, kept current with each release.',
  GovernmentInvestigationManagement:
    'Each request of an authority is examined by counsel, disclosed where the law allows, and answered with the least data that satisfies it.',
  ProductSecurity:
    'The mechanisms customers need to use the service securely: roles, logs, encryption, multi-factor sign-in.',
  EnvironmentalImpactReport: 'Energy, water and hardware behind the service in the last calendar year.',
};

/** Further pages that credentials point to; none of them is a gx:LegalDocument. */
const PAGES: Record<string, string> = {
  terms: 'General terms and conditions of the service, in the edition of September 2026.',
  'usage-policy': 'An ODRL policy: customers may use the service within their contract; resale needs an agreement.',
  'data-usage-policy': 'How data that comes about by using the service is handled.',
  'instructions-terms':
    'Customers instruct the processing of personal data in text form; each instruction is confirmed.',
  'instructions-means':
    'Instructions are given in the customer portal or through its interface, signed by a named person.',
  'sub-processors':
    'The list of sub-processors, how they are chosen and supervised, and how a change is announced sixty days ahead.',
  portability: 'How to take out all data: formats, interfaces, steps, time frames.',
  pricing: 'Price list, and what leaving costs.',
  'exit-plan': 'The exit plan: export while the service runs, retrieval after notice, deletion with a signed record.',
  contact: 'How to reach people about the service and the contract.',
};

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The page under `/legal/{name}`. The same input gives the same bytes, because credentials carry its hash. */
export function legalPage(company: Company, name: string): string {
  const text = LEGAL_DOCUMENTS[name] ?? PAGES[name] ?? '';
  const title = name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('-', ' ');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)} - ${escaped(company.name)}</title>
<h1>${escaped(title)}</h1><p>${escaped(text)}</p><p>${escaped(company.name)}, ${escaped(company.street)}, ${escaped(company.postalCode)} ${escaped(company.city)}</p></html>
`;
}

/** Every page a company's host serves under `/legal/`. */
export const legalPages = (company: Company): Record<string, string> =>
  Object.fromEntries(
    [...Object.keys(LEGAL_DOCUMENTS), ...Object.keys(PAGES)].map((name) => [name, legalPage(company, name)]),
  );

/** One gx:LegalDocument of a kind, under the law and between the parties of the company's contract. */
export function legalDocument(provider: Provider, kind: string, law = [provider.company.country]): Node {
  const binding = kind === 'LegallyBindingAct' || kind === 'ServiceAgreementOffer';
  return said({
    type: `gx:${kind}`,
    'gx:url': uri(legalUrl(provider, kind)),
    'gx:mimeTypes': 'text/html',
    'gx:governingLawCountries': binding ? law : undefined,
    'gx:involvedParties': binding ? reference(provider.did) : undefined,
  });
}

/** A gx:LegalDocument that is none of the 27 kinds. */
export const plainDocument = (provider: Provider, page: string): Node => ({
  type: 'gx:LegalDocument',
  'gx:url': uri(legalUrl(provider, page)),
  'gx:mimeTypes': 'text/html',
});
