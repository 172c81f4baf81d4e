import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswersScheme } from '../../src/compliance/answers-scheme.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';
import { day, report } from '../support/report.ts';

/** Labels of the schemes beside Gaia-X, from signed credentials to answers of a whole node. */
let body: DidHost;
let assessor: DidHost;
let provider: TestProvider;
let node: TestNode;

beforeAll(async () => {
  [body, assessor, provider] = await Promise.all([didHost(), didHost(), testProvider()]);
  node = await testNode({
    policy: {
      trust: [
        { did: body.did, name: 'Body', role: 'certificate', schemes: ['bsi-c5', 'iso-27001'] },
        { did: assessor.did, name: 'Assessor', role: 'assessment-body', schemes: ['ec-csf'] },
      ],
    },
  });
  for (const document of [await provider.person(), await provider.terms()]) await node.post(document);
});
afterAll(async () => {
  await node.end();
  await Promise.all([body, assessor, provider.host].map((host) => host.close()));
});

const seal = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../shapes/schemes/ec-csf.json'), 'utf8'),
) as AnswersScheme;
const DAY_MS = 86_400_000;

const assessment = (choice: (id: string) => number) => ({
  type: 'kontor:SealAssessment',
  'kontor:scheme': 'ec-csf',
  'kontor:edition': 'calculator-2026-06-01',
  'kontor:assessedOn': day(-10),
  'kontor:answer': seal.criteria.map(({ id }) => ({
    type: 'kontor:SealAnswer',
    'kontor:criterionId': id,
    'kontor:choice': choice(id),
  })),
});
const credential = (issuer: string, subject: object, validFrom = new Date(Date.now() - DAY_MS)) => ({
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
  type: ['VerifiableCredential'],
  issuer,
  validFrom: `${validFrom.toISOString().slice(0, 19)}Z`,
  validUntil: `${new Date(Date.now() + 60 * DAY_MS).toISOString().slice(0, 19)}Z`,
  credentialSubject: subject,
});
const payloadOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());

async function listed(slug: string): Promise<Body> {
  const found = await node.get(`/api/v1/listings?q=${slug}`);
  return (await node.get(`/api/v1/listings/${found.body.items[0].key}`)).body;
}
const labelsOf = (item: Body) =>
  Object.fromEntries(item.labels.map((label: Body) => [label.scheme, `${label.level} ${label.basis}`]));
const decisionOf = (item: Body, scheme: string) => item.decisions.find((one: Body) => one.scheme === scheme);

describe('a scheme about which nothing is said', () => {
  it('leaves no decision and no label', async () => {
    await node.post(await provider.offering('quiet'));
    const item = await listed('quiet');
    expect(item.decisions.map((one: Body) => one.scheme)).toEqual(['gaia-x']);
    expect(item.labels.filter((label: Body) => label.scheme !== 'gaia-x')).toEqual([]);
  });
});

describe('answers to the cloud sovereignty framework', () => {
  it('are self-declared where the offering states them', async () => {
    const document = payloadOf(await provider.offering('selfmade'));
    document.credentialSubject['kontor:sealAssessment'] = assessment((id) => (id === 'SOV-1.8' ? 4 : 5));
    expect((await node.post(await provider.sign(document))).body).toMatchObject({ ok: true });
    const item = await listed('selfmade');
    expect(labelsOf(item)['ec-csf']).toBe('SEAL-2 claimed');
    expect(decisionOf(item, 'ec-csf').assessment).toMatchObject({ score: 99.4506, answered: 48 });
  });

  it('are verified where an assessor on the list signed them', async () => {
    await node.post(await provider.offering('assessed'));
    const subject = { id: provider.offeringId('assessed'), ...assessment(() => 5) };
    const sent = await node.post(await signJwt(credential(assessor.did, subject), assessor.key));
    expect(sent.body).toMatchObject({ ok: true, kind: 'evidence' });
    expect(labelsOf(await listed('assessed'))['ec-csf']).toBe('SEAL-4 verified');
  });

  it('are no certificate: one that states a level proves none, whoever signed it', async () => {
    await node.post(await provider.offering('stated'));
    const subject = {
      id: provider.offeringId('stated'),
      type: 'kontor:Certificate',
      'kontor:scheme': 'ec-csf',
      'kontor:level': 'SEAL-4',
    };
    const sent = await node.post(await signJwt(credential(assessor.did, subject), assessor.key));
    expect(sent.body).toMatchObject({ ok: true, kind: 'evidence' });
    const item = await listed('stated');
    expect(labelsOf(item)['ec-csf']).toBeUndefined();
    const [shown] = item.certifications.filter((one: Body) => one.scheme === 'ec-csf');
    expect([shown.basis, shown.level]).toEqual(['unknown', undefined]);
    const { body: found } = await node.get('/api/v1/listings?certification=ec-csf:unknown');
    expect(found.items.map((one: Body) => one.name)).toEqual(['Offer stated']);
  });

  it('are refused with a sixth answer, or without a date', async () => {
    const document = payloadOf(await provider.offering('wrong'));
    document.credentialSubject['kontor:sealAssessment'] = assessment(() => 6);
    expect((await node.post(await provider.sign(document))).status).toBe(422);
    const { 'kontor:assessedOn': _, ...undated } = assessment(() => 5);
    document.credentialSubject['kontor:sealAssessment'] = undated;
    expect((await node.post(await provider.sign(document))).status).toBe(422);
  });
});

