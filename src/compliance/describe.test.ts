import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import {
  claimsOf,
  compliance,
  credentialOf,
  fullOffering,
  fullProvider,
  PROVIDER,
  SHAPES,
} from '../../test/support/offering.ts';
import { countryCode } from './countries.ts';
import { withResources } from './describe.ts';
import type { Description } from './description.ts';

const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile(
  JSON.parse(readFileSync(join(SHAPES, 'description.schema.json'), 'utf8')),
);

/** Describes a subject and holds the result against the published schema. */
async function described(subject: object): Promise<Description> {
  const description = compliance.describe(await claimsOf(credentialOf(subject)));
  expect(validate(description), JSON.stringify(validate.errors)).toBe(true);
  return description;
}

describe('the normalised description', () => {
  test('a full offering answers all twelve questions', async () => {
    const description = await described(fullOffering());
    expect(description).toMatchObject({
      kind: 'offering',
      type: 'gx:ServiceOffering',
      name: 'Fjord Managed Kubernetes',
      keywords: ['kubernetes', 'containers'],
      provider: { id: PROVIDER },
      locations: [
        { purpose: 'storage', country: 'NO', locality: 'Oslo' },
        { purpose: 'backup', country: 'NO' },
        { purpose: 'hosting', country: 'NO', locality: 'Oslo' },
      ],
      customerChoosesLocation: true,
      exit: {
        noticeDays: 30,
        retrievalDays: 60,
        charges: 'none',
        testedOn: '2026-08-12',
        formats: ['etcd snapshot', 'OCI'],
      },
      openness: { interfaces: ['Kubernetes', 'OCI'], licences: ['Apache-2.0'] },
      security: { atRest: true, keyHolder: 'customer', standards: ['RFC8446'] },
      operations: { supportCountries: ['NO', 'DK'], languages: ['nb', 'en'], hours: '24/7' },
      ai: { model: 'Ravn 7B', openWeights: true, inferenceCountries: ['NO'] },
      environment: {
        energySources: ['hydro'],
        renewableShare: 0.98,
        carbonFreeShare: 0.9,
        pue: 1.11,
        wue: 0.1,
        heatReuse: true,
      },
      pricing: [{ model: 'per use', amount: 0.041, unit: 'vCPU hour', currency: 'EUR', frameworks: [] }],
      sites: [{ name: 'Oslo 1', country: 'NO', latitude: 59.91, longitude: 10.75 }],
      contact: { url: 'https://nordlys.example/contact', email: 'help@nordlys.example' },
      claimsSovereignty: false,
    });
    expect(description.documents[0]).toEqual({
      type: 'gx:LegallyBindingAct',
      url: 'https://nordlys.example/legal/LegallyBindingAct',
      governingLaw: ['NO'],
      parties: [PROVIDER],
    });
    expect(description.jurisdictions).toContainEqual({ role: 'sub-processor', country: 'NO', party: 'Havn Drift AS' });
    expect(description.jurisdictions).toContainEqual({ role: 'transfer', country: 'CH' });
    expect(description.dependencies.map(({ kind }) => kind)).toEqual(['resource', 'software']);
    expect(description.resources.map(({ type }) => type)).toEqual(['gx:Datacenter', 'gx:AvailabilityZone']);
    expect(description.participant).toBeUndefined();
  });

  test('the least an offering can say: silence stays silence', async () => {
    const description = await described({
      id: 'https://a.example/1',
      type: 'gx:ServiceOffering',
      'gx:providedBy': { id: 'did:web:a.example' },
      'gx:serviceOfferingTermsAndConditions': { id: 'https://a.example/terms' },
    });
    expect(description.name).toBe('https://a.example/1');
    for (const member of [
      'exit',
      'openness',
      'security',
      'operations',
      'ai',
      'environment',
      'contact',
      'noSubContractors',
      'customerChoosesLocation',
    ] as const) {
      expect(description[member], member).toBeUndefined();
    }
    expect(description.terms).toEqual([{ url: 'https://a.example/terms' }]);
  });

  test('a participant with its parents', async () => {
    const description = await described({
      ...fullProvider(),
      'gx:registrationNumber': [{ id: `${PROVIDER}#vat` }, { type: 'gx:LeiCode', leiCode: '5493' }],
      'gx:subOrganisationOf': { id: 'did:web:holding.example' },
      'kontor:ultimateParent': { 'kontor:partyName': 'Globex Inc', 'kontor:country': 'US' },
    });
    expect(description.kind).toBe('participant');
    expect(description.participant).toEqual({
      registrations: [
        { id: `${PROVIDER}#vat`, type: 'gx:RegistrationNumber' },
        { type: 'gx:LeiCode', value: '5493' },
      ],
      headquarters: 'NO',
      legalAddress: 'NO',
      parents: [{ id: 'did:web:holding.example' }, { name: 'Globex Inc', country: 'US' }],
    });
    expect(description.jurisdictions).toContainEqual({ role: 'parent', country: 'US', party: 'Globex Inc' });
  });

  test('a data product', async () => {
    const terms = { 'gx:url': 'https://a.example/terms', 'gx:hash': 'x' };
    const description = await described({
      id: 'https://a.example/data',
      type: 'gx:DataProduct',
      'gx:digitalServiceOfferingName': 'Air quality of Bergen',
      'gx:digitalServiceOfferingShortDescription': 'Hourly readings',
      'gx:digitalServiceOfferingProvider': { id: 'did:web:bergen.example' },
      'gx:digitalServiceOfferingTermsAndConditions': terms,
      'gx:digitalServiceLegalDocuments': { 'gx:url': 'https://a.example/act' },
    });
    expect(description).toMatchObject({
      kind: 'data-product',
      type: 'gx:DataProduct',
      name: 'Air quality of Bergen',
      description: 'Hourly readings',
      provider: { id: 'did:web:bergen.example' },
      documents: [{ type: 'gx:LegalDocument', url: 'https://a.example/act' }],
    });
  });

  test('a data centre as a listing of its own, and an offering that refers to it', async () => {
    const { 'gx:aggregationOfResources': centre, ...rest } = fullOffering();
    const resource = await described({ id: 'https://nordlys.example/oslo', ...(centre as object) });
    expect(resource).toMatchObject({
      kind: 'resource',
      type: 'gx:Datacenter',
      environment: { pue: 1.11 },
      locations: [{ purpose: 'hosting', country: 'NO' }],
    });
    const offering = await described({ ...rest, 'gx:aggregationOfResources': { id: 'https://nordlys.example/oslo' } });
    expect(offering.environment?.pue).toBeUndefined();
    const joined = withResources(offering, [
      resource,
      { ...resource, id: 'https://other.example/unrelated', environment: { energySources: [], pue: 9 } },
    ]);
    expect(joined.environment).toMatchObject({ pue: 1.11, renewableShare: 0.98, energySources: ['hydro'] });
    expect(joined.resources).toEqual([
      { id: 'https://nordlys.example/oslo', type: 'gx:Datacenter', countries: ['NO'] },
    ]);
    expect(validate(joined)).toBe(true);
  });

  test('where several resources state a figure, the worst counts', async () => {
    const { 'gx:aggregationOfResources': centre, ...rest } = fullOffering();
    const worse = structuredClone(centre) as Record<string, unknown>;
    worse['gx:energyUsageEfficiency'] = { type: 'gx:EnergyUsageEfficiency', 'gx:powerUsageEffectiveness': 1.7 };
    worse['gx:energyMix'] = {
      type: 'gx:EnergyMix',
      'gx:renewableEnergy': 0.2,
      'gx:hourlyCarbonFreeEnergy': 0.1,
      'gx:attainmentDate': '2035-01-01',
    };
    const description = await described({ ...rest, 'gx:aggregationOfResources': [centre, worse] });
    expect(description.environment).toMatchObject({
      pue: 1.7,
      renewableShare: 0.2,
      carbonFreeShare: 0.1,
      attainedOn: '2035-01-01',
    });
    const other = {
      ...description,
      id: 'https://nordlys.example/oslo',
      environment: { energySources: [], attainedOn: '2030-01-01' },
    };
    const base = { ...description, resources: [{ id: other.id, type: 'gx:Datacenter', countries: [] }] };
    for (const [mine, worst] of [
      ['2026-01-01', '2030-01-01'],
      ['2035-01-01', '2035-01-01'],
    ] as const)
      expect(
        withResources({ ...base, environment: { energySources: [], attainedOn: mine } }, [other]).environment
          ?.attainedOn,
      ).toBe(worst);
  });

  test('an explicit none is kept apart from silence', async () => {
    expect((await described({ ...fullOffering(), 'kontor:noSubContractors': true })).noSubContractors).toBe(true);
    const both = await described({ ...fullOffering(), 'kontor:noPersonalDataTransfer': true });
    expect([both.noThirdCountryTransfer, both.noSubProcessors]).toEqual([true, true]);
    const one = await described({
      ...fullOffering(),
      'kontor:noPersonalDataTransfer': true,
      'kontor:noThirdCountryTransfer': false,
    });
    expect([one.noThirdCountryTransfer, one.noSubProcessors]).toEqual([false, true]);
  });

  test('key management of storage says who holds the keys, bring-your-own-key does not', async () => {
    const storage = (keyManagement: string) =>
      described({
        id: 'https://a.example/s',
        type: 'gx:BlockStorageServiceOffering',
        'gx:storageConfiguration': {
          type: 'gx:BlockStorageConfiguration',
          'gx:storageEncryption': { type: 'gx:Encryption', 'gx:cipher': 'AES', 'gx:keyManagement': keyManagement },
        },
      });
    expect((await storage('HYOK')).security?.keyHolder).toBe('customer');
    expect((await storage('managed')).security?.keyHolder).toBe('provider');
    expect((await storage('BYOK')).security?.keyHolder).toBeUndefined();
  });

  // The official languages of the EU, and Norwegian.
  test.each([
    ['bg', 'Суверенен облак'],
    ['cs', 'Svrchovaný cloud'],
    ['cs', 'Suverénní cloud'],
    ['da', 'Suveræn sky'],
    ['de', 'Die souveräne Cloud'],
    ['de', 'Datensouveränität für alle'],
    ['de', 'SOUVERAENE CLOUD'],
    ['el', 'Κυρίαρχο νέφος'],
    ['en', 'Sovereign Cloud'],
    ['es', 'Nube soberana'],
    ['et', 'Suveräänne pilv'],
    ['fi', 'Suvereeni pilvi'],
    ['fr', 'Nuage souverain'],
    ['ga', 'Néal ceannasach'],
    ['hr', 'Suvereni oblak'],
    ['hu', 'Szuverén felhő'],
    ['it', 'Cloud sovrano'],
    ['lt', 'Suvereni debesija'],
    ['lv', 'Suverēns mākonis'],
    ['mt', 'Cloud sovran'],
    ['nl', 'Soevereine cloud'],
    ['no', 'Suveren norsk sky'],
    ['pl', 'Suwerenna chmura'],
    ['pt', 'Nuvem soberana'],
    ['ro', 'Cloud suveran'],
    ['sk', 'Zvrchovaný cloud'],
    ['sl', 'Suvereni oblak'],
    ['sv', 'Suveränt moln'],
  ])('claims sovereignty in any language of the EU (%s): %s', async (_, name) => {
    expect((await described({ ...fullOffering(), name })).claimsSovereignty).toBe(true);
  });

  test.each([
    ['a zero-width space', 'Sov\u200bereign cloud'],
    ['a soft hyphen', 'Sover\u00adeign cloud'],
    ['a joiner that is a mark', 'Sover\u034feign cloud'],
    ['a filler that is a letter', 'Sover\u3164eign cloud'],
    ['a Cyrillic е', 'Sov\u0435reign cloud'],
    ['Cyrillic capitals', 'S\u041eV\u0415R\u0415\u0406GN CLOUD'],
    ['a Greek ο', 'S\u03bfvereign cloud'],
    ['a dotless i', 'Sovere\u0131gn cloud'],
    ['wide letters', '\uff33\uff4f\uff56\uff45\uff52\uff45\uff49\uff47\uff4e cloud'],
    ['a Latin e in a Bulgarian word', 'Сув\u0065ренен облак'],
  ])('claims sovereignty, whatever is hidden in the word: %s', async (_, name) => {
    expect((await described({ ...fullOffering(), name })).claimsSovereignty).toBe(true);
  });

  test.each(['Managed Kubernetes', 'Услуга за архивиране', 'Cloud für so Vereinbartes', 'Overseen cloud'])(
    'claims no sovereignty: %s',
    async (name) => {
      expect((await described({ ...fullOffering(), name })).claimsSovereignty).toBe(false);
    },
  );

  test('country codes in any of their forms', () => {
    expect(['NO', 'no', 'NOR', '578', '8', '008', 'EL', 'UK', 'Norway', 'XX', ''].map(countryCode)).toEqual([
      'NO',
      'NO',
      'NO',
      'NO',
      'AL',
      'AL',
      'GR',
      'GB',
      undefined,
      undefined,
      undefined,
    ]);
    const file = resolve(SHAPES, 'json/gaia-x-2511/enumerations.json');
    const { $defs } = JSON.parse(readFileSync(file, 'utf8'));
    const unknown = ['country-alpha-2', 'country-alpha-3', 'country-numeric'].flatMap((name) =>
      $defs[name].enum.filter((code: string) => !countryCode(code)),
    );
    // Codes that the enumerations of 25.11 hold and ISO 3166-1 does not.
    expect(unknown).toEqual(['XTX', 'XKX', '14', '26', '41', '30', '42', '46', '58', '62']);
  });

  test('what a judgement depends on', async () => {
    const subject = await claimsOf(
      credentialOf({
        ...fullOffering(),
        'gx:dependsOn': { id: 'https://nordlys.example/offerings/storage' },
        'gx:hostedOn': { id: 'https://nordlys.example/oslo' },
        'kontor:operatedBy': { 'kontor:partyName': 'no id', 'kontor:country': 'NO' },
      }),
    );
    expect(compliance.references(subject)).toEqual([
      PROVIDER,
      'https://nordlys.example/offerings/storage',
      'https://nordlys.example/oslo',
    ]);
    expect(compliance.references(await claimsOf(credentialOf(fullProvider())))).toEqual([`${PROVIDER}#vat`]);
  });
});
