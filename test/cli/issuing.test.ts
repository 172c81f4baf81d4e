import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateKey } from '../../src/credentials/issuing/identity.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { kontor, temporary } from './kontor.ts';

/* A provider's own status list and presentations, and what the terminal advises after a refusal. */

const { path: folder, remove } = temporary();
let host: DidHost;
const run = (...args: string[]) =>
  kontor(args, { cwd: folder, env: { KONTOR_ALLOW_PRIVATE_NETWORK: 'true', KONTOR_KEY: 'key.json' } });
const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);
const part = (file: string, at: 0 | 1) =>
  JSON.parse(Buffer.from(readFileSync(join(folder, file), 'utf8').split('.')[at]!, 'base64url').toString());

beforeAll(async () => {
  host = await didHost();
  writeFileSync(join(folder, 'key.json'), JSON.stringify(host.key));
  writeFileSync(join(folder, 'did.json'), host.files.get('/.well-known/did.json')!.body);
  const person = { type: 'gx:LegalPerson', id: host.did, 'gx:legalAddress': { 'gx:countryCode': 'NO' } };
  writeFileSync(join(folder, 'claim.json'), JSON.stringify(person));
});
afterAll(async () => {
  await host.close();
  remove();
});

test('a credential ends by the status list of its own issuer, and no other credential does', {
  timeout: 90_000,
}, async () => {
  const url = `${host.url}/status/1`;
  const publish = () =>
    host.files.set('/status/1', { type: 'application/vc+jwt', body: readFileSync(join(folder, 'list.jwt')) });
  expect(await json('status-list', 'list.jwt', '--url', url)).toMatchObject({ ok: true, url, revoked: [] });
  for (const at of [42, 131_071]) {
    expect((await run('sign', 'claim.json', '--status', `${url}#${at}`, '--out', `${at}.jwt`)).code).toBe(0);
    expect(part(`${at}.jwt`, 1).credentialStatus).toMatchObject({ statusListIndex: String(at) });
  }
  publish();
  const codeOf = async (at: number) => (await json('check', `${at}.jwt`, '--stage', 'verify')).code;
  expect(await codeOf(42)).toBeUndefined();
  const revoking = await run('status-list', 'list.jwt', '--key', 'key.json', '--revoke', '7');
  expect(revoking).toMatchObject({ code: 0, stderr: '' });
  expect(revoking.stdout).toContain('./kontor status-list list.jwt --key key.json\n');
  expect(revoking.stdout).toContain('up to 5 minutes');
  expect((await json('status-list', 'list.jwt', '--revoke', '42')).revoked).toEqual([7, 42]);
  publish();
  expect([await codeOf(42), await codeOf(131_071)]).toEqual(['revoked', undefined]);
  const renewed = await json('status-list', 'list.jwt', '--revoke', '131071', '--days', '2');
  expect(renewed.revoked).toEqual([7, 42, 131_071]);
  expect(Math.abs(Date.parse(renewed.validUntil) - Date.now() - 2 * 86_400_000)).toBeLessThan(60_000);
  publish();
  expect([await codeOf(42), await codeOf(131_071)]).toEqual(['revoked', 'revoked']);
});

