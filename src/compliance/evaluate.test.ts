import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  acceptance,
  failing,
  good,
  NOTARY,
  NOW,
  offering,
  provider,
  scheme,
  services,
  TRUST,
  vat,
} from '../../test/support/evaluation.ts';
import { PROVIDER, SHAPES } from '../../test/support/offering.ts';
import { evidenceBasis } from './basis.ts';
import type { TrustEntry } from './decision.ts';
import type { Description } from './description.ts';
import { type EvaluationInput, evaluate } from './evaluate.ts';
import { demands, loadSchemes, rankOf } from './scheme.ts';

describe('a full offering', () => {
  test('gets L1 by its own statements, its registration number verified', () => {
    const decision = evaluate(good());
    expect(decision).toMatchObject({
      scheme: 'gaia-x',
      level: 'L1',
      basis: 'claimed',
      next: { level: 'L2' },
      schemeDigest: scheme.digest,
      edition: scheme.edition,
    });
    expect(decision.criteria).toHaveLength(53);
    expect(
      decision.criteria.every(({ result, mend, why }) => result === 'met' && mend === undefined && why.length > 10),
    ).toBe(true);
    expect(decision.criteria.find(({ id }) => id === 'P1.3.2')).toMatchObject({
      basis: 'verified',
      evidence: ['uOffering', 'uProvider', 'uVat'],
      why: expect.stringContaining('Notary of the North'),
    });
    expect(decision.criteria.find(({ id }) => id === 'P1.2.3')).toMatchObject({
      basis: 'claimed',
      evidence: ['uOffering', 'uTerms'],
    });
    expect(decision.evidence).toEqual(['uOffering', 'uProvider', 'uTerms', 'uVat']);
  });

  test('the decision ends with the first thing it rests on', () => {
    expect(evaluate(good()).validUntil).toBe('2027-06-01T00:00:00.000Z');
    expect(
      evaluate({ ...good(), credential: { ...good().credential, validUntil: '2026-12-01T00:00:00Z' } }).validUntil,
    ).toBe('2026-12-01T00:00:00.000Z');
    expect(
      evaluate({ ...good(), provider: { ...good().provider!, validUntil: '2027-02-01T00:00:00Z' } }).validUntil,
    ).toBe('2027-02-01T00:00:00.000Z');
    expect(evaluate({ ...good(), trust: [{ ...TRUST[0]!, until: '2027-03-31' }] }).validUntil).toBe(
      '2027-03-31T23:59:59.999Z',
    );
    const later = {
      ...good(),
      now: new Date('2030-06-01T00:00:00Z'),
      evidence: [vat({ validUntil: '2033-01-01T00:00:00Z' }), acceptance({ validUntil: '2033-01-01T00:00:00Z' })],
    };
    const lasting = {
      ...later,
      credential: { ...later.credential, validUntil: '2033-01-01T00:00:00Z' },
      provider: { ...later.provider!, validUntil: '2033-01-01T00:00:00Z' },
    };
    // 98 % renewable is enough until the end of 2030 only.
    expect(evaluate(lasting).validUntil).toBe('2030-12-31T23:59:59.000Z');
    expect(evaluate({ ...lasting, now: new Date('2031-01-01T00:00:00Z') }).level).toBe('SC');
  });

  test('the choice among equal evidence and mandates follows the order of code units, not of a language', () => {
    // Every collation puts "uab" before "uB", and Danish puts "aa" behind "z".
    for (const [first, second] of [
      ['uB', 'uab'],
      ['uaa', 'uz'],
    ] as const) {
      const input = { ...good(), evidence: [vat({ digest: second }), vat({ digest: first }), acceptance()] };
      expect(evaluate(input).criteria.find(({ id }) => id === 'P1.3.2')!.evidence).toEqual(
        ['uOffering', 'uProvider', first].sort(),
      );
    }
    const twice: TrustEntry[] = [
      { ...TRUST[0]!, name: 'a', until: '2027-01-31' },
      { ...TRUST[0]!, name: 'B', until: '2027-01-31' },
    ];
    const [one, other] = [twice, [...twice].reverse()].map((trust) => JSON.stringify(evaluate({ ...good(), trust })));
    expect(one).toBe(other);
    expect(one).toContain('by B');
  });

  test('the same bytes under another locale', () => {
    const program = `
      import { evaluate } from './src/compliance/evaluate.ts';
      import { good, vat, acceptance } from './test/support/evaluation.ts';
      const evidence = ['uz', 'uaa', 'uB', 'uå'].map((digest) => vat({ digest }));
      process.stdout.write('aa'.localeCompare('z') + JSON.stringify(evaluate({ ...good(), evidence: [...evidence, acceptance()] })));`;
    const under = (locale: string) =>
      execFileSync(process.execPath, ['--input-type=module-typescript', '-e', program], {
        cwd: resolve(SHAPES, '..'),
        env: { ...process.env, LC_ALL: locale, LANG: locale },
        encoding: 'utf8',
      });
    const [danish, english] = [under('da_DK.UTF-8'), under('en_GB.UTF-8')];
    // The trap is a trap: the two locales do order differently.
    expect(danish.startsWith('1{')).toBe(true);
    expect(english.startsWith('-1{')).toBe(true);
    expect(danish.slice(1)).toBe(english.slice(2));
  });

  test('the same inputs in any order give the same bytes', () => {
    const input = good();
    const more = [vat({ digest: 'uVat2' }), vat({ digest: 'uOther', about: ['did:web:other.example'] })];
    const one = JSON.stringify(evaluate({ ...input, evidence: [...input.evidence, ...more] }));
    const other = JSON.stringify(
      evaluate({
        ...input,
        evidence: [...more, ...input.evidence].reverse(),
        trust: [{ did: 'did:web:x.example', role: 'clearing-house' }, ...TRUST],
      }),
    );
    expect(other).toBe(one);
    expect(JSON.parse(one).evidence).not.toContain('uOther');
  });
});

