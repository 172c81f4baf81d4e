import { describe, expect, test } from 'vitest';
import { failing, good, services } from '../../test/support/evaluation.ts';
import type { Description } from './description.ts';
import { type EvaluationInput, evaluate } from './evaluate.ts';

/** Takes one thing away from a good offering. */
type Spoil = (input: EvaluationInput) => void;
const without =
  (type: string): Spoil =>
  ({ description }) => {
    description.documents = description.documents.filter((document) => document.type !== `gx:${type}`);
  };
const act =
  (more: Partial<Description['documents'][number]>): Spoil =>
  ({ description }) => {
    Object.assign(description.documents.find(({ type }) => type === 'gx:LegallyBindingAct')!, more);
  };
const transfer =
  (kind: string, more: object): Spoil =>
  ({ description }) => {
    Object.assign(description.transfers.find((one) => one.kind === kind)!, more);
  };
const none =
  (member: 'dependencies' | 'locations' | 'terms' | 'policies' | 'measures' | 'resources' | 'subContractors'): Spoil =>
  ({ description }) => {
    description[member] = [];
  };
const port =
  (more: object): Spoil =>
  ({ description }) => {
    Object.assign(description.portability[0]!, more);
  };

/** By criterion: what is taken away, how it shows, and which others rest on the very same thing. */
const CASES: [id: string, spoil: Spoil, result: 'unmet' | 'unknown', also?: string[]][] = [
  ['P1.1.1', act({ url: undefined }), 'unmet'],
  ['P1.1.2', act({ governingLaw: ['US'] }), 'unmet'],
  ['P1.1.3', act({ parties: [] }), 'unmet'],
  ['P1.1.4', none('dependencies'), 'unknown'],
  ['P1.1.5', act({ governingLaw: [] }), 'unmet', ['P1.1.2']],
  ['P1.2.1', without('BusinessContinuityMeasures'), 'unmet', ['P3.1.16']],
  ['P1.2.2', without('CustomerDataProcessingTerms'), 'unmet'],
  ['P1.2.3', (input) => input.evidence.pop(), 'unmet'],
  ['P1.2.4', without('CopyrightAndIntellectualPropertyDocument'), 'unmet'],
  ['P1.2.5', none('locations'), 'unmet'],
  [
    'P1.2.6',
    ({ description }) => {
      description.subContractors[0]!.communicationMethods = 0;
    },
    'unmet',
  ],
  [
    'P1.2.7',
    ({ description }) => {
      description.subContractors[0]!.jurisdictions = [];
    },
    'unmet',
  ],
  [
    'P1.2.8',
    ({ description }) => {
      description.contact = { phone: '1' };
    },
    'unmet',
  ],
  ['P1.2.9', none('terms'), 'unmet'],
  ['P1.3.1', none('policies'), 'unmet'],
  ['P1.3.2', (input) => input.evidence.shift(), 'unmet'],
  ['P2.1.1', without('DataProtectionRegulationMeasures'), 'unmet'],
  ['P2.1.2', without('RoleAndResponsibilities'), 'unmet'],
  ['P2.1.3', none('measures'), 'unmet'],
  [
    'P2.2.1',
    ({ description }) => {
      description.instructions[0]!.terms = undefined;
    },
    'unmet',
  ],
  [
    'P2.2.2',
    ({ description }) => {
      description.instructions[0]!.means = undefined;
    },
    'unmet',
  ],
  ['P2.2.3', transfer('third-country', { scope: undefined }), 'unmet'],
  ['P2.2.4', transfer('third-country', { securing: [] }), 'unmet'],
  ['P2.2.5', transfer('sub-processor', { reason: undefined }), 'unmet'],
  ['P2.2.6', transfer('sub-processor', { management: false }), 'unmet'],
  ['P2.2.7', without('CustomerAuditingRights'), 'unmet'],
  ['P3.1.1', without('InformationSecurityOrganization'), 'unmet'],
  ['P3.1.2', without('InformationSecurityPolicies'), 'unmet'],
  ['P3.1.3', without('InformationSecurityRiskManagement'), 'unmet'],
  ['P3.1.4', without('EmployeeResponsibilities'), 'unmet'],
  ['P3.1.5', without('AssetsManagement'), 'unmet'],
  ['P3.1.6', without('PhysicalSecurity'), 'unmet'],
  ['P3.1.7', without('OperationalSecurity'), 'unmet'],
  ['P3.1.8', without('AccessControlManagement'), 'unmet'],
  [
    'P3.1.9',
    ({ description }) => {
      description.security!.standards = [];
    },
    'unknown',
  ],
  ['P3.1.10', none('resources'), 'unmet'],
  ['P3.1.11', port({ deletionMethods: false }), 'unmet'],
  ['P3.1.12', without('ChangeAndConfigurationManagement'), 'unmet'],
  ['P3.1.13', without('DevelopmentCycleSecurity'), 'unmet'],
  ['P3.1.14', without('ProcurementManagementSecurity'), 'unmet'],
  ['P3.1.15', without('SecurityIncidentManagement'), 'unmet'],
  ['P3.1.16', without('BusinessContinuityMeasures'), 'unmet', ['P1.2.1']],
  ['P3.1.17', without('ComplianceAssurance'), 'unmet'],
  ['P3.1.18', without('UserDocumentationMaintenance'), 'unmet'],
  ['P3.1.19', without('GovernmentInvestigationManagement'), 'unmet'],
  ['P3.1.20', without('ProductSecurity'), 'unmet'],
  ['P4.1.1', port({ formats: [] }), 'unmet'],
  ['P4.1.2', port({ pricing: false }), 'unmet'],
  ['P5.2.1', without('CustomerDataAccessTerms'), 'unmet', ['P1.2.2']],
  ['P6.1.1', without('EnvironmentalImpactReport'), 'unmet'],
  [
    'P6.1.2',
    ({ description }) => {
      description.environment!.pue = 1.81;
    },
    'unmet',
  ],
  [
    'P6.1.3',
    ({ description }) => {
      Object.assign(description.environment!, { renewableShare: 0.5, carbonFreeShare: 0.5 });
    },
    'unmet',
  ],
  [
    'P6.1.4',
    ({ description }) => {
      description.environment!.wue = 2.05;
    },
    'unknown',
  ],
];

describe('each criterion of SC and L1 alone', () => {
  test('none is left out', () => {
    const demanded = services.criteria
      .filter(({ levels }) => levels.SC === 'declaration' || levels.L1 === 'declaration')
      .map(({ id }) => id);
    expect(CASES.map(([id]) => id)).toEqual(demanded);
  });

  test.each(CASES)('%s', (id, spoil, result, also = []) => {
    const input = good();
    spoil(input);
    const found = failing(input);
    expect([...found.keys()].sort()).toEqual([id, ...also].sort());
    const { why, mend } = found.get(id)!;
    expect(found.get(id)).toMatchObject({ result, basis: 'unknown' });
    expect(why.length).toBeGreaterThan(10);
    expect(mend!.length).toBeGreaterThan(10);
    const inSC = services.criteria.find((criterion) => criterion.id === id)!.levels.SC === 'declaration';
    const decision = evaluate(input);
    expect(decision.level).toBe(inSC || also.length > 0 ? null : 'SC');
    expect(decision.next).toMatchObject({ level: decision.level === null ? 'SC' : 'L1' });
    expect(decision.next!.missing.map((one) => one.id)).toContain(id);
  });
});