test.each([
  ['a new list without an address', ['status-list', 'new.jwt'], /--url/],
  ['another address', ['status-list', 'list.jwt', '--url', 'https://cloud.example/2'], /is the list at http/],
  ['an entry beyond the list', ['status-list', 'list.jwt', '--revoke', '131072'], /from 0 to 131071/],
  ['a file that is no list', ['status-list', '42.jwt'], /is not a list of 131072 entries/],
  ['an entry without index', ['sign', 'claim.json', '--status', 'https://cloud.example/1'], /URL#INDEX/],
  ['a presentation in a presentation', ['present', 'all.jwt'], /is a presentation already/],
  ['a claim that is not signed', ['present', 'claim.json'], /This is not signed/],
  ['a private key', ['present', 'key.json'], /This is a private key/],
])('%s is wrong usage', async (_, args, why) => {
  writeFileSync(join(folder, 'all.jwt'), (await run('present', '131071.jwt')).stdout);
  expect(await run(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(why) });
});

test('a list that another key of the same name signed is told', async () => {
  writeFileSync(join(folder, 'twin.json'), JSON.stringify({ ...generateKey('EdDSA', host.did), id: host.key.id }));
  await run('status-list', 'twin.jwt', '--url', 'https://cloud.example/1');
  const { code, stderr } = await run('status-list', 'twin.jwt', '--key', 'twin.json');
  expect(code).toBe(0);
  expect(stderr).toContain(`signed by another key that is called ${host.key.id}`);
});

test('a presentation of both kinds of credential is good, and says so of each', async () => {
  await run('sign', 'claim.json', '--out', 'one.jwt');
  await run('sign', 'claim.json', '--format', 'di', '--out', 'two.vc.json');
  expect((await run('present', 'one.jwt', 'two.vc.json', '--out', 'both.jwt')).stderr).toContain('2 credentials');
  expect(part('both.jwt', 0).typ).toBe('vp+jwt');
  const { ok, items } = await json('check', 'both.jwt', '--stage', 'verify');
  expect([ok, items.map((item: { ok: boolean }) => item.ok)]).toEqual([true, [true, true]]);
});

test('--did that nobody asked for is told', async () => {
  await run('keygen', '--did', 'did:key', '--out', 'other.key.json');
  await run('sign', 'claim.json', '--out', 'one.jwt');
  writeFileSync(join(folder, 'other.did.json'), (await run('did', 'other.key.json')).stdout);
  const check = async (did: string) => (await run('check', 'one.jwt', '--did', did)).stderr;
  expect(await check('other.did.json')).toMatch(/^Warning: --did other\.did\.json was not used\. .*did:key:z6Mk/);
  expect(await check('did.json')).toBe('');
});

test('what to do next follows from the check that failed', async () => {
  await run('sign', 'claim.json', '--out', 'one.jwt');
  const good = readFileSync(join(folder, 'one.jwt'), 'utf8');
  const claim = JSON.parse(readFileSync(join(folder, 'claim.json'), 'utf8'));
  const next = async (text: string) => {
    writeFileSync(join(folder, 'refused.jwt'), text);
    return (await run('check', 'refused.jwt')).stdout.trimEnd().split('\n').at(-1);
  };
  const signed = async (change: object) => {
    writeFileSync(join(folder, 'changed.json'), JSON.stringify({ ...claim, ...change }));
    return (await run('sign', 'changed.json')).stdout;
  };
  const again = 'then ./kontor check refused.jwt';
  expect(await next(JSON.stringify(good))).toBe(
    `Next: send it bare, without quotes or JSON around it, as application/vc+jwt (vp+jwt for a presentation), ${again}`,
  );
  expect(await next(`${good.slice(0, -8)}AAAAAAAA`)).not.toContain('mend the claim');
  expect(await next(await signed({ 'gx:legalAddress': { 'gx:countryCode': 7 } }))).toBe(
    `Next: mend the claim, sign it again, ${again}`,
  );
  const past = { type: ['VerifiableCredential'], credentialSubject: claim, validUntil: '2020-01-01T00:00:00Z' };
  writeFileSync(join(folder, 'past.json'), JSON.stringify({ ...past, validFrom: '2019-01-01T00:00:00Z' }));
  expect(await next((await run('sign', 'past.json')).stdout)).toBe(
    `Next: issue it again with a later validUntil, ${again}`,
  );
  const early = { type: ['VerifiableCredential'], credentialSubject: claim, validFrom: '2099-01-01T00:00:00Z' };
  writeFileSync(join(folder, 'early.json'), JSON.stringify(early));
  const { stdout, stderr } = await run('sign', 'early.json');
  expect(stderr).toContain('Warning: validFrom is 2099-01-01T00:00:00Z, which is to come');
  expect(await next(stdout)).toMatch(/^Next: send it when its time has come; .* Then \.\/kontor check refused\.jwt$/);
});

test.each(['2027-02-30', '2026-11-21 junk', '2026-11-21T09:14:00', 'tomorrow'])(
  'a key does not end at %s',
  async (time) => {
    const { code, stderr } = await run('did', 'key.json', '--expires', `key.json=${time}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`"${time}" is not a time`)]);
  },
);
