import { afterAll, beforeAll, expect, it } from 'vitest';
import { signPresentation } from '../../src/credentials/issuing/sign.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';

/* A presentation waits for its holder's key as a credential waits for its issuer's. */

let now = new Date('2026-11-21T12:00:00Z');
let node: TestNode;
let provider: TestProvider;
beforeAll(async () => {
  node = await testNode({ clock: () => now });
  provider = await testProvider(now);
});
afterAll(() => Promise.all([node.end(), provider.host.close()]));

it('is held while the host is away, and taken when it is back', async () => {
  const { files } = provider.host;
  const document = files.get('/.well-known/did.json')!;
  files.set('/.well-known/did.json', { status: 503, body: '' });
  const { status } = await node.post(
    await signPresentation([await provider.person()], provider.key),
    'application/vp+jwt',
  );
  expect(status).toBe(202);
  const held = () => node.database.read.selectFrom('held').select('media_type').execute();
  expect(await held()).toEqual([{ media_type: 'application/vp+jwt' }]);
  files.set('/.well-known/did.json', document);
  for (let tries = 0; tries < 60 && (await held()).length > 0; tries++) {
    now = new Date(now.getTime() + 10_000);
    await new Promise((done) => setTimeout(done, 200));
  }
  expect(await held()).toEqual([]);
  const taken = node.database.read.selectFrom('version').select('state').where('issuer', '=', provider.did).execute();
  expect(await taken).toEqual([{ state: 'current' }]);
}, 20_000);

it('is no longer held itself when it was opened and what is in it is held', async () => {
  const other = await testProvider(now);
  const hosts = [provider.host, other.host].map(({ files }) => ({
    files,
    document: files.get('/.well-known/did.json')!,
  }));
  const away = (at: number) => hosts[at]!.files.set('/.well-known/did.json', { status: 503, body: '' });
  const back = (at: number) => hosts[at]!.files.set('/.well-known/did.json', hosts[at]!.document);
  // Documents that were fetched before serve for a day.
  now = new Date(now.getTime() + 2 * 86_400_000);
  away(0);
  away(1);
  const presentation = await signPresentation([await other.person()], provider.key);
  expect((await node.post(presentation, 'application/vp+jwt')).status).toBe(202);
  const held = () => node.database.read.selectFrom('held').select('media_type').execute();
  const pass = async () => {
    now = new Date(now.getTime() + 10_000);
    return (await held()).map((row) => row.media_type);
  };
  back(0);
  await expect.poll(pass, { timeout: 10_000, interval: 200 }).toEqual(['application/vc+jwt']);
  back(1);
  await expect.poll(pass, { timeout: 10_000, interval: 200 }).toEqual([]);
  const taken = node.database.read.selectFrom('version').select('state').where('issuer', '=', other.did).execute();
  expect(await taken).toEqual([{ state: 'current' }]);
  await other.host.close();
}, 30_000);
