import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import jsonld from 'jsonld';
import { describe, expect, test } from 'vitest';
import { claimsOf, compliance, credentialOf, SHAPES } from '../../test/support/offering.ts';
import type { JsonObject } from '../credentials/credential.ts';
import type { ClaimNode } from '../credentials/jsonld/claims.ts';
import { contextLoader, loadContexts } from '../credentials/jsonld/contexts.ts';

const { shapes } = compliance;
const DATA = resolve(import.meta.dirname, '../../../shared/data');
const contexts = loadContexts(join(SHAPES, 'contexts'));

/** An instance with contexts of its own as a claim tree and as a document without them. */
async function outside(instance: JsonObject): Promise<{ subject: ClaimNode; document: JsonObject }[]> {
  const nodes = (await jsonld.expand(instance, { documentLoader: contextLoader(contexts) })) as JsonObject[];
  return Promise.all(
    nodes.map(async (node) => {
      const document = credentialOf(node);
      return { subject: await claimsOf(document), document };
    }),
  );
}

describe.runIf(existsSync(DATA))('instances of others', () => {
  const tests = join(DATA, 'gaia-x-2511/tests');
  const instances = existsSync(tests)
    ? readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
    : [];
  // Where the root is of another ontology, no shape of 25.11 looks at it: not conforming, and said so.
  const FOREIGN = /^(manifest|envited-x|general|service)\/|^service_manifest_reference/;

  test.each(instances)('25.11: %s', async (name) => {
    const checked = (await outside(JSON.parse(readFileSync(join(tests, name), 'utf8')))).map(({ subject, document }) =>
      shapes.check(subject, { document }),
    );
    expect(checked.length).toBeGreaterThan(0);
    for (const results of checked) {
      if (FOREIGN.test(name)) expect(results).toEqual([expect.objectContaining({ ok: false, rule: 'shape' })]);
      else expect(results.filter(({ ok }) => !ok)).toEqual([]);
    }
  });

  const legalPerson = async (name: string) => {
    const presentation = JSON.parse(readFileSync(join(DATA, 'xfsc/shacl', name), 'utf8'));
    const [{ subject, document }] = (await outside(presentation.verifiableCredential[0].credentialSubject)) as [
      { subject: ClaimNode; document: JsonObject },
    ];
    return shapes.check(subject, { document }).filter(({ ok }) => !ok);
  };
  const missing = (property: string) => expect.objectContaining({ rule: 'gx:LegalPerson#required', property });
  const misspelt = (found: string, allowed: string) => expect.objectContaining({ rule: 'term', found, allowed });

  test('xfsc: what conforms to a cut-down shape does not conform to 25.11', async () => {
    const found = await legalPerson('loire_legalPerson_valid.jsonld');
    expect(found).toContainEqual(missing('gx:legalAddress'));
    expect(found).toContainEqual(missing('gx:headquartersAddress'));
    expect(found).toContainEqual(
      expect.objectContaining({ rule: 'gx:LegalPerson#closed', path: expect.stringContaining('legalName') }),
    );
  });

  test('xfsc: a missing registration number is found', async () => {
    expect(await legalPerson('loire_legalPerson_missing_required.jsonld')).toContainEqual(
      missing('gx:registrationNumber'),
    );
    expect(await legalPerson('legalPerson_one_VC_Invalid.jsonld')).toContainEqual(missing('gx:registrationNumber'));
  });

  test('xfsc: the closed shape is violated, and so are the older terms', async () => {
    expect((await legalPerson('loire_legalPerson_closed_violation.jsonld')).length).toBeGreaterThanOrEqual(3);
    const older = await legalPerson('legalPerson_one_VC_Valid.jsonld');
    expect(older).toContainEqual(misspelt('gx:headquarterAddress', 'gx:headquartersAddress'));
    expect(older).toContainEqual(
      expect.objectContaining({
        path: expect.stringContaining('registrationNumber'),
        found: expect.stringContaining('1234'),
      }),
    );
    expect(older).toContainEqual(expect.objectContaining({ rule: 'gx:Address#class', found: 'vcard:Address' }));
  });

  const ldproof = join(DATA, 'xfsc/ldproof/valid');
  test.each(existsSync(ldproof) ? readdirSync(ldproof) : [])(
    'xfsc, Tagus: %s is of a namespace that no shape knows',
    async (name) => {
      const { '@context': inline, credentialSubject } = JSON.parse(readFileSync(join(ldproof, name), 'utf8'))
        .verifiableCredential[0];
      const [{ subject, document }] = (await outside({ '@context': inline, ...credentialSubject })) as [
        { subject: ClaimNode; document: JsonObject },
      ];
      expect(shapes.check(subject, { document })).toEqual([
        expect.objectContaining({ ok: false, rule: 'shape', found: expect.stringContaining('#Participant') }),
      ]);
    },
  );

  const jwt = async (name: string, gaiaX?: string) => {
    const compact = readFileSync(join(DATA, 'xfsc/jwt/valid', `${name}.loire.signed.jwt`), 'utf8');
    const {
      iss: _,
      sub: __,
      ...document
    } = JSON.parse(Buffer.from(compact.split('.')[1]!, 'base64url').toString()) as JsonObject;
    if (gaiaX) document['@context'] = [(document['@context'] as string[])[0]!, gaiaX];
    return shapes.check(await claimsOf(document), { document });
  };

  test.each(['participant', 'service-offering'])('xfsc: the signed %s conforms', async (name) => {
    expect((await jwt(name)).every(({ ok }) => ok)).toBe(true);
    // The same words in the namespace of 24.11.
    expect((await jwt(name, 'https://w3id.org/gaia-x/2411#')).every(({ ok }) => ok)).toBe(true);
  });

  test('xfsc: the signed digital service offering lacks what 25.11 demands, and is told what', async () => {
    expect((await jwt('digital-service-offering')).map(({ property }) => property)).toEqual([
      'gx:digitalServiceLegalDocuments',
      'gx:digitalServiceOfferingLaunchDate',
      'gx:digitalServiceOfferingName',
      'gx:digitalServiceOfferingProvider',
      'gx:digitalServiceOfferingTermsAndConditions',
      'gx:digitalServiceUsageDataPolicy',
      'gx:digitalServiceUsageTermsAndConditions',
    ]);
  });
});
