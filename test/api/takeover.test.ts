import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateDidKey, type SigningKey } from '../../src/credentials/issuing/identity.ts';
import { signDataIntegrity, signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

/** What strangers and rivals try: to gain by another's papers, or to change what is said of another. */
let notary: Awaited<ReturnType<typeof testNotary>>;
let body: DidHost;
let victim: TestProvider;
let rival: TestProvider;
let node: TestNode;

beforeAll(async () => {
  [notary, body, victim, rival] = await Promise.all([testNotary(), didHost(), testProvider(), testProvider()]);
  const trust = [notary.trust, { did: body.did, role: 'certificate' as const }];
  node = await testNode({ policy: { trust } });
  for (const one of [victim, rival])
    for (const document of [await one.person(), await one.terms()]) await node.post(document);
  await node.post(await notary.vouch(victim));
  await node.post(await victim.offering('jewel'));
});
afterAll(async () => {
  await node.end();
  await Promise.all([notary.host, body, victim.host, rival.host].map((host) => host.close()));
});

const payloadOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());
const certificate = (issuer: string, about: string, scheme = 'iso-27001') => ({
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
  type: ['VerifiableCredential', 'kontor:CertificateCredential'],
  issuer,
  validFrom: '2026-01-01T00:00:00Z',
  validUntil: '2027-12-31T00:00:00Z',
  credentialSubject: {
    id: about,
    type: 'kontor:Certificate',
    'kontor:scheme': scheme,
    'kontor:edition': '2022',
    'kontor:scope': 'The victim only',
    'kontor:body': 'A body',
  },
});
const find = async (q: string) => (await node.get(`/api/v1/listings?q=${q}`)).body.items[0];
const sign = (document: object, key: SigningKey) => signJwt(document, key);

describe('nobody gains by the papers of another', () => {
  it('an id that nobody owns is spelled in one way only', async () => {
    const document = payloadOf(await rival.offering('shouting'));
    document.credentialSubject.id = `URN:uuid:${randomUUID()}`;
    expect((await node.post(await rival.sign(document))).status).toBe(422);
  });

  it('an id that nobody owns carries no certificate', async () => {
    const id = `urn:uuid:${randomUUID()}`;
    for (const [one, slug] of [
      [victim, 'owner'],
      [rival, 'squatter'],
    ] as const) {
      const document = payloadOf(await one.offering(slug));
      document.credentialSubject.id = id;
      expect((await node.post(await one.sign(document))).status).toBe(201);
    }
    await node.post(await sign(certificate(body.did, id), body.key));
    expect((await find('squatter')).certifications).toEqual([]);
  });

  it("calling another's certified offer a registration number brings nothing", async () => {
    const about = victim.offeringId('jewel');
    expect((await node.post(await sign(certificate(body.did, about), body.key))).body).toMatchObject({ ok: true });
    expect((await find('jewel')).certifications).toMatchObject([{ scheme: 'iso-27001', basis: 'verified' }]);
    const person = payloadOf(await rival.person());
    person.credentialSubject['gx:registrationNumber'] = { id: about };
    person.validFrom = new Date().toISOString();
    expect((await node.post(await rival.sign(person))).status).toBe(201);
    await node.post(await rival.offering('borrower'));
    expect((await find('borrower')).certifications).toEqual([]);
    expect(
      (await node.get('/api/v1/listings?certification=iso-27001')).body.items.map(
        (item: { name: string }) => item.name,
      ),
    ).toEqual(['Offer jewel']);
  });
});

