import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/catalogue/log-entry.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { mayPass } from '../../src/federation/refusals.ts';
import { DEFAULT_POLICY } from '../../src/policy.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { claim, judge, NOW } from '../support/verifying.ts';
import { type FaultProxy, faultProxy, testPeer } from './support.ts';

/** Whole nodes: alpha has a log, beta follows it, both by a clock that only the tests move. */
const HOUR = 3_600_000;
let now = Date.now();
const clock = () => new Date(now);
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let alpha: TestNode;
let beta: TestNode;
let carrier: FaultProxy;

beforeAll(async () => {
  [notary, provider] = await Promise.all([testNotary(), testProvider(new Date(), 'ES256')]);
  alpha = await testNode({ clock, policy: { trust: [notary.trust] } });
  carrier = await faultProxy(alpha.url);
  const peers = [{ url: carrier.url, pull: 3_600 }];
  beta = await testNode({ clock, policy: { trust: [notary.trust], peers } });
  for (const document of [await notary.vouch(provider), await provider.person(), await provider.terms()])
    await published(alpha, document);
  await beta.federation.sync();
});
afterAll(async () => {
  await beta.end();
  await carrier.close();
  await alpha.end();
  await Promise.all([notary.host.close(), provider.host.close()]);
});
beforeEach(() => {
  carrier.change = () => undefined;
});

async function published(node: TestNode, document: string): Promise<string> {
  const answer = await node.post(document);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return digestOf(Buffer.from(document));
}
const wantOf = (digest: string) =>
  beta.database.read.selectFrom('want').selectAll().where('digest', '=', digest).executeTakeFirst();
const holds = async (node: TestNode, digest: string) => (await node.reader.object(digest)) !== undefined;
const carriers = async (digest: string) =>
  (await beta.database.read.selectFrom('carriage').select('origin').where('digest', '=', digest).execute()).map(
    ({ origin }) => origin,
  );
const append = async (entry: object) => {
  await alpha.database.transaction((tx) => alpha.federation.append(tx, [entry as LogEntry]));
  await alpha.federation.publish();
};
/** Puts bytes that alpha would not take into its log all the same. */
const smuggle = async (bytes: Buffer, mediaType: string, more: object = {}): Promise<string> => {
  const digest = digestOf(bytes);
  const row = { media_type: mediaType, bytes, size: bytes.length, first_seen: clock().toISOString() };
  await alpha.database.transaction(async (tx) => {
    await tx
      .insertInto('object')
      .values({ digest, kind: 'listing', ...row })
      .execute();
  });
  await append({ op: 'put', kind: 'listing', digest, ...more });
  return digest;
};

describe('what a carrier says beside the bytes', () => {
  it('a wrong media type from every source delays an object and never refuses it', async () => {
    const digest = await published(alpha, await provider.offering('mislabelled'));
    const declare = (media_type: string) =>
      alpha.database.transaction(async (tx) => {
        await tx.updateTable('object').set({ media_type }).where('digest', '=', digest).execute();
      });
    for (const wrong of ['application/vc', 'application/vp+jwt', 'text/html', '']) {
      await declare(wrong);
      const report = await beta.federation.sync();
      expect(report.rejected).toEqual([]);
      expect(await wantOf(digest)).toMatchObject({ state: 'unavailable' });
      expect((await beta.federation.peers.list())[0]?.blamed).toMatch(`It said that ${digest} is ${wrong}`);
      now += HOUR;
    }
    await declare('application/vc+jwt');
    await beta.federation.sync();
    expect(await wantOf(digest)).toBeUndefined();
    expect(await holds(beta, digest)).toBe(true);
  });

  it('a presentation in a log is refused whole: nothing in it is named by the log', async () => {
    const inside = await provider.offering('enveloped');
    const envelope = {
      type: 'EnvelopedVerifiableCredential',
      id: `data:application/vc+jwt,${inside}`,
    };
    const bytes = Buffer.from(JSON.stringify({ type: 'VerifiablePresentation', verifiableCredential: [envelope] }));
    const digest = await smuggle(bytes, 'application/vp');
    await beta.federation.sync();
    expect(await wantOf(digest)).toMatchObject({
      state: 'rejected',
      reason: expect.stringMatching(/^malformed: .*names credentials one by one/),
    });
    expect(await holds(beta, digestOf(Buffer.from(inside)))).toBe(false);
  });
});

