import type { Decision, EvidenceItem, TrustEntry } from '../../src/compliance/decision.ts';
import { type EvaluationInput, evaluate } from '../../src/compliance/evaluate.ts';
import type { CriteriaScheme } from '../../src/compliance/scheme.ts';
import { claimsOf, compliance, credentialOf, fullOffering, fullProvider, PROVIDER } from './offering.ts';

export const NOW = new Date('2026-11-21T09:00:00Z');
export const NOTARY = 'did:web:notary.example';
export const scheme = compliance.schemes().find(({ id }) => id === 'gaia-x') as CriteriaScheme;
export const services = scheme.parts.find(({ name }) => name === 'services')!;

export const offering = compliance.describe(await claimsOf(credentialOf(fullOffering())));
export const provider = compliance.describe(await claimsOf(credentialOf(fullProvider())));

export const vat = (more: Partial<EvidenceItem> = {}): EvidenceItem => ({
  digest: 'uVat',
  type: 'gx:VatID',
  about: [`${PROVIDER}#vat`],
  issuer: NOTARY,
  validFrom: '2026-01-01T00:00:00Z',
  validUntil: '2027-06-01T00:00:00Z',
  basis: 'unknown',
  facts: { vatID: 'NO999999999MVA', countryCode: 'NO' },
  ...more,
});
export const acceptance = (more: Partial<EvidenceItem> = {}): EvidenceItem => ({
  ...vat(),
  digest: 'uTerms',
  type: 'gx:Issuer',
  about: [PROVIDER],
  issuer: PROVIDER,
  validUntil: '2027-08-01T00:00:00Z',
  facts: {},
  ...more,
});
export const TRUST: TrustEntry[] = [{ did: NOTARY, name: 'Notary of the North', role: 'registration-number' }];

/** An offering that meets everything. */
export const good = (): EvaluationInput => ({
  scheme,
  description: structuredClone(offering),
  credential: { digest: 'uOffering', issuer: PROVIDER, validUntil: '2027-10-31T00:00:00Z' },
  provider: {
    description: structuredClone(provider),
    digest: 'uProvider',
    validUntil: '2027-10-30T00:00:00Z',
    issuer: PROVIDER,
  },
  evidence: [vat(), acceptance()],
  trust: TRUST,
  now: NOW,
});

/** Every criterion of SC and L1 that does not hold, whatever level was reached. */
export function failing(input: EvaluationInput): Map<string, Decision['criteria'][number]> {
  const shown = ['SC', 'L1'].flatMap((level) => failingAt(level, input));
  return new Map(shown.map((one) => [one.id, one]));
}

/** The criteria of one level that do not hold: what is shown where no other level can be reached. */
export const failingAt = (level: string, input: EvaluationInput): Decision['criteria'] =>
  evaluate({
    ...input,
    scheme: { ...input.scheme, levels: input.scheme.levels.filter(({ id }) => id === level) },
  }).criteria.filter(({ result }) => result !== 'met');
