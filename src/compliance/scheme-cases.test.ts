import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failingAt, scheme, services } from '../../test/support/evaluation.ts';
import { compliance, SHAPES } from '../../test/support/offering.ts';
import { evaluate } from './evaluate.ts';
import { demands } from './scheme.ts';
import { inputOf, runCases, type SchemeCases } from './scheme-cases.ts';

const read = (id: string): SchemeCases => JSON.parse(readFileSync(join(SHAPES, `schemes/cases/${id}.json`), 'utf8'));
const gaiaX = read('gaia-x');
const inputs = gaiaX.cases.map((one) => inputOf(scheme, gaiaX, one));
const published = JSON.parse(readFileSync(resolve(SHAPES, '../../shared/data/schemes/gaia-x.json'), 'utf8')) as {
  criteria: { id: string; levels: Record<string, string>; permissible: string[] }[];
};

describe('each scheme against the cases kept beside it', () => {
  const withCases = compliance.schemes().filter(({ id }) => existsSync(join(SHAPES, `schemes/cases/${id}.json`)));
  test.each(withCases.map((one) => [one.id, one] as const))('%s', (id, one) => {
    expect(runCases(one, read(id))).toEqual([]);
  });

  test('there are at least 60 for Gaia-X, each with a name of its own', () => {
    expect(gaiaX.cases.length).toBeGreaterThanOrEqual(60);
    expect(new Set(gaiaX.cases.map(({ name }) => name)).size).toBe(gaiaX.cases.length);
  });

  test.each(['SC', 'L1', 'L2', 'L3'])('each criterion of %s has a case where only it fails', (level) => {
    const alone = new Set(
      inputs
        .filter(({ description }) => description.kind === 'offering')
        .map((input) => failingAt(level, input).map(({ id }) => id))
        .filter((ids) => ids.length === 1)
        .flat(),
    );
    const demanded = services.criteria.filter((criterion) => demands(criterion, level)).map(({ id }) => id);
    expect(demanded.filter((id) => !alone.has(id))).toEqual([]);
  });

  test('a certificate that does not count is told why', () => {
    const why = (name: string, id = 'P3.1.9') => {
      const input = inputs[gaiaX.cases.findIndex((one) => one.name === name)]!;
      return evaluate(input).next!.missing.find((one) => one.id === id)!.why;
    };
    expect(why('C5 Type 1')).toBe(
      'No certificate that counts here covers it; the one by Auditor does not: Level "type-1" does not count, only type-2',
    );
    expect(why('a self-issued certificate')).toContain('nobody vouches for themselves');
    expect(why('a certificate by a stranger')).toContain(
      "did:web:stranger.example, who is not on this node's trust list",
    );
    expect(why('an organisation’s certificate for something else')).toContain('It certifies the organisation');
    expect(why('C5 with a qualified opinion')).toContain('The opinion is "qualified"');
    expect(why('C5 limited to three of the four clauses')).toContain('does not cover CRY-04');
    expect(why('SecNumCloud in qualification, sold as qualified')).toContain('It is in-qualification');
    expect(why('CISPE: a candidate', 'P2.1.2')).toContain('Level "candidate" does not count');
    expect(why('CISPE by a body whose five years are over', 'P2.1.2')).toMatch(/The mandate of .* ended on/);
    expect(why('a suspended certificate')).toContain('It is suspended');
    expect(why('a certificate with a date that is none')).toContain('a date that no calendar has');
  });

  test('what is certified is verified, by whom and until when', () => {
    const input = inputs[gaiaX.cases.findIndex(({ name }) => name.startsWith('SecNumCloud, EU Cloud CoC'))]!;
    input.evidence.find(({ facts }) => facts.scheme === 'cndcp')!.facts.until = '2027-01-31';
    const decision = evaluate(input);
    expect(decision.criteria.find(({ id }) => id === 'P6.1.2')).toMatchObject({
      result: 'met',
      basis: 'verified',
      why: 'Certified until 2027-01-31: Climate Neutral Data Centre Pact, by Pact',
      evidence: ['uListing', 'uPact'],
    });
    expect(decision.validUntil).toBe('2027-01-31T23:59:59.999Z');
    expect(decision.basis).toBe('claimed');
  });

  test('what an assessor states is said with the number of the criterion', () => {
    const input = inputs[gaiaX.cases.findIndex(({ name }) => name === 'an assessor that names the criterion')]!;
    const { criteria } = evaluate(input);
    expect(criteria.find(({ id }) => id === 'P3.1.9')!.why).toBe(
      `Certified until ${input.evidence.at(-1)!.validUntil.slice(0, 10)}: an assessor's statement on P3.1.9, by Assessors`,
    );
  });

  // One judge says what a certificate is worth; what it is asked by must not differ either.
  test('the standards of Gaia-X are those of the schemes of their own, with the levels that count there', () => {
    const byId = new Map(compliance.schemes().map((one) => [one.id, one]));
    for (const [id, standard] of Object.entries(scheme.certification!.standards)) {
      const own = byId.get(id);
      if (own?.kind !== 'certificates' || !standard.levels) continue;
      expect(own.levels, id).toEqual(expect.arrayContaining(standard.levels));
      expect([standard.editions, standard.months, standard.opinion], id).toEqual([
        own.editions,
        own.months,
        own.opinion,
      ]);
    }
    for (const one of byId.values())
      for (const [id, rules] of Object.entries((one.kind === 'certificates' && one.builtOn) || {}))
        expect(byId.get(id)).toMatchObject(rules);
  });

  test('a report on a period that has not passed is looked at again when it has', () => {
    const input = inputs[gaiaX.cases.findIndex(({ name }) => name === 'C5 on a period that has not passed')]!;
    expect(evaluate(input)).toMatchObject({ level: 'L1', validUntil: '2027-04-01T00:00:00.000Z' });
  });

  test('a certificate still to begin is looked at again on its day', () => {
    const input = inputs[gaiaX.cases.findIndex(({ name }) => name === 'a certificate that itself has not begun')]!;
    expect(evaluate(input)).toMatchObject({ level: 'L1', validUntil: '2026-12-01T00:00:00.000Z' });
    expect(evaluate({ ...input, now: new Date('2026-12-01T00:00:00Z') }).level).toBe('L3');
  });
});

