import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSchemes, schemeReader } from './scheme.ts';
import { slipsBeside } from './scheme-slips.ts';

const SHAPES = resolve(import.meta.dirname, '../../shapes');
const SCHEMES = join(SHAPES, 'schemes');
const read = schemeReader(join(SHAPES, 'scheme.schema.json'));
const shipped = loadSchemes(SCHEMES);
// biome-ignore lint/suspicious/noExplicitAny: the tests break files in every place
type File = any;

/** A shipped scheme as its file has it, changed. */
function altered(id: string, change: (file: File) => void): Buffer {
  const file = JSON.parse(readFileSync(join(SCHEMES, `${id}.json`), 'utf8'));
  change(file);
  return Buffer.from(JSON.stringify(file));
}
function refusal(id: string, change: (file: File) => void, beside?: typeof shipped): string {
  try {
    read(altered(id, change), 'mine.json', beside);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

describe('a scheme is refused, with the place and what is accepted,', () => {
  it.each<[what: string, scheme: string, change: (file: File) => void, said: string]>([
    [
      'whose answer carries a level that is not there',
      'ec-csf',
      ({ criteria }) => {
        criteria[0].answers[4][1] = 9;
      },
      '/criteria/0/answers/4/1 is 9; levels are 0 to 4, SEAL-0 to SEAL-4',
    ],
    [
      'whose answers do not stand lowest first',
      'ec-csf',
      ({ criteria }) => {
        criteria[7].answers.reverse();
      },
      '/criteria/7/answers/1/1 is lower than that of the answer before it; answers stand lowest first',
    ],
    [
      'whose criterion is of an objective that is not there',
      'ec-csf',
      ({ criteria }) => {
        criteria[1].objective = 'NOPE';
      },
      '/criteria/1/objective "NOPE" is not there; objectives are SOV-1, SOV-2',
    ],
    [
      'whose edition has no weight for an objective',
      'ec-csf',
      ({ editions }) => {
        delete editions['csf-1.2.1'].weights['SOV-1'];
      },
      '/editions/csf-1.2.1/weights has none for the objective SOV-1',
    ],
    [
      'whose edition weighs an objective that is not there',
      'ec-csf',
      ({ editions }) => {
        editions['csf-1.2.1'].weights['SOV-9'] = 5;
      },
      '/editions/csf-1.2.1/weights/SOV-9 is no objective',
    ],
    [
      'whose score would be divided by nothing',
      'ec-csf',
      ({ criteria }) => {
        for (const one of criteria) if (one.objective === 'SOV-8') for (const answer of one.answers) answer[0] = 0;
      },
      '/editions/csf-1.2.1/divisor is "maximum", and no answer of SOV-8 has points',
    ],
    [
      'whose objective has no criterion',
      'ec-csf',
      (file) => {
        file.criteria = file.criteria.filter(({ objective }: { objective: string }) => objective !== 'SOV-8');
      },
      '/objectives/7 "SOV-8" has no criterion',
    ],
    [
      'whose answers all carry the top level',
      'ec-csf',
      ({ criteria }) => {
        for (const one of criteria) for (const answer of one.answers) answer[1] = 4;
      },
      '/criteria has no answer that carries a lower level',
    ],
    [
      'whose answers lead to a level that it does not decide',
      'ec-csf',
      ({ levels }) => {
        levels[4].decided = false;
      },
      '/levels/4/decided is false: levels of answers are computed, each must be true',
    ],
    [
      'with a criterion twice',
      'ec-csf',
      ({ criteria }) => {
        criteria[1].id = 'SOV-1.1';
      },
      '/criteria/1/id "SOV-1.1" stands there twice',
    ],
    [
      'whose answers would never be too old',
      'ec-csf',
      (file) => {
        file.freshMonths = 1e9;
      },
      '/freshMonths is 1000000000, at most 1200 is accepted',
    ],
    [
      'with a level twice',
      'bsi-c5',
      ({ levels }) => {
        levels[1].id = 'type-1';
      },
      '/levels/1/id "type-1" stands there twice',
    ],
    [
      'whose level is spelt as another',
      'bsi-c5',
      ({ levels }) => {
        levels[1].aliases.push('Type_1');
      },
      '/levels/1/aliases/3 "Type_1" means type-1 already',
    ],
    [
      'that refuses a level which it has',
      'bsi-c5',
      (file) => {
        file.refused['Type 2'] = 'no';
      },
      '/refused/Type 2 is refused, and is a level that counts',
    ],
    [
      'that refuses an edition which it has',
      'bsi-c5',
      (file) => {
        file.refusedEditions['2026'] = 'no';
      },
      '/refusedEditions/2026 is refused, and is an edition that counts',
    ],
    [
      'with an edition that ends on no day',
      'bsi-c5',
      ({ editions }) => {
        editions[0].until = '2027-02-31';
      },
      '/editions/0/until "2027-02-31" is no day of the calendar',
    ],
    [
      'whose certificates last longer than any calendar',
      'secnumcloud',
      (file) => {
        file.months = 99_999_999;
      },
      '/months is 99999999, at most 1200 is accepted',
    ],
    [
      'whose criterion names a level that is not there',
      'gaia-x',
      ({ parts }) => {
        parts[0].criteria[0].levels.L9 = 'declaration';
      },
      'names the level L9, which is not there; levels are SC, L1, L2, L3',
    ],
    [
      'whose test names a list that only every object has',
      'gaia-x',
      ({ parts }) => {
        parts[0].criteria[0].test = { within: 'type', set: 'toString' };
      },
      'names the set toString, which is not there',
    ],
    [
      'whose standard only every object has',
      'gaia-x',
      ({ parts }) => {
        parts[0].criteria[0].certified = { constructor: [] };
      },
      'names the standard constructor, which is not described',
    ],
  ])('%s', (_, id, change, said) => {
    expect(refusal(id, change)).toMatch(/^mine\.json: /);
    expect(refusal(id, change)).toContain(said);
  });
});

describe('a scheme beside others', () => {
  const called = (id: string, name: string) => (file: File) => Object.assign(file, { id, name });

  it('has a name and an id of its own, whatever their case and spacing', () => {
    for (const name of ['Gaia-X', 'gaia x', 'GAIA–X', 'Ｇａｉａ-Ｘ', 'Gaia-\u200bX'])
      expect(refusal('gaia-x', called('gaia-x-2', name), shipped)).toBe(
        `mine.json: /name "${name}" is taken by the scheme gaia-x, "Gaia-X": give it one of its own`,
      );
    expect(refusal('gaia-x', called('bsi-c-5', 'Ours'), shipped)).toContain(
      '/id "bsi-c-5" is taken by the scheme bsi-c5',
    );
    expect(refusal('gaia-x', called('ours', 'Our own'), shipped)).toBe('accepted');
  });

  it('builds on certificates that one of them decides', () => {
    const building = (base: string) => (file: File) => {
      called('mine', 'Mine')(file);
      file.editions[0].requires = [base];
    };
    for (const base of ['iso-27001 2005', 'iso-9999 2022'])
      expect(refusal('iso-27017', building(base), shipped)).toContain(
        `/editions/0/requires/0 "${base}" is no scheme and edition held here; those are`,
      );
    expect(refusal('iso-27017', building('iso-27001 2022'), shipped)).toBe('accepted');
  });

  it('as shipped clash in nothing', () => {
    expect(shipped.flatMap((scheme) => slipsBeside(scheme, shipped))).toEqual([]);
  });
});

describe('the folders of schemes', () => {
  const added = (files: Record<string, Buffer>) => {
    const dir = mkdtempSync(join(tmpdir(), 'kontor-schemes-'));
    cpSync(SHAPES, join(dir, 'shapes'), { recursive: true });
    mkdirSync(join(dir, 'own'));
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(dir, 'own', name), bytes);
    return () => loadSchemes(join(dir, 'shapes/schemes'), join(dir, 'own'));
  };

  it('tell what came with Kontor from what the operator added, by the bytes', () => {
    const load = added({
      'ours.json': altered('gaia-x', (file) => Object.assign(file, { id: 'ours', name: 'Ours' })),
      'bsi-c5.json': altered('bsi-c5', (file) => Object.assign(file, { edition: 'ours' })),
      'soc-2.json': readFileSync(join(SCHEMES, 'soc-2.json')),
    });
    const origins = Object.fromEntries(load().map(({ id, origin }) => [id, origin]));
    expect(origins).toMatchObject({ ours: 'operator', 'bsi-c5': 'operator', 'soc-2': 'shipped', 'gaia-x': 'shipped' });
  });

  it('are refused where one has the name of another, and the added file is named', () => {
    const load = added({ 'a.json': altered('gaia-x', (file) => Object.assign(file, { id: 'a' })) });
    expect(load).toThrow(/own\/a\.json: \/name "Gaia-X" is taken by the scheme gaia-x/);
  });
});
