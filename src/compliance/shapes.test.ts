import { describe, expect, test } from 'vitest';
import { claimsOf, compliance, credentialOf, fullOffering, fullProvider } from '../../test/support/offering.ts';
import type { JsonObject } from '../credentials/credential.ts';
import type { ClaimNode } from '../credentials/jsonld/claims.ts';

const { shapes } = compliance;

async function check(subject: object, gaiaX?: string) {
  const document = credentialOf(subject, gaiaX);
  return shapes.check(await claimsOf(document), { document });
}
const failures = async (subject: object, gaiaX?: string) => (await check(subject, gaiaX)).filter(({ ok }) => !ok);

/** What the pointer of a result leads to. */
function resolvePointer(document: unknown, pointer: string): unknown {
  const parts = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return parts.reduce<unknown>((value, part) => (value as Record<string, unknown>)?.[part], document);
}

describe('what conforms', () => {
  test('a full offering and its provider, in both spellings of the namespace', async () => {
    for (const gaiaX of ['https://w3id.org/gaia-x/2511#', 'https://w3id.org/gaia-x/development#']) {
      expect(await check(fullOffering(), gaiaX)).toEqual([
        { ok: true, path: '/credentialSubject', rule: 'gx:ServiceOffering', why: expect.any(String) },
      ]);
      expect(await failures(fullProvider(), gaiaX)).toEqual([]);
    }
  });

  test('typed literals, enumeration nodes and properties of other vocabularies', async () => {
    const provider = fullProvider();
    provider['gx:legalAddress'] = { type: 'gx:Address', 'gx:countryCode': '578', 'https://example.org/floor': 3 };
    provider['gx:headquartersAddress'] = { '@type': 'Address', countryCode: 'NOR', region: { text: 'DE30' } };
    provider['https://example.org/motto'] = 'kept, not judged';
    expect(await failures(provider)).toEqual([]);
  });

  test('a nested node of a subclass, and a reference to something held elsewhere', async () => {
    const offering = fullOffering();
    offering['gx:aggregationOfResources'] = [
      { id: 'https://elsewhere.example/dc' },
      { id: 'https://elsewhere.example/az', type: 'gx:AvailabilityZone' },
    ];
    offering['gx:providedBy'] = { id: 'did:web:nordlys.example', name: 'Nordlys Sky AS' };
    expect(await failures(offering)).toEqual([]);
  });

  test('every kind of evidence, and our own types', async () => {
    const each = [
      { type: 'gx:VatID', 'gx:vatID': 'NO1', 'gx:countryCode': 'NO' },
      { type: 'gx:LeiCode', leiCode: '5493001KJTIIGC8Y1R12' },
      { type: 'gx:EORI', 'gx:eori': 'NO123', 'gx:country': 'NO' },
      { type: 'gx:EUID', 'gx:euid': 'NO.1' },
      { type: 'gx:TaxID', taxId: '123' },
      {
        type: 'gx:Issuer',
        'gx:gaiaxTermsAndConditions': '4bd7554097444c960292b4726c2efa1373485e8a5565d94d41195214c5e0ceb3',
      },
      {
        type: 'kontor:Certificate',
        'kontor:scheme': 'iso-27001',
        'kontor:holder': { id: 'did:web:nordlys.example' },
        'kontor:until': '2027-01-01',
      },
      { type: 'kontor:ListingWithdrawal', 'kontor:reason': 'ended' },
    ];
    for (const subject of each)
      expect(await failures({ id: 'https://notary.example/1', ...subject } as JsonObject)).toEqual([]);
  });
});

/** The full offering with other figures of its site. */
const withSite = (more: object): JsonObject => {
  const offering = fullOffering();
  return {
    ...offering,
    'gx:aggregationOfResources': { ...(offering['gx:aggregationOfResources'] as JsonObject), ...more },
  };
};
const mix = (more: object) =>
  withSite({
    'gx:energyMix': {
      type: 'gx:EnergyMix',
      'gx:renewableEnergy': 0.98,
      'gx:hourlyCarbonFreeEnergy': 0.9,
      'gx:attainmentDate': '2026-01-01',
      ...more,
    },
  });

