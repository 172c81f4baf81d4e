import { beforeAll, describe, expect, test } from 'vitest';
import {
  claimsOf,
  compliance,
  credentialOf,
  fullOffering,
  fullProvider,
  PROVIDER,
} from '../../test/support/offering.ts';
import { answers, type CertificateSaid } from './answers.ts';
import type { Description } from './description.ts';
import { caution, exposure } from './exposure.ts';

let offering: Description;
let provider: Description;
const described = async (subject: object) => compliance.describe(await claimsOf(credentialOf(subject)));
beforeAll(async () => {
  offering = await described(fullOffering());
  provider = await described(fullProvider());
});

const CHECKED = { verifiedAt: '2026-11-21T09:14:00Z', validUntil: '2027-01-30T00:00:00Z' };
describe('the twelve questions', () => {
  test('answered by a full offering', () => {
    const rows = answers(offering, { certificates: [], exposure: exposure(offering, provider, []), ...CHECKED });
    const by = Object.fromEntries(rows.map(({ question, value }) => [question, value]));
    expect(by).toEqual({
      'Where is our data?':
        'Stored in Norway (NO); hosted in Norway (NO); backups in Norway (NO); the customer chooses the place',
      'Whose law reaches it?': 'Switzerland (CH) by transfer of personal data',
      'Who else is behind it?': 'Software: Kubernetes; resources: Oslo 1 (Norway (NO)); subcontractors: Havn Drift AS',
      'Can we leave?':
        'An exit plan is linked; 30 days of notice; 60 days to retrieve data; export as etcd snapshot, OCI; no charge for leaving; rehearsed on 2026-08-12',
      'Is it open?': 'Kubernetes, OCI; stack under Apache-2.0',
      'Is it secure?': 'The customer holds the keys; encrypted at rest; cryptography after RFC8446',
      'Who runs it?': 'Support from Denmark (DK), Norway (NO); languages: nb, en; 24/7',
      'Is the AI ours to control?': 'Ravn 7B; open weights; inference in Norway (NO)',
      'What does it cost the planet?':
        'Hydro; 98 % renewable; 90 % carbon-free by the hour; PUE 1.11; WUE 0.1 L/kWh; heat is reused',
      'What does it cost us?': '0.041 EUR per vCPU hour, per use',
      'Is it near?': 'Oslo 1, Norway (NO)',
      'Is that still true?': 'Signature, key and any status list checked on 21 Nov 2026; valid until 30 Jan 2027',
    });
    expect(rows.map(({ basis }) => basis)).toEqual([...Array(11).fill('claimed'), 'verified']);
  });

  test('an energy mix for a day to come is told as that', () => {
    const planned = { ...offering, environment: { energySources: [], renewableShare: 0.98, attainedOn: '2035-01-01' } };
    const rows = answers(planned, { certificates: [], exposure: exposure(offering, provider, []), ...CHECKED });
    expect(rows[8]).toMatchObject({ value: '98 % renewable (stated for 2035-01-01)' });
  });

  test('what is not said is unknown, never left out', async () => {
    const silent = await described({ id: 'https://a.example/1', type: 'gx:ServiceOffering' });
    const rows = answers(silent, { certificates: [], exposure: { known: false, outside: [] }, ...CHECKED });
    expect(rows).toHaveLength(12);
    expect(
      rows
        .slice(0, 11)
        .every(({ basis, value, source }) => basis === 'unknown' && value === 'Unknown' && source === ''),
    ).toBe(true);
  });

  test('only verified certificates are told as certified, with who signed them', async () => {
    const silent = await described({ id: 'https://a.example/1', type: 'gx:ServiceOffering' });
    const secure = (description: Description, certificates: CertificateSaid[]) =>
      answers(description, { certificates, exposure: { known: false, outside: [] }, ...CHECKED })[5];
    const iso = (basis: CertificateSaid['basis']) => ({ what: 'ISO/IEC 27001 2022', by: 'Body', basis });
    const report = { what: 'BSI C5 Type 2 2020', by: 'Auditor', basis: 'verified' } as const;
    expect(secure(silent, [report])).toMatchObject({
      value: 'Certified: BSI C5 Type 2 2020',
      basis: 'verified',
      source: 'Auditor',
    });
    expect(secure(silent, [report, iso('lapsed')])).toMatchObject({
      value: 'Certified: BSI C5 Type 2 2020; not verified: ISO/IEC 27001 2022 (counts no more)',
      basis: 'verified',
      source: 'Auditor',
    });
    // Beside claims of the provider the row as a whole is no surer than they are.
    expect(secure(offering, [report, iso('unknown')])).toMatchObject({
      value: expect.stringMatching(
        /^Certified: BSI C5 Type 2 2020; not verified: ISO\/IEC 27001 2022 \(not proven here\); the customer holds the keys/,
      ),
      basis: 'claimed',
      source: "Auditor, the provider's self-description",
    });
    const alone = (basis: CertificateSaid['basis']) => {
      const { value, ...rest } = secure(silent, [iso(basis)])!;
      return [value.slice('Not verified: ISO/IEC 27001 2022 '.length), rest.basis, rest.source];
    };
    expect(alone('attested')).toEqual([
      "(signed by somebody who is not on this node's trust list)",
      'attested',
      'Body',
    ]);
    expect(alone('claimed')).toEqual(["(the provider's word alone)", 'claimed', "the provider's self-description"]);
    expect(alone('unknown')).toEqual(['(not proven here)', 'unknown', '']);
    expect(alone('lapsed')).toEqual(['(counts no more)', 'unknown', '']);
  });
});

