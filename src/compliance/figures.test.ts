import { describe, expect, test } from 'vitest';
import { failing, good, TRUST, vat } from '../../test/support/evaluation.ts';
import { PROVIDER } from '../../test/support/offering.ts';
import type { TrustEntry } from './decision.ts';
import type { Description } from './description.ts';
import { evaluate } from './evaluate.ts';

describe('numbers are compared', () => {
  const withFigures = (figures: Partial<NonNullable<Description['environment']>>) => {
    const input = good();
    input.description.environment = { energySources: [], attainedOn: '2026-01-01', ...figures };
    return failing(input);
  };
  test.each([
    [1.3, undefined],
    [1.31, 'unknown'],
    [1.4, 'unknown'],
    [1.41, 'unmet'],
  ])('PUE %s is %s', (pue, result) => {
    const found = withFigures({ pue, renewableShare: 1, wue: 0.4 });
    expect(found.get('P6.1.2')?.result).toBe(result);
    if (result) expect(found.get('P6.1.2')!.why).toContain(String(pue));
    expect(found.size).toBe(result ? 1 : 0);
  });
  test('no figures are unknown, a certificate that only the provider links decides nothing', () => {
    const found = withFigures({ certified: true });
    expect([...found].map(([id, { result }]) => [id, result])).toEqual([
      ['P6.1.2', 'unknown'],
      ['P6.1.3', 'unknown'],
      ['P6.1.4', 'unknown'],
    ]);
  });
  test.each<[string, string, Partial<NonNullable<Description['environment']>>]>([
    ['P6.1.2', 'PUE) of 0.01 cannot be', { pue: 0.01 }],
    ['P6.1.3', '9800 % renewable cannot be', { renewableShare: 98, carbonFreeShare: 0.1 }],
    ['P6.1.3', '-300 % carbon-free by the hour cannot be', { renewableShare: 0.1, carbonFreeShare: -3 }],
    ['P6.1.4', '-5 L/kWh cannot be', { wue: -5 }],
  ])('%s: a figure that cannot be decides nothing (%s)', (id, words, figures) => {
    const found = withFigures({ pue: 1.2, renewableShare: 1, carbonFreeShare: 1, wue: 0.4, ...figures });
    expect([...found.keys()]).toEqual([id]);
    expect(found.get(id)).toMatchObject({ result: 'unknown', why: expect.stringContaining(words) });
  });

  test('a share to be attained one day is not attained, and on that day it is decided again', () => {
    const input = good();
    input.description.environment!.attainedOn = '2027-03-01';
    expect(evaluate(input)).toMatchObject({
      level: 'SC',
      next: {
        level: 'L1',
        missing: [
          {
            id: 'P6.1.3',
            result: 'unknown',
            why: 'The energy mix is stated for 2027-03-01, and that day has not come',
            mend: expect.stringContaining('gx:attainmentDate'),
          },
        ],
      },
      validUntil: '2027-03-01T00:00:00.000Z',
    });
    expect(evaluate({ ...input, now: new Date('2027-03-01T00:00:00Z') }).level).toBe('L1');
    for (const day of ['2035-01-01', '12026-01-01', '2026-99-01', undefined]) {
      input.description.environment!.attainedOn = day;
      expect(evaluate(input).level, day).toBe('SC');
    }
  });

  test('the figure and the limit stand in the reason', () => {
    const { criteria } = evaluate(good());
    const why = (id: string) => criteria.find((one) => one.id === id)!.why;
    expect(why('P6.1.2')).toBe('PUE 1.11, at most 1.3 is asked in every climate');
    expect(why('P6.1.3')).toBe('98 % renewable, at least 75 % is asked');
    expect(why('P6.1.4')).toBe('WUE 0.1 L/kWh, at most 0.4 is asked where water is scarce');
    expect(withFigures({ pue: 1.2, wue: 0, renewableShare: 0.6 }).get('P6.1.3')!.why).toBe(
      '60 % renewable, at least 75 % is asked',
    );
  });

  test('a certificate of the pact by a body on the trust list meets all three, by anybody else none', () => {
    const input = good();
    const pact: TrustEntry = { did: 'did:web:auditor.example', name: 'Pact', role: 'certificate', schemes: ['cndcp'] };
    input.description.environment = undefined;
    input.evidence.push({
      ...vat(),
      digest: 'uPact',
      type: 'kontor:Certificate',
      about: [input.description.id],
      issuer: 'did:web:auditor.example',
      facts: { scheme: 'cndcp' },
    });
    expect(evaluate(input).level).toBe('SC');
    input.trust = [...TRUST, pact];
    const decision = evaluate(input);
    expect(decision).toMatchObject({ level: 'L1' });
    for (const criterion of ['P6.1.2', 'P6.1.3', 'P6.1.4'])
      expect(decision.criteria.find(({ id }) => id === criterion)).toMatchObject({
        basis: 'verified',
        why: 'Certified until 2027-06-01: Climate Neutral Data Centre Pact, by Pact',
      });
    input.evidence.at(-1)!.issuer = PROVIDER;
    expect(evaluate(input).level).toBe('SC');
  });
});