describe('silence and explicit none', () => {
  const told = (change: Partial<Description>) => {
    const input = good();
    Object.assign(input.description, change);
    return failing(input);
  };
  test('nothing said about subcontractors, transfers, sub-processors is unknown', () => {
    const found = told({ subContractors: [], transfers: [] });
    expect([...found].map(([id, { result }]) => `${id} ${result}`)).toEqual(
      ['P1.2.6', 'P1.2.7', 'P2.2.3', 'P2.2.5', 'P2.2.6', 'P2.2.4'].map((id) => `${id} unknown`),
    );
    expect(found.get('P2.2.3')!.mend).toContain('kontor:noThirdCountryTransfer');
  });
  test('an explicit none meets them', () => {
    expect(
      told({
        subContractors: [],
        transfers: [],
        noSubContractors: true,
        noThirdCountryTransfer: true,
        noSubProcessors: true,
      }).size,
    ).toBe(0);
  });
  test('a list and an explicit none contradict each other', () => {
    const found = told({ noSubContractors: true, noThirdCountryTransfer: true });
    expect(found.get('P1.2.6')).toMatchObject({
      result: 'unmet',
      why: 'Subcontractors are listed and said not to exist',
    });
    expect(found.get('P2.2.3')).toMatchObject({ result: 'unmet' });
    expect(found.has('P2.2.5')).toBe(false);
  });
});

