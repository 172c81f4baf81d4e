import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CriteriaScheme, demands } from '../../src/compliance/scheme.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

/** Gaia-X levels that demand certification, from signed certificates to the label of a whole node. */
let assessor: DidHost;
let body: DidHost;
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let node: TestNode;

const DAY_MS = 86_400_000;
const second = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;
const scheme = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../shapes/schemes/gaia-x.json'), 'utf8'),
) as CriteriaScheme;
const certifiedAtL2 = scheme.parts[0]!.criteria.filter((criterion) => demands(criterion, 'L2') === 'certification').map(
  ({ id }) => id,
);

beforeAll(async () => {
  [assessor, body, notary, provider] = await Promise.all([didHost(), didHost(), testNotary(), testProvider()]);
  node = await testNode({
    policy: {
      trust: [
        notary.trust,
        { did: assessor.did, name: 'Assessor', role: 'assessment-body', schemes: ['gaia-x'] },
        { did: body.did, name: 'Body', role: 'certificate', schemes: ['secnumcloud', 'eu-cloud-coc', 'cndcp'] },
      ],
    },
  });
  for (const document of [await provider.person(), await provider.terms(), await notary.vouch(provider)])
    expect((await node.post(document)).body).toMatchObject({ ok: true });
});
afterAll(async () => {
  await node.end();
  await Promise.all([assessor, body, notary.host, provider.host].map((host) => host.close()));
});

const certify = (by: DidHost, about: string, more: object) =>
  signJwt(
    {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
      type: ['VerifiableCredential'],
      issuer: by.did,
      validFrom: second(Date.now() - DAY_MS),
      validUntil: second(Date.now() + 30 * DAY_MS),
      credentialSubject: { id: about, type: 'kontor:Certificate', ...more },
    },
    by.key,
  );
const statement = (criteria: string[]) => ({
  'kontor:scheme': 'gaia-x',
  'kontor:edition': '24.11',
  'kontor:criterion': criteria,
});

async function decided(slug: string): Promise<{ decision: Body; label: Body }> {
  const found = await node.get(`/api/v1/listings?q=${slug}`);
  const { decisions, labels } = (await node.get(`/api/v1/listings/${found.body.items[0].key}`)).body;
  const ofGaiaX = (one: Body) => one.scheme === 'gaia-x';
  return { decision: decisions.find(ofGaiaX), label: labels.find(ofGaiaX) };
}

describe('certification on a whole node', () => {
  it('an assessor that names every criterion in one statement brings L2, none of its list lost', async () => {
    await node.post(await provider.offering('assessed'));
    expect((await decided('assessed')).label).toMatchObject({ level: 'L1' });
    const sent = await node.post(await certify(assessor, provider.offeringId('assessed'), statement(certifiedAtL2)));
    expect(sent.body).toMatchObject({ ok: true });
    const { decision, label } = await decided('assessed');
    expect(label).toMatchObject({ level: 'L2', basis: 'claimed' });
    expect(decision.criteria.find(({ id }: Body) => id === 'P3.1.20')).toMatchObject({
      result: 'met',
      basis: 'verified',
      why: `Certified until ${second(Date.now() + 30 * DAY_MS).slice(0, 10)}: an assessor's statement on P3.1.20, by Assessor`,
    });
    expect(decision.next.level).toBe('L3');
  });

  it('certificates of three standards bring it as well, one of them on the provider for a service it names', async () => {
    await node.post(await provider.offering('certified'));
    const about = provider.offeringId('certified');
    const certificates = [
      [about, { 'kontor:scheme': 'cndcp' }],
      [
        about,
        {
          'kontor:scheme': 'secnumcloud',
          'kontor:edition': '3.2',
          'kontor:level': 'qualified',
          'kontor:clause': ['19.1', '19.2'],
        },
      ],
      [provider.did, { 'kontor:scheme': 'eu-cloud-coc', 'kontor:level': 'level-3', 'kontor:covers': [about] }],
    ] as const;
    for (const [subject, more] of certificates)
      expect((await node.post(await certify(body, subject, more))).body).toMatchObject({ ok: true });
    expect((await decided('certified')).label).toMatchObject({ level: 'L2' });
    await node.post(await provider.offering('uncovered'));
    const { decision, label } = await decided('uncovered');
    expect(label).toMatchObject({ level: 'L1' });
    expect(decision.next.missing.find(({ id }: Body) => id === 'P3.1.1').why).toContain(
      'It certifies the organisation',
    );
  });

  it('nobody certifies themselves, and a state that there is not is refused', async () => {
    await node.post(await provider.offering('boasting'));
    const about = provider.offeringId('boasting');
    await node.post(await certify({ ...provider.host, did: provider.did }, about, statement(certifiedAtL2)));
    const { decision, label } = await decided('boasting');
    expect(label).toMatchObject({ level: 'L1' });
    const { why } = decision.next.missing.find(({ id }: Body) => id === 'P5.1.1');
    expect(why).toContain('nobody vouches for themselves');
    const refused = await node.post(
      await certify(body, about, { 'kontor:scheme': 'cndcp', 'kontor:certificateState': 'excellent' }),
    );
    expect(refused.body).toMatchObject({ ok: false, code: 'shape' });
  });
});
