import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DidHost, didHost } from '../../../test/support/did-host.ts';
import { claim, judge, refusal } from '../../../test/support/verifying.ts';
import { signJwt } from '../issuing/sign.ts';

let host: DidHost;
let other: DidHost;
beforeAll(async () => {
  [host, other] = await Promise.all([didHost(), didHost()]);
});
afterAll(async () => {
  await Promise.all([host, other].map((one) => one.close()));
});

describe('status', () => {
  const listCredential = (bits: Uint8Array, statusPurpose = 'revocation') => ({
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    id: `${host.url}/status/1`,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer: host.did,
    validFrom: '2026-11-01T00:00:00Z',
    credentialSubject: {
      id: `${host.url}/status/1#list`,
      type: 'BitstringStatusList',
      statusPurpose,
      encodedList: `u${gzipSync(bits).toString('base64url')}`,
    },
  });
  const entry = (index: number, path: string, statusPurpose = 'revocation') => ({
    credentialStatus: {
      id: `${host.url}${path}#${index}`,
      type: 'BitstringStatusListEntry',
      statusPurpose,
      statusListIndex: String(index),
      statusListCredential: `${host.url}${path}`,
    },
  });
  const publish = async (path: string, body: string, type = 'application/vc+jwt') =>
    host.files.set(path, { type, body });
  const bits = Buffer.alloc(16_384);
  bits[1] = 0b0100_0000;

  it('tells good from revoked', async () => {
    await publish('/status/1', await signJwt(listCredential(bits), host.key));
    expect((await judge(await signJwt(claim(host.did, entry(8, '/status/1')), host.key))).verified).toBeDefined();
    expect(await refusal(await signJwt(claim(host.did, entry(9, '/status/1')), host.key))).toMatchObject({
      code: 'revoked',
    });
  });

  it.each<[string, string, () => Promise<string>, object]>([
    ['H-137 a list that is not there', '/status/none', async () => '', { code: 'status', last: { result: 'unknown' } }],
    [
      'H-138 a list of another issuer',
      '/status/2',
      () => signJwt({ ...listCredential(bits), issuer: other.did }, other.key),
      { code: 'status' },
    ],
    [
      'H-140 a list that inflates without end',
      '/status/4',
      () => signJwt(listCredential(Buffer.alloc(400_000_000)), host.key),
      { code: 'status' },
    ],
    [
      'H-141 a list for another purpose',
      '/status/5',
      () => signJwt(listCredential(bits, 'suspension'), host.key),
      { code: 'status' },
    ],
    [
      'H-142 an expired list',
      '/status/6',
      () => signJwt({ ...listCredential(bits), validUntil: '2026-11-02T00:00:00Z' }, host.key),
      { code: 'status' },
    ],
  ])('%s is never silently fine', async (_name, path, body, expected) => {
    const text = await body();
    if (text) await publish(path, text);
    expect(await refusal(await signJwt(claim(host.did, entry(8, path)), host.key))).toMatchObject(expected);
  });

  it('refuses an index beyond the list (H-139)', async () => {
    await publish('/status/1', await signJwt(listCredential(bits), host.key));
    expect(await refusal(await signJwt(claim(host.did, entry(131_072, '/status/1')), host.key))).toMatchObject({
      code: 'status',
    });
  });
});
