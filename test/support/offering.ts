import { join, resolve } from 'node:path';
import { loadCompliance } from '../../src/compliance/load.ts';
import { Checks } from '../../src/credentials/check.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import type { ClaimNode } from '../../src/credentials/jsonld/claims.ts';
import { loadContexts } from '../../src/credentials/jsonld/contexts.ts';
import { readClaims } from '../../src/credentials/jsonld/expand.ts';
import { expand } from '../../src/credentials/jsonld/rdf.ts';

export const SHAPES = resolve(import.meta.dirname, '../../shapes');
export const GAIA_X = 'https://w3id.org/gaia-x/development#';
export const compliance = loadCompliance(SHAPES);
const contexts = loadContexts(join(SHAPES, 'contexts'));

/** A credential document around a subject. */
export function credentialOf(subject: object, gaiaX = GAIA_X): JsonObject {
  return {
    '@context': ['https://www.w3.org/ns/credentials/v2', gaiaX, 'https://w3id.org/kontor/v1'],
    type: ['VerifiableCredential'],
    issuer: 'did:web:nordlys.example',
    validFrom: '2026-11-01T00:00:00Z',
    credentialSubject: subject,
  };
}

/** The claim tree of a document's first subject, through the same expansion as the node's. */
export async function claimsOf(document: JsonObject): Promise<ClaimNode> {
  const checks = new Checks();
  const expanded = readClaims(await expand(document, contexts), checks);
  if (!expanded) throw new Error(JSON.stringify(checks.list));
  return expanded.subjects[0]!;
}

export const PROVIDER = 'did:web:nordlys.example';
const url = (path: string) => `https://nordlys.example/legal/${path}`;

/** The classes of documents that Gaia-X SC and L1 ask a service for. */
export const DOCUMENTS = [
  'BusinessContinuityMeasures',
  'CustomerDataProcessingTerms',
  'CustomerDataAccessTerms',
  'DocumentChangeProcedures',
  'CopyrightAndIntellectualPropertyDocument',
  'DataProtectionRegulationMeasures',
  'RoleAndResponsibilities',
  'CustomerAuditingRights',
  'InformationSecurityOrganization',
  'InformationSecurityPolicies',
  'InformationSecurityRiskManagement',
  'EmployeeResponsibilities',
  'AssetsManagement',
  'PhysicalSecurity',
  'OperationalSecurity',
  'AccessControlManagement',
  'ChangeAndConfigurationManagement',
  'DevelopmentCycleSecurity',
  'ProcurementManagementSecurity',
  'SecurityIncidentManagement',
  'ComplianceAssurance',
  'UserDocumentationMaintenance',
  'GovernmentInvestigationManagement',
  'ProductSecurity',
  'EnvironmentalImpactReport',
] as const;

const document = (type: string, more: object = {}) => ({ type: `gx:${type}`, 'gx:url': url(type), ...more });