describe('refusals that may pass', () => {
  it.each([
    ['is gone', { status: 404, body: '' }],
    ['is garbage', { status: 200, body: '<!doctype html>' }],
    ['is that of another', { status: 200, body: '{"id":"did:web:other.example"}' }],
    ['does not list the key yet', undefined],
  ])('an object whose DID document %s for a while comes in when it is back', async (name, answer) => {
    const document = await provider.offering(`did-${name.replaceAll(' ', '-')}`);
    const digest = await published(alpha, document);
    const path = '/.well-known/did.json';
    const good = provider.host.files.get(path)!;
    const keyless = {
      ...good,
      body: JSON.stringify({ id: provider.did, verificationMethod: [], assertionMethod: [] }),
    };
    provider.host.files.set(path, answer ?? keyless);
    now += 2 * 24 * HOUR;
    try {
      expect((await beta.federation.sync()).rejected).toEqual([]);
      expect(await wantOf(digest)).toMatchObject({
        state: 'unavailable',
        tries: 1,
        reason: expect.stringMatching(answer ? /^issuer: / : /^proof: /),
      });
    } finally {
      provider.host.files.set(path, good);
    }
    now += HOUR;
    await beta.federation.sync();
    expect(await wantOf(digest)).toBeUndefined();
    expect(await holds(beta, digest)).toBe(true);
  });

  it('waits grow to an hour within the first day, and to a day after it', async () => {
    const node = await testPeer({ random: () => 1 });
    const other = await testPeer({ peers: [node.url], random: () => 1 });
    const digest = await node.put('held', 'listing', { bad: 'unreachable' });
    const waitAfter = async (tries: number): Promise<number> => {
      const past = new Date(0).toISOString();
      await other.database.transaction(async (tx) => {
        await tx.updateTable('want').set({ tries, not_before: past }).where('digest', '=', digest).execute();
      });
      await other.federation.sync();
      const want = await other.database.read.selectFrom('want').selectAll().executeTakeFirstOrThrow();
      expect(want).toMatchObject({ state: 'unavailable', tries: tries + 1 });
      return Date.parse(want.not_before) - Date.parse('2026-11-21T03:10:00Z');
    };
    await other.federation.sync();
    expect(await waitAfter(0)).toBe(2_000);
    expect(await waitAfter(3)).toBe(16_000);
    expect(await waitAfter(30)).toBe(HOUR);
    expect(await waitAfter(60)).toBe(24 * HOUR);
    await other.close();
    await node.close();
  });
});

describe('which refusals may pass', () => {
  let host: DidHost;
  beforeAll(async () => {
    host = await didHost();
  });
  afterAll(() => host.close());
  const later = new Date(NOW.getTime() + 24 * HOUR).toISOString();
  const earlier = new Date(NOW.getTime() - HOUR).toISOString();
  const status = (change: object) => ({
    credentialStatus: {
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '8',
      statusListCredential: `${host.url}/none`,
      ...change,
    },
  });

  it.each<[string, string, boolean, () => object]>([
    ['not valid yet', 'expired', true, () => ({ validFrom: later })],
    ['past its end', 'expired', false, () => ({ validUntil: earlier })],
    ['a status list that cannot be had', 'status-unavailable', true, () => status({})],
    ['a kind of status nobody here knows', 'status', false, () => status({ type: 'OtherEntry' })],
    ['no subject', 'malformed', false, () => ({ credentialSubject: [] })],
    [
      'a context that is not held',
      'terms',
      false,
      () => ({
        '@context': ['https://www.w3.org/ns/credentials/v2', 'https://example.org/none'],
      }),
    ],
  ])('%s', async (_name, code, passes, change) => {
    const { verified, checks } = await judge(await signJwt(claim(host.did, change() as never), host.key));
    expect(verified).toBeUndefined();
    expect(checks.failure?.code).toBe(code);
    expect(mayPass({ code: checks.failure!.code, checks: checks.list })).toBe(passes);
  });

  it('what nobody stands behind now, somebody may stand behind later', () => {
    expect(mayPass({ code: 'untrusted', checks: [] })).toBe(true);
  });

  it('a signature that does not hold, and a signer who is not the issuer, do not', async () => {
    const good = await signJwt(claim(host.did), host.key);
    const forged = `${good.slice(0, -10)}${good.at(-10) === 'A' ? 'B' : 'A'}${good.slice(-9)}`;
    const foreign = await signJwt(claim('did:web:other.example'), host.key);
    for (const text of [forged, foreign]) {
      const { checks } = await judge(text);
      expect(['proof', 'issuer']).toContain(checks.failure?.code);
      expect(mayPass({ code: checks.failure!.code, checks: checks.list })).toBe(false);
    }
  });
});

describe('a changed policy', () => {
  it.each(['running', 'restarted'])('makes what it refused due again: node %s', async (how) => {
    const node = await testPeer();
    const other = await testPeer({ peers: [node.url] });
    const large = await node.put('large', 'listing', { pad: 'x'.repeat(2_000) });
    const bad = await node.put('bad', 'listing', { bad: true });
    other.policy.limits = { ...DEFAULT_POLICY.limits, objectBytes: 1_024 };
    const refused = (await other.federation.sync()).rejected.map(({ digest, code }) => [digest, code]);
    expect(refused).toEqual([
      [large, 'too-large'],
      [bad, 'shape'],
    ]);
    expect((await other.federation.sync()).rejected).toEqual([]);
    expect(await other.holds(large)).toBe(false);
    other.policy.limits = { ...DEFAULT_POLICY.limits, objectBytes: 4_096 };
    if (how === 'restarted') await other.restart();
    const report = await other.federation.sync();
    expect(report).toMatchObject({ objects: 1, rejected: [] });
    expect(await other.holds(large)).toBe(true);
    await other.close();
    await node.close();
  });
});

