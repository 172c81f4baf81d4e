import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { didDocument, type SigningKey } from '../../src/credentials/issuing/identity.ts';
import { signDataIntegrity, signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { claim, contexts, judge, refusal } from '../support/verifying.ts';

const [BEFORE, END, AFTER] = ['2026-11-05T00:00:00Z', '2026-11-10T00:00:00Z', '2026-11-15T00:00:00Z'];
const hosts: DidHost[] = [];
afterEach(() => Promise.all(hosts.splice(0).map((host) => host.close())));

/** A provider whose DID document says of its key what a test says; each has a host of its own, as documents are cached. */
async function providerWith(end: JsonObject, lists: JsonObject = {}): Promise<DidHost> {
  const host = await didHost();
  hosts.push(host);
  const document = didDocument(host.did, [host.key]);
  const [method] = document.verificationMethod as JsonObject[];
  host.files.set('/.well-known/did.json', {
    body: JSON.stringify({ ...document, verificationMethod: [{ ...method, ...end }], ...lists }),
  });
  return host;
}

const forms: [string, string, (key: SigningKey, at: string) => Promise<string>][] = [
  ['vc+jwt', 'application/vc+jwt', (key, at) => signJwt({ ...claim(key.did), iat: Date.parse(at) / 1000 }, key)],
  [
    'Data Integrity',
    'application/vc',
    async (key, at) => JSON.stringify(await signDataIntegrity(claim(key.did), key, contexts, { now: new Date(at) })),
  ],
];

describe.each(forms)('a credential as %s', (_name, mediaType, sign) => {
  it('H-121: stays good when its key was rotated after it was issued', async () => {
    const host = await providerWith({ expires: END });
    expect((await judge(await sign(host.key, BEFORE), mediaType)).checks.failure).toBeUndefined();
  });

  it('H-123: is refused when it was issued with a key after its end', async () => {
    const host = await providerWith({ expires: END });
    for (const at of [END, AFTER])
      expect(await refusal(await sign(host.key, at), mediaType)).toMatchObject({
        code: 'proof',
        detail: expect.stringContaining(`${host.key.id} ended at`),
      });
  });

  it('H-122: is refused once its key was revoked as compromised, whatever date it bears', async () => {
    const host = await providerWith({ revoked: END });
    for (const at of [BEFORE, AFTER])
      expect(await refusal(await sign(host.key, at), mediaType)).toMatchObject({
        code: 'proof',
        detail: expect.stringContaining(`${host.key.id} was revoked at`),
      });
  });

  it('is refused when its key was taken out of the document', async () => {
    const host = await providerWith({ id: '#another' });
    expect(await refusal(await sign(host.key, BEFORE), mediaType)).toMatchObject({
      code: 'proof',
      detail: expect.stringContaining('is not in the DID document'),
    });
  });
});

it('H-121: a rotated key may leave all lists, but does not pass from authentication to assertions', async () => {
  const [, mediaType, sign] = forms[1]!;
  const retired = await providerWith({ expires: END }, { assertionMethod: [], authentication: [] });
  expect((await judge(await sign(retired.key, BEFORE), mediaType)).checks.failure).toBeUndefined();
  const forLogin = await providerWith({ expires: END }, { assertionMethod: [] });
  expect(await refusal(await sign(forLogin.key, BEFORE), mediaType)).toMatchObject({
    detail: expect.stringContaining('not listed under assertionMethod'),
  });
});
