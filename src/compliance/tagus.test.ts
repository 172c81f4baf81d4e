import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { claimsOf, compliance, credentialOf, SHAPES } from '../../test/support/offering.ts';
import {
  TAGUS,
  tagusCredential,
  tagusNumber,
  tagusOffering,
  tagusParticipant,
  tagusResource,
} from '../../test/support/tagus.ts';
import { withResources } from './describe.ts';
import type { ShapeSchema } from './shapes.ts';

/* Gaia-X 22.10, whose credentials write gx: for a namespace of their own. */

const BASE = 'https://nordlys.example';
const LOIRE = 'https://w3id.org/gaia-x/development#';
const { shapes, vocabulary } = compliance;

async function check(subject: object, context = TAGUS) {
  const document = tagusCredential(subject, 'did:web:nordlys.example', context);
  return shapes.check(await claimsOf(document), { document });
}
const failures = async (subject: object) => (await check(subject)).filter(({ ok }) => !ok);
const described = async (subject: object) => compliance.describe(await claimsOf(tagusCredential(subject)));

const schemas = readdirSync(join(SHAPES, 'json/gaia-x-tagus'))
  .map((name) => JSON.parse(readFileSync(join(SHAPES, 'json/gaia-x-tagus', name), 'utf8')) as ShapeSchema)
  .filter(({ target }) => target);

describe('what conforms', () => {
  test.each([
    ['a participant', tagusParticipant(BASE), 'LegalParticipant'],
    ['a registration number', tagusNumber(BASE), 'legalRegistrationNumber'],
    ['an offering', tagusOffering(BASE), 'ServiceOffering'],
    ['a resource', tagusResource(BASE), 'PhysicalResource'],
    [
      'a virtual resource with an owner in words',
      {
        id: `${BASE}/image`,
        type: 'gx:SoftwareResource',
        'gx:copyrightOwnedBy': 'Nordlys Sky AS',
        'gx:license': 'Apache-2.0',
        'gx:policy': '',
      },
      'SoftwareResource',
    ],
    [
      'data',
      {
        id: `${BASE}/data`,
        type: 'gx:DataResource',
        'gx:copyrightOwnedBy': { id: `${BASE}/participant.json#subject` },
        'gx:license': ['https://nordlys.example/licence'],
        'gx:policy': 'default: allow intent',
        'gx:producedBy': { id: `${BASE}/participant.json#subject` },
        'gx:exposedThrough': { id: `${BASE}/offering.json#subject` },
        'gx:containsPII': false,
      },
      'DataResource',
    ],
    [
      'an instance and its access point',
      {
        id: `${BASE}/instance`,
        type: 'gx:InstantiatedVirtualResource',
        'gx:maintainedBy': { id: `${BASE}/participant.json#subject` },
        'gx:hostedOn': { id: `${BASE}/oslo.json#subject` },
        'gx:instanceOf': { id: `${BASE}/image` },
        'gx:serviceAccessPoint': { id: `${BASE}/api`, type: 'gx:ServiceAccessPoint', 'gx:protocol': 'https' },
      },
      'InstantiatedVirtualResource',
    ],
  ])('%s', async (_, subject, type) => {
    expect(await check(subject)).toEqual([
      { ok: true, path: '/credentialSubject', rule: `tagus:${type}`, why: `It has the shape of gx:${type}` },
    ]);
  });

  test('under every URL by which the context was named', async () => {
    const index = JSON.parse(readFileSync(join(SHAPES, 'contexts/index.json'), 'utf8')) as Record<string, string>;
    const urls = Object.keys(index).filter((url) => index[url] === 'gaia-x-tagus.jsonld');
    expect(urls.length).toBe(5);
    for (const url of urls) expect(await check(tagusOffering(BASE), url)).toMatchObject([{ ok: true }]);
  });
});

