import { afterAll, beforeAll, expect, it } from 'vitest';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';

let body: DidHost;
let provider: TestProvider;
let node: TestNode;
beforeAll(async () => {
  [body, provider] = await Promise.all([didHost(), testProvider()]);
  node = await testNode({ policy: { trust: [{ did: body.did, role: 'certificate', schemes: ['iso-27001'] }] } });
});
afterAll(async () => {
  await node.end();
  await Promise.all([body, provider.host].map((host) => host.close()));
});

const second = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;
const weighed = async (scheme: string): Promise<Body[]> => {
  const jwt = await signJwt(
    {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
      type: ['VerifiableCredential'],
      issuer: body.did,
      validFrom: second(Date.now() - 60_000),
      validUntil: second(Date.now() + 86_400_000),
      credentialSubject: {
        id: provider.offeringId('quay'),
        type: 'kontor:Certificate',
        'kontor:scheme': scheme,
        'kontor:edition': '2022',
        'kontor:scope': 'The offer',
      },
    },
    body.key,
  );
  const answer = (await node.post(jwt)).body;
  expect(answer).toMatchObject({ ok: true });
  return answer.checks.filter(({ id }: Body) => id === 'commit.weight');
};

it('a certificate beyond the mandate of a trusted issuer is taken, and it is said that it counts for no label', async () => {
  expect(await weighed('iso-27001')).toEqual([]);
  expect(await weighed('soc-2')).toMatchObject([
    {
      result: 'warn',
      why: expect.stringContaining(`${body.did} is on this node's trust list, but not for "soc-2" today`),
      mend: expect.stringContaining('kontor trust add'),
    },
  ]);
});
