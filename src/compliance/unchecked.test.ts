import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { good, NOTARY, TRUST, vat } from '../../test/support/evaluation.ts';
import { compliance } from '../../test/support/offering.ts';
import type { EvidenceItem } from './decision.ts';
import { evaluate } from './evaluate.ts';
import { inputOf, type SchemeCases } from './scheme-cases.ts';

/** "Could not check" is a result of its own: what rests on such evidence neither holds nor is said to be missing. */

const casesOf = (id: string) =>
  JSON.parse(
    readFileSync(resolve(import.meta.dirname, `../../shapes/schemes/cases/${id}.json`), 'utf8'),
  ) as SchemeCases;
const inputFor = (id: string, base: string) =>
  inputOf(compliance.schemes().find((one) => one.id === id)!, casesOf(id), { name: '', base, expect: { level: null } });

describe('evidence whose status cannot be learned', () => {
  it('leaves a criterion that one statement decides unknown, unless another does', () => {
    const input = good();
    input.evidence[0]!.unchecked = true;
    const [criterion] = evaluate(input).criteria.filter(({ id }) => id === 'P1.3.2');
    expect(criterion).toMatchObject({ result: 'unknown', basis: 'unknown' });
    expect(criterion!.why).toMatch(
      new RegExp(`; whether the one by Notary of the North \\(${NOTARY}\\) was taken back cannot be learned now$`),
    );
    input.evidence.push(vat({ digest: 'uOther' }));
    expect(evaluate(input).level).toBe('L1');
    // What would not do anyway is no open question.
    input.evidence = input.evidence.slice(0, 2);
    input.trust = [];
    expect(evaluate(input).criteria.find(({ id }) => id === 'P1.3.2')!.result).toBe('unmet');
  });

  it('leaves a criterion that is certified unknown', () => {
    const input = good();
    const pact: EvidenceItem = {
      ...vat(),
      digest: 'uPact',
      type: 'kontor:Certificate',
      about: [input.description.id],
      issuer: 'did:web:auditor.example',
      facts: { scheme: 'cndcp' },
      unchecked: true,
    };
    input.description.environment = undefined;
    input.evidence.push(pact);
    input.trust = [...TRUST, { did: pact.issuer, role: 'certificate' }];
    const found = () => {
      const { criteria, next } = evaluate(input);
      return [...criteria, ...next!.missing].filter(({ id }) => /^P6\.1\.[234]$/.test(id));
    };
    expect(evaluate(input).level).toBe('SC');
    expect(found().map(({ result }) => result)).toEqual(['unknown', 'unknown', 'unknown']);
    delete pact.unchecked;
    expect(evaluate(input).level).toBe('L1');
    // Demanded as a certification: unmet without one, unknown with one that cannot be checked.
    const certified = {
      ...input,
      scheme: { ...good().scheme, levels: good().scheme.levels.filter(({ id }) => id === 'L2') },
    };
    const resultOf = () => evaluate(certified).criteria.find(({ id }) => id === 'P6.1.3')!;
    expect(resultOf().result).toBe('met');
    pact.unchecked = true;
    expect(resultOf()).toMatchObject({ result: 'unknown', why: expect.stringContaining('cannot be learned') });
    input.trust.pop();
    expect(resultOf().result).toBe('unmet');
  });

  it('gives no certificate, and is listed as unknown with the reason', () => {
    const input = inputFor('bsi-c5', 'certified');
    expect(evaluate(input).level).toBe('type-2');
    for (const item of input.evidence) item.unchecked = true;
    const decision = evaluate(input);
    expect(decision).toMatchObject({ level: null, held: [{ basis: 'unknown' }] });
    expect(decision.held![0]!.says).toContain('Whether its issuer took it back cannot be learned now');
    expect(decision.criteria.filter(({ result }) => result !== 'met').map(({ id, result }) => [id, result])).toEqual([
      ['dates', 'unknown'],
    ]);
  });

  it('counts no answers, and says so', () => {
    const input = inputFor('ec-csf', 'own');
    const answers = input.description.assessment!;
    input.description.assessment = undefined;
    input.evidence.push({
      ...vat(),
      type: 'kontor:SealAssessment',
      about: [input.description.id],
      issuer: input.trust[0]!.did,
      facts: {
        scheme: 'ec-csf',
        edition: answers.edition!,
        assessedOn: answers.assessedOn!,
        answers: answers.answers.map(({ criterion, choice }) => `${criterion}=${choice}`).join(' '),
      },
      unchecked: true,
    });
    expect(evaluate(input)).toMatchObject({
      level: null,
      assessment: { answered: 0, notes: expect.arrayContaining([expect.stringContaining('cannot be learned now')]) },
    });
  });
});
