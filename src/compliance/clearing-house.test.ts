import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Checks } from '../credentials/check.ts';
import type { ClaimNode } from '../credentials/jsonld/claims.ts';
import { isClearingLabel, labelFacts, namesOf, readClearingLabel } from './clearing-house.ts';

const bytes = Buffer.from(JSON.stringify({ b: 1, id: 'https://provider.example/vc' }));
const canonical = Buffer.from('{"b":1,"id":"https://provider.example/vc"}');
const digest = (as: 'hex' | 'base64', hash = 'sha256') => `${hash}-${createHash(hash).update(canonical).digest(as)}`;
const version = { bytes, names: namesOf(bytes) };

const subject = (entries: ClaimNode[], change: ClaimNode = {}): ClaimNode => ({
  '@id': 'https://house.example/label#cs',
  '@type': ['gx:LabelCredential'],
  'gx:labelLevel': ['SC'],
  'gx:rulesVersion': ['CD25.10'],
  'gx:validatedCriteria': ['https://docs.example/25.10/criteria_participant/#PA1.1'],
  'gx:compliantCredentials': entries,
  ...change,
});
const read = (...subjects: ClaimNode[]) => {
  const checks = new Checks();
  const label = readClearingLabel({ subjects, id: 'https://house.example/label' }, checks);
  return { label, why: checks.list.at(-1)!.why, claims: label?.claims ?? {} };
};
const facts = (entry: ClaimNode, change?: ClaimNode) => labelFacts(read(subject([entry], change)).claims, version);

describe('which credential a label is about', () => {
  it.each<[string, ClaimNode, string]>([
    ['by digest in hex, with another id', { '@id': 'urn:x:entry', 'gx:digestSRI': [digest('hex')] }, 'this'],
    ['by digest in base64, with no id', { 'cred:digestSRI': [digest('base64')] }, 'this'],
    [
      'by a longer hash and its id',
      { '@id': 'https://provider.example/vc', 'cred:digestSRI': [digest('hex', 'sha512')] },
      'this',
    ],
    [
      'by its id and another digest',
      { '@id': 'https://provider.example/vc', 'gx:digestSRI': [`sha256-${'0'.repeat(64)}`] },
      'another',
    ],
    ['by its id alone', { '@id': 'https://provider.example/vc' }, 'unsaid'],
    [
      'by its id and what is no digest',
      { '@id': 'https://provider.example/vc', 'gx:digestSRI': ['sha256-xxxx'] },
      'unsaid',
    ],
    ['not at all', { '@id': 'urn:x:entry', 'gx:digestSRI': [`sha256-${'0'.repeat(64)}`] }, 'none'],
  ])('%s', (_, entry, expected) => {
    expect(facts(entry).version).toBe(expected);
  });

  it('is found by ids and by digests in one spelling', () => {
    const entries: ClaimNode[] = [
      { '@id': 'urn:x:one', '@type': ['gx:LegalPerson,gx:LegalPerson'], 'gx:digestSRI': [digest('hex')] },
      { '@id': '_:b0', 'cred:digestSRI': [digest('base64')] },
      { '@type': ['gx:Issuer'], 'gx:digestSRI': ['sha256-xxxx'] },
    ];
    expect(read(subject(entries)).label!.names).toEqual(['urn:x:one', digest('base64')]);
  });
});

describe('what a label says', () => {
  it.each([
    ['https://docs.example/24.11/criteria_cloud_services/#P1.1.1', 'P1.1.1'],
    ['https://w3id.org/gaia-x/specs/cd24.06/criterion/P3.1.20', 'P3.1.20'],
    ['PA1.1', 'PA1.1'],
    ['https://docs.example/24.11/annex', ''],
  ])('the criterion %s is %s', (address, id) => {
    expect(facts({}, { 'gx:validatedCriteria': [address] }).criteria).toBe(id);
  });

  it('the older generation comes to the same form, with a level that it has not', () => {
    const entry: ClaimNode = {
      '@id': 'https://provider.example/vc',
      '@type': ['tagus:compliance'],
      'tagus:integrity': [digest('hex')],
      'tagus:version': ['22.10'],
      'tagus:type': ['gx:ServiceOffering'],
    };
    const { label } = read(entry, { ...entry, '@id': 'urn:x:other' });
    expect(label).toMatchObject({
      about: 'https://house.example/label',
      names: ['https://provider.example/vc', digest('base64'), 'urn:x:other'],
    });
    expect(labelFacts(label!.claims, version)).toEqual({
      scheme: 'gaia-x-clearing-house',
      level: 'compliant',
      edition: '22.10',
      version: 'this',
    });
  });

  it('is asked for a level, an id and one subject', () => {
    expect(read(subject([], { 'gx:labelLevel': [] })).why).toBe('The label names no level');
    expect(read(subject([]), subject([])).why).toContain('speaks about 2 subjects');
    const checks = new Checks();
    const nameless = subject([], { '@id': 'urn:x:not-one' });
    expect(readClearingLabel({ subjects: [nameless] }, checks)).toBeUndefined();
    expect(checks.failure).toMatchObject({ code: 'shape', detail: 'Neither the label nor its subject has an id' });
  });

  it('is a label by its namespace, not by its prefix', () => {
    const of = (type: string) => isClearingLabel({ types: [], subjects: [{ '@type': [type] }] });
    expect([of('gx:LabelCredential'), of('tagus:compliance')]).toEqual([true, true]);
    expect([of('<gx:LabelCredential>'), of('https://evil.example/LabelCredential'), of('gx:compliance')]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