describe('who stands behind the provider', () => {
  const identity = (change: (input: EvaluationInput) => void) => {
    const input = good();
    change(input);
    return failing(input).get('P1.3.2');
  };
  test('a provider this node does not know is unknown', () => {
    const unheld = identity((input) => {
      input.provider = undefined;
    });
    expect(unheld).toMatchObject({
      result: 'unknown',
      why: "The provider's own self-description is not held by this node",
    });
  });
  test.each<[string, (input: EvaluationInput) => void]>([
    ['a notary nobody trusts', (input) => Object.assign(input, { trust: [] })],
    ['a mandate that ended', (input) => Object.assign(input, { trust: [{ ...TRUST[0]!, until: '2026-11-20' }] })],
    [
      'a mandate that has not begun',
      (input) => Object.assign(input, { trust: [{ ...TRUST[0]!, from: '2026-11-22' }] }),
    ],
    [
      'a mandate for certificates only',
      (input) => Object.assign(input, { trust: [{ did: NOTARY, role: 'certificate' }] }),
    ],
    [
      'a number of somebody else',
      (input) => Object.assign(input.evidence[0]!, { about: ['did:web:other.example#vat'] }),
    ],
    ['a number that has expired', (input) => Object.assign(input.evidence[0]!, { validUntil: '2026-11-21T08:59:59Z' })],
    [
      'a number that is not valid yet',
      (input) => Object.assign(input.evidence[0]!, { validFrom: '2026-12-01T00:00:00Z' }),
    ],
    [
      'a trusted notary that vouches for itself',
      (input) =>
        Object.assign(input.evidence[0]!, { issuer: PROVIDER }) &&
        Object.assign(input, { trust: [{ did: PROVIDER, role: 'registration-number' }] }),
    ],
    [
      'headquarters not stated',
      (input) => Object.assign(input.provider!.description.participant!, { headquarters: undefined }),
    ],
    [
      'an offering signed by somebody else than the provider it names',
      (input) => Object.assign(input.provider!, { issuer: 'did:web:respected.example' }),
    ],
  ])('%s does not do', (_, change) => {
    expect(identity(change)).toMatchObject({ result: 'unmet', basis: 'unknown', mend: expect.any(String) });
  });
  test('the advice says where those stand who may vouch, and what is wrong with what is held', () => {
    const held = (change: (input: EvaluationInput) => void) => identity(change)!;
    const without = held((input) => input.evidence.shift());
    expect(without.why).toBe(
      "No registration number of the provider is vouched for by somebody on this node's trust list",
    );
    expect(without.mend).toContain('a notary whom this node trusts (its page /labels names them), publish it');
    // So an entry of the trust list about somebody else changes no decision, and none has to be made anew for it.
    const other = held(
      (input) => input.evidence.shift() && input.trust.push({ did: 'did:web:x.example', role: 'registration-number' }),
    );
    expect(other).toEqual(without);
    const stranger = held((input) => Object.assign(input.evidence[0]!, { issuer: 'did:web:stranger.example' }));
    expect(stranger.why).toContain('; one is held by did:web:stranger.example, who is not on that list');
    const own = held((input) => Object.assign(input.evidence[0]!, { issuer: PROVIDER }));
    expect(own.why).toContain('; one is held that is signed by the provider itself');
    const old = held((input) => Object.assign(input.evidence[0]!, { validUntil: '2026-11-20T00:00:00Z' }));
    expect(old.why).toContain(`; the one by Notary of the North (${NOTARY}) ended on 2026-11-20`);
    const ended = held((input) => Object.assign(input, { trust: [{ ...TRUST[0]!, until: '2026-11-20' }] }));
    expect(ended.why).toContain('whose mandate on that list does not cover it today');
  });
  test('the terms are named by their hash', () => {
    const input = good();
    input.evidence.pop();
    const { mend } = failing(input).get('P1.2.3')!;
    const listed = JSON.parse(readFileSync(join(SHAPES, 'json/gaia-x-2511/enumerations.json'), 'utf8')).$defs
      .gaiaxTermsAndConditions.enum;
    expect(listed).toContain(/"([0-9a-f]{64})"/.exec(mend!)![1]);
    expect(mend).toContain('SHA-256 of the Gaia-X terms and conditions');
  });
  test("accepting the terms in another's name does not count", () => {
    const input = good();
    input.evidence[1]!.issuer = 'did:web:other.example';
    expect([...failing(input).keys()]).toEqual(['P1.2.3']);
  });
});

describe('what is missing comes with the least effort first', () => {
  test('links before statements before what needs others', () => {
    const input = good();
    input.evidence = [];
    input.description.measures = [];
    input.description.documents = input.description.documents.filter(({ type }) => type !== 'gx:PhysicalSecurity');
    const { next, level, basis } = evaluate(input);
    expect({ level, basis }).toEqual({ level: null, basis: 'unknown' });
    expect(next!.missing.map(({ id }) => id)).toEqual(['P1.2.3', 'P3.1.6', 'P2.1.3', 'P1.3.2']);
  });
});

