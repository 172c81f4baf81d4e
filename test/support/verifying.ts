import { resolve } from 'node:path';
import { expect } from 'vitest';
import { Checks } from '../../src/credentials/check.ts';
import type { JsonObject, VerifiedCredential } from '../../src/credentials/credential.ts';
import { createHttp } from '../../src/credentials/http.ts';
import { loadContexts } from '../../src/credentials/jsonld/contexts.ts';
import { createDidResolver } from '../../src/credentials/keys/did.ts';
import { parse } from '../../src/credentials/parse.ts';
import { createVerifier } from '../../src/credentials/verify.ts';

export const NOW = new Date('2026-11-21T12:00:00Z');
export const clock = () => NOW;
export const contexts = loadContexts(resolve(import.meta.dirname, '../../shapes/contexts'));
export const http = createHttp({ allowPrivateNetwork: true, userAgent: 'test' });
export const verifier = createVerifier({
  contexts,
  http,
  clock,
  resolveDid: createDidResolver({ http, clock, allowPrivateNetwork: true }),
});

/** A good self-description, with changes. */
export const claim = (issuer: string, change: JsonObject = {}): JsonObject => ({
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/2511#'],
  id: 'urn:uuid:7c1f3c0e-6c9e-4c6e-9a63-7b0b4a3f9f01',
  type: ['VerifiableCredential', 'gx:LegalPerson'],
  issuer,
  validFrom: '2026-11-01T00:00:00Z',
  validUntil: '2027-01-01T00:00:00Z',
  credentialSubject: {
    id: issuer,
    type: 'gx:LegalPerson',
    name: 'Fjordsky AS',
    'gx:legalAddress': { type: 'gx:Address', 'gx:countryCode': 'NO' },
  },
  ...change,
});

/** Parses and verifies what a provider would send. */
export async function judge(
  body: string | Uint8Array,
  mediaType = 'application/vc+jwt',
): Promise<{ verified: VerifiedCredential | undefined; checks: Checks }> {
  const checks = new Checks();
  const parsed = parse(
    { bytes: Buffer.from(body), mediaType, source: { kind: 'provider' } },
    { objectBytes: 262_144 },
    checks,
  );
  const verified = parsed?.kind === 'credential' ? await verifier.credential(parsed.credential, checks) : undefined;
  return { verified, checks };
}
/** The first failure of something that must not verify. */
export const refusal = async (body: string | Uint8Array, mediaType?: string) => {
  const { verified, checks } = await judge(body, mediaType);
  expect(verified).toBeUndefined();
  return { ...checks.failure, last: checks.list.at(-1) };
};