describe('the same inputs in any order', () => {
  test('give the same bytes, in every case', () => {
    for (const input of inputs) {
      const { evidence, trust } = input;
      const turned = { ...input, evidence: [...evidence].reverse(), trust: [...trust].reverse() };
      const rotated = { ...input, evidence: [...evidence.slice(2), ...evidence.slice(0, 2)], trust };
      const bytes = JSON.stringify(evaluate(input));
      expect(JSON.stringify(evaluate(structuredClone(turned)))).toBe(bytes);
      expect(JSON.stringify(evaluate(structuredClone(rotated)))).toBe(bytes);
    }
  });

  test('of one certificate about the offering and its provider as well', () => {
    const input = inputs[gaiaX.cases.findIndex(({ name }) => name.startsWith('SecNumCloud, EU Cloud CoC'))]!;
    const twice = input.evidence.map((item) => ({
      ...item,
      about: [input.credential.issuer],
      facts: { ...item.facts, covers: input.description.id },
    }));
    const all = [...input.evidence, ...twice];
    const bytes = JSON.stringify(evaluate({ ...input, evidence: all }));
    expect(JSON.stringify(evaluate({ ...input, evidence: all.toReversed() }))).toBe(bytes);
  });
});

describe('the scheme against the published list', () => {
  test('all 63 numbers are there, with the levels of the list', () => {
    const retired = new Set(scheme.retired);
    const ours = new Map(services.criteria.map(({ id, levels }) => [id, levels]));
    expect(published.criteria).toHaveLength(63);
    for (const { id, levels } of published.criteria) {
      const own = Object.fromEntries(
        Object.entries(ours.get(id) ?? {}).map(([level, demand]) => [
          level,
          typeof demand === 'object' ? 'not-required' : demand,
        ]),
      );
      const expected = Object.values(levels).every((demand) => demand === 'not-applicable') ? {} : levels;
      expect(own, id).toEqual(expected);
      expect(retired.has(id), id).toBe(!ours.has(id));
    }
    const numbers = services.criteria.map(({ id }) => id).filter((id) => /^P\d/.test(id));
    expect(numbers).toHaveLength(60);
    expect([...retired]).toHaveLength(3);
  });

  test('the three that L3 drops are replaced by a stronger one', () => {
    const replaced = services.criteria.filter(({ levels }) => typeof levels.L3 === 'object');
    expect(replaced.map(({ id, levels }) => [id, levels.L3])).toEqual(
      ['P2.2.3', 'P2.2.4', 'P5.1.1'].map((id) => [id, { replacedBy: 'P5.1.2' }]),
    );
  });

  test('each criterion takes the standards that the list permits, and no other', () => {
    const names: Record<string, string> = {
      SecNumCloud: 'secnumcloud',
      'BSI C5': 'bsi-c5',
      'CISPE CoC': 'cispe-coc',
      'EU Cloud CoC': 'eu-cloud-coc',
      'CSA CCM': 'csa-star',
      'ISO/IEC 27001': 'iso-27001',
      TISAX: 'tisax',
      'SWIPO IaaS': 'swipo',
      'Climate Neutral': 'cndcp',
      'GDPR Art. 40': 'gdpr-art-40',
      'GDPR Art. 42': 'gdpr-art-42',
    };
    for (const { id, permissible } of published.criteria) {
      const expected = permissible.map((text) => names[Object.keys(names).find((name) => text.startsWith(name))!]!);
      const own = services.criteria.find((one) => one.id === id)?.certified ?? {};
      expect(Object.keys(own).sort(), id).toEqual(expected.sort());
      // A clause printed alone stands in ours as printed; ranges are written out.
      for (const text of permissible) {
        const name = Object.keys(names).find((one) => text.startsWith(one))!;
        const printed = text.slice(name.length).match(/[A-Z0-9][\w.-]*\d(?:\.?\w)*/g) ?? [];
        const plain = printed.filter((clause) => /^[\w.]+$/.test(clause) || /^[A-Z]+-\d+$/.test(clause));
        if (!names[name]!.startsWith('gdpr'))
          expect(own[names[name]!], `${id} ${text}`).toEqual(expect.arrayContaining(plain));
      }
    }
  });
});

