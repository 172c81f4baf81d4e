import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { claimsOf, compliance, credentialOf, fullOffering, fullProvider } from '../../test/support/offering.ts';
import { digestOf } from '../credentials/digest.ts';
import type { ClaimNode } from '../credentials/jsonld/claims.ts';

const { shapes } = compliance;
const SHAPES = resolve(import.meta.dirname, '../../shapes/json');

async function check(subject: object, gaiaX?: string) {
  const document = credentialOf(subject, gaiaX);
  return shapes.check(await claimsOf(document), { document });
}
const failures = async (subject: object, gaiaX?: string) => (await check(subject, gaiaX)).filter(({ ok }) => !ok);

const LOCATION = { 'kontor:purpose': 'storage', 'kontor:country': 'NO' };

describe('what was meant', () => {
  test('a word of another vocabulary is told as that, beside what is missing', async () => {
    const subject = { ...fullOffering(), 'kontor:dataLocation': { 'kontor:purpose': 'storage', country: 'NO' } };
    expect(await failures(subject)).toEqual([
      expect.objectContaining({
        path: '/credentialSubject/kontor:dataLocation',
        property: 'kontor:country',
        found: 'nothing',
        why: 'kontor:country is missing: a kontor:DataLocation must state it',
        mend: 'Add for example "kontor:country": "NO"',
        rule: 'kontor:DataLocation#required',
      }),
      expect.objectContaining({
        path: '/credentialSubject/kontor:dataLocation/country',
        property: 'country',
        why: 'country (gx:country) does not belong on a kontor:DataLocation; did you mean kontor:country?',
        mend: 'Write kontor:country',
        rule: 'kontor:DataLocation#closed',
      }),
    ]);
    const prefixed = { ...fullOffering(), 'kontor:dataLocation': { ...LOCATION, 'gx:country': 'NO' } };
    expect(await failures(prefixed)).toEqual([
      expect.objectContaining({ property: 'gx:country', rule: 'kontor:DataLocation#closed' }),
    ]);
  });

  test('a type that is nearly one, in the namespace already named', async () => {
    for (const [type, mend] of [
      ['ServiceOffer', 'Write ServiceOffering'],
      ['gx:ServiceOffer', 'Write gx:ServiceOffering'],
    ] as const)
      expect(await failures({ ...fullOffering(), type }, 'https://w3id.org/gaia-x/2511#')).toEqual([
        expect.objectContaining({ path: '/credentialSubject/type', rule: 'shape', mend }),
      ]);
  });
});

describe('never conforming by default', () => {
  test('the namespace trap: gx: mapped elsewhere (H-090)', () => {
    const trap: ClaimNode = {
      '@id': 'did:web:a.example',
      '@type': ['https://w3id.org/gaia-x/evil#LegalPerson'],
      'https://w3id.org/gaia-x/evil#legalName': ['x'],
    };
    const results = shapes.check(trap, { document: credentialOf({ id: 'did:web:a.example', type: 'gx:LegalPerson' }) });
    expect(results).toEqual([
      expect.objectContaining({
        ok: false,
        rule: 'shape',
        found: 'https://w3id.org/gaia-x/evil#LegalPerson',
        allowed: 'gx:LegalPerson',
        path: '/credentialSubject/type',
      }),
    ]);
    expect(results[0]!.why).toContain('No shape applies');
  });

  test('a type of another namespace written in full (H-091), no type, and a made-up one', async () => {
    for (const type of ['https://schema.org/Organization', 'gx:LegalPersn', 'kontor:Thing']) {
      expect(await failures({ ...fullProvider(), type })).toEqual([
        expect.objectContaining({ rule: 'shape', why: expect.stringContaining('No shape applies') }),
      ]);
    }
    const { type: _, ...untyped } = fullProvider();
    expect(await failures(untyped)).toEqual([expect.objectContaining({ found: 'nothing' })]);
  });

  test('two types where one shape fails (H-092)', async () => {
    const found = await failures({ ...fullProvider(), type: ['gx:LegalPerson', 'gx:ServiceOffering'] });
    expect(found).toContainEqual(
      expect.objectContaining({ property: 'gx:providedBy', rule: 'gx:ServiceOffering#required' }),
    );
  });

  test('a known class that no shape describes', async () => {
    // A known class without a shape of its own.
    expect(await failures({ id: 'https://a.example/x', type: 'kontor:CertificateCredential' })).toEqual([
      expect.objectContaining({ rule: 'shape' }),
    ]);
  });

  test('an empty subject of each type with a required property fails', async () => {
    for (const { target, file } of shapes.list()) {
      const { required, subclasses } = JSON.parse(readFileSync(join(SHAPES, file), 'utf8'));
      if (required.length === 0 || subclasses) continue;
      expect(
        shapes.check({ '@type': target }, { document: { credentialSubject: {} } }).some(({ ok }) => ok),
        file,
      ).toBe(false);
    }
  });
});

describe('a hostile document costs no more than a large one', () => {
  const within = (limit: number, subject: ClaimNode) => {
    const document = { credentialSubject: {} };
    shapes.check({ '@type': subject['@type']! }, { document });
    const start = performance.now();
    const results = shapes.check(subject, { document });
    expect(performance.now() - start).toBeLessThan(limit);
    expect(results.length).toBeLessThanOrEqual(100);
    expect(results.every(({ ok }) => !ok)).toBe(true);
  };
  test('thousands of undefined terms, wrong values and types', () => {
    within(1500, {
      '@type': ['gx:LegalPerson'],
      ...Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`gx:legalAddres${at}`, ['x']])),
    });
    within(1500, {
      '@type': ['gx:ServiceOffering'],
      'gx:cryptographicSecurityStandards': Array.from({ length: 20_000 }, (_, at) => `X${at}`),
    });
    within(1500, { '@type': Array.from({ length: 5_000 }, (_, at) => `gx:LegalPerso${at}`) });
  });
  test('untyped nodes that could be of two classes at every level', () => {
    let node: ClaimNode = {};
    for (let depth = 0; depth < 14; depth++)
      node = { 'gx:interconnectionPointIdentifier': [{ 'gx:interconnectionPointIdentifier': [node] }] };
    within(8000, { '@type': ['gx:PointOfPresence'], ...node });
  });
});

describe('the list of shapes', () => {
  test('covers every class of 25.11 with the digest of its file', () => {
    const list = shapes.list();
    expect(list.filter(({ file }) => file.startsWith('gaia-x-2511/'))).toHaveLength(166);
    for (const { file, digest, id, target, version } of list) {
      expect(digestOf(readFileSync(join(SHAPES, file))), file).toBe(digest);
      expect(id).toMatch(/^https:\/\/w3id\.org\/kontor\/shapes\//);
      expect(target.length).toBeGreaterThan(0);
      expect(version).toMatch(/\w/);
    }
  });
});