describe('what does not conform, and where', () => {
  const cases: [
    string,
    () => object,
    Partial<Record<'path' | 'property' | 'found' | 'allowed' | 'rule' | 'why' | 'mend', unknown>>,
  ][] = [
    [
      'a missing property is named in the spelling around it',
      () => {
        const { 'gx:legalAddress': _, ...rest } = fullProvider();
        return rest;
      },
      { path: '/credentialSubject', property: 'gx:legalAddress', found: 'nothing', rule: 'gx:LegalPerson#required' },
    ],
    [
      'a country that is none',
      () => ({ ...fullProvider(), 'gx:legalAddress': { type: 'gx:Address', 'gx:countryCode': 'XX' } }),
      {
        path: '/credentialSubject/gx:legalAddress/gx:countryCode',
        property: 'gx:countryCode',
        found: 'XX',
        allowed: expect.stringContaining('ISO 3166-1'),
      },
    ],
    [
      'an unprefixed spelling inside an array',
      () => ({ ...fullProvider(), 'gx:legalAddress': [{ type: 'Address', countryCode: 'XX' }] }),
      { path: '/credentialSubject/gx:legalAddress/0/countryCode', property: 'countryCode' },
    ],
    [
      'a full IRI as key',
      () => ({
        ...fullProvider(),
        'gx:legalAddress': { type: 'gx:Address', 'https://w3id.org/gaia-x/2511#countryCode': 'XX' },
      }),
      {
        path: '/credentialSubject/gx:legalAddress/https:~1~1w3id.org~1gaia-x~12511#countryCode',
        property: 'https://w3id.org/gaia-x/2511#countryCode',
      },
    ],
    [
      'twice where once is allowed',
      () => ({
        ...fullProvider(),
        'gx:legalAddress': [{ id: 'https://a.example/1' }, { id: 'https://a.example/2' }],
      }),
      {
        path: '/credentialSubject/gx:legalAddress',
        found: '2 values',
        allowed: '1 value',
        rule: 'gx:LegalPerson#count',
      },
    ],
    [
      'a text where an object is expected',
      () => ({ ...fullOffering(), 'gx:providedBy': 'did:web:nordlys.example' }),
      {
        path: '/credentialSubject/gx:providedBy',
        found: 'did:web:nordlys.example',
        allowed: expect.stringContaining('{"id": "..."}'),
      },
    ],
    [
      'an object of another class',
      () => ({ ...fullOffering(), 'gx:providedBy': { type: 'gx:Address', 'gx:countryCode': 'NO' } }),
      { path: '/credentialSubject/gx:providedBy/type', found: 'gx:Address', allowed: 'gx:LegalPerson' },
    ],
    [
      'a number that is text',
      () => {
        const offering = fullOffering();
        (offering['gx:aggregationOfResources'] as JsonObject)['gx:energyUsageEfficiency'] = {
          type: 'gx:EnergyUsageEfficiency',
          'gx:powerUsageEffectiveness': 'low',
        };
        return offering;
      },
      {
        path: '/credentialSubject/gx:aggregationOfResources/gx:energyUsageEfficiency/gx:powerUsageEffectiveness',
        found: 'low',
        allowed: 'a number, at least 1',
      },
    ],
    [
      'a value outside a short enumeration names the values',
      () => ({ ...fullOffering(), 'gx:cryptographicSecurityStandards': ['ROT13'] }),
      {
        path: '/credentialSubject/gx:cryptographicSecurityStandards/0',
        found: 'ROT13',
        allowed: expect.stringContaining('RFC8446'),
      },
    ],
    [
      'a link without scheme',
      () => ({
        ...fullOffering(),
        'gx:serviceOfferingTermsAndConditions': {
          type: 'gx:TermsAndConditions',
          'gx:url': 'terms.html',
          'gx:hash': 'x',
        },
      }),
      { path: '/credentialSubject/gx:serviceOfferingTermsAndConditions/gx:url', found: 'terms.html' },
    ],
    [
      'a misspelt term is named with the nearest',
      () => ({ ...fullProvider(), 'gx:headquarterAddress': { type: 'gx:Address', 'gx:countryCode': 'NO' } }),
      { path: '/credentialSubject/gx:headquarterAddress', rule: 'term', allowed: 'gx:headquartersAddress' },
    ],
    [
      'a term that @vocab swallowed',
      () => ({ ...fullOffering(), serviceOfferingTermsAndCondition: 'x' }),
      {
        path: '/credentialSubject/serviceOfferingTermsAndCondition',
        rule: 'term',
        allowed: 'serviceOfferingTermsAndConditions',
        mend: 'Write serviceOfferingTermsAndConditions',
      },
    ],
    [
      'an own term that does not exist',
      () => ({ ...fullOffering(), 'kontor:exitPlna': {} }),
      { path: '/credentialSubject/kontor:exitPlna', rule: 'term', allowed: 'kontor:exitPlan' },
    ],
    [
      'a known term at the wrong place',
      () => ({ ...fullProvider(), 'gx:legalName': 'Nordlys Sky AS' }),
      { path: '/credentialSubject/gx:legalName', rule: 'gx:LegalPerson#closed' },
    ],
    [
      'an own term at the wrong place',
      () => ({ ...fullProvider(), 'kontor:exitPlan': { 'kontor:url': 'https://a.example/exit' } }),
      { path: '/credentialSubject/kontor:exitPlan', rule: 'gx:LegalPerson#closed' },
    ],
    [
      'a purpose that is none',
      () => ({ ...fullOffering(), 'kontor:dataLocation': { 'kontor:purpose': 'storing', 'kontor:country': 'NO' } }),
      {
        path: '/credentialSubject/kontor:dataLocation/kontor:purpose',
        allowed: 'one of storage, processing, backup, support, metadata',
      },
    ],
    ...(
      [
        ['gx:renewableEnergy', 7],
        ['gx:renewableEnergy', 98],
        ['gx:renewableEnergy', 1.01],
        ['gx:hourlyCarbonFreeEnergy', -3],
      ] as const
    ).map(([property, value]): (typeof cases)[number] => [
      `${property} ${value} is no share`,
      () => mix({ [property]: value }),
      {
        path: `/credentialSubject/gx:aggregationOfResources/gx:energyMix/${property}`,
        found: String(value),
        allowed: 'a share from 0 to 1',
        mend: 'Write for example 0.8',
      },
    ]),
    [
      'a site that draws less power than its computers',
      () =>
        withSite({
          'gx:energyUsageEfficiency': { type: 'gx:EnergyUsageEfficiency', 'gx:powerUsageEffectiveness': 0.01 },
        }),
      { found: '0.01', allowed: 'a number, at least 1' },
    ],
    [
      'a site that makes water',
      () =>
        withSite({
          'gx:waterUsageEffectiveness': { type: 'gx:WaterUsageEffectiveness', 'gx:waterUsageEffectiveness': -5 },
        }),
      { found: '-5', allowed: 'a number, at least 0' },
    ],
    [
      'a number in quotation marks',
      () => ({
        ...fullOffering(),
        'kontor:exitPlan': { 'kontor:url': 'https://a.example', 'kontor:noticeDays': '12' },
      }),
      {
        path: '/credentialSubject/kontor:exitPlan/kontor:noticeDays',
        found: '"12" (a text)',
        mend: 'Write 12 without quotation marks',
      },
    ],
    [
      'nearly a value of an enumeration',
      () => ({ ...fullOffering(), 'gx:dataProtectionRegime': 'GDPR' }),
      {
        found: 'GDPR',
        allowed: expect.stringContaining('LGPD2019'),
        why: expect.stringContaining('did you mean GDPR2016?'),
        mend: 'Write "GDPR2016"',
      },
    ],
    [
      'a missing value of an enumeration',
      () => ({
        ...fullOffering(),
        'gx:servicePolicy': { type: 'gx:AccessUsagePolicy', 'gx:policyDocument': 'https://a.example/policy' },
      }),
      {
        path: '/credentialSubject/gx:servicePolicy',
        found: 'nothing',
        allowed: 'one of ODRL, XACML, Rego, JSON, Other',
        mend: 'Add for example "gx:policyLanguage": "ODRL"',
      },
    ],
    [
      'a missing object names all that it needs',
      () => ({
        ...fullOffering(),
        type: 'gx:ContainerServiceOffering',
        'gx:instantiationReq': { type: 'gx:ContainerResourceLimits', 'gx:confidential': false },
      }),
      {
        property: 'gx:codeArtifact',
        allowed: expect.stringMatching(
          /^a gx:ContainerImage with gx:baseContainerImage \(a gx:BaseContainerImage with gx:containerImageLink\), gx:containerFormat, .*gx:resourcePolicy, or \{"id": "\.\.\."\}$/,
        ),
        mend: expect.stringContaining('"gx:baseContainerImage":{"type":"gx:BaseContainerImage"'),
      },
    ],
    [
      'a term of schema.org is advised in the spelling that means it',
      () => ({ ...fullOffering(), descripton: 'x' }),
      { property: 'descripton', rule: 'term', allowed: 'description', mend: 'Write description' },
    ],
    [
      'terms that the shape does not list',
      () => ({ id: 'did:web:a.example', type: 'gx:Issuer', 'gx:gaiaxTermsAndConditions': 'f'.repeat(64) }),
      { found: 'f'.repeat(64), allowed: expect.stringMatching(/^the SHA-256 of the Gaia-X terms .*067dcac5/) },
    ],
    [
      'an undefined nested type',
      () => ({ ...fullProvider(), 'gx:legalAddress': { type: 'gx:Adress', 'gx:countryCode': 'NO' } }),
      { path: '/credentialSubject/gx:legalAddress/type', rule: 'term', allowed: 'gx:Address' },
    ],
  ];
  test.each(cases)('%s', async (_, make, expected) => {
    const subject = make();
    const found = await failures(subject);
    expect(found).toContainEqual(expect.objectContaining({ ok: false, why: expect.stringMatching(/\w/), ...expected }));
    const document = credentialOf(subject);
    for (const { path } of found) expect(resolvePointer(document, path), path).toBeDefined();
    expect(found).toHaveLength(1);
  });

  test('a party outside, of whom only the country is known, needs no registration number', async () => {
    expect(
      await failures({
        ...fullProvider(),
        'kontor:ultimateParent': { 'kontor:partyName': 'Globex Inc', 'kontor:country': 'US' },
      }),
    ).toEqual([]);
    expect(
      await failures({ ...fullProvider(), 'kontor:ultimateParent': { 'kontor:partyName': 'Globex Inc' } }),
    ).toContainEqual(expect.objectContaining({ property: 'kontor:country', rule: 'kontor:Party#required' }));
  });

  test('properties that must fit together', async () => {
    const consent = (more: object) =>
      failures({ id: 'https://a.example/c', type: 'gx:Consent', 'gx:legalBasis': '6.1.a', ...more });
    expect(await consent({})).toContainEqual(expect.objectContaining({ rule: 'gx:Consent#logic' }));
    expect(await consent({ 'gx:dataProtectionContactPoint': 'x' })).toEqual([]);
  });

  test('of three subjects, the one checked is the one named', async () => {
    const document = credentialOf([
      fullProvider(),
      {
        ...fullProvider(),
        id: 'did:web:other.example',
        'gx:legalAddress': { type: 'gx:Address', 'gx:countryCode': 'XX' },
      },
    ]);
    const second: ClaimNode = {
      ...(await claimsOf(credentialOf((document.credentialSubject as object[])[1]!))),
    };
    expect(shapes.check(second, { document })[0]!.path).toBe('/credentialSubject/1/gx:legalAddress/gx:countryCode');
  });

  test('nesting without end is refused', () => {
    let node: ClaimNode = { '@type': ['gx:Resource'] };
    for (let depth = 0; depth < 200; depth++)
      node = { '@type': ['gx:AvailabilityZone'], 'gx:aggregationOfResources': [node] };
    expect(shapes.check(node, { document: { credentialSubject: {} } })).toContainEqual(
      expect.objectContaining({ ok: false, rule: 'depth' }),
    );
  });
});