describe('nobody changes what is said of another', () => {
  it('a resource under an unowned id is described by its own issuer alone', async () => {
    const id = `urn:uuid:${randomUUID()}`;
    const document = payloadOf(await victim.offering('anchored'));
    const [centre] = [document.credentialSubject['gx:aggregationOfResources']].flat();
    document.credentialSubject['gx:aggregationOfResources'] = { id };
    document.credentialSubject['kontor:dataLocation'] = {
      type: 'kontor:DataLocation',
      'kontor:purpose': 'storage',
      'kontor:country': 'NO',
    };
    expect((await node.post(await victim.sign(document))).status).toBe(201);
    const stranger = generateDidKey('EdDSA');
    const abroad = JSON.parse(JSON.stringify({ ...centre, id }).replaceAll('"NO"', '"US"'));
    const forged = {
      ...payloadOf(await victim.person()),
      type: ['VerifiableCredential', centre.type],
      issuer: stranger.did,
      credentialSubject: abroad,
    };
    expect((await node.post(await sign(forged, stranger))).body).toMatchObject({ ok: true, kind: 'listing' });
    const item = await find('anchored');
    expect(item.countries).not.toContain('US');
    expect(item.exposure.outside).toEqual([]);
  });

  it('a stranger whom nobody named says nothing that is shown, and cannot keep saying it', async () => {
    const about = victim.offeringId('jewel');
    const before = await find('jewel');
    for (let at = 0; at < 55; at++) {
      const stranger = generateDidKey('EdDSA');
      const { status, body: answer } = await node.post(
        await sign(certificate(stranger.did, about, 'fraud-warning'), stranger),
      );
      if (at === 0)
        expect(answer.checks).toContainEqual(expect.objectContaining({ id: 'commit.weight', result: 'warn' }));
      expect(status).toBe(at < 49 ? 201 : at === 54 ? 422 : status);
    }
    expect(await find('jewel')).toEqual(before);
  });

  it('an attester that the owner names is shown as attested, and found as such only', async () => {
    const attester = generateDidKey('EdDSA');
    const document = payloadOf(await victim.offering('vouched'));
    document.credentialSubject['kontor:attester'] = attester.did;
    await node.post(await victim.sign(document));
    await node.post(await sign(certificate(attester.did, victim.offeringId('vouched'), 'secnumcloud'), attester));
    await expect
      .poll(async () => (await find('vouched')).certifications, { timeout: 5_000 })
      .toMatchObject([{ scheme: 'secnumcloud', basis: 'attested' }]);
    expect((await node.get('/api/v1/listings?certification=secnumcloud:attested')).body.total).toBe(1);
    expect((await node.get('/api/v1/listings?certification=secnumcloud')).status).toBe(400);
  });

  it('whoever arrives first, an attester named in the self-description is heard', async () => {
    const attester = generateDidKey('EdDSA');
    const person = payloadOf(await victim.person());
    person.credentialSubject['kontor:attester'] = attester.did;
    person.validFrom = new Date().toISOString();
    await node.post(await victim.sign(person));
    await node.post(await victim.offering('later'));
    await node.post(await sign(certificate(attester.did, victim.offeringId('later'), 'ens'), attester));
    await node.post(await sign(certificate(attester.did, victim.offeringId('earlier'), 'ens'), attester));
    await node.post(await victim.offering('earlier'));
    for (const slug of ['later', 'earlier'])
      await expect
        .poll(async () => (await find(slug)).certifications, { timeout: 5_000 })
        .toMatchObject([{ scheme: 'ens', basis: 'attested' }]);
  });

  it('a crowd of owners or references is bounded, and nobody else pays for it', async () => {
    const stranger = generateDidKey('EdDSA');
    const crowd = payloadOf(await victim.person());
    const many = (
      count: number,
      id = (at: number) => `urn:uuid:${String(at).padStart(8, '0')}-0000-4000-8000-000000000000`,
    ) => Array.from({ length: count }, (_, at) => ({ id: id(at) }));
    crowd.issuer = stranger.did;
    crowd.credentialSubject.id = stranger.did;
    crowd.credentialSubject['gx:subOrganisationOf'] = many(900);
    expect((await node.post(await sign(crowd, stranger))).body).toMatchObject({ code: 'shape' });
    crowd.credentialSubject['gx:subOrganisationOf'] = [{ id: victim.did }, ...many(200)];
    expect((await node.post(await sign(crowd, stranger))).status).toBe(201);
    const started = performance.now();
    const person = payloadOf(await victim.person());
    person.validFrom = new Date(Date.now() + 1_000).toISOString();
    expect((await node.post(await victim.sign(person))).status).toBe(201);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('evidence in other white space is the same statement (no churn of labels or log)', async () => {
    const signed = JSON.stringify(
      await signDataIntegrity(certificate(body.did, victim.offeringId('jewel'), 'bsi-c5'), body.key, node.contexts),
    );
    expect((await node.post(signed, 'application/vc')).status).toBe(201);
    const logged = async () =>
      (await node.database.read.selectFrom('log').select('size').where('own', '=', 1).executeTakeFirstOrThrow()).size;
    const before = await logged();
    for (const spaces of [' ', '  ', '   '])
      expect((await node.post(`${spaces}${signed}`, 'application/vc')).body).toMatchObject({ known: true });
    expect(await logged()).toBe(before);
  });

  it('superseded and withdrawn bytes are not taken for a success', async () => {
    const old = await victim.offering('twofold', { from: new Date(Date.now() - 3_600_000) });
    await node.post(old);
    await node.post(
      await victim.offering('twofold', { from: new Date(Date.now() - 60_000), name: 'Offer twofold again' }),
    );
    const again = await node.post(old);
    expect([again.status, again.body.code, again.body.detail]).toEqual([
      409,
      'outdated',
      expect.stringContaining('superseded'),
    ]);
    const ending = payloadOf(await victim.withdrawal('twofold'));
    ending.credentialSubject['kontor:reason'] = 'Only a try';
    await node.post(await victim.sign(ending));
    expect((await node.post(old)).body.detail).toContain('withdrawn');
    expect(
      (await node.post(await victim.sign({ ...ending, id: 'urn:uuid:00000000-0000-4000-8000-000000000000' }))).body,
    ).toMatchObject({ code: 'outdated' });
    const { body: listing } = await node.get(`/api/v1/listings/${again.body.listing.key}`);
    expect(listing.versions[0]).toMatchObject({
      state: 'withdrawn',
      sentence: 'Withdrawn by the provider: "Only a try".',
    });
  });
});

describe('time and trust', () => {
  it('a change of the trust list while the node was down is settled at start', async () => {
    const first = await testNode({ policy: { trust: [notary.trust] }, data: `${node.config.data}-second` });
    for (const document of [
      await victim.person(),
      await victim.terms(),
      await notary.vouch(victim),
      await victim.offering('sleeper'),
    ])
      await first.post(document);
    const total = async (at: TestNode) => (await at.get('/api/v1/listings?label=gaia-x:SC')).body.total;
    expect(await total(first)).toBe(1);
    const { port } = first.config;
    await first.end();
    const second = await testNode({ policy: { trust: [] }, data: `${node.config.data}-second`, port });
    await expect.poll(() => total(second), { timeout: 6_000 }).toBe(0);
    await second.end();
  });

  it('evidence that begins within the tolerance of clocks counts at once', async () => {
    const fresh = await testNode({ policy: { trust: [notary.trust] } });
    const vat = payloadOf(await notary.vouch(victim));
    vat.validFrom = new Date(Date.now() + 60_000).toISOString();
    for (const document of [
      await victim.person(),
      await victim.terms(),
      await signJwt(vat, notary.host.key),
      await victim.offering('punctual'),
    ])
      expect((await fresh.post(document)).status).toBe(201);
    expect((await fresh.get('/api/v1/listings?label=gaia-x:SC')).body.total).toBe(1);
    await fresh.end();
  });

  it('more labels than one batch end at once, and every one is judged again', async () => {
    let now = new Date();
    const trust = [{ ...notary.trust, until: new Date(now.getTime() + 5 * 86_400_000).toISOString().slice(0, 10) }];
    const crowded = await testNode({ policy: { trust }, clock: () => now });
    for (const document of [await victim.person(), await victim.terms(), await notary.vouch(victim)])
      await crowded.post(document);
    for (let at = 0; at < 230; at++) await crowded.post(await victim.offering(`many-${at}`));
    expect((await crowded.get('/api/v1/listings?label=gaia-x:SC&limit=1')).body.total).toBe(230);
    now = new Date(now.getTime() + 7 * 86_400_000);
    const stale = async () =>
      (await crowded.database.read.selectFrom('decision').select('key').where('level', 'is not', null).execute())
        .length;
    await expect.poll(stale, { timeout: 25_000, interval: 500 }).toBe(0);
    expect((await crowded.get('/api/v1/listings?label=gaia-x:SC&limit=1')).body.total).toBe(0);
    await crowded.end();
  }, 60_000);
});
