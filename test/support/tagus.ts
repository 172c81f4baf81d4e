import type { JsonObject } from '../../src/credentials/credential.ts';

/** The context of Gaia-X 22.10, by the URL that most credentials of that time name. */
export const TAGUS =
  'https://registry.lab.gaia-x.eu/development/api/trusted-shape-registry/v1/shapes/jsonld/trustframework#';

/** A credential as that time wrote it: VC 1.1, with the suite's context. */
export const tagusCredential = (subject: object, issuer = 'did:web:nordlys.example', context = TAGUS): JsonObject => ({
  '@context': [
    'https://www.w3.org/2018/credentials/v1',
    'https://w3id.org/security/suites/jws-2020/v1',
    context,
    'https://w3id.org/kontor/v1',
  ],
  type: ['VerifiableCredential'],
  issuer,
  issuanceDate: '2026-11-01T00:00:00Z',
  expirationDate: '2027-10-01T00:00:00Z',
  credentialSubject: subject,
});

export const tagusParticipant = (base: string): JsonObject => ({
  id: `${base}/participant.json#subject`,
  type: 'gx:LegalParticipant',
  'gx:legalName': 'Nordlys Sky AS',
  'gx:legalRegistrationNumber': { id: `${base}/lrn.json#subject` },
  'gx:headquarterAddress': { 'gx:countrySubdivisionCode': 'NO-03' },
  'gx:legalAddress': { type: 'gx:legalAddress', 'gx:countrySubdivisionCode': 'DE-BE' },
});

export const tagusNumber = (base: string): JsonObject => ({
  id: `${base}/lrn.json#subject`,
  type: 'gx:legalRegistrationNumber',
  'gx:vatID': 'NO987654321MVA',
  'gx:vatID-countryCode': 'NO',
});

export const tagusResource = (base: string): JsonObject => ({
  id: `${base}/oslo.json#subject`,
  type: 'gx:PhysicalResource',
  'gx:name': 'Oslo 1',
  'gx:maintainedBy': { id: `${base}/participant.json#subject` },
  'gx:locationAddress': {
    type: 'http://www.w3.org/2006/vcard/ns#Address',
    'gx:countryCode': 'NO',
    'http://www.w3.org/2006/vcard/ns#locality': 'Oslo',
  },
});

export const tagusOffering = (base: string): JsonObject => ({
  id: `${base}/offering.json#subject`,
  type: 'gx:ServiceOffering',
  'gx:name': 'Fjord Object Storage',
  'gx:description': 'Storage under Norwegian law.',
  'gx:providedBy': { id: `${base}/participant.json#subject` },
  'gx:termsAndConditions': [{ 'gx:URL': `${base}/terms`, 'gx:hash': 'a'.repeat(64) }],
  'gx:policy': [''],
  'gx:dataProtectionRegime': 'GDPR2016',
  'gx:dataAccountExport': {
    'gx:requestType': 'API',
    'gx:accessType': 'digital',
    'gx:formatType': 'application/json',
  },
  'gx:dependsOn': { id: `${base}/network.json#subject` },
  'gx:aggregationOf': { id: `${base}/oslo.json#subject` },
});