describe('participants, and what the scheme is not about', () => {
  const participant = (change: Partial<EvaluationInput> = {}): EvaluationInput => ({
    ...good(),
    description: structuredClone(provider),
    provider: undefined,
    ...change,
  });
  test('a participant gets SC by PA1.1, and nothing above is for it', () => {
    const decision = evaluate(participant());
    expect(decision).toMatchObject({ level: 'SC', basis: 'claimed', next: null });
    expect(decision.criteria.map(({ id, result }) => [id, result])).toEqual([['PA1.1', 'met']]);
  });
  test.each<[string, Partial<EvaluationInput>]>([
    ['without its number', { evidence: [acceptance()] }],
    ['without accepting the terms', { evidence: [vat()] }],
    ['with a notary nobody trusts', { trust: [] }],
  ])('none %s', (_, change) => {
    expect(evaluate(participant(change))).toMatchObject({
      level: null,
      next: { level: 'SC', missing: [{ id: 'PA1.1', result: 'unmet' }] },
    });
  });
  test.each([
    ['data-product', 'gx:DataProduct'],
    ['offering', 'gx:DigitalServiceOffering'],
    ['resource', 'gx:Datacenter'],
  ] as const)('a %s of type %s is not graded, and told so', (kind, type) => {
    const decision = evaluate({ ...good(), description: { ...offering, kind, type } });
    expect(decision).toMatchObject({
      level: null,
      next: null,
      criteria: [{ result: 'not-applicable', why: scheme.notApplicable }],
      validUntil: '2027-10-31T00:00:00.000Z',
    });
  });
});

describe('basis of evidence', () => {
  const ask = (issuer: string, type: string, facts: Record<string, string>, trust: TrustEntry[], owner = PROVIDER) =>
    evidenceBasis(issuer, type, facts, trust, NOW, owner);
  const auditor: TrustEntry = { did: 'did:web:audit.example', role: 'certificate', schemes: ['iso-27001'] };
  test('verified, attested, claimed', () => {
    expect(ask(NOTARY, 'gx:VatID', {}, TRUST)).toBe('verified');
    expect(ask(NOTARY, 'gx:VatID', {}, [])).toBe('attested');
    expect(ask(PROVIDER, 'gx:VatID', {}, [{ did: PROVIDER, role: 'registration-number' }])).toBe('claimed');
    expect(ask(auditor.did, 'kontor:Certificate', { scheme: 'iso-27001' }, [auditor])).toBe('verified');
    expect(ask(auditor.did, 'kontor:Certificate', { scheme: 'bsi-c5' }, [auditor])).toBe('attested');
    expect(ask(auditor.did, 'gx:VatID', {}, [auditor])).toBe('attested');
  });
  test('an accredited assessment body counts where a certification body does, a clearing house nowhere there', () => {
    const body: TrustEntry = { ...auditor, role: 'assessment-body' };
    expect(ask(auditor.did, 'kontor:Certificate', { scheme: 'iso-27001' }, [body])).toBe('verified');
    expect(ask(auditor.did, 'kontor:Certificate', { scheme: 'bsi-c5' }, [body])).toBe('attested');
    expect(ask(auditor.did, 'gx:VatID', {}, [body])).toBe('attested');
    const house: TrustEntry = { did: auditor.did, role: 'clearing-house' };
    expect(ask(auditor.did, 'kontor:Certificate', { scheme: 'iso-27001' }, [house])).toBe('attested');
    expect(ask(auditor.did, 'gx:VatID', {}, [house])).toBe('attested');
  });
});

describe('the scheme file', () => {
  test('levels rank in order, and all are decided', () => {
    expect(scheme.levels.map(({ id, decided }) => [id, decided, rankOf(scheme, id)])).toEqual([
      ['SC', true, 1],
      ['L1', true, 2],
      ['L2', true, 3],
      ['L3', true, 4],
    ]);
    expect(rankOf(scheme, 'L9')).toBe(0);
    const demanded = (level: string) => services.criteria.filter((criterion) => demands(criterion, level)).length;
    // 57 by number, and the headquarters.
    expect(['SC', 'L1', 'L2', 'L3'].map(demanded)).toEqual([47, 53, 54, 58]);
  });
  test('a file that does not follow the grammar is named with the place', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kontor-schemes-'));
    cpSync(SHAPES, dir, { recursive: true });
    const file = join(dir, 'schemes/gaia-x.json');
    expect(loadSchemes(join(dir, 'schemes')).find(({ id }) => id === 'gaia-x')!.digest).toBe(scheme.digest);
    const altered = JSON.parse(readFileSync(file, 'utf8'));
    altered.parts[0].criteria[0].test = { some: 'documents' };
    writeFileSync(file, JSON.stringify(altered));
    expect(() => loadSchemes(join(dir, 'schemes'))).toThrow(/gaia-x\.json: .*criteria\/0\/test/);
  });
});
