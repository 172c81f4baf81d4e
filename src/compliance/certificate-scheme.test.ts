import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CertificatesScheme } from './certificate-scheme.ts';
import type { EvidenceItem } from './decision.ts';
import { type EvaluationInput, evaluate } from './evaluate.ts';
import { criteriaOf, loadSchemes, type Scheme } from './scheme.ts';
import { inputOf, type SchemeCases } from './scheme-cases.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => JSON.parse(readFileSync(resolve(root, path), 'utf8'));
const schemes = loadSchemes(resolve(root, 'shapes/schemes'));
const certificates = schemes.filter((one): one is CertificatesScheme => one.kind === 'certificates');
const schemeOf = (id: string) => certificates.find((one) => one.id === id)!;

/** The certificate in force that the scheme's own cases begin with, changed. */
function given(id: string, change: (input: EvaluationInput) => void = () => {}): EvaluationInput {
  const cases = read(`shapes/schemes/cases/${id}.json`) as SchemeCases;
  const input = inputOf(schemeOf(id), cases, { name: '', base: 'certified', expect: { level: null } });
  change(input);
  return input;
}
const held = (id: string, change?: (input: EvaluationInput) => void) => evaluate(given(id, change)).held!;

describe('the scheme files', () => {
  const known = read('../shared/data/schemes/certifications.json').certifications as {
    id: string;
    levels: { id: string; maxMonths?: number }[];
    validityMonths?: number | null;
    versions?: { id: string; until?: string; current?: boolean }[];
  }[];

  it('cover every known scheme', () => {
    const names = new Set(certificates.flatMap(({ id, certificate }) => [id, certificate ?? id]));
    expect(known.map(({ id }) => id).filter((id) => !names.has(id))).toEqual([]);
    for (const id of ['eucs', 'scs-compatible-iaas', 'scs-compatible-kaas', 'ec-csf', 'gaia-x'])
      expect(schemes.map((one) => one.id)).toContain(id);
  });

  it.each(known)('$id: levels and months are the published ones', ({ id, levels, validityMonths }) => {
    const files = certificates.filter((one) => (one.certificate ?? one.id) === id);
    const granted = files.flatMap((one) => (one.never ? [] : one.levels.map((level) => level.id)));
    const names = levels.map((level) => level.id);
    expect(names).toEqual(expect.arrayContaining(granted));
    for (const file of files) {
      const refused = names.filter((name) => !granted.includes(name));
      expect(refused.filter((name) => !file.never && !file.refused?.[name] && !file.elsewhere?.includes(name))).toEqual(
        [],
      );
      if (!file.never && validityMonths) expect(file.months).toBe(validityMonths);
    }
  });

  it('name the current edition, and no deprecated version of SCS', () => {
    for (const { id, versions = [] } of known) {
      const file = schemeOf(id);
      const current = versions.find((one) => one.current);
      if (!current || !file?.editions) continue;
      const said = current.id.replace('C5:', '');
      expect(file.editions.map((one) => one.id)).toContain(said);
    }
    const scopes = read('../shared/data/schemes/scs.json').scopes as {
      id: string;
      versions: { id: string; state: string }[];
    }[];
    for (const { id, versions } of scopes)
      expect(schemeOf(id).editions!.map((one) => one.id)).toEqual(
        versions.filter(({ state }) => state === 'effective').map((one) => one.id),
      );
  });

  it.each(certificates)(
    '$id has at least ten cases, each with a name of its own, and each rule fails alone in one',
    (scheme) => {
      const cases = read(`shapes/schemes/cases/${scheme.id}.json`) as SchemeCases;
      expect(new Set(cases.cases.map(({ name }) => name)).size).toBe(cases.cases.length);
      expect(cases.cases.length).toBeGreaterThanOrEqual(10);
      if (scheme.never) return;
      const alone = cases.cases.flatMap((one) => {
        const failing = evaluate(inputOf(scheme, cases, one)).criteria.filter(({ result }) => result !== 'met');
        return failing.length === 1 ? [failing[0]!.id] : [];
      });
      expect(criteriaOf(scheme).map(({ id }) => id)).toEqual(
        criteriaOf(scheme)
          .map(({ id }) => id)
          .filter((id) => alone.includes(id)),
      );
    },
  );

  it('say of every rule what each level asks', () => {
    for (const scheme of certificates)
      for (const { levels } of criteriaOf(scheme as Scheme))
        expect(Object.keys(levels)).toEqual(scheme.levels.map(({ id }) => id));
  });
});

