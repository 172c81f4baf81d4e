import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '../../src/compliance/decision.ts';
import type { CriteriaScheme } from '../../src/compliance/scheme.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

/** What a label rests on beside the offering: credentials of resources, and of the owners of the provider. */

const DAY_MS = 86_400_000;
const day = (days: number) => `${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 19)}Z`;
const payloadOf = (jwt: string): Body => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());
const gaiaX = JSON.parse(readFileSync('shapes/schemes/gaia-x.json', 'utf8')) as CriteriaScheme;

let assessor: DidHost;
let holding: DidHost;
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let node: TestNode;

beforeAll(async () => {
  // A company of the EU.
  [assessor, holding, notary, provider] = await Promise.all([
    didHost(),
    didHost(),
    testNotary(),
    testProvider(new Date(), 'EdDSA', 3),
  ]);
  node = await testNode({
    policy: { trust: [notary.trust, { did: assessor.did, name: 'Assessor', role: 'assessment-body' }] },
  });
  for (const jwt of [await provider.person(), await provider.terms(), await notary.vouch(provider)])
    expect((await node.post(jwt)).body).toMatchObject({ ok: true });
});
afterAll(async () => {
  await node.end();
  await Promise.all([assessor, holding, notary.host, provider.host].map((host) => host.close()));
});

const credential = (by: DidHost, credentialSubject: object, until = 30) =>
  signJwt(
    {
      '@context': [
        'https://www.w3.org/ns/credentials/v2',
        'https://w3id.org/gaia-x/development#',
        'https://w3id.org/kontor/v1',
      ],
      type: ['VerifiableCredential'],
      issuer: by.did,
      validFrom: day(-1),
      validUntil: day(until),
      credentialSubject,
    },
    by.key,
  );
async function listed(slug: string): Promise<{ label: Body; decision: Decision; exposure: Body }> {
  const found = await node.get(`/api/v1/listings?q=${slug}`);
  const { labels, decisions, exposure } = (await node.get(`/api/v1/listings/${found.body.items[0].key}`)).body;
  const ofScheme = (one: { scheme: string }) => one.scheme === 'gaia-x';
  return { label: labels.find(ofScheme), decision: decisions.find(ofScheme), exposure };
}

describe('a resource with a credential of its own', () => {
  it('is named by what it decides, and the label ends with it', async () => {
    const document = payloadOf(await provider.offering('resourced'));
    const [centre] = [document.credentialSubject['gx:aggregationOfResources']].flat();
    const id = `${provider.url}/centres/1`;
    const { id: _, ...rest } = document;
    const sent = await node.post(
      await provider.sign({
        ...rest,
        type: ['VerifiableCredential'],
        credentialSubject: { ...centre, id },
        validUntil: day(5),
      }),
    );
    expect(sent.body).toMatchObject({ ok: true });
    document.credentialSubject['gx:aggregationOfResources'] = [{ id }];
    expect((await node.post(await provider.sign(document))).body).toMatchObject({ ok: true });
    const { label, decision } = await listed('resourced');
    expect(label.level).toBe('L1');
    expect(Date.parse(label.validUntil)).toBeLessThanOrEqual(Date.parse(day(5)));
    const figures = decision.criteria.filter((one) => /^P6\.1\.[234]$/.test(one.id));
    expect(figures).toHaveLength(3);
    for (const { evidence } of figures) expect(evidence).toContain(sent.body.digest);
    expect(decision.evidence).toContain(sent.body.digest);
    // What it has no say in does not rest on it.
    expect(decision.criteria.find((one) => one.id === 'P1.3.2')!.evidence).not.toContain(sent.body.digest);
  });
});

describe('an owner that describes itself', () => {
  it('takes away what the provider said of it, and says why', async () => {
    const person = payloadOf(await provider.person());
    person.credentialSubject['kontor:ultimateParent'] = {
      type: 'kontor:Party',
      id: holding.did,
      'kontor:partyName': 'Holding',
      'kontor:country': 'DE',
    };
    expect((await node.post(await provider.sign({ ...person, validFrom: day(-0.5) }))).body).toMatchObject({
      ok: true,
    });
    await node.post(await provider.offering('owned'));
    const certified = gaiaX.parts[0]!.criteria.filter(({ levels }) => levels.L3 === 'certification');
    const statement = {
      id: provider.offeringId('owned'),
      type: 'kontor:Certificate',
      'kontor:scheme': 'gaia-x',
      'kontor:edition': '24.11',
      'kontor:criterion': certified.map(({ id }) => id),
    };
    expect((await node.post(await credential(assessor, statement))).body).toMatchObject({ ok: true });
    const before = await listed('owned');
    expect(before.label?.level ?? before.decision.next?.missing).toBe('L3');

    const seat = { type: 'gx:Address', 'gx:countryCode': 'US' };
    const self = {
      id: holding.did,
      type: 'gx:LegalPerson',
      'https://schema.org/name': 'Holding',
      'gx:registrationNumber': { id: `${holding.url}/register#1` },
      'gx:headquartersAddress': seat,
      'gx:legalAddress': seat,
    };
    const sent = await node.post(await credential(holding, self));
    expect(sent.body.detail).toBeUndefined();
    await expect
      .poll(async () => (await listed('owned')).label?.level, { timeout: 10_000, interval: 200 })
      .not.toBe('L3');
    const { decision, exposure } = await listed('owned');
    expect(exposure.outside).toContainEqual({ country: 'US', by: expect.stringContaining('Holding') });
    const owners = decision.next!.missing.find(({ id }) => id === 'P5.1.5')!;
    expect(owners).toMatchObject({
      result: 'unmet',
      why: expect.stringContaining('A parent of the provider is named that is not stated to be in the EU or EEA'),
    });
    expect(owners.evidence).toContain(sent.body.digest);
    const { key } = (await node.get('/api/v1/listings?q=owned')).body.items[0];
    const { items } = (await node.get(`/api/v1/listings/${key}/labels/changes`)).body;
    expect(items.at(-1).reason).toMatch(/^L3 lost, L1 holds: P5\.1\.5: A parent of the provider is named/);
  });
});
