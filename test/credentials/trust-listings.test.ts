import type { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kontor } from '../cli/kontor.ts';
import { days, make, makeRoot, type TestCertificate } from '../support/certificates.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';
import { NOW } from '../support/verifying.ts';

/** What a node makes of certificates beside the keys of those who publish to it: refused, listed, shown. */

let folder: string;
let root: TestCertificate;
let node: TestNode;
const providers: TestProvider[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kontor-test-'));
  root = await makeRoot();
  writeFileSync(join(folder, 'root.pem'), root.pem);
  node = await testNode({ policy: { anchors: trusting() }, clock: () => NOW });
});
afterAll(async () => {
  await node.end();
  await Promise.all(providers.map(({ host }) => host.close()));
  rmSync(folder, { recursive: true, force: true });
});

const trusting = (...files: string[]) => ({ files: files.map((file) => join(folder, file)), require: true });

/** A provider with a certificate of its key, with one that has ended, or with none. */
async function provider(certificate: 'good' | 'ended' | 'none'): Promise<TestProvider> {
  const one = await testProvider(NOW, 'ES256');
  providers.push(one);
  const { did, files, key } = one.host;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const imported = (jwk: object, use: 'sign' | 'verify') =>
    crypto.subtle.importKey('jwk', jwk as webcrypto.JsonWebKey, algorithm, true, [use]);
  const keys = {
    publicKey: await imported(key.publicJwk, 'verify'),
    privateKey: await imported(key.privateJwk, 'sign'),
  };
  const leaf = await make(root, {
    subject: 'localhost',
    organisation: 'Fjordsky AS',
    san: ['localhost'],
    keyUsage: 0x80,
    keys,
    ...(certificate === 'ended' ? { notAfter: days(-1) } : {}),
  });
  const publicKeyJwk = { ...key.publicJwk, ...(certificate === 'none' ? {} : { x5c: [leaf.base64] }) };
  const method = { id: key.id, type: 'JsonWebKey', controller: did, publicKeyJwk };
  const body = JSON.stringify({ id: did, verificationMethod: [method], assertionMethod: [key.id] });
  files.set('/.well-known/did.json', { type: 'application/did+json', body });
  return one;
}

it('a listing shows who certified its key, and stands when that anchor is removed', async () => {
  const anchored = await provider('good');
  node.policy().anchors = trusting('root.pem');
  const taken = await node.post(await anchored.offering('first'));
  expect(taken.status).toBe(201);
  const { key } = taken.body.listing;
  const credential = async () => (await node.get(`/api/v1/listings/${key}`)).body.credential;
  const certifier = {
    anchor: 'O=Test Trust AS, CN=Test Root',
    subject: 'O=Fjordsky AS, CN=localhost',
    organisation: 'Fjordsky AS',
    until: root.certificate.notAfter.value.toISOString().replace(/\.\d+/, '.000'),
  };
  expect((await credential()).anchored).toEqual(certifier);

  node.policy().anchors = trusting();
  const refused = await node.post(await anchored.offering('second'));
  expect([refused.status, refused.body.code]).toEqual([422, 'untrusted']);
  expect((await node.get(`/api/v1/listings/${key}`)).body.state).toBe('current');
  expect((await credential()).anchored).toEqual(certifier);

  const page = (await node.get(`/listings/${key}`, { accept: 'text/html' })).text;
  expect(page).toMatch(
    /Key certified by<\/dt><dd>O=Test Trust AS, CN=Test Root \(for O=Fjordsky AS, CN=localhost\), until/,
  );
  const shown = await kontor(['show', key, '--node', node.url], { env: { KONTOR_ALLOW_PRIVATE_NETWORK: 'true' } });
  expect(shown.stdout).toMatch(
    /key certified by +O=Test Trust AS, CN=Test Root \(for O=Fjordsky AS, CN=localhost\), until \d/,
  );
}, 60_000);

it('a listing whose key has no chain names nobody', async () => {
  node.policy().anchors = { ...trusting('root.pem'), require: false };
  const { status, body } = await node.post(await (await provider('none')).offering('plain'));
  expect(status).toBe(201);
  const { credential } = (await node.get(`/api/v1/listings/${body.listing.key}`)).body;
  expect(credential).not.toHaveProperty('anchored');
  expect((await node.get(`/listings/${body.listing.key}`)).text).not.toContain('Key certified by');
});

it.each(['trust', 'authorities'] as const)(
  'whom the operator named under %s needs no chain, and one that is given must hold',
  async (list) => {
    const [none, ended, stranger] = await Promise.all([provider('none'), provider('ended'), provider('none')]);
    const named = [none, ended].map(({ did }) => ({ did, role: 'certificate' as const }));
    Object.assign(node.policy(), { trust: [], authorities: [], [list]: named, anchors: trusting('root.pem') });
    const said = async (one: TestProvider) => {
      const { status, body } = await node.post(await one.offering('vm'));
      return [status, body.code];
    };
    expect(await said(none)).toEqual([201, undefined]);
    expect(await said(ended)).toEqual([422, 'untrusted']);
    expect(await said(stranger)).toEqual([422, 'untrusted']);
  },
);
