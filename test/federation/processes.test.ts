import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/node.ts';
import { type NodeProcess, nodeProcess } from '../support/process.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

const OFFERS = 12;
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let nodes: NodeProcess[];

/** Alpha, beta and gamma in a ring: gamma meets alpha's log only through beta, which needs no trust to carry it. */
beforeAll(async () => {
  [notary, provider] = await Promise.all([testNotary(), testProvider()]);
  const ports = [await freePort(), await freePort(), await freePort()];
  const peer = (at: number) => [{ url: `http://localhost:${ports[at]}`, pull: 0.5 }];
  nodes = await Promise.all(
    [2, 0, 1].map((from, at) => nodeProcess({ peers: peer(from), trust: [notary.trust] }, ports[at])),
  );
  await Promise.all(nodes.map((node) => node.start()));
  const [alpha] = nodes as [NodeProcess, NodeProcess, NodeProcess];
  for (const document of [await notary.vouch(provider), await provider.person(), await provider.terms()])
    expect((await alpha.post(document)).status).toBe(201);
  for (let at = 0; at < OFFERS; at++)
    expect((await alpha.post(await provider.offering(`ring-${at}`))).status).toBe(201);
}, 60_000);
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await Promise.all([notary.host.close(), provider.host.close()]);
});

const question = '/api/v1/listings?label=gaia-x:SC&facets=country&limit=100';
const answer = async (node: NodeProcess) => {
  const { items, facets, total } = await node.get(question);
  return { keys: items.map((item: { key: string }) => item.key), countries: facets.country, total };
};
/** Every node gives the answer that the first gives, and it has so many listings. */
const agree = async (total: number) => {
  const different = async () => {
    const [first, ...others] = await Promise.all(nodes.map(answer));
    return first?.total === total ? others.filter((other) => !isDeepStrictEqual(other, first)).length : nodes.length;
  };
  await expect.poll(different, { timeout: 20_000, interval: 200 }).toBe(0);
};

describe('three node processes', () => {
  it('agree on listings, labels and counts, also over a mirror', async () => {
    await agree(OFFERS);
    const { origins } = await nodes[2]!.get('/api/v1/federation');
    const host = new URL(nodes[0]!.url).host;
    expect(origins.find((one: { origin: string }) => one.origin.startsWith(host))).toMatchObject({
      state: 'following',
      listings: OFFERS + 1,
      sources: [nodes[1]!.url],
    });
    // Each node labels by itself; the others' labels are seen and told apart.
    const labels = async () =>
      (await nodes[2]!.get(question)).items[0].labels as { own: boolean; by: string; basis: string }[];
    await expect.poll(async () => new Set((await labels()).map((label) => label.by)).size, { timeout: 10_000 }).toBe(3);
    expect((await labels()).map((label) => label.own)).toEqual([true, false, false]);
  });

  it('beta catches up after a rest within ten seconds, with the delta alone', async () => {
    const [alpha, beta] = nodes as [NodeProcess, NodeProcess, NodeProcess];
    // Rest first: the labels of all three nodes have arrived.
    const labels = async () =>
      (await beta.get('/api/v1/federation')).origins.map((one: { labels: number; pending: number }) => [
        one.labels,
        one.pending,
      ]);
    await expect.poll(labels, { timeout: 20_000, interval: 200 }).toEqual([
      [OFFERS + 1, 0],
      [OFFERS + 1, 0],
    ]);
    const before = (await beta.get('/api/v1/federation')).peers[0].bytes as number;
    expect(before).toBeGreaterThan(50_000);
    await beta.stop();
    expect((await alpha.post(await provider.offering('while-away'))).status).toBe(201);
    expect((await alpha.post(await provider.withdrawal('ring-0'))).status).toBe(201);
    const started = performance.now();
    await beta.start();
    await expect
      .poll(async () => (await answer(beta)).keys, { timeout: 10_000, interval: 100 })
      .toEqual((await answer(alpha)).keys);
    const seconds = (performance.now() - started) / 1000;
    expect(seconds).toBeLessThan(10);
    const { peers } = await beta.get('/api/v1/federation');
    const delta = (peers[0].bytes as number) - before;
    console.log(`beta agreed after ${seconds.toFixed(1)} s; ${delta} bytes transferred, ${before} before`);
    expect(delta).toBeLessThan(before / 3);
    await agree(OFFERS);
  }, 40_000);
});
