import { beforeAll, describe, expect, test } from 'vitest';
import { claimsOf, compliance, credentialOf, fullOffering, fullProvider } from '../../test/support/offering.ts';
import type { Description } from './description.ts';
import { caution, exposure, inWords } from './exposure.ts';

const described = async (subject: object) => compliance.describe(await claimsOf(credentialOf(subject)));
const dependency = (kind: string, more: object = { 'kontor:country': 'US' }) => ({
  type: 'kontor:Dependency',
  'kontor:dependencyKind': kind,
  'kontor:dependencyName': 'AWS',
  'kontor:supplier': 'Amazon',
  ...more,
});

let provider: Description;
beforeAll(async () => {
  provider = await described(fullProvider());
});
const exposed = async (more: object) => {
  const own = await described({
    ...fullOffering(),
    'gx:possiblePersonalDataTransfers': [],
    name: 'Sovereign cloud',
    ...more,
  });
  return { own, reach: exposure(own, provider, []) };
};

describe('what an offer rests on', () => {
  test('a service from outside brings the law of its supplier, and an offer that calls itself sovereign is told so', async () => {
    const { own, reach } = await exposed({ 'kontor:dependency': dependency('service') });
    expect(reach).toEqual({ known: true, outside: [{ country: 'US', by: 'the service AWS of Amazon it rests on' }] });
    expect(inWords(reach.outside)).toBe('United States (US) by the service AWS of Amazon it rests on');
    expect(caution(own, reach)).toBe(
      'It calls itself sovereign, and law from outside the EU and EEA reaches it: United States (US) by the service AWS of Amazon it rests on.',
    );
  });

  test('a service is called by its supplier only where that is another name', async () => {
    const named = async (supplier: object) =>
      (await exposed({ 'kontor:dependency': dependency('service', { 'kontor:country': 'US', ...supplier }) })).reach
        .outside[0]?.by;
    expect(await named({ 'kontor:supplier': 'AWS' })).toBe('the service AWS it rests on');
    expect(await named({ 'kontor:supplier': undefined })).toBe('the service AWS it rests on');
  });

  test('a service from within brings nothing', async () => {
    const { reach } = await exposed({ 'kontor:dependency': dependency('service', { 'kontor:country': 'DE' }) });
    expect(reach).toEqual({ known: true, outside: [] });
  });

  test('a service of which neither country nor id is stated leaves it unknown', async () => {
    const { own, reach } = await exposed({ 'kontor:dependency': dependency('service', {}) });
    expect(reach).toEqual({ known: false, outside: [] });
    expect(caution(own, reach)).toContain('who supplies a service it rests on, is not stated in full');
  });

  test.each(['software', 'hardware'])('%s is a dependency and brings no law', async (kind) => {
    const { own, reach } = await exposed({ 'kontor:dependency': dependency(kind) });
    expect(own.dependencies).toContainEqual(expect.objectContaining({ kind, name: 'AWS', country: 'US' }));
    expect(reach).toEqual({ known: true, outside: [] });
    expect((await exposed({ 'kontor:dependency': dependency(kind, {}) })).reach.known).toBe(true);
  });

  test('a resource brings the law of its place, once', async () => {
    const at = (place: string) => ({
      'gx:hostedOn': {
        id: 'https://cloud.example/hall',
        type: 'gx:Datacenter',
        [place]: { type: 'gx:Address', 'gx:countryCode': 'US' },
      },
    });
    for (const place of ['gx:location', 'gx:address'])
      expect((await exposed(at(place))).reach.outside).toEqual([{ country: 'US', by: 'place of hosting' }]);
  });
});