/** A service offering that says all that Gaia-X L1 asks for, and an answer to each of the twelve questions. */
export const fullOffering = (): JsonObject => ({
  id: 'https://nordlys.example/offerings/kubernetes',
  type: 'gx:ServiceOffering',
  name: 'Fjord Managed Kubernetes',
  description: 'Kubernetes in two Norwegian regions.',
  'gx:keyword': ['kubernetes', 'containers'],
  'gx:providedBy': { id: PROVIDER },
  'gx:serviceOfferingTermsAndConditions': {
    type: 'gx:TermsAndConditions',
    'gx:url': url('terms'),
    'gx:hash': 'b'.repeat(64),
  },
  'gx:legalDocuments': [
    document('LegallyBindingAct', { 'gx:governingLawCountries': ['NO'], 'gx:involvedParties': { id: PROVIDER } }),
    document('ServiceAgreementOffer', { 'gx:governingLawCountries': ['NO'] }),
    ...DOCUMENTS.map((type) => document(type)),
  ],
  'gx:providerContactInformation': {
    type: 'gx:ContactInformation',
    'gx:url': 'https://nordlys.example/contact',
    'gx:email': 'help@nordlys.example',
  },
  'gx:servicePolicy': { type: 'gx:AccessUsagePolicy', 'gx:policyLanguage': 'ODRL', 'gx:policyDocument': url('policy') },
  'gx:requiredMeasures': {
    type: 'gx:Measure',
    description: 'Two sites',
    'gx:legalDocuments': document('OperationalSecurity'),
  },
  'gx:customerInstructions': {
    type: 'gx:CustomerInstructions',
    'gx:terms': document('LegalDocument'),
    'gx:means': document('LegalDocument'),
  },
  'gx:subContractors': {
    type: 'gx:SubContractor',
    'gx:legalName': 'Havn Drift AS',
    'gx:applicableJurisdiction': 'NO',
    'gx:communicationMethods': 'email to the contract holder',
    'gx:informationDocuments': document('LegalDocument'),
  },
  'gx:possiblePersonalDataTransfers': [
    {
      type: 'gx:ThirdCountryDataTransfer',
      'gx:country': 'CH',
      'gx:reason': 'support at night',
      'gx:scope': 'contact data',
      'gx:securingMechanism': 'adequacy decision',
    },
    {
      type: 'gx:SubProcessorDataTransfer',
      'gx:reason': 'operation of the network',
      'gx:scope': 'addresses',
      'gx:subProcessorManagement': document('LegalDocument'),
    },
  ],
  'gx:dataPortability': {
    type: 'gx:DataPortability',
    'gx:resource': 'volumes and cluster state',
    'gx:means': 'API',
    'gx:documentations': url('export'),
    'gx:legalDocument': document('LegalDocument'),
    'gx:deletionMethods': 'erasure of keys',
    'gx:deletionTimeframe': 'P30D',
    'gx:formats': ['etcd snapshot', 'OCI'],
    'gx:pricing': url('pricing'),
  },
  'gx:cryptographicSecurityStandards': ['RFC8446'],
  'gx:aggregationOfResources': {
    type: 'gx:Datacenter',
    name: 'Oslo 1',
    'gx:location': {
      type: 'gx:Address',
      'gx:countryCode': 'NO',
      'vcard:locality': 'Oslo',
      'gx:gps': {
        type: 'gx:GPSLocation',
        'gx:latitude': { type: 'gx:GPSUnit', 'gx:degrees': 59, 'gx:minutes': 54, 'gx:seconds': 36 },
        'gx:longitude': '10.75',
      },
    },
    'gx:maintainedBy': { id: PROVIDER },
    'gx:aggregationOfResources': { type: 'gx:AvailabilityZone', name: 'az-1' },
    'gx:energyUsageEfficiency': { type: 'gx:EnergyUsageEfficiency', 'gx:powerUsageEffectiveness': 1.11 },
    'gx:waterUsageEffectiveness': { type: 'gx:WaterUsageEffectiveness', 'gx:waterUsageEffectiveness': 0.1 },
    'gx:energyMix': {
      type: 'gx:EnergyMix',
      'gx:renewableEnergy': 0.98,
      'gx:hourlyCarbonFreeEnergy': 0.9,
      'gx:attainmentDate': '2026-01-01',
    },
  },
  'kontor:dataLocation': [
    { type: 'kontor:DataLocation', 'kontor:purpose': 'storage', 'kontor:country': 'NO', 'kontor:locality': 'Oslo' },
    { type: 'kontor:DataLocation', 'kontor:purpose': 'backup', 'kontor:country': 'NO' },
  ],
  'kontor:customerChoosesLocation': true,
  'kontor:exitPlan': {
    type: 'kontor:ExitPlan',
    'kontor:url': url('exit'),
    'kontor:noticeDays': 30,
    'kontor:retrievalDays': 60,
    'kontor:switchingCharges': 'none',
    'kontor:testedOn': '2026-08-12',
  },
  'kontor:openInterface': ['Kubernetes', 'OCI'],
  'kontor:stackLicence': ['Apache-2.0'],
  'kontor:encryption': { type: 'kontor:Encryption', 'kontor:atRest': true, 'kontor:keyHolder': 'customer' },
  'kontor:operations': {
    type: 'kontor:Operations',
    'kontor:supportCountry': ['NO', 'DK'],
    'kontor:language': ['nb', 'en'],
    'kontor:hours': '24/7',
  },
  'kontor:ai': {
    type: 'kontor:AiService',
    'kontor:model': 'Ravn 7B',
    'kontor:openWeights': true,
    'kontor:inferenceCountry': 'NO',
  },
  'kontor:environment': { type: 'kontor:Environment', 'kontor:energySource': 'hydro', 'kontor:heatReuse': true },
  'kontor:price': {
    type: 'kontor:Price',
    'kontor:priceModel': 'per use',
    'kontor:amount': 0.041,
    'kontor:unit': 'vCPU hour',
    'kontor:currency': 'EUR',
  },
  'kontor:dependency': {
    type: 'kontor:Dependency',
    'kontor:dependencyKind': 'software',
    'kontor:dependencyName': 'Kubernetes',
  },
});

export const fullProvider = (): JsonObject => ({
  id: PROVIDER,
  type: 'gx:LegalPerson',
  name: 'Nordlys Sky AS',
  'gx:registrationNumber': { id: `${PROVIDER}#vat` },
  'gx:headquartersAddress': { type: 'gx:Address', 'gx:countryCode': 'NO' },
  'gx:legalAddress': { type: 'gx:Address', 'gx:countryCode': 'NO' },
});
