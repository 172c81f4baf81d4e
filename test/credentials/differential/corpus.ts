import { resolve } from 'node:path';
import type { JsonObject } from '../../../src/credentials/credential.ts';
import { generateDidKey, type SigningKey } from '../../../src/credentials/issuing/identity.ts';
import { signDataIntegrity } from '../../../src/credentials/issuing/sign.ts';
import { loadContexts } from '../../../src/credentials/jsonld/contexts.ts';
import { multikeyOf } from '../../../src/credentials/keys/keys.ts';
import type { Job } from './job.ts';

export const CONTEXTS_DIR = resolve(import.meta.dirname, '../../../shapes/contexts');
export const contexts = loadContexts(CONTEXTS_DIR);

const V2 = 'https://www.w3.org/ns/credentials/v2';
const GAIA_X = 'https://w3id.org/gaia-x/development#';

const person = (key: SigningKey): JsonObject => ({
  '@context': [V2, GAIA_X],
  id: 'urn:uuid:0c8b1a6e-5d0f-4f0d-9b7e-3a1f5d2c7e10',
  type: ['VerifiableCredential', 'gx:LegalPerson'],
  issuer: key.did,
  validFrom: '2026-11-01T00:00:00Z',
  credentialSubject: {
    id: 'https://nordlys.example/company',
    type: 'gx:LegalPerson',
    'gx:legalAddress': { type: 'gx:Address', 'gx:countryCode': 'NO' },
    'gx:headquartersAddress': { type: 'gx:Address', 'gx:countryCode': 'SE' },
  },
});

const offering = (key: SigningKey): JsonObject => ({
  '@context': [V2, GAIA_X, 'https://w3id.org/kontor/v1'],
  id: 'urn:uuid:2f5a0cb0-53a4-4a0f-8f5e-8f0a4f6f3b11',
  type: ['VerifiableCredential', 'gx:ServiceOffering'],
  name: { '@value': 'Object storage', '@language': 'en' },
  issuer: { id: key.did, name: 'Nordlys' },
  validFrom: '2026-11-01T00:00:00Z',
  validUntil: '2027-11-01T00:00:00Z',
  credentialSubject: {
    id: 'https://nordlys.example/offering/1',
    type: 'gx:ServiceOffering',
    'gx:name': 'Object storage',
    'gx:keyword': ['storage', 'object'],
    'gx:providedBy': { id: 'https://nordlys.example/company' },
    'gx:serviceOfferingTermsAndConditions': [1, 2].map((one) => ({
      type: 'gx:TermsAndConditions',
      'gx:url': { '@value': `https://nordlys.example/terms/${one}`, '@type': 'xsd:anyURI' },
      'gx:hash': 'ab12',
    })),
    'kontor:exitPlan': { 'kontor:noticeDays': 30 },
  },
});

/** Documents signed with every cryptosuite, each with the key that verifies it. */
export async function corpus(): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const alg of ['EdDSA', 'ES256', 'ES384'] as const) {
    const key = generateDidKey(alg);
    const method = {
      '@context': 'https://w3id.org/security/multikey/v1',
      id: key.id,
      type: 'Multikey',
      controller: key.did,
      publicKeyMultibase: multikeyOf(key.publicJwk),
    };
    for (const make of [person, offering])
      for (const kind of ['rdfc', 'jcs'] as const) {
        const cryptosuite = alg === 'EdDSA' ? (`eddsa-${kind}-2022` as const) : (`ecdsa-${kind}-2019` as const);
        jobs.push({ document: await signDataIntegrity(make(key), key, contexts, { cryptosuite }), method });
      }
  }
  return jobs;
}
