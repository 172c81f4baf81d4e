import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../src/policy.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { type FaultProxy, faultProxy } from './support.ts';

/**
 * Alpha holds a self-description, evidence, an offering, a label of its own and a withdrawal. What a follower gets of
 * them passes a carrier that changes one byte.
 */
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let alpha: TestNode;
let carrier: FaultProxy;

beforeAll(async () => {
  [notary, provider] = await Promise.all([testNotary(), testProvider()]);
  alpha = await testNode({ policy: { trust: [notary.trust] } });
  const documents = [await notary.vouch(provider), await provider.person(), await provider.terms()];
  documents.push(await provider.offering('kept'), await provider.offering('gone'), await provider.withdrawal('gone'));
  for (const document of documents) expect((await alpha.post(document)).status).toBe(201);
  await alpha.federation.publish();
  carrier = await faultProxy(alpha.url);
});
afterAll(async () => {
  await carrier.close();
  await alpha.end();
  await Promise.all([notary.host.close(), provider.host.close()]);
});

/** A follower that knows only the carrier; alpha itself is its last resort, so it is kept from answering, too. */
async function follow(change: FaultProxy['change']) {
  carrier.change = change;
  const peers = [{ url: carrier.url, pull: 3_600 }];
  const node = await testNode({ policy: { ...DEFAULT_POLICY, peers, trust: [notary.trust] } });
  const report = await node.federation.sync(carrier.url);
  const listings = (await node.reader.search({ ...ALL })).items;
  const labels = await node.database.read
    .selectFrom('label')
    .select('digest')
    .where('issuer', '=', alpha.did)
    .execute();
  const [peer] = await node.federation.peers.list();
  const held = await node.database.read.selectFrom('object').select(['digest', 'bytes']).execute();
  await node.end();
  return { report, listings, labels, peer, held };
}
const ALL = {
  kind: ['offering' as const],
  ...{
    type: [],
    provider: [],
    country: [],
    law: [],
    label: [],
    certification: [],
    exit: [],
    openness: [],
    ai: [],
    energy: [],
  },
  sort: 'recent' as const,
  limit: 100,
  facets: [],
};

const flip = (body: Buffer, at: number): Buffer => {
  const changed = Buffer.from(body);
  changed[at] = changed[at]! ^ 1;
  return changed;
};

const digestOnly = ({ digest }: { digest: string }): string => digest;

describe('one byte changed on the wire', () => {
  it('nothing changed: everything arrives', async () => {
    const { listings, labels } = await follow(() => undefined);
    expect(listings.map((item) => item.name)).toEqual(['Offer kept']);
    expect(labels.length).toBeGreaterThan(0);
  });

  it('of any stored object: that object is refused, whatever it is', async () => {
    const kinds = await alpha.database.read.selectFrom('object').select(['digest', 'kind', 'size']).execute();
    expect(new Set(kinds.map((one) => one.kind))).toEqual(new Set(['listing', 'evidence', 'label', 'withdrawal']));
    for (const { digest, kind, size } of kinds) {
      for (const at of [0, Math.floor(size / 3), size - 1]) {
        const { held, report } = await follow((path, body) => {
          if (!path.startsWith('/objects')) return undefined;
          if (path === `/objects/${digest}`) return flip(body, at);
          const lines = body.toString().trim().split('\n');
          const altered = lines.map((line) => {
            const object = JSON.parse(line) as { digest: string; body?: string };
            if (object.digest !== digest || !object.body) return line;
            return JSON.stringify({
              ...object,
              body: flip(Buffer.from(object.body, 'base64url'), at).toString('base64url'),
            });
          });
          return Buffer.from(`${altered.join('\n')}\n`);
        });
        // Either it was refused, or the untouched bytes were had from alpha itself: never the changed ones.
        const { bytes } = (await alpha.reader.object(digest))!;
        const mine = held.find((one) => one.digest === digest);
        if (mine) expect(Buffer.from(mine.bytes).equals(Buffer.from(bytes)), `${kind} byte ${at}`).toBe(true);
        expect(held.length).toBeLessThanOrEqual(kinds.length * 2);
        expect(report.requests).toBeGreaterThan(0);
      }
    }
  }, 60_000);

  it('of the declared media type: the object comes from another source, and the carrier is blamed', async () => {
    // What alpha's log names; a follower's own labels are not among them.
    const named = new Set((await alpha.database.read.selectFrom('object').select('digest').execute()).map(digestOnly));
    const shared = (rows: { digest: string }[]) =>
      rows
        .map(digestOnly)
        .filter((digest) => named.has(digest))
        .sort();
    const honest = shared((await follow(() => undefined)).held);
    expect(honest.length).toBeGreaterThanOrEqual(6);
    for (const at of [0, 8, 12, 15]) {
      const { held, report, listings, peer } = await follow((path, body) => {
        if (path !== '/objects') return undefined;
        const lines = body.toString().trim().split('\n');
        const altered = lines.map((line) => {
          const object = JSON.parse(line) as { mediaType: string };
          return JSON.stringify({ ...object, mediaType: flip(Buffer.from(object.mediaType), at).toString() });
        });
        return Buffer.from(`${altered.join('\n')}\n`);
      });
      expect(report.rejected).toEqual([]);
      expect(shared(held)).toEqual(honest);
      expect(listings.map((item) => item.name)).toEqual(['Offer kept']);
      expect(peer?.blamed).toMatch(/It said that \w+/);
    }
  }, 60_000);

  it('of any log entry, or of the head: nothing of it is believed, and the carrier is blamed', async () => {
    for (const part of ['/entries', '/heads']) {
      for (const share of [0.05, 0.3, 0.55, 0.8]) {
        let touched = false;
        const { listings, peer } = await follow((path, body, status) => {
          if (!path.includes(part) || status !== 200 || body.length === 0) return undefined;
          // In heads, a byte of the note: size, root or signature of the log.
          const from = part === '/heads' ? body.indexOf(String.fromCharCode(92, 110)) : 0;
          touched = true;
          return flip(
            body,
            from + Math.floor((Math.min(body.length - from, part === '/heads' ? 220 : body.length) - 1) * share),
          );
        });
        expect(touched).toBe(true);
        const clean = listings.length === 0 || listings.every((item) => item.name === 'Offer kept');
        expect(clean, `${part} ${share}`).toBe(true);
        if (part === '/entries') expect(peer?.blamed).not.toBeNull();
      }
    }
  }, 60_000);
});