describe('a case that cannot be or does not hold', () => {
  const first = gaiaX.cases[0]!;
  const fails = (more: object) => runCases(scheme, { ...gaiaX, cases: [{ ...first, ...more }] });
  test.each<[string, object, string]>([
    ['another level', { expect: { level: 'L3' } }, 'level is "L1", expected "L3"'],
    ['another criterion', { expect: { level: 'L1', unmet: ['P1.1.1'] } }, 'unmet is [], expected ["P1.1.1"]'],
    ['no level', { expect: {} }, '"expect" has a "level"'],
    ['a misspelt expectation', { expect: { level: 'L1', unmett: [] } }, 'not unmett'],
    ['a base that is not there', { base: 'nowhere' }, 'there is no base "nowhere"'],
    [
      'a change of what is not there',
      { change: [{ at: '/description/nothing/here', set: 1 }] },
      'there is no /description/nothing/here to change',
    ],
    ['a removal of what is not there', { change: [{ at: '/evidence/9', remove: true }] }, 'there is no /evidence/9'],
  ])('%s is told', (_, more, problem) => {
    expect(fails(more)).toMatchObject([{ name: first.name, problem: expect.stringContaining(problem) }]);
  });

  test('a pointer names members that hold a slash or a tilde', () => {
    const change = [
      { at: '/description/a~1b', set: { 'c~d': 1 } },
      { at: '/description/a~1b/c~0d', remove: true },
    ];
    const { description } = inputOf(scheme, gaiaX, { ...first, change: change as typeof first.change & object });
    expect((description as unknown as Record<string, unknown>)['a/b']).toEqual({});
  });
});