describe('what does not conform, in the words of its publisher', () => {
  const change = (subject: object, more: object) => ({ ...subject, ...more });
  const export_ = tagusOffering(BASE)['gx:dataAccountExport'] as object;

  test.each([
    [
      'no provider',
      change(tagusOffering(BASE), { 'gx:providedBy': [] }),
      {
        path: '/credentialSubject',
        property: 'gx:providedBy',
        found: 'nothing',
        allowed: 'a gx:LegalParticipant, or {"id": "..."}',
        rule: 'tagus:ServiceOffering#required',
        mend: 'Add for example "gx:providedBy": {"id":"did:web:example.org"}',
      },
    ],
    [
      'two providers',
      change(tagusOffering(BASE), { 'gx:providedBy': [{ id: `${BASE}/a` }, { id: `${BASE}/b` }] }),
      {
        path: '/credentialSubject/gx:providedBy',
        found: '2 values',
        allowed: '1 value',
        rule: 'tagus:ServiceOffering#count',
        mend: 'Keep 1 of them',
      },
    ],
    [
      'terms without digest',
      change(tagusOffering(BASE), { 'gx:termsAndConditions': { 'gx:URL': `${BASE}/terms` } }),
      {
        path: '/credentialSubject/gx:termsAndConditions',
        property: 'gx:hash',
        rule: 'tagus:SOTermsAndConditions#required',
        mend: 'Add for example "gx:hash": "..."',
      },
    ],
    [
      'a way of asking that is not listed',
      change(tagusOffering(BASE), { 'gx:dataAccountExport': { ...export_, 'gx:requestType': 'Api' } }),
      {
        path: '/credentialSubject/gx:dataAccountExport/gx:requestType',
        found: 'Api',
        allowed: 'one of API, email, webform, unregisteredLetter, registeredLetter, supportCenter',
        rule: 'tagus:dataAccountExport#enum',
        mend: 'Write "API"',
      },
    ],
    [
      'a format that is no media type',
      change(tagusOffering(BASE), { 'gx:dataAccountExport': { ...export_, 'gx:formatType': 'pdf' } }),
      {
        path: '/credentialSubject/gx:dataAccountExport/gx:formatType',
        found: 'pdf',
        allowed: 'a registered media type, such as text/html',
        rule: 'tagus:dataAccountExport#pattern',
        mend: 'Write for example "text/html"',
      },
    ],
    [
      'a data protection regime that is not listed',
      change(tagusOffering(BASE), { 'gx:dataProtectionRegime': ['GDPR2016', 'Privacy Shield'] }),
      {
        path: '/credentialSubject/gx:dataProtectionRegime/1',
        found: 'Privacy Shield',
        allowed: 'one of GDPR2016, LGPD2019, PDPA2012, CCPA2018, VCDPA2021',
        rule: 'tagus:ServiceOffering#enum',
      },
    ],
    [
      'a town where a subdivision is wanted',
      change(tagusParticipant(BASE), { 'gx:legalAddress': { 'gx:countrySubdivisionCode': 'Berlin' } }),
      {
        path: '/credentialSubject/gx:legalAddress/gx:countrySubdivisionCode',
        found: 'Berlin',
        allowed: 'an ISO 3166-2 subdivision code, such as NO-03',
        rule: 'tagus:legalAddress#pattern',
        mend: 'Write for example "NO-03"',
      },
    ],
    [
      'a registration without a number',
      { id: `${BASE}/lrn`, type: 'gx:legalRegistrationNumber' },
      {
        path: '/credentialSubject',
        property: 'gx:vatID',
        found: 'nothing',
        allowed: 'at least one of gx:vatID, gx:leiCode, gx:EORI, gx:EUID, gx:taxID',
        rule: 'tagus:legalRegistrationNumber#required',
        mend: 'Add for example "gx:vatID": "..."',
      },
    ],
    [
      'a number that is too short',
      change(tagusNumber(BASE), { 'gx:vatID': 'NO' }),
      {
        path: '/credentialSubject/gx:vatID',
        found: 'NO',
        allowed: 'a text, at least 3 characters',
        rule: 'tagus:legalRegistrationNumber#minLength',
      },
    ],
    [
      'terms in words of its own',
      { id: `${BASE}/tandc`, type: 'gx:GaiaXTermsAndConditions', 'gx:termsAndConditions': 'We agree' },
      {
        path: '/credentialSubject/gx:termsAndConditions',
        found: 'We agree',
        allowed: expect.stringContaining('380d14e884a23614f3b73a4e1fc9f39269167fb494588f3a40c0ea15bdf548ee'),
        rule: 'tagus:GaiaXTermsAndConditions#sha256',
        mend: 'Copy the text word for word, as the registry of Gaia-X published it',
      },
    ],
    [
      'a place without country',
      change(tagusResource(BASE), { 'gx:locationAddress': { type: 'http://www.w3.org/2006/vcard/ns#Address' } }),
      { path: '/credentialSubject/gx:locationAddress', property: 'gx:countryCode', rule: 'vcard:Address#required' },
    ],
    [
      'a country that is none',
      change(tagusResource(BASE), { 'gx:locationAddress': { 'gx:countryCode': 'FR-DE' } }),
      { path: '/credentialSubject/gx:locationAddress/gx:countryCode', found: 'FR-DE', rule: 'vcard:Address#enum' },
    ],
    [
      'a provider that is an offering',
      change(tagusOffering(BASE), { 'gx:providedBy': { ...tagusOffering(`${BASE}/other`) } }),
      {
        path: '/credentialSubject/gx:providedBy/type',
        found: 'gx:ServiceOffering',
        allowed: 'gx:LegalParticipant',
        rule: 'tagus:LegalParticipant#class',
      },
    ],
    [
      'a misspelt word',
      change(tagusParticipant(BASE), { 'gx:legalAdress': 'x' }),
      {
        path: '/credentialSubject/gx:legalAdress',
        found: 'gx:legalAdress',
        allowed: 'gx:legalAddress',
        rule: 'term',
        mend: 'Write gx:legalAddress',
      },
    ],
  ])('%s', async (_, subject, expected) => {
    expect(await failures(subject)).toEqual([expect.objectContaining({ ok: false, ...expected })]);
  });

  test('each required property of each type is missed at its place', async () => {
    for (const { target, required } of schemas) {
      const type = target[0]!.replace('tagus:', 'gx:').replace('vcard:', 'http://www.w3.org/2006/vcard/ns#');
      const missed = await failures({ id: `${BASE}/x`, type });
      for (const property of required)
        expect(missed).toContainEqual(
          expect.objectContaining({
            path: '/credentialSubject',
            property: property.replace('tagus:', 'gx:'),
            rule: `${target[0]}#required`,
          }),
        );
    }
    expect(schemas.flatMap(({ required }) => required).length).toBeGreaterThan(25);
  });
});