describe('what is held is listed as what it is', () => {
  it('verified: signed by a body on the list', () => {
    expect(held('bsi-c5')).toMatchObject([
      { level: 'type-2', edition: '2020', basis: 'verified', says: 'Type 2 (2020), signed by Body' },
    ]);
  });

  it('claimed and attested: neither gives a level', () => {
    const [own] = held('bsi-c5', ({ evidence, credential }) =>
      Object.assign(evidence[0]!, { issuer: credential.issuer }),
    );
    expect(own).toMatchObject({ basis: 'claimed', says: 'Type 2 (2020), stated by the provider alone' });
    const [other] = held('bsi-c5', ({ evidence }) => Object.assign(evidence[0]!, { issuer: 'did:web:x.example' }));
    expect(other).toMatchObject({ basis: 'attested', says: 'Type 2 (2020), signed by did:web:x.example' });
  });

  it.each<[string, (input: EvaluationInput) => void, string]>([
    [
      'ended',
      ({ evidence }) => Object.assign(evidence[0]!.facts, { until: '2026-11-20' }),
      'It ended on 2026-11-20: its own last day',
    ],
    [
      'withdrawn',
      ({ evidence }) => Object.assign(evidence[0]!.facts, { certificateState: 'withdrawn' }),
      'It is withdrawn, as its record says',
    ],
    [
      'suspended',
      ({ evidence }) => Object.assign(evidence[0]!.facts, { certificateState: 'suspended' }),
      'It is suspended, as its record says',
    ],
    [
      'stale',
      ({ evidence }) => Object.assign(evidence[0]!.facts, { periodUntil: '2025-09-30', periodFrom: '2025-01-01' }),
      'It ended on 2026-09-30: a report is stale 12 months after what it reports on',
    ],
    [
      'mandate over',
      ({ trust }) => Object.assign(trust[0]!, { until: '2026-10-31' }),
      "The mandate of Body on this node's trust list ended on 2026-10-31",
    ],
  ])('lapsed, with date and reason: %s', (_, change, why) => {
    const [one] = held('bsi-c5', change);
    expect(one!.basis).toBe('lapsed');
    expect(one!.says).toMatch(why);
  });

  it.each<[string, (facts: Record<string, string>, item: EvidenceItem) => void, string]>([
    ['was about somebody else', (facts) => Object.assign(facts, { holder: 'did:web:x.example' }), 'Its holder is'],
    ['was of no level', (facts) => Object.assign(facts, { level: 'certified' }), 'There is no C5 certificate'],
    ['came to another opinion', (facts) => Object.assign(facts, { opinion: 'adverse' }), 'The opinion is'],
  ])('what %s never held, and has not lapsed', (_, change, why) => {
    const [one] = held('bsi-c5', ({ evidence: [item] }) => {
      change(item!.facts, item!);
      item!.facts.until = '2026-11-20';
    });
    expect(one!.basis).toBe('unknown');
    expect(one!.says).toContain(why);
  });

  it('what somebody signed whose mandate is over never held either, where it had another fault', () => {
    const [one] = held('bsi-c5', ({ evidence, trust }) => {
      evidence[0]!.facts.holder = 'did:web:x.example';
      trust[0]!.until = '2026-10-31';
    });
    expect(one).toMatchObject({ basis: 'unknown', says: expect.stringContaining('Its holder is did:web:x.example') });
  });

  it('what only the provider said, and is over, never held', () => {
    const [own] = held('bsi-c5', ({ evidence, credential, trust }) => {
      Object.assign(evidence[0]!, { issuer: credential.issuer });
      trust.push({ did: credential.issuer, role: 'certificate', until: '2026-10-31' });
      evidence[0]!.facts.until = '2026-11-20';
    });
    expect(own).toMatchObject({
      basis: 'unknown',
      says: 'Type 2 (2020), stated by the provider alone. It ended on 2026-11-20: its own last day',
    });
  });

  it('readiness is what a claim of EUCS is called', () => {
    const decision = evaluate(
      given('eucs', ({ evidence, credential, trust }) => {
        evidence[0]!.issuer = credential.issuer;
        trust.length = 0;
      }),
    );
    expect(decision).toMatchObject({ level: null, basis: 'unknown', next: { level: 'substantial' } });
    expect(decision.held).toMatchObject([{ says: 'Readiness for substantial, stated by the provider alone' }]);
    expect(decision.criteria.find(({ id }) => id === 'issuer')!.why).toMatch(
      /^Readiness only: No certificate can exist/,
    );
  });
});

