import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AnswersScheme, evaluateAnswers, isInert } from './answers-scheme.ts';
import type { EvidenceItem } from './decision.ts';
import type { Description } from './description.ts';
import { type EvaluationInput, evaluate } from './evaluate.ts';
import { loadSchemes } from './scheme.ts';
import { inputOf, type SchemeCases } from './scheme-cases.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => JSON.parse(readFileSync(resolve(root, path), 'utf8'));
const scheme = loadSchemes(resolve(root, 'shapes/schemes')).find(({ id }) => id === 'ec-csf') as AnswersScheme;
const cases = read('shapes/schemes/cases/ec-csf.json') as SchemeCases;
const published = read('../shared/data/schemes/seal.json');

const inert: string[] = published.rules.find(({ id }: { id: string }) => id === 'inert-criteria').criteria;
const TOP = 5;
const ASSESSOR = 'did:web:assessor.example';

function given(change: (input: EvaluationInput) => void = () => {}): EvaluationInput {
  const input = inputOf(scheme, cases, { name: '', base: 'own', expect: { level: null } });
  change(input);
  return input;
}
const answering = (choice: (id: string) => number, edition = 'calculator-2026-06-01') =>
  given(({ description }) => {
    description.assessment!.edition = edition;
    for (const answer of description.assessment!.answers) answer.choice = choice(answer.criterion);
  });
const decided = (input: EvaluationInput) => evaluate(input).assessment!;

describe('the scheme file', () => {
  it('has the points and levels of every answer, and the weights of both editions', () => {
    expect(scheme.criteria.map(({ id, answers }) => [id, answers])).toEqual(
      published.criteria.map(({ id, answers }: { id: string; answers: unknown }) => [id, answers]),
    );
    for (const [edition, { weights }] of Object.entries(scheme.editions)) {
      expect(weights).toEqual(
        Object.fromEntries(
          published.objectives.map((one: { id: string; weightPercent: Record<string, number> }) => [
            one.id,
            one.weightPercent[edition],
          ]),
        ),
      );
      expect(Object.values(weights).reduce((sum, one) => sum + one, 0)).toBe(100);
    }
  });

  it('has 48 criteria of which nine cannot bind', () => {
    expect(scheme.criteria).toHaveLength(48);
    expect(scheme.criteria.filter((one) => isInert(scheme, one)).map(({ id }) => id)).toEqual(inert);
  });
});

describe('the cases beside it', () => {
  it('are at least 60, and have one for every criterion that binds in which only it lowers the level', () => {
    expect(cases.cases.length).toBeGreaterThanOrEqual(60);
    const alone = cases.cases.flatMap((one) => {
      const decision = evaluate(inputOf(scheme, cases, one));
      const { missing = [] } = decision.next ?? {};
      return missing.length === 1 && missing[0]!.result === 'unmet' ? [missing[0]!.id] : [];
    });
    const binding = scheme.criteria.filter((one) => !isInert(scheme, one)).map(({ id }) => id);
    expect(binding).toHaveLength(39);
    expect(binding.filter((id) => !alone.includes(id))).toEqual([]);
  });
});

describe('the published test vectors', () => {
  const choices: Record<string, (id: string) => number> = {
    'every criterion at its top answer': () => TOP,
    'every criterion at its lowest answer': () => 1,
    'all top except SOV-1.8 lowest': (id) => (id === 'SOV-1.8' ? 1 : TOP),
    'all top except the inert criteria at lowest': (id) => (inert.includes(id) ? 1 : TOP),
  };

  it.each<{ case: string; scorePercent: number; overallSeal: string; perObjective: Record<string, number> }>(
    published.testVectors.vectors,
  )('$case: $scorePercent % and $overallSeal', ({ case: name, scorePercent, overallSeal, perObjective }) => {
    const input = answering(choices[name]!);
    expect(evaluate(input).level).toBe(overallSeal);
    const { score, objectives, edition } = decided(input);
    expect({ score, edition }).toEqual({ score: scorePercent, edition: 'calculator-2026-06-01' });
    expect(Object.fromEntries(objectives.map(({ id, points }) => [id, points]))).toEqual(perObjective);
  });
});