describe('certificates', () => {
  it('give a level where a body on the list signed one about the service', async () => {
    await node.post(await provider.offering('audited'));
    const about = provider.offeringId('audited');
    expect((await node.post(await signJwt(credential(body.did, report(about)), body.key))).body.ok).toBe(true);
    const item = await listed('audited');
    expect(labelsOf(item)['bsi-c5']).toBe('type-2 verified');
    expect(decisionOf(item, 'bsi-c5').held).toMatchObject([{ edition: '2020', basis: 'verified' }]);
  });

  it('give none where the provider signed its own, and are shown as claimed', async () => {
    await node.post(await provider.offering('boasting'));
    await node.post(await provider.sign(credential(provider.did, report(provider.offeringId('boasting')))));
    const item = await listed('boasting');
    expect(labelsOf(item)['bsi-c5']).toBeUndefined();
    expect(decisionOf(item, 'bsi-c5')).toMatchObject({
      level: null,
      next: { level: 'type-2', missing: [{ id: 'issuer' }] },
      held: [{ level: 'type-2', basis: 'claimed' }],
    });
  });

  it('of the organisation count for the services they name, and for no other', async () => {
    await node.post(await provider.offering('named'));
    await node.post(await provider.offering('unnamed'));
    const subject = {
      id: provider.did,
      type: 'kontor:Certificate',
      'kontor:scheme': 'iso-27001',
      'kontor:edition': '2022',
      'kontor:covers': [provider.offeringId('named'), provider.offeringId('other')].map((id) => ({
        '@value': id,
        '@type': 'xsd:anyURI',
      })),
    };
    const sent = await node.post(await signJwt(credential(body.did, subject), body.key));
    expect(sent.body).toMatchObject({ ok: true });
    await expect.poll(async () => labelsOf(await listed('named'))['iso-27001']).toBe('certified verified');
    const other = await listed('unnamed');
    expect(labelsOf(other)['iso-27001']).toBeUndefined();
    expect(decisionOf(other, 'iso-27001').criteria.find((one: Body) => one.id === 'scope').result).toBe('unmet');
  });
});

describe('pages', () => {
  const text = async (path: string) => {
    const page = await node.get(path, { accept: 'text/html' });
    expect(page.status).toBe(200);
    return page.text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  };

  it('list the graded schemes in full and the others in short', async () => {
    const labels = await text('/labels');
    expect(labels).toContain('Certificates, reports and codes of conduct');
    expect(labels).toMatch('none: it gives no label');
    for (const scheme of (await node.get('/api/v1/schemes')).body.items) await text(`/labels/${scheme.id}`);
  });

  it('say how far incomplete answers lead, and whose word a certificate is', async () => {
    const half = payloadOf(await provider.offering('half'));
    const answers = assessment(() => 4);
    half.credentialSubject['kontor:sealAssessment'] = {
      ...answers,
      'kontor:answer': answers['kontor:answer'].slice(0, 12),
    };
    await node.post(await provider.sign(half));
    expect(await text(`/listings/${(await listed('half')).key}`)).toContain(
      'Incomplete, at most SEAL-1: 7 of the 39 criteria that can lower the level are answered',
    );
    expect(await text(`/listings/${(await listed('boasting')).key}`)).toMatch(
      /What is held claimed Type 2 \(2020\), stated by the provider alone/,
    );
  });
});
