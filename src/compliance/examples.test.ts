import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NOW, scheme } from '../../test/support/evaluation.ts';
import { claimsOf, compliance, credentialOf, fullOffering } from '../../test/support/offering.ts';
import type { JsonObject } from '../credentials/credential.ts';
import type { ClaimNode } from '../credentials/jsonld/claims.ts';
import type { EvidenceItem, TrustEntry } from './decision.ts';
import { evaluate } from './evaluate.ts';
import type { Test } from './scheme.ts';

const CLAIMS = resolve(import.meta.dirname, '../../examples/claims');
const COMPANY = 'did:web:localhost%3A8200';
const REGISTER: TrustEntry = {
  did: 'did:web:localhost%3A8201',
  name: 'Register for trying out',
  role: 'registration-number',
};

/** The claims of an example after the check of its shape, which it must pass. */
async function claims(name: string): Promise<ClaimNode> {
  const document = {
    issuer: COMPANY,
    validFrom: '2026-11-01T00:00:00Z',
    ...JSON.parse(readFileSync(join(CLAIMS, `${name}.json`), 'utf8')),
  };
  const subject = await claimsOf(document);
  expect(compliance.shapes.check(subject, { document }).filter(({ ok }) => !ok)).toEqual([]);
  return subject;
}

const evidence = (subject: ClaimNode, issuer: string): EvidenceItem => ({
  digest: `u${subject['@type']![0]}`,
  type: subject['@type']![0]!,
  about: [subject['@id']!],
  issuer,
  validFrom: '2026-11-01T00:00:00Z',
  validUntil: '2027-11-01T00:00:00Z',
  basis: 'unknown',
  facts: {},
});

describe('the claims of the quickstart', () => {
  test.each([
    ['offer', 'SC', ['P1.3.1', 'P6.1.2', 'P6.1.3', 'P6.1.4']],
    [
      'offer-l1',
      'L1',
      scheme.parts.flatMap((part) =>
        part.criteria.filter(({ levels }) => levels.L2 === 'certification').map(({ id }) => id),
      ),
    ],
  ])('%s.json reaches %s with the other claims', async (name, level, missing) => {
    const decision = evaluate({
      scheme,
      description: compliance.describe(await claims(name)),
      credential: { digest: 'uOffer', issuer: COMPANY, validUntil: '2027-11-01T00:00:00Z' },
      provider: {
        description: compliance.describe(await claims('company')),
        digest: 'uCompany',
        validUntil: '2027-11-01T00:00:00Z',
        issuer: COMPANY,
      },
      evidence: [evidence(await claims('vat'), REGISTER.did), evidence(await claims('terms'), COMPANY)],
      trust: [REGISTER],
      now: NOW,
    });
    expect(decision.level).toBe(level);
    expect(decision.next?.missing.map(({ id }) => id)).toEqual(missing);
  });

  test('both offers are versions of one listing', async () => {
    expect((await claims('offer-l1'))['@id']).toBe((await claims('offer'))['@id']);
  });
});

/** The advice of a test and of those within it. */
function mends(test: Test): string[] {
  const inner = 'all' in test ? test.all : 'any' in test ? test.any : 'not' in test ? [test.not] : [];
  return [...('mend' in test && test.mend ? [test.mend] : []), ...inner.flatMap(mends)];
}

describe('JSON in the advice of the scheme', () => {
  const snippets = [
    ...new Map(
      scheme.parts
        .flatMap(({ criteria }) => criteria)
        .flatMap(({ id, test: inner }) =>
          (inner ? mends(inner) : [])
            .flatMap((mend) => [...mend.matchAll(/"(gx:\w+)": (\{[^}]*\})/g)])
            .map(([, property, value]) => [id, property!, value!] as const),
        )
        .map((snippet) => [snippet.join(), snippet]),
    ).values(),
  ];

  test('is there for every property with structure of its own', () => {
    expect(snippets.map(([id, property]) => [id, property])).toEqual([
      ['P1.3.1', 'gx:servicePolicy'],
      ['P6.1.2', 'gx:energyUsageEfficiency'],
      ['P6.1.3', 'gx:energyMix'],
      ['P6.1.4', 'gx:waterUsageEffectiveness'],
    ]);
  });

  test.each(snippets)('%s: %s conforms and meets the criterion', async (id, property, value) => {
    const subject = fullOffering();
    const site = subject['gx:aggregationOfResources'] as JsonObject;
    const place = property === 'gx:servicePolicy' ? subject : site;
    delete place[property];
    const level = async () => {
      const document = credentialOf(subject);
      const given = await claimsOf(document);
      expect(compliance.shapes.check(given, { document }).filter(({ ok }) => !ok)).toEqual([]);
      const description = compliance.describe(given);
      const { criteria } = evaluate({
        scheme: { ...scheme, levels: scheme.levels.filter((one) => one.id === 'L1') },
        description,
        credential: { digest: 'u', issuer: COMPANY, validUntil: '2027-11-01T00:00:00Z' },
        evidence: [],
        trust: [],
        now: NOW,
      });
      return criteria.find((one) => one.id === id)!.result;
    };
    expect(await level()).not.toBe('met');
    place[property] = JSON.parse(value);
    expect(await level()).toBe('met');
  });
});
