import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signDataIntegrity, signPresentation } from '../../src/credentials/issuing/sign.ts';
import { didHost } from '../support/did-host.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let node: TestNode;

beforeAll(async () => {
  notary = await testNotary();
  provider = await testProvider();
  node = await testNode({ policy: { trust: [notary.trust] } });
});
afterAll(async () => {
  await node.end();
  await Promise.all([notary.host.close(), provider.host.close()]);
});

const levelOf = async (at: TestNode, slug: string) => {
  const { body } = await at.get(`/api/v1/listings?q=${slug}`);
  return body.items[0]?.labels.find((label: { own: boolean }) => label.own)?.level;
};

describe('publishing', () => {
  it('judges, labels and lists an offering, and shows every reason', async () => {
    const first = await node.post(await provider.offering('lantern'));
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      ok: true,
      stage: 'commit',
      kind: 'listing',
      listing: { name: 'Offer lantern' },
      entry: { index: 0 },
    });
    expect(first.body.checks.every((check: { result: string }) => check.result === 'pass')).toBe(true);
    // The provider is not known yet: no label, and the reason says so.
    expect(first.body.labels).toMatchObject([{ scheme: 'gaia-x', level: null }]);
    expect(first.body.labels[0].next.missing.map((one: { id: string }) => one.id)).toContain('P1.3.2');

    expect((await node.post(await notary.vouch(provider))).body).toMatchObject({ ok: true, kind: 'evidence' });
    expect(await levelOf(node, 'lantern')).toBeUndefined();
    expect((await node.post(await provider.person())).status).toBe(201);
    expect((await node.post(await provider.terms())).status).toBe(201);
    // What came later settled what rests on it.
    expect(await levelOf(node, 'lantern')).toBe('L1');

    const { body: listing } = await node.get(`/api/v1/listings/${first.body.listing.key}`);
    expect(listing).toMatchObject({
      name: 'Offer lantern',
      state: 'current',
      provider: { did: provider.did, name: provider.company.name },
      labels: [{ scheme: 'gaia-x', level: 'L1', by: node.did, own: true, basis: 'claimed' }],
    });
    expect(listing.answers).toHaveLength(12);
    const number = listing.decisions[0].criteria.find((one: { id: string }) => one.id === 'P1.3.2');
    expect(number).toMatchObject({ result: 'met', basis: 'verified' });
    const { body: explained } = await node.get(`/api/v1/listings/${listing.key}/explain?scheme=gaia-x`);
    expect(explained).toMatchObject(listing.decisions);
    const met = explained[0].criteria.find((one: { id: string }) => one.id === 'P1.3.2');
    expect(met.by).toContainEqual({
      digest: expect.any(String),
      kind: 'evidence',
      type: 'gx:VatID',
      issuer: notary.host.did,
      validUntil: expect.any(String),
      state: 'current',
    });
  });

  it('the label is a credential that the node itself would verify', async () => {
    const { body } = await node.get('/api/v1/listings?q=lantern');
    const label = body.items[0].labels[0];
    const raw = await node.get(`/api/v1/credentials/${label.digest}`);
    expect(raw.headers.get('content-type')).toBe('application/vc+jwt');
    const { createHash } = await import('node:crypto');
    expect(
      `u${Buffer.concat([Buffer.from([0x12, 0x20]), createHash('sha256').update(raw.text).digest()]).toString('base64url')}`,
    ).toBe(label.digest);
    const { compactVerify, importJWK } = await import('jose');
    const { decodeMultikey } = await import('../../src/credentials/keys/multibase.ts');
    const did = (await node.get('/.well-known/did.json')).body;
    const x = Buffer.from(decodeMultikey(did.verificationMethod[0].publicKeyMultibase)!.bytes).toString('base64url');
    const { payload } = await compactVerify(raw.text, await importJWK({ kty: 'OKP', crv: 'Ed25519', x }, 'EdDSA'));
    const credential = JSON.parse(Buffer.from(payload).toString());
    expect(credential).toMatchObject({
      issuer: node.did,
      credentialSubject: { 'kontor:about': body.items[0].digest, 'kontor:level': 'L1' },
    });
    // A label counts only from the log of its node: posting one changes nothing.
    expect((await node.post(raw.text, 'application/vc+jwt', '/api/v1/credentials/check')).body).toMatchObject({
      code: 'issuer',
    });
  });

  it('answers 200 to the same bytes, and takes a re-encoding for the same statement', async () => {
    const jwt = await provider.offering('twice');
    const first = await node.post(jwt);
    const again = await node.post(jwt);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toMatchObject({
      known: true,
      digest: first.body.digest,
      listing: { key: first.body.listing.key },
    });
    const signed = await signDataIntegrity(
      JSON.parse(Buffer.from((await provider.offering('spaced')).split('.')[1]!, 'base64url').toString()),
      provider.key,
      node.contexts,
    );
    expect((await node.post(JSON.stringify(signed), 'application/vc')).status).toBe(201);
    expect((await node.post(JSON.stringify(signed, null, 1), 'application/vc')).body).toMatchObject({ known: true });
  });

  it('takes the same version twice at once as one listing (H-136)', async () => {
    const jwt = await provider.offering('race');
    const answers = await Promise.all(Array.from({ length: 6 }, () => node.post(jwt)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
    expect((await node.get('/api/v1/listings?q=race')).body.total).toBe(1);
  });

  it('rehearses with the verdict of the real run, and keeps nothing', async () => {
    const jwt = await provider.offering('rehearsal');
    const rehearsal = await node.post(jwt, 'application/vc+jwt', '/api/v1/credentials/check');
    expect(rehearsal.status).toBe(200);
    expect((await node.get('/api/v1/listings?q=rehearsal')).body.total).toBe(0);
    const real = await node.post(jwt);
    const strip = (label: { scheme: string; level: string; criteria: object[] }) => [
      label.scheme,
      label.level,
      label.criteria,
    ];
    expect(rehearsal.body.labels.map(strip)).toEqual(real.body.labels.map(strip));
    expect(rehearsal.body.checks.map((check: { id: string }) => check.id)).toEqual(
      real.body.checks.map((check: { id: string }) => check.id),
    );
  });

  it('replaces by a newer version, refuses an older one (H-135), and withdraws', async () => {
    const day = 86_400_000;
    const now = Math.floor(Date.now() / 1000) * 1000;
    const from = (days: number) => new Date(now - days * day);
    const { body: first } = await node.post(await provider.offering('turn', { from: from(5), name: 'Turn one' }));
    expect((await node.post(await provider.offering('turn', { from: from(2), name: 'Turn two' }))).status).toBe(201);
    const old = await node.post(await provider.offering('turn', { from: from(4), name: 'Turn old' }));
    expect([old.status, old.body.code]).toEqual([409, 'outdated']);
    expect(old.body.checks.at(-1).mend).toContain(`One valid from ${from(2).toISOString()} is held: give this one`);
    const { body: listing } = await node.get(`/api/v1/listings/${first.listing.key}`);
    expect(listing).toMatchObject({ name: 'Turn two', versions: [{ state: 'current' }, { state: 'superseded' }] });
    expect((await node.get('/api/v1/listings?q=turn')).body.items.map((item: { name: string }) => item.name)).toEqual([
      'Turn two',
    ]);

    const withdrawn = await node.post(await provider.withdrawal('turn'));
    expect(withdrawn.body).toMatchObject({ ok: true, kind: 'withdrawal' });
    expect((await node.get('/api/v1/listings?q=turn')).body.total).toBe(0);
    expect((await node.get(`/api/v1/listings/${first.listing.key}`)).body.state).toBe('withdrawn');
    const late = (await node.post(await provider.offering('turn', { from: from(1) }))).body;
    expect(late.code).toBe('outdated');
    expect(late.checks.at(-1).mend).toMatch(/^It was withdrawn as of 20\S+Z: give this one a validFrom after that/);
    expect((await node.post(await provider.withdrawal('never-published'))).status).toBe(404);
  });

  it('judges each credential of a presentation (H-034)', async () => {
    const good = await provider.offering('in-a-presentation');
    const bad = `${good.slice(0, -8)}AAAAAAAA`;
    const { status, body } = await node.post(await signPresentation([good, bad], provider.key), 'application/vp+jwt');
    expect(status).toBe(422);
    expect(body.items.map((item: { ok: boolean }) => item.ok)).toEqual([true, false]);
    expect(body.items[1].code).toBe('proof');
    expect(body.detail).toMatch(/^1 of 2 credentials published, 1 refused: The signature/);
    expect((await node.get('/api/v1/listings?q="in a presentation"')).body.total).toBe(1);
  });

  it('holds what it cannot check now, and takes it when the host answers', async () => {
    const late = await testProvider();
    const document = late.host.files.get('/.well-known/did.json')!;
    late.host.files.set('/.well-known/did.json', { status: 503, body: 'later' });
    const { status, body } = await node.post(await late.offering('patient'));
    expect([status, body.code]).toEqual([202, 'key-unavailable']);
    late.host.files.set('/.well-known/did.json', document);
    await expect
      .poll(async () => (await node.get('/api/v1/listings?q=patient')).body.total, { timeout: 15_000, interval: 500 })
      .toBe(1);
    await late.host.close();
  });

  it('lets nobody speak for another (H-101, H-134)', async () => {
    const other = await testProvider();
    const theirs = JSON.parse(Buffer.from((await provider.offering('lantern')).split('.')[1]!, 'base64url').toString());
    const stolen = await node.post(await other.sign({ ...theirs, issuer: other.did }));
    expect(stolen.body).toMatchObject({
      code: 'issuer',
      checks: expect.arrayContaining([
        expect.objectContaining({ id: 'shape.owner', result: 'fail', where: '/credentialSubject/id' }),
      ]),
    });
    expect((await node.post(await other.withdrawal('lantern'))).body.ok).toBe(false);
    await other.host.close();
  });

  it('admits only whom the policy names (H-133)', async () => {
    const closed = await testNode({ policy: { publishers: [{ did: 'did:web:somebody.example' }] } });
    const { status, body } = await closed.post(await provider.offering('closed'));
    expect([status, body.code]).toEqual([403, 'not-admitted']);
    await closed.end();
  });

  it('a number that the company does not own gives no label', async () => {
    const thief = await testProvider();
    const person = JSON.parse(Buffer.from((await thief.person()).split('.')[1]!, 'base64url').toString());
    person.credentialSubject['gx:registrationNumber'] = { id: `${provider.did}#vat` };
    await node.post(await thief.sign(person));
    await node.post(await thief.terms());
    const { body } = await node.post(await thief.offering('borrowed'));
    expect(body.labels[0].level).toBeNull();
    await thief.host.close();
  });
});