describe('a decision', () => {
  it('ends with the certificate, its longest life, the mandate or the base it builds on, whichever is first', () => {
    const until = (id: string, change?: (input: EvaluationInput) => void) => evaluate(given(id, change)).validUntil;
    const far = (input: EvaluationInput) => {
      input.credential.validUntil = '2030-01-01T00:00:00Z';
      for (const item of input.evidence) item.validUntil = '2030-01-01T00:00:00Z';
    };
    expect(until('secnumcloud', far)).toBe('2028-02-28T23:59:59.999Z');
    expect(until('bsi-c5', far)).toBe('2027-06-30T23:59:59.999Z');
    expect(until('csa-star', far)).toBe('2029-01-10T23:59:59.999Z');
    expect(
      until('csa-star', (input) => {
        far(input);
        input.trust[0]!.until = '2027-01-31';
      }),
    ).toBe('2027-01-31T23:59:59.999Z');
    expect(
      until('iso-27017', (input) => {
        far(input);
        input.evidence[1]!.facts.until = '2027-03-31';
      }),
    ).toBe('2027-03-31T23:59:59.999Z');
    expect(
      until('iso-27017', (input) => {
        far(input);
        input.evidence[1]!.issuer = 'did:web:leaving.example';
        input.trust.push({ did: 'did:web:leaving.example', role: 'certificate', until: '2026-12-01' });
      }),
    ).toBe('2026-12-01T23:59:59.999Z');
  });

  it('is looked at again when the period of a report has passed, and when what it builds on begins', () => {
    const later = given('bsi-c5', ({ evidence }) => Object.assign(evidence[0]!.facts, { periodUntil: '2026-12-31' }));
    expect(evaluate(later)).toMatchObject({ level: null, validUntil: '2027-01-01T00:00:00.000Z' });
    const base = given('iso-27017', ({ evidence }) => Object.assign(evidence[1]!.facts, { from: '2026-12-24' }));
    expect(evaluate(base)).toMatchObject({ level: null, validUntil: '2026-12-24T00:00:00.000Z' });
    expect(evaluate({ ...base, now: new Date('2026-12-24T00:00:00Z') }).level).toBe('in-scope');
  });

  it('is looked at again when a certificate begins', () => {
    const later = given('cispe-coc', ({ evidence }) => Object.assign(evidence[0]!.facts, { from: '2026-12-24' }));
    expect(evaluate(later)).toMatchObject({ level: null, validUntil: '2026-12-24T00:00:00.000Z' });
  });

  it('takes no certificate of another whom the offering names as its provider', () => {
    const borrowed = given('iso-27001', (input) => {
      input.description.provider = { id: 'did:web:certified.example' };
      input.evidence[0]!.about = ['did:web:certified.example'];
    });
    expect(evaluate(borrowed).silent).toBe(true);
  });

  it('lets nobody but the signer of the listing declare a level', () => {
    const declared = (issuer: string) =>
      evaluate(given('swipo', ({ evidence }) => Object.assign(evidence[0]!, { issuer }))).level;
    expect(declared(given('swipo').credential.issuer)).toBe('declared');
    expect(declared('did:web:stranger.example')).toBeNull();
  });

  it('is silent where nothing is held, and says so', () => {
    const nothing = given('secnumcloud', (input) => input.evidence.splice(0));
    expect(evaluate(nothing)).toMatchObject({
      level: null,
      silent: true,
      criteria: [{ id: 'held', result: 'unknown' }],
    });
    expect(evaluate(given('secnumcloud')).silent).toBeUndefined();
  });

  it('names what is missing for the level that is claimed, and who could issue it', () => {
    const decision = evaluate(
      given('secnumcloud', ({ evidence, credential }) => Object.assign(evidence[0]!, { issuer: credential.issuer })),
    );
    expect(decision.next).toMatchObject({ level: 'qualified', missing: [{ id: 'issuer', basis: 'claimed' }] });
    expect(decision.next!.missing[0]!.mend).toMatch('Body');
  });

  it('of one scheme is not changed by certificates of all the others', () => {
    const others = certificates.map((one, at) => ({
      ...given('secnumcloud').evidence[0]!,
      digest: `uOther${at}`,
      facts: { scheme: one.certificate ?? one.id, level: one.levels.at(-1)?.id ?? 'certified' },
    }));
    const listing = given('secnumcloud', (input) => {
      input.evidence = others.filter(({ facts }) => facts.scheme !== 'secnumcloud');
      input.trust = [{ did: others[0]!.issuer, role: 'assessment-body' }];
    });
    expect(evaluate(listing).silent).toBe(true);
    for (const scheme of schemes.filter(({ kind }) => kind === 'answers'))
      expect(evaluate({ ...listing, scheme }).level).toBeNull();
  });

  it('is the same whatever the order of evidence and of the trust list', () => {
    const told = (turn: <T>(list: T[]) => T[]) =>
      certificates
        .filter(({ never }) => !never)
        .map(({ id }) => {
          const input = given(id, ({ evidence, trust, credential }) => {
            evidence.push({ ...evidence[0]!, digest: 'uB', issuer: credential.issuer });
            evidence.push({ ...evidence[0]!, digest: 'uA', facts: { ...evidence[0]!.facts, level: 'none' } });
            trust.push({ ...trust[0]!, name: 'Another', until: '2026-01-01' });
          });
          return JSON.stringify(evaluate({ ...input, evidence: turn(input.evidence), trust: turn(input.trust) }));
        });
    expect(told((list) => list.toReversed())).toEqual(told((list) => list));
  });
});
