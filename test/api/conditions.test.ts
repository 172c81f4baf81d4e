import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabelChange } from '../../src/catalogue/label-history.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { ownScheme } from '../support/own-scheme.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

/** What decides beside the credentials changes while a node runs: its trust list, its schemes. */

const NOW = new Date();
const data = mkdtempSync(join(tmpdir(), 'kontor-test-'));
let node: TestNode;
let providers: TestProvider[];
let notaries: Awaited<ReturnType<typeof testNotary>>[];
let keys: string[];

beforeAll(async () => {
  providers = await Promise.all([testProvider(NOW), testProvider(NOW, 'EdDSA', 1)]);
  notaries = await Promise.all([testNotary(NOW), testNotary(NOW)]);
  node = await testNode({ data, policy: { trust: notaries.map(({ trust }) => trust) } });
  keys = [];
  for (const [at, provider] of providers.entries()) {
    for (const jwt of [await provider.person(), await provider.terms(), await notaries[at]!.vouch(provider)])
      await node.post(jwt);
    keys.push((await node.post(await provider.offering('lantern'))).body.listing.key);
  }
});
afterAll(async () => {
  await node.end();
  await Promise.all([...providers, ...notaries].map(({ host }) => host.close()));
  rmSync(data, { recursive: true });
});

const changes = async (at: number, scheme: string): Promise<LabelChange[]> =>
  (await node.get(`/api/v1/listings/${keys[at]}/labels/changes`)).body.items.filter(
    (change: LabelChange) => change.scheme === scheme,
  );
/** Waits for the timed work to change the labels of a listing so often. */
const settled = async (at: number, scheme: string, times: number): Promise<LabelChange> => {
  await expect.poll(async () => (await changes(at, scheme)).length, { timeout: 10_000, interval: 100 }).toBe(times);
  return (await changes(at, scheme)).at(-1)!;
};

describe('a trust list that changes', () => {
  it('moves what rests on whom it names, says why, and nothing else', async () => {
    const [first] = node.policy().trust.splice(0, 1);
    const lost = await settled(0, 'gaia-x', 2);
    expect(lost).toMatchObject({ former: expect.stringMatching(/^(SC|L1)$/), level: null });
    expect(lost.reason).toBe(
      `${lost.former} lost: the gx:VatID by ${first!.did} no longer counts here; P1.3.2: No registration number of the provider is vouched for by somebody on this node's trust list`,
    );
    node.policy().trust.unshift(first!);
    expect(await settled(0, 'gaia-x', 3)).toMatchObject({ level: lost.former });
    expect(await changes(1, 'gaia-x')).toHaveLength(1);
  });
});

const scheme = (edition: string, stated: string) =>
  JSON.stringify(ownScheme({ test: { stated, say: `No ${stated} is stated` } }, { edition }));

describe('a scheme that an operator adds', () => {
  const file = join(data, 'schemes', 'harbour-green.json');

  it('is decided by within seconds, and shown, without a restart', async () => {
    mkdirSync(join(data, 'schemes'));
    writeFileSync(file, scheme('1', 'name'));
    expect(await settled(0, 'harbour-green', 1)).toMatchObject({ level: 'green', reason: 'green reached' });
    const { body } = await node.get('/api/v1/listings?label=harbour-green:green');
    expect(body.total).toBe(2);
    expect((await node.get('/labels/harbour-green', { accept: 'text/html' })).text).toMatch(
      /Harbour Green[\s\S]*Added by the operator of this node/,
    );
    expect((await node.get('/labels/gaia-x', { accept: 'text/html' })).text).not.toContain('Added by the operator');
  });

  it('changes nothing where its file is broken', async () => {
    writeFileSync(file, '{"id": "harbour');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await changes(0, 'harbour-green')).toHaveLength(1);
    expect((await node.get('/api/v1/schemes')).body.items.map(({ id }: { id: string }) => id)).toContain(
      'harbour-green',
    );
  });

  it('takes labels away by its next edition, and says so', async () => {
    writeFileSync(file, scheme('2', 'ai.model'));
    expect(await settled(0, 'harbour-green', 2)).toMatchObject({
      level: null,
      former: 'green',
      reason: 'green lost: the scheme is now edition 2; H1: No ai.model is stated',
    });
  });

  it('leaves no label behind when it is removed', async () => {
    writeFileSync(file, scheme('3', 'name'));
    await settled(0, 'harbour-green', 3);
    rmSync(file);
    expect(await settled(0, 'harbour-green', 4)).toMatchObject({
      level: null,
      former: 'green',
      reason: 'green lost: this node decides by that scheme no more',
    });
    const { body } = await node.get(`/api/v1/listings/${keys[0]}`);
    expect(body.decisions.map((one: { scheme: string }) => one.scheme)).not.toContain('harbour-green');
    expect(body.labels.map((one: { scheme: string }) => one.scheme)).not.toContain('harbour-green');
    await settled(1, 'harbour-green', 4);
  });
});
