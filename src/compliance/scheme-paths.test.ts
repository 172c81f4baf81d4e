import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { schemeReader } from './scheme.ts';

const SHAPES = resolve(import.meta.dirname, '../../shapes');
const read = schemeReader(join(SHAPES, 'scheme.schema.json'));
const gaiaX = readFileSync(join(SHAPES, 'schemes/gaia-x.json'), 'utf8');

// biome-ignore lint/suspicious/noExplicitAny: the tests break files in every place
type File = any;

function refusal(change: (file: File) => void): string {
  const file = JSON.parse(gaiaX);
  change(file);
  try {
    read(Buffer.from(JSON.stringify(file)), 'mine.json');
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}
const withTest = (test: object) => (file: File) => {
  file.parts[0].criteria[0].test = test;
};

describe('a scheme of criteria is refused', () => {
  it.each<[string, (file: File) => void, string]>([
    ['whose test looks at a member that is not there', withTest({ stated: 'namee' }), '"namee" leads nowhere'],
    [
      'whose test looks below one that has others',
      withTest({ all: [{ not: { is: 'environment.pu', value: 1 } }] }),
      '"environment.pu" leads nowhere in a description; environment has energySources, renewableShare',
    ],
    [
      'whose matcher names what the list has not',
      withTest({ some: 'locations', where: { land: 'NO' } }),
      '"land" is no member of what locations lists; those are purpose, country',
    ],
    [
      'whose text has a placeholder that nothing fills',
      (file) => {
        file.parts[0].criteria[0].met = 'It is {foo.bar}';
      },
      'the placeholder {foo.bar} is known to nobody; accepted are held, limit',
    ],
    [
      'whose level is misspelt in a criterion',
      (file) => {
        file.parts[0].criteria[0].levels.L22 = 'declaration';
      },
      'names the level L22, which is not there; levels are SC, L1, L2, L3',
    ],
    [
      'whose level asks for nothing',
      (file) => {
        file.levels.push({ id: 'L4', name: 'Level 4', decided: true });
      },
      'the level L4 is decided, and no criterion demands anything for it',
    ],
    [
      'that names a role which nobody can have',
      (file) => {
        file.roles.king = ['gx:VatID'];
      },
      '/roles/king is no role; roles are registration-number, certificate, assessment-body, clearing-house',
    ],
    [
      'with a member that is not known, by its name',
      (file) => {
        file.colour = 'green';
      },
      'must NOT have additional properties: "colour"',
    ],
  ])('%s', (_, change, said) => {
    expect(refusal(change)).toContain(said);
  });

  it('that is no JSON, with its file', () => {
    expect(() => read(Buffer.from('{'), 'mine.json')).toThrow(/^mine\.json: it is no JSON: .*line 1/);
  });
});
