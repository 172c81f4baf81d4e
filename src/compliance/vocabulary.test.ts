import { describe, expect, test } from 'vitest';
import { compliance } from '../../test/support/offering.ts';

const { vocabulary } = compliance;

describe('the vocabulary', () => {
  test('knows classes, properties and who descends from whom', () => {
    expect(vocabulary.known('gx:LegalPerson')).toBe(true);
    expect(vocabulary.known('vcard:region')).toBe(true);
    expect(vocabulary.known('kontor:exitPlan')).toBe(true);
    expect(vocabulary.known('gx:legalPerson')).toBe(false);
    expect(vocabulary.isA('gx:VirtualMachineServiceOffering', 'gx:ServiceOffering')).toBe(true);
    expect(vocabulary.isA('gx:InternetServiceProvider', 'gx:Participant')).toBe(true);
    expect(vocabulary.isA('gx:ServiceOffering', 'gx:VirtualMachineServiceOffering')).toBe(false);
    expect(vocabulary.lineage('gx:Datacenter')).toEqual([
      'gx:Datacenter',
      'gx:PhysicalResource',
      'gx:Resource',
      'gx:GaiaXEntity',
    ]);
  });

  test.each([
    ['gx:LegalPerson', 'participant'],
    ['gx:BlockStorageServiceOffering', 'offering'],
    ['gx:DigitalServiceOffering', 'offering'],
    ['gx:DataProduct', 'data-product'],
    ['gx:Datacenter', 'resource'],
    ['gx:VatID', 'evidence'],
    ['gx:Issuer', 'evidence'],
    ['kontor:Certificate', 'evidence'],
    ['gx:Address', undefined],
    ['https://example.org/ns#LegalPerson', undefined],
  ])('%s is of kind %s', (type, kind) => expect(vocabulary.kindOf([type])).toBe(kind));

  test('the most specific of several types', () => {
    expect(
      vocabulary.mostSpecific(['gx:ServiceOffering', 'gx:ContainerServiceOffering', 'https://example.org/X']),
    ).toBe('gx:ContainerServiceOffering');
    expect(vocabulary.mostSpecific(['https://example.org/X'])).toBeUndefined();
  });

  test.each([
    ['gx:countrycode', 'gx:countryCode'],
    ['gx:headquarterAddress', 'gx:headquartersAddress'],
    ['https://w3id.org/gaia-x/evil#LegalPerson', 'gx:LegalPerson'],
    ['<gx:LegalPerson>', 'gx:LegalPerson'],
    ['kontor:dataLocations', 'kontor:dataLocation'],
    ['gx:somethingElseAltogether', undefined],
  ])('%s was probably meant to be %s', (term, near) => expect(vocabulary.nearest(term)).toBe(near));

  test('the spellings of a property without prefix', () => {
    expect(vocabulary.spellings('schema:taxID')).toEqual(['taxId']);
    expect(vocabulary.spellings('gx:location')).toEqual(['location', 'locations']);
  });
});