describe('generations are not mixed', () => {
  test('a Loire word on a Tagus subject, by its full name', async () => {
    expect(await failures({ ...tagusOffering(BASE), [`${LOIRE}servicePolicy`]: 'x' })).toEqual([
      expect.objectContaining({
        path: '/credentialSubject/https:~1~1w3id.org~1gaia-x~1development#servicePolicy',
        why: expect.stringContaining(
          'is a term of Gaia-X Loire (24.11, 25.11), and this is a gx:ServiceOffering of Gaia-X Tagus (22.10)',
        ),
        mend: 'Use the words of Gaia-X Tagus (22.10) only, or issue the credential in those of Gaia-X Loire (24.11, 25.11)',
      }),
    ]);
  });

  test('a subject with a type of each', async () => {
    expect(await failures({ ...tagusParticipant(BASE), type: ['gx:LegalParticipant', `${LOIRE}LegalPerson`] })).toEqual(
      [
        expect.objectContaining({
          path: '/credentialSubject/type',
          rule: 'shape',
          why: 'Its types are of Gaia-X Tagus (22.10) and of Gaia-X Loire (24.11, 25.11), which use the same names for different things',
        }),
      ],
    );
  });

  test('with both contexts the later decides what gx: means, and the words of the other are told', async () => {
    const document = credentialOf({ ...tagusParticipant(BASE) });
    document['@context'] = ['https://www.w3.org/ns/credentials/v2', TAGUS, LOIRE];
    expect(shapes.check(await claimsOf(document), { document })).toEqual([
      expect.objectContaining({
        rule: 'shape',
        found: 'gx:LegalParticipant',
        mend: `gx:LegalParticipant is a word of Gaia-X Tagus (22.10): name the context ${TAGUS} alone, or use another word`,
      }),
    ]);
  });

  test('a Loire type under the Tagus context', async () => {
    expect(await failures({ ...tagusParticipant(BASE), type: 'gx:LegalPerson' })).toEqual([
      expect.objectContaining({ mend: expect.stringContaining(`name the context ${LOIRE}`) }),
    ]);
  });

  test('a namespace of somebody else matches no shape', async () => {
    const foreign = 'https://elsewhere.example/trustframework#LegalParticipant';
    expect(await failures({ ...tagusParticipant(BASE), type: foreign })).toEqual([
      expect.objectContaining({
        rule: 'shape',
        found: foreign,
        allowed: 'gx:LegalParticipant',
        mend: `If gx:LegalParticipant is meant, name the context ${TAGUS} and write the type as "gx:LegalParticipant"`,
      }),
    ]);
  });
});