describe('exposure', () => {
  test('within the EU and EEA, known', async () => {
    const inside = { ...offering, jurisdictions: offering.jurisdictions.filter(({ role }) => role !== 'transfer') };
    expect(exposure(inside, provider, [])).toEqual({ known: true, outside: [] });
    expect(exposure(provider, undefined, [])).toEqual({ known: true, outside: [] });
  });

  test('a provider that is not held leaves it unknown', () => {
    expect(exposure(offering, undefined, []).known).toBe(false);
  });

  test('an owner reaches down, whether stated inline or held as a participant', async () => {
    const owned = await described({
      ...fullProvider(),
      'kontor:ultimateParent': { 'kontor:partyName': 'Globex Inc', 'kontor:country': 'US' },
    });
    expect(exposure(owned, undefined, [])).toEqual({
      known: true,
      outside: [{ country: 'US', by: 'parent company Globex Inc' }],
    });
    const child = await described({ ...fullProvider(), 'kontor:ultimateParent': { id: 'did:web:globex.example' } });
    expect(exposure(child, undefined, [])).toEqual({ known: false, outside: [] });
    const globex = {
      ...provider,
      id: 'did:web:globex.example',
      name: 'Globex Inc',
      participant: { registrations: [], parents: [], headquarters: 'US', legalAddress: 'IE' },
    };
    expect(exposure(child, undefined, [globex])).toEqual({
      known: true,
      outside: [{ country: 'US', by: 'parent company Globex Inc' }],
    });
    const own = await described({ ...fullProvider(), 'kontor:ultimateParent': { id: PROVIDER } });
    expect(exposure(own, undefined, []).known).toBe(true);
  });

  test('operators, sub-processors and places count', async () => {
    const far = await described({
      ...fullOffering(),
      'gx:possiblePersonalDataTransfers': [],
      'kontor:operatedBy': { 'kontor:partyName': 'Ops Ltd', 'kontor:country': 'IN' },
      'gx:subContractors': {
        type: 'gx:SubContractor',
        'gx:legalName': 'Back Office Co',
        'gx:applicableJurisdiction': 'SG',
      },
      'kontor:dataLocation': { 'kontor:purpose': 'support', 'kontor:country': 'US' },
    });
    expect(exposure(far, provider, []).outside).toEqual([
      { country: 'IN', by: 'operator Ops Ltd' },
      { country: 'SG', by: 'sub-processor Back Office Co' },
      { country: 'US', by: 'support access' },
    ]);
  });

  test('the sentence for an offer that calls itself sovereign', async () => {
    const sovereign = { ...offering, claimsSovereignty: true };
    expect(caution(sovereign, { known: true, outside: [{ country: 'US', by: 'parent company Globex Inc' }] })).toBe(
      'It calls itself sovereign, and law from outside the EU and EEA reaches it: United States (US) by parent company Globex Inc.',
    );
    expect(caution(sovereign, { known: false, outside: [] })).toContain('is not known here');
    expect(caution(sovereign, { known: true, outside: [] })).toBeUndefined();
    expect(caution(offering, { known: true, outside: [{ country: 'US', by: 'x' }] })).toBeUndefined();
  });
});