describe('the score', () => {
  it('is 100 at the top under 1.2.1, whose formula divides by the maximum, and is not clamped under the calculator', () => {
    expect(decided(answering(() => TOP, 'csf-1.2.1')).score).toBe(100);
    expect(decided(answering(() => TOP)).score).toBe(100.0756);
  });

  it('differs between the editions for the same answers', () => {
    const lowSupply = (id: string) => (id.startsWith('SOV-5') ? 1 : TOP);
    expect(decided(answering(lowSupply, 'csf-1.2.1')).score).toBe(80);
    expect(decided(answering(lowSupply)).score).toBe(90.0656);
  });

  it('is withheld where answers of two editions would be mixed', () => {
    const input = given(({ description, evidence }) => {
      description.assessment!.edition = 'csf-1.2.1';
      evidence.push(assessment({ answers: 'SOV-1.1=5' }));
    });
    expect(decided(input)).toMatchObject({ score: null, edition: null });
    expect(evaluate(input)).toMatchObject({ level: 'SEAL-4', basis: 'claimed' });
  });

  it('is withheld for an answer whose points the workbook does not give, and where one is missing', () => {
    expect(decided(answering((id) => (id === 'SOV-1.1' ? 3 : TOP))).score).toBeNull();
    const short = given(({ description }) => description.assessment!.answers.splice(1, 1));
    expect(evaluate(short).level).toBe('SEAL-4');
    expect(decided(short).score).toBeNull();
  });
});

describe('coverage', () => {
  it('says how far incomplete answers can lead at most', () => {
    const input = given(({ description }) => {
      description.assessment!.answers = [
        { criterion: 'SOV-3.1', choice: 4 },
        { criterion: 'SOV-8.2', choice: 5 },
      ];
    });
    expect(evaluate(input)).toMatchObject({ level: null, basis: 'unknown' });
    expect(decided(input)).toMatchObject({
      answered: 2,
      of: 48,
      binding: { answered: 2, of: 39 },
      atMost: 'SEAL-3',
      notes: ['Incomplete, at most SEAL-3: 2 of the 39 criteria that can lower the level are answered'],
    });
  });

  it('gives the level of each objective, and none where one of its answers is missing', () => {
    const { objectives } = decided(
      given(({ description }) => {
        const { answers } = description.assessment!;
        answers.find(({ criterion }) => criterion === 'SOV-2.6')!.choice = 1;
        answers.splice(
          answers.findIndex(({ criterion }) => criterion === 'SOV-3.1'),
          1,
        );
      }),
    );
    expect(objectives.map(({ id, level }) => [id, level])).toEqual([
      ['SOV-1', 'SEAL-4'],
      ['SOV-2', 'SEAL-3'],
      ['SOV-3', null],
      ...['SOV-4', 'SOV-5', 'SOV-6', 'SOV-7', 'SOV-8'].map((id) => [id, 'SEAL-4']),
    ]);
  });
});

const assessment = (facts: Record<string, string>, more: Partial<EvidenceItem> = {}): EvidenceItem => ({
  digest: 'uAssessment',
  type: 'kontor:SealAssessment',
  about: [given().description.id],
  issuer: ASSESSOR,
  validFrom: '2026-01-01T00:00:00Z',
  validUntil: '2027-06-01T00:00:00Z',
  basis: 'unknown',
  facts: { scheme: 'ec-csf', edition: 'calculator-2026-06-01', assessedOn: '2026-09-01', ...facts },
  ...more,
});

describe('an edition', () => {
  it('that is not stated, or does not exist, leaves answers uncounted, and a note says which there are', () => {
    const noted = (edition: string | undefined) => {
      const input = given(({ description }) => Object.assign(description.assessment!, { edition }));
      expect(evaluate(input)).toMatchObject({ level: null, basis: 'unknown' });
      expect(decided(input)).toMatchObject({ answered: 0, score: null, edition: null });
      return decided(input).notes[1];
    };
    const known = 'they are not counted. Editions are csf-1.2.1, calculator-2026-06-01';
    for (const edition of ['nonsense', 'constructor'])
      expect(noted(edition)).toBe(
        `The answers by the provider name the edition "${edition}", which does not exist: ${known}`,
      );
    expect(noted(undefined)).toBe(`The answers by the provider name no edition: ${known}`);
  });
});