describe('an entry and its object', () => {
  it('must agree; the object stays, and that log does not carry it', async () => {
    await published(alpha, await provider.offering('hinted'));
    await published(alpha, await provider.withdrawal('did-is-gone', clock()));
    await beta.federation.sync();
    const entries = await alpha.database.read
      .selectFrom('entry')
      .selectAll()
      .where('op', '=', 'put')
      .orderBy('idx', 'desc')
      .execute();
    const lies: Record<string, unknown> = {
      id: 'https://other.example/x',
      type: 'gx:DataProduct',
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2099-01-01T00:00:00Z',
      about: `uEi${'A'.repeat(44)}`,
      label: 'gaia-x:L3',
      size: 1,
    };
    let compared = 0;
    for (const kind of ['listing', 'evidence', 'withdrawal', 'label']) {
      const row = entries.find((one) => one.kind === kind)!;
      const entry = JSON.parse(Buffer.from(row.bytes).toString()) as Record<string, unknown>;
      const digest = row.digest!;
      for (const [name, lie] of Object.entries(lies)) {
        if (!(name in entry)) continue;
        await append({ ...entry, [name]: lie });
        await beta.federation.sync();
        expect(await wantOf(digest), `${kind} ${name}`).toMatchObject({
          state: 'rejected',
          reason: expect.stringMatching(`^malformed: The entry says ${name} `),
        });
        expect(await carriers(digest)).toEqual([]);
        expect(await holds(beta, digest)).toBe(true);
        compared++;
      }
      const refused = (await beta.federation.status()).origins[0]?.refused;
      expect(refused?.find(({ code }) => code === 'malformed')?.count).toBeGreaterThan(0);
      // Said rightly, and with another way to write a time, it is carried again.
      const from = entry.validFrom ? { validFrom: new Date(String(entry.validFrom)).toISOString() } : {};
      await append({ ...entry, ...from });
      await beta.federation.sync();
      expect(await wantOf(digest)).toBeUndefined();
      expect(await carriers(digest)).toEqual([alpha.origin]);
    }
    expect(compared).toBe(5 + 5 + 2 + 5);
  });

  it('of a kind that the object is not, or false from the first: the same', async () => {
    const document = await provider.offering('first-lie');
    const digest = await smuggle(Buffer.from(document), 'application/vc+jwt', { type: 'gx:DataProduct', size: 1 });
    const report = await beta.federation.sync();
    expect(report).toMatchObject({ objects: 1, rejected: [{ digest, code: 'malformed' }] });
    expect(await holds(beta, digest)).toBe(true);
    expect(await carriers(digest)).toEqual([]);
    await append({ op: 'put', kind: 'evidence', digest });
    await beta.federation.sync();
    expect((await wantOf(digest))?.reason).toMatch(/The entry says evidence; the object is of the kind listing/);
    await append({ op: 'put', kind: 'listing', digest });
    await beta.federation.sync();
    expect(await carriers(digest)).toEqual([alpha.origin]);
  });
});

describe('one statement in two encodings', () => {
  it('is shown once, and served under both digests, also when it is no longer current', async () => {
    const validity = { from: new Date(now - 24 * HOUR), until: new Date(now + 24 * HOUR) };
    const one = await provider.offering('twice', validity);
    // ECDSA signs the same header and payload differently each time.
    const two = await provider.offering('twice', validity);
    const three = await provider.offering('twice', validity);
    expect(new Set([one, two, three].map((jwt) => jwt.split('.').slice(0, 2).join('.'))).size).toBe(1);
    const [first, second, third] = [one, two, three].map((jwt) => digestOf(Buffer.from(jwt))) as [
      string,
      string,
      string,
    ];
    expect(new Set([first, second, third]).size).toBe(3);
    await published(alpha, one);
    await beta.federation.sync();
    expect(await smuggle(Buffer.from(two), 'application/vc+jwt')).toBe(second);
    await beta.federation.sync();
    await published(alpha, await provider.withdrawal('twice', clock()));
    await beta.federation.sync();
    expect(await smuggle(Buffer.from(three), 'application/vc+jwt')).toBe(third);
    await beta.federation.sync();

    for (const [digest, jwt] of [
      [first, one],
      [second, two],
      [third, three],
    ] as const) {
      const answer = await beta.get(`/objects/${digest}`);
      expect([answer.status, answer.text === jwt]).toEqual([200, true]);
      expect(answer.headers.get('content-type')).toBe('application/vc+jwt');
      expect(await carriers(digest)).toEqual([alpha.origin]);
      expect(await wantOf(digest)).toBeUndefined();
    }
    const versions = await beta.database.read
      .selectFrom('version')
      .select('digest')
      .where('subject', '=', provider.offeringId('twice'))
      .execute();
    expect(versions).toEqual([{ digest: first }]);
  });
});