describe('settling', () => {
  it('gives the same in whatever order things arrive', async () => {
    const documents = [
      await provider.offering('order'),
      await provider.person(),
      await provider.terms(),
      await notary.vouch(provider),
    ];
    const orders = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
    ];
    const results = [];
    for (const order of orders) {
      const fresh = await testNode({ policy: { trust: [notary.trust] } });
      for (const at of order) expect((await fresh.post(documents[at]!)).status).toBe(201);
      const { body } = await fresh.get('/api/v1/listings?q=order');
      const { body: detail } = await fresh.get(`/api/v1/listings/${body.items[0].key}`);
      results.push({
        decisions: detail.decisions,
        digest: detail.digest,
        answers: detail.answers.map((one: { value: string }) => one.value).slice(0, 11),
      });
      await fresh.end();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(results[0]!.decisions[0].level).toBe('L1');
  });

  it('lets labels, evidence and listings end with their time', async () => {
    let now = new Date();
    const ageing = await testNode({ policy: { trust: [notary.trust] }, clock: () => now });
    for (const document of [
      await provider.person(),
      await provider.terms(),
      await notary.vouch(provider),
      await provider.offering('mayfly'),
    ])
      await ageing.post(document);
    expect(await levelOf(ageing, 'mayfly')).toBe('L1');
    now = new Date(now.getTime() + 61 * 86_400_000);
    await expect.poll(() => levelOf(ageing, 'mayfly'), { timeout: 8_000 }).toBeUndefined();
    expect((await ageing.get('/api/v1/listings?q=mayfly')).body.total).toBe(1);
    now = new Date(now.getTime() + 40 * 86_400_000);
    await expect
      .poll(async () => (await ageing.get('/api/v1/listings?q=mayfly')).body.total, { timeout: 8_000 })
      .toBe(0);
    await ageing.end();
  });

  it('takes the trust list as it is now', async () => {
    const policy = { trust: [] as object[] };
    const host = await didHost();
    const doubting = await testNode({ policy: policy as never });
    for (const document of [
      await provider.person(),
      await provider.terms(),
      await notary.vouch(provider),
      await provider.offering('trusted-later'),
    ])
      await doubting.post(document);
    expect(await levelOf(doubting, 'trusted')).toBeUndefined();
    doubting.policy().trust.push(notary.trust);
    await expect.poll(() => levelOf(doubting, 'trusted'), { timeout: 8_000 }).toBe('L1');
    await doubting.end();
    await host.close();
  });
});
