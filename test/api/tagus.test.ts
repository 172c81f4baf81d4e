import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/credentials/credential.ts';
import type { SigningKey } from '../../src/credentials/issuing/identity.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { withProof } from '../support/hostile.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { tagusCredential, tagusNumber, tagusOffering, tagusParticipant, tagusResource } from '../support/tagus.ts';

/* Gaia-X 22.10 over a real node: VC 1.1 with JsonWebSignature2020 and PS256, over the document only, as its tools signed. */

let provider: DidHost;
let notary: DidHost;
let node: TestNode;

beforeAll(async () => {
  [provider, notary] = await Promise.all([didHost('PS256'), didHost('PS256')]);
  node = await testNode({
    policy: { trust: [{ did: notary.did, role: 'registration-number', name: 'Test notary' }] },
  });
});
afterAll(async () => {
  await node.end();
  await Promise.all([provider.close(), notary.close()]);
});

const signed = (subject: JsonObject, key: SigningKey = provider.key) =>
  withProof(tagusCredential(subject, key.did), key, {
    proof: { type: 'JsonWebSignature2020' },
    jws: { alg: 'PS256', b64: false, crit: ['b64'] },
    documentOnly: true,
  });
const post = async (subject: JsonObject, key?: SigningKey) =>
  node.post(JSON.stringify(await signed(subject, key)), 'application/ld+json');

describe('a provider of the Tagus generation', () => {
  it('is listed with its number, its offering with name, provider, countries and terms', async () => {
    const base = provider.url;
    const offered = await post(tagusOffering(base));
    expect([offered.status, offered.body.detail]).toEqual([201, undefined]);
    expect(offered.body).toMatchObject({ ok: true, kind: 'listing', listing: { name: 'Fjord Object Storage' } });

    expect((await post(tagusNumber(base), notary.key)).body).toMatchObject({ ok: true, kind: 'evidence' });
    expect((await post(tagusParticipant(base))).body).toMatchObject({ listing: { name: 'Nordlys Sky AS' } });
    expect((await post(tagusResource(base))).status).toBe(201);

    const { body: listing } = await node.get(`/api/v1/listings/${offered.body.listing.key}`);
    expect(listing).toMatchObject({
      type: 'gx:ServiceOffering',
      name: 'Fjord Object Storage',
      state: 'current',
      provider: { did: provider.did, name: 'Nordlys Sky AS' },
    });
    const { body: found } = await node.get('/api/v1/listings?q=fjord&country=NO&type=gx:ServiceOffering');
    expect(found.items.map(({ key }: { key: string }) => key)).toEqual([listing.key]);
    expect(JSON.stringify(listing.answers)).toContain('Oslo');

    const { body: explained } = await node.get(`/api/v1/listings/${listing.key}/explain?scheme=gaia-x`);
    const criterion = (id: string) =>
      explained[0].criteria.find((one: { id: string }) => one.id === id) as {
        result: string;
        basis: string;
        why: string;
      };
    // What 22.10 can say counts; of what it has no word for, nobody says anything.
    expect(criterion('P1.3.2')).toMatchObject({ result: 'met', basis: 'verified' });
    expect(criterion('P1.1.4')).toMatchObject({ result: 'met' });
    expect(criterion('P1.2.5')).toMatchObject({ result: 'met' });
    expect(criterion('P1.1.1').result).toBe('unmet');
    expect(explained[0].level).toBeNull();
  });

  it('is told what is missing at its place, in the words it writes', async () => {
    const { 'gx:dataAccountExport': _, ...offering } = tagusOffering(provider.url);
    const { status, body } = await post({ ...offering, id: `${provider.url}/other.json#subject` });
    expect([status, body.code]).toEqual([422, 'shape']);
    expect(body.checks.at(-1)).toMatchObject({
      id: 'shape.required',
      where: '/credentialSubject',
      why: 'gx:dataAccountExport is missing: a gx:ServiceOffering must state it',
      mend: 'Add for example "gx:dataAccountExport": {"type":"gx:dataAccountExport","gx:requestType":"API","gx:accessType":"digital","gx:formatType":"text/html"}',
    });
  });

  it('is not spoken for by others', async () => {
    const { status, body } = await post(tagusOffering('https://elsewhere.example'));
    expect([status, body.code]).toEqual([422, 'issuer']);
  });
});
