import { afterAll, beforeAll, expect, it } from 'vitest';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';

/** Labels of another node that the operator of this one counts on: as sure as that node says, and never verified. */
let authority: DidHost;
let provider: TestProvider;
let node: TestNode;

beforeAll(async () => {
  [authority, provider] = await Promise.all([didHost(), testProvider()]);
  node = await testNode({ policy: { authorities: [{ did: authority.did }] } });
});
afterAll(async () => {
  await node.end();
  await Promise.all([authority, provider.host].map((host) => host.close()));
});

it.each([
  ['claimed', 'claimed', [1, 0, 0]],
  ['attested', 'attested', [1, 1, 0]],
  ['verified', 'attested', [1, 1, 0]],
  ['unknown', 'unknown', [0, 0, 0]],
  ['proven', 'unknown', [0, 0, 0]],
])('H-145 what an authority calls %s is %s here, and found as no more', async (theirs, basis, totals) => {
  const slug = `by-${theirs}`;
  const { digest } = (await node.post(await provider.offering(slug))).body;
  const label = {
    '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
    type: ['VerifiableCredential', 'TrustLabelCredential'],
    issuer: authority.did,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2099-01-01T00:00:00Z',
    credentialSubject: {
      id: provider.offeringId(slug),
      'kontor:about': digest,
      'kontor:scheme': 'bsi-c5',
      'kontor:level': 'type-2',
      'kontor:basis': theirs,
    },
  };
  const taken = await node.ingest({
    bytes: Buffer.from(await signJwt(label, authority.key)),
    mediaType: 'application/vc+jwt',
    source: {
      kind: 'peer',
      url: authority.url,
      origin: `${new URL(authority.url).host}/catalogue/1`,
      did: authority.did,
    },
  });
  expect(taken).toMatchObject({ ok: true, kind: 'label' });
  expect((await node.get(`/api/v1/listings?q=${slug}`)).body.items[0].labels).toMatchObject([{ own: false, basis }]);
  const found: number[] = [];
  for (const least of ['claimed', 'attested', 'verified'])
    found.push((await node.get(`/api/v1/listings?q=${slug}&label=bsi-c5:type-2&basis=${least}`)).body.total);
  expect(found).toEqual(totals);
});
