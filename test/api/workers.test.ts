import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { forged, GX, V2 } from '../support/hostile.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';

let node: TestNode;
let provider: TestProvider;

beforeAll(async () => {
  [node, provider] = await Promise.all([testNode({ workers: 2 }), testProvider()]);
});
afterAll(async () => {
  await node.end();
  await provider.host.close();
});

const total = async () => (await node.get('/api/v1/listings?kind=offering')).body.total as number;

it('a node with two workers takes the good and refuses the bad, many at once', async () => {
  const good = await Promise.all(Array.from({ length: 12 }, (_, at) => provider.offering(`good-${at}`)));
  const bad = good.map((jwt) => `${jwt.slice(0, -8)}AAAAAAAA`);
  const answers = await Promise.all(good.flatMap((jwt, at) => [node.post(bad[at]!), node.post(jwt)]));
  for (const [at, { status, body }] of answers.entries()) {
    if (at % 2 === 1) expect(status).toBe(201);
    else expect(body).toMatchObject({ code: 'proof', stage: 'verify' });
  }
  expect(await total()).toBe(12);
});

it('H-094 poisoned documents for both workers keep nobody else waiting', { timeout: 10_000 }, async () => {
  const key = generateDidKey('EdDSA');
  const tree = (fan: number, depth: number): Body =>
    depth === 0 ? { 'gx:z': 1 } : { 'gx:k': Array.from({ length: fan }, () => tree(fan, depth - 1)) };
  const poison = JSON.stringify({
    '@context': [V2, GX],
    type: ['VerifiableCredential'],
    issuer: key.did,
    validFrom: '2026-01-01T00:00:00Z',
    credentialSubject: { id: key.did, 'gx:to': tree(2, 9) },
    proof: forged(key),
  });
  const before = await total();
  const poisoned = Array.from({ length: 6 }, () => node.post(poison, 'application/vc'));
  const good = Array.from({ length: 4 }, async (_, at) => node.post(await provider.offering(`beside-${at}`)));
  for (const { status } of await Promise.all(good)) expect(status).toBe(201);
  for (const { status, body } of await Promise.all(poisoned)) {
    expect(status).toBeLessThan(500);
    expect(body).toMatchObject({ ok: false });
  }
  expect((await node.post(await provider.offering('next'))).status).toBe(201);
  expect(await total()).toBe(before + 5);
});
