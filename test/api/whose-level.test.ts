import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswersScheme } from '../../src/compliance/answers-scheme.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';
import { day, report } from '../support/report.ts';

/** A level is somebody's on the trust list, or the provider's own word: nobody whom the provider made up gives one. */
const SCHEMES = resolve(import.meta.dirname, '../../shapes/schemes');
const seal = JSON.parse(readFileSync(join(SCHEMES, 'ec-csf.json'), 'utf8')) as AnswersScheme;

const data = mkdtempSync(join(tmpdir(), 'kontor-whose-level-'));
let puppet: DidHost;
let auditor: DidHost;
let provider: TestProvider;
let node: TestNode;
beforeAll(async () => {
  [puppet, auditor, provider] = await Promise.all([didHost(), didHost(), testProvider()]);
  const trust = [{ did: auditor.did, name: 'Auditor', role: 'certificate' as const }];
  const added = {
    ...JSON.parse(readFileSync(join(SCHEMES, 'swipo.json'), 'utf8')),
    id: 'harbour-green',
    name: 'Green',
  };
  mkdirSync(join(data, 'schemes'));
  writeFileSync(join(data, 'schemes/harbour-green.json'), JSON.stringify(added));
  node = await testNode({ policy: { trust }, data });
  for (const document of [await provider.person(), await provider.terms()]) await node.post(document);
});
afterAll(async () => {
  await node.end();
  rmSync(data, { recursive: true, force: true });
  await Promise.all([puppet, auditor, provider.host].map((host) => host.close()));
});

const answering = (choice: number) => ({
  type: 'kontor:SealAssessment',
  'kontor:scheme': 'ec-csf',
  'kontor:edition': 'calculator-2026-06-01',
  'kontor:assessedOn': day(-10),
  'kontor:answer': seal.criteria.map(({ id }) => ({
    type: 'kontor:SealAnswer',
    'kontor:criterionId': id,
    'kontor:choice': choice,
  })),
});
const signed = ({ did, key }: DidHost, subject: object) =>
  signJwt(
    {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
      type: ['VerifiableCredential'],
      issuer: did,
      validFrom: `${day(-1)}T00:00:00Z`,
      validUntil: `${day(60)}T00:00:00Z`,
      credentialSubject: subject,
    },
    key,
  );
/** An offering that says more of itself. */
async function offered(slug: string, more: object): Promise<void> {
  const document = JSON.parse(Buffer.from((await provider.offering(slug)).split('.')[1]!, 'base64url').toString());
  Object.assign(document.credentialSubject, more);
  expect((await node.post(await provider.sign(document))).body).toMatchObject({ ok: true });
}
async function listed(slug: string): Promise<Body> {
  const found = await node.get(`/api/v1/listings?q=${slug}`);
  return (await node.get(`/api/v1/listings/${found.body.items[0].key}`)).body;
}
const total = async (query: string) => (await node.get(`/api/v1/listings?${query}`)).body.total;

describe('an assessor that the provider made up and named', () => {
  it('lifts no level, and passes no filter: it is told in a note', async () => {
    await offered('honest', { 'kontor:sealAssessment': answering(1), 'kontor:attester': puppet.did });
    const sent = await node.post(await signed(puppet, { id: provider.offeringId('honest'), ...answering(5) }));
    expect(sent.body).toMatchObject({ ok: true, kind: 'evidence' });
    // What a stranger sends is settled within seconds.
    const notes = async () =>
      (await listed('honest')).decisions.find((one: Body) => one.scheme === 'ec-csf').assessment.notes;
    await expect
      .poll(notes, { timeout: 10_000 })
      .toContain(
        `The answers by ${puppet.did} are not counted: it is not on this node's trust list as an assessor of this scheme today`,
      );
    const item = await listed('honest');
    expect(item.labels.find((label: Body) => label.scheme === 'ec-csf')).toMatchObject({
      level: 'SEAL-0',
      basis: 'claimed',
    });
    expect(await total('label=ec-csf:SEAL-4')).toBe(0);
    expect(await total('label=ec-csf:SEAL-0&basis=attested')).toBe(0);
    expect(await total('label=ec-csf:SEAL-0&basis=claimed')).toBe(1);
  });
});

describe('the answer to whether an offer is secure', () => {
  const outdated = { 'kontor:scheme': 'iso-27001', 'kontor:edition': '2013', 'kontor:level': 'certified' };

  it('calls certified what its scheme finds verified, and says of the rest why it is not', async () => {
    await offered('secured', {});
    const about = provider.offeringId('secured');
    for (const subject of [report(about), report(about, outdated)])
      expect((await node.post(await signed(auditor, subject))).body).toMatchObject({ ok: true });
    const item = await listed('secured');
    const { value, basis, source } = item.answers.find((one: Body) => one.question === 'Is it secure?');
    expect(value).toMatch(
      /^Certified: BSI C5 Type 2 2020; not verified: ISO\/IEC 27001 2013 \((counts no more|not proven here)\)/,
    );
    expect([basis, source]).toEqual(['claimed', "Auditor, the provider's self-description"]);
  });

  it('calls no level certified of a scheme that this node decides itself', async () => {
    await offered('sealed', {});
    const about = { id: provider.offeringId('sealed'), type: 'kontor:Certificate' };
    for (const more of [
      { 'kontor:scheme': 'ec-csf', 'kontor:level': 'SEAL-4' },
      { 'kontor:scheme': 'gaia-x', 'kontor:edition': '24.11', 'kontor:criterion': ['P2.1.1'] },
    ])
      expect((await node.post(await signed(auditor, { ...about, ...more }))).body).toMatchObject({ ok: true });
    const { value } = (await listed('sealed')).answers.find((one: Body) => one.question === 'Is it secure?');
    expect(value).toMatch(/criteria of Gaia-X/);
    expect(value).toMatch(
      /^Not verified: criteria of EU Cloud Sovereignty Framework \(not proven here\), criteria of Gaia-X/,
    );
    expect(value).not.toMatch(/SEAL/);
  });
});

describe('the list of schemes', () => {
  it('tells what came with Kontor from what the operator added', async () => {
    const { body } = await node.get('/api/v1/schemes');
    const origins = Object.fromEntries(body.items.map(({ id, origin }: Body) => [id, origin]));
    expect(origins).toMatchObject({ 'gaia-x': 'shipped', 'ec-csf': 'shipped', 'harbour-green': 'operator' });
  });
});
