import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttp } from '../../src/credentials/http.ts';
import { generateKey } from '../../src/credentials/issuing/identity.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { createDidResolver } from '../../src/credentials/keys/did.ts';
import { refused } from '../../src/errors.ts';
import { GX, V2 } from '../support/hostile.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';

/* Strangers name hosts that take connections and say nothing. What they may fill, they fill; nobody else pays for it. */

interface SilentHost {
  port: number;
  /** Connections that wait for an answer. */
  open: Set<Socket>;
  close: () => void;
}

async function silentHost(): Promise<SilentHost> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of open) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, open, close };
}

/** A credential that anybody could write: its key is nobody's yet. */
const stranger = (did: string) =>
  signJwt(
    {
      '@context': [V2, GX],
      type: ['VerifiableCredential'],
      issuer: did,
      validFrom: '2026-01-01T00:00:00Z',
      credentialSubject: { id: did, type: 'gx:LegalPerson' },
    },
    generateKey('EdDSA', did),
  );
const strangers = (count: number, did: (at: number) => string) =>
  Promise.all(Array.from({ length: count }, (_, at) => stranger(did(at))));

const closing: (() => unknown)[] = [];
const closed = async <T extends { close: () => unknown }>(made: Promise<T>): Promise<T> => {
  const one = await made;
  closing.push(() => one.close());
  return one;
};
const ended = async (made: Promise<TestNode>): Promise<TestNode> => {
  const one = await made;
  closing.push(() => one.end());
  return one;
};
let provider: TestProvider;
beforeAll(async () => {
  provider = await testProvider();
  closing.push(() => provider.host.close());
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

describe('one stranger with a wildcard domain', () => {
  const NAMES = 100;
  const DOMAIN = 'evil.example';
  let silent: SilentHost;
  let node: TestNode;
  beforeAll(async () => {
    silent = await closed(silentHost());
    const address = { address: '127.0.0.1', port: silent.port };
    const hosts = Object.fromEntries(Array.from({ length: NAMES }, (_, at) => [`a${at}.${DOMAIN}`, address]));
    const http = await closed(Promise.resolve(createHttp({ allowPrivateNetwork: true, userAgent: 'test', hosts })));
    node = await ended(testNode({ http }));
  });

  it('keeps no provider waiting, and is told what to do', async () => {
    const tokens = await strangers(NAMES, (at) => `did:web:a${at}.${DOMAIN}`);
    const sent = tokens.map((token) => node.post(token));
    await expect.poll(() => silent.open.size, { timeout: 10_000 }).toBe(12);
    // The provider's own host must be asked first, among all those.
    expect((await node.post(await provider.offering('beside'))).status).toBe(201);
    expect(silent.open.size).toBe(12);

    const answers = await Promise.all(sent);
    const held = answers.filter(({ status }) => status === 202);
    expect(held).toHaveLength(20);
    expect(held[0]!.body.detail).toMatch(
      /\. It is held since \d\d:\d\d:\d\dZ and tried again at \d\d:\d\d:\d\dZ, up to 9 times within 43 min$/,
    );
    const sentBack = answers.filter(({ status }) => status === 503);
    expect(sentBack).toHaveLength(NAMES - 20);
    expect(sentBack[0]!.body).toMatchObject({
      code: 'unavailable',
      detail: expect.stringMatching(
        /20 submissions and 4 MB may wait for evil\.example, .* Send it again when the key or status list can be had$/,
      ),
    });
    expect((await node.post(await provider.offering('after'))).status).toBe(201);
  }, 20_000);
});

it('strangers that fill all turns do not keep this node from following its peers', async () => {
  const silent = await Promise.all(Array.from({ length: 12 }, () => closed(silentHost())));
  const peer = await ended(testNode());
  const node = await ended(testNode({ policy: { peers: [{ url: peer.url, pull: 0.2 }] } }));
  const open = () => silent.reduce((sum, host) => sum + host.open.size, 0);
  const size = async () =>
    (await node.database.read.selectFrom('log').select('size').where('origin', '=', peer.origin).executeTakeFirst())
      ?.size;
  await expect.poll(size, { timeout: 10_000 }).toBe(0);

  const tokens = await strangers(84, (at) => `did:web:localhost%3A${silent[at % 12]!.port}:u${at}`);
  const sent = tokens.map((token) => node.post(token));
  await expect.poll(open, { timeout: 10_000 }).toBe(64);
  expect((await peer.post(await provider.offering('carried'))).status).toBe(201);
  await expect.poll(size, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(open()).toBe(64);
  await Promise.all(sent);
}, 30_000);

it('held submissions that never come to an end leave the timed work alone, and are few at once', async () => {
  let now = new Date();
  let hanging = false;
  const release: (() => void)[] = [];
  const http = await closed(Promise.resolve(createHttp({ allowPrivateNetwork: true, userAgent: 'test' })));
  const real = createDidResolver({ http, clock: () => now, allowPrivateNetwork: true });
  const away = refused('key-unavailable', 'The host is away');
  const node = await ended(
    testNode({
      clock: () => now,
      resolveDid: async (did, options) => {
        if (!did.includes('stranger')) return real(did, options);
        if (hanging) await new Promise<void>((resolve) => release.push(resolve));
        return away;
      },
    }),
  );
  const until = new Date(now.getTime() + 60_000);
  expect((await node.post(await provider.offering('mayfly', { until }))).status).toBe(201);
  for (const token of await strangers(15, (at) => `did:web:stranger-${at}.example`))
    expect((await node.post(token)).status).toBe(202);

  hanging = true;
  now = new Date(now.getTime() + 10_000);
  await expect.poll(() => release.length, { timeout: 10_000 }).toBe(8);
  now = new Date(until.getTime() + 1_000);
  // Reads leave out what has ended by themselves; only the timed work settles it.
  const state = async () => (await node.database.read.selectFrom('listing').select('state').executeTakeFirst())?.state;
  await expect.poll(state, { timeout: 10_000 }).toBe('expired');
  expect(release).toHaveLength(8);

  hanging = false;
  for (const go of release) go();
  // All get their try, and none is lost.
  const tried = () => node.database.read.selectFrom('held').select('digest').where('tries', '=', 1).execute();
  await expect.poll(async () => (await tried()).length, { timeout: 10_000 }).toBe(15);
}, 40_000);