describe('the description', () => {
  const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile(
    JSON.parse(readFileSync(join(SHAPES, 'description.schema.json'), 'utf8')),
  );

  test('of an offering is that of a Loire one', async () => {
    const description = await described({
      ...tagusOffering(BASE),
      'kontor:exitPlan': { type: 'kontor:ExitPlan', 'kontor:noticeDays': 30, 'kontor:exportFormat': 'CSV' },
      'kontor:dataLocation': { type: 'kontor:DataLocation', 'kontor:purpose': 'storage', 'kontor:country': 'NO' },
    });
    expect(validate(description), JSON.stringify(validate.errors)).toBe(true);
    expect(description).toMatchObject({
      kind: 'offering',
      type: 'gx:ServiceOffering',
      name: 'Fjord Object Storage',
      description: 'Storage under Norwegian law.',
      provider: { id: `${BASE}/participant.json#subject` },
      locations: [{ purpose: 'storage', country: 'NO' }],
      dependencies: [
        { kind: 'service', id: `${BASE}/network.json#subject` },
        { kind: 'resource', id: `${BASE}/oslo.json#subject` },
      ],
      exit: { noticeDays: 30, formats: ['CSV', 'application/json'] },
      terms: [{ url: `${BASE}/terms`, hash: 'a'.repeat(64) }],
      // An empty text is a policy by the shape, and says nothing.
      policies: [],
    });
    expect(compliance.references(await claimsOf(tagusCredential(tagusOffering(BASE))))).toEqual([
      `${BASE}/network.json#subject`,
      `${BASE}/oslo.json#subject`,
      `${BASE}/participant.json#subject`,
    ]);
  });

  test('takes countries from subdivisions, and places from resources', async () => {
    expect(await described(tagusParticipant(BASE))).toMatchObject({
      kind: 'participant',
      type: 'gx:LegalPerson',
      name: 'Nordlys Sky AS',
      jurisdictions: [
        { role: 'legal-address', country: 'DE', party: 'Nordlys Sky AS' },
        { role: 'headquarters', country: 'NO', party: 'Nordlys Sky AS' },
      ],
      participant: {
        headquarters: 'NO',
        legalAddress: 'DE',
        registrations: [{ id: `${BASE}/lrn.json#subject`, type: 'gx:RegistrationNumber' }],
      },
    });
    const whole = withResources(await described(tagusOffering(BASE)), [await described(tagusResource(BASE))]);
    expect(whole.locations).toEqual([{ purpose: 'hosting', country: 'NO', locality: 'Oslo' }]);
    expect(whole.resources).toEqual([
      { id: `${BASE}/oslo.json#subject`, type: 'gx:PhysicalResource', countries: ['NO'] },
    ]);
  });

  test.each([
    ['vatID', 'gx:VatID', 'gx:vatID'],
    ['leiCode', 'gx:LeiCode', 'schema:leiCode'],
    ['EORI', 'gx:EORI', 'gx:eori'],
    ['EUID', 'gx:EUID', 'gx:euid'],
    ['taxID', 'gx:TaxID', 'schema:taxID'],
  ])('a %s is read as %s', async (written, type, property) => {
    const number = { id: `${BASE}/lrn`, type: 'gx:legalRegistrationNumber', [`gx:${written}`]: 'NO-1234' };
    expect(compliance.evidence(await claimsOf(tagusCredential(number)))).toMatchObject({
      type,
      claims: { '@type': [type], [property]: ['NO-1234'] },
    });
    const participant = { ...tagusParticipant(BASE), 'gx:legalRegistrationNumber': { [`gx:${written}`]: 'NO-1234' } };
    expect((await described(participant)).participant?.registrations).toEqual([{ type, value: 'NO-1234' }]);
    expect(vocabulary.known(property)).toBe(true);
  });

  test('evidence of the Loire generation stays as it is', async () => {
    const claims = await claimsOf(credentialOf({ id: `${BASE}/vat`, type: 'gx:VatID', 'gx:vatID': 'NO1' }));
    expect(compliance.evidence(claims)).toEqual({ type: 'gx:VatID', claims });
  });
});