describe('answers by somebody else than the provider', () => {
  const everywhere = (choice: number) => scheme.criteria.map(({ id }) => `${id}=${choice}`).join(' ');
  const low = (change: (input: EvaluationInput) => void) =>
    given((input) => {
      for (const answer of input.description.assessment!.answers) answer.choice = 1;
      change(input);
    });
  const theirs = (answers: string, facts: Record<string, string> = {}, more: Partial<EvidenceItem> = {}) =>
    assessment({ answers, ...facts }, more);

  it('count for nothing where they are off the trust list, and are named once in a note', () => {
    const puppet = { issuer: 'did:key:zSock' };
    const input = low(({ evidence }) =>
      evidence.push(theirs(everywhere(5), {}, puppet), theirs('SOV-1.1=5', {}, { ...puppet, digest: 'uSecond' })),
    );
    expect(evaluate(input)).toMatchObject({ level: 'SEAL-0', basis: 'claimed', evidence: ['uListing'] });
    expect(decided(input).notes).toEqual([
      'Self-declared: the provider alone says so',
      "The answers by did:key:zSock are not counted: it is not on this node's trust list as an assessor of this scheme today",
    ]);
  });

  it('stand over those of the provider where an assessor on the list gave them, higher or lower', () => {
    expect(evaluate(low(({ evidence }) => evidence.push(theirs(everywhere(5)))))).toMatchObject({
      level: 'SEAL-4',
      basis: 'verified',
    });
    expect(evaluate(given(({ evidence }) => evidence.push(theirs(everywhere(1)))))).toMatchObject({
      level: 'SEAL-0',
      basis: 'verified',
    });
  });

  it.each<[string, (input: EvaluationInput) => void]>([
    ['signs the listing', (input) => Object.assign(input.credential, { issuer: ASSESSOR })],
    [
      'signed the self-description of the provider',
      (input) => {
        const { credential, description } = input;
        input.provider = { ...credential, digest: 'uProvider', description, issuer: ASSESSOR };
      },
    ],
    ['is the provider named', ({ description }) => Object.assign(description.provider!, { id: ASSESSOR })],
    [
      'is the provider named, by an address of its own',
      ({ description }) => Object.assign(description.provider!, { id: 'https://assessor.example/about' }),
    ],
  ])('are the own word of an assessor on the list that %s, and the lower answer counts', (_, change) => {
    const input = low((given) => {
      given.evidence.push(theirs(everywhere(5)));
      change(given);
    });
    expect(evaluate(input)).toMatchObject({ level: 'SEAL-0', basis: 'claimed' });
  });

  it('stand until the assessor repeats them, or they are stale', () => {
    const again = theirs('SOV-6.1=3', { assessedOn: '2026-10-01' }, { digest: 'uAgain' });
    const input = given(({ evidence }) => evidence.push(theirs(everywhere(5)), again));
    expect(evaluate(input)).toMatchObject({
      level: 'SEAL-2',
      basis: 'verified',
      evidence: ['uAgain', 'uAssessment', 'uListing'],
    });
    const whole = theirs(everywhere(4), { assessedOn: '2026-10-01' }, { digest: 'uAgain' });
    expect(evaluate(given(({ evidence }) => evidence.push(theirs(everywhere(1)), whole))).evidence).toEqual([
      'uAgain',
      'uListing',
    ]);
  });
});

describe('a decision', () => {
  it('says self-declared where it rests on the provider alone', () => {
    expect(decided(given()).notes).toEqual(['Self-declared: the provider alone says so']);
    const part = given(({ evidence }) => evidence.push(assessment({ answers: 'SOV-1.1=5 SOV-1.2=5 SOV-1.3=5' })));
    expect(decided(part).notes).toEqual([
      "Partly self-declared: 37 of the 39 criteria rest on the provider's word alone",
    ]);
  });

  it('ends with the 12 months of the answers, or with what it rests on', () => {
    expect(evaluate(given()).validUntil).toBe('2027-09-01T23:59:59.999Z');
    const ends = given(({ evidence }) => evidence.push(assessment({ answers: 'SOV-1.1=5' })));
    expect(evaluate(ends).validUntil).toBe('2027-06-01T00:00:00.000Z');
  });

  it('is silent where nothing is answered, and is not where what was answered does not count', () => {
    const nothing = given(({ description }) => delete description.assessment);
    expect(evaluate(nothing)).toMatchObject({ level: null, silent: true });
    const stale = given(({ description }) => Object.assign(description.assessment!, { assessedOn: '2024-01-01' }));
    expect(evaluate(stale).silent).toBeUndefined();
    expect(decided(stale).notes[1]).toMatch('older than 12 months');
  });

  it('is the same whatever the order of evidence', () => {
    const items = [
      assessment({ answers: 'SOV-1.1=1' }, { digest: 'uB', issuer: 'did:web:b.example' }),
      assessment({ answers: 'SOV-1.1=2' }, { digest: 'uA', issuer: 'did:web:a.example' }),
      assessment(
        { answers: 'SOV-1.2=2' },
        { digest: 'uC', issuer: 'did:web:a.example', validFrom: '2026-02-01T00:00:00Z' },
      ),
      { ...assessment({ level: 'SEAL-3' }), digest: 'uD', type: 'kontor:Certificate' },
    ];
    const told = (list: EvidenceItem[]) => JSON.stringify(evaluate(given(({ evidence }) => evidence.push(...list))));
    expect(told(items.toReversed())).toBe(told(items));
  });

  it('takes any description, even one without members that others have', () => {
    const description = { id: 'urn:x', kind: 'offering' } as Description;
    expect(evaluateAnswers({ ...given(), scheme, description }).silent).toBe(true);
  });
});
