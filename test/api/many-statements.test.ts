import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isHeard } from '../../src/catalogue/heard.ts';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';

/* Crowds of statements about one offer: what they may slow, hide or swell. */

const DAY_MS = 86_400_000;
let body: DidHost;
let provider: TestProvider;
let node: TestNode;
let ahead = 0;
const clock = () => new Date(Date.now() + ahead);

beforeAll(async () => {
  [body, provider] = await Promise.all([didHost(), testProvider()]);
  node = await testNode({ policy: { trust: [{ did: body.did, role: 'certificate' }] }, clock });
  await node.post(await provider.person());
});
afterAll(async () => {
  await node.end();
  await Promise.all([body, provider.host].map((host) => host.close()));
});

const second = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;
const certificate = (by: DidHost, slug: string, more: object, days = 30) =>
  signJwt(
    {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
      type: ['VerifiableCredential'],
      issuer: by.did,
      validFrom: second(Date.now() - DAY_MS),
      validUntil: second(Date.now() + days * DAY_MS),
      credentialSubject: { id: provider.offeringId(slug), type: 'kontor:Certificate', ...more },
    },
    by.key,
  );
const hit = async (slug: string) => (await node.get(`/api/v1/listings?q=${slug}`)).body.items[0];
const page = async (slug: string) => (await node.get(`/api/v1/listings/${(await hit(slug)).key}`)).body;
const publish = async (slug: string) => expect((await node.post(await provider.offering(slug))).status).toBe(201);

describe('an owner that says the same of its offer again and again', () => {
  const claim = (at: number) =>
    certificate(provider.host, 'flooded', {
      'kontor:scheme': 'own-mark',
      'kontor:edition': '2022',
      'kontor:scope': `${at}`,
    });

  it('is stopped at a hundred in force, and told what to do', async () => {
    await publish('flooded');
    const statuses: number[] = [];
    for (let at = 0; at < 100; at++) statuses.push((await node.post(await claim(at))).status);
    expect(new Set(statuses)).toEqual(new Set([201]));
    const { status, body: answer } = await node.post(await claim(100));
    expect([status, answer.code]).toEqual([422, 'untrusted']);
    expect(answer.checks).toContainEqual(
      expect.objectContaining({
        id: 'commit.weight',
        result: 'fail',
        why: expect.stringMatching(/^100 statements of did:web:.* are in force here; .* no more are kept$/),
        mend: expect.stringContaining('Revoke what it replaces'),
      }),
    );
    // About another offer it may speak.
    await publish('beside');
    expect((await node.post(await certificate(provider.host, 'beside', { 'kontor:scheme': 'own-mark' }))).status).toBe(
      201,
    );
  }, 60_000);

  it('hides nothing: what is verified comes first, and lists carry the best only', async () => {
    const iso = { 'kontor:scheme': 'iso-27001', 'kontor:edition': '2022', 'kontor:scope': 'The offer' };
    expect((await node.post(await certificate(body, 'flooded', iso))).body).toMatchObject({ ok: true });
    const found = await hit('flooded');
    expect(found.certifications).toHaveLength(20);
    expect(found.certifications[0]).toMatchObject({ scheme: 'iso-27001', basis: 'verified' });
    expect(JSON.stringify(found).length).toBeLessThan(15_000);
    const whole = (await page('flooded')).certifications;
    expect(whole).toHaveLength(101);
    expect(whole.slice(0, 20)).toEqual(found.certifications);
    expect((await node.get('/api/v1/listings?certification=own-mark:claimed')).body.total).toBe(2);
  });

  it('may go on when they have ended: of what ended the newest is read, of trusted issuers first', async () => {
    ahead = 31 * DAY_MS;
    await expect
      .poll(async () => (await page('flooded')).certifications.map((one: Body) => [one.scheme, one.basis]).sort(), {
        timeout: 10_000,
      })
      .toEqual([
        ['iso-27001', 'lapsed'],
        ['own-mark', 'lapsed'],
      ]);
    ahead = 0;
    await node.database.transaction((tx) =>
      tx
        .updateTable('evidence')
        .set({ valid_until: second(Date.now() - 1_000) })
        .where('issuer', '=', provider.did)
        .execute(),
    );
    expect((await node.post(await claim(101))).status).toBe(201);
    expect((await page('flooded')).certifications.map((one: Body) => [one.scheme, one.basis])).toEqual([
      ['iso-27001', 'verified'],
      ['own-mark', 'claimed'],
    ]);
  }, 20_000);
});

describe('a crowd of listings that name an offer of somebody else', () => {
  it('does not keep the attester of its owner from being heard', async () => {
    const attester = generateDidKey('EdDSA');
    const named = JSON.parse(
      Buffer.from((await provider.offering('crowded')).split('.')[1]!, 'base64url').toString(),
    ) as Body;
    named.credentialSubject['kontor:attester'] = attester.did;
    const { body: posted } = await node.post(await provider.sign(named));
    const subject = provider.offeringId('crowded');
    const own = await node.database.read
      .selectFrom('listing')
      .selectAll()
      .where('key', '=', posted.listing.key)
      .executeTakeFirstOrThrow();
    const version = await node.database.read
      .selectFrom('version')
      .selectAll()
      .where('digest', '=', own.digest)
      .executeTakeFirstOrThrow();
    const silent = JSON.stringify({ ...JSON.parse(version.description), attesters: [] });
    // Keys in order before and behind that of the owner.
    const keys = Array.from({ length: 400 }, (_, at) => `${at % 2 ? '-' : '~'}${at}`);
    await node.database.transaction(async (tx) => {
      for (const key of keys) {
        const issuer = `did:web:${key}.example`;
        const strange = { key, issuer, subject: `https://${key}.example/offer`, digest: key };
        await tx
          .insertInto('version')
          .values({ ...version, ...strange, description: silent })
          .execute();
        const { id: _, ...row } = own;
        await tx
          .insertInto('listing')
          .values({ ...row, ...strange })
          .execute();
        await tx.insertInto('depends').values({ key, on_id: subject }).execute();
      }
    });
    const policy = { trust: [] } as unknown as Parameters<typeof isHeard>[3];
    expect(await isHeard(node.database.read, subject, attester.did, policy)).toBe(true);
    expect(await isHeard(node.database.read, subject, generateDidKey('EdDSA').did, policy)).toBe(false);
    // Nor one of the crowd itself.
    expect(await isHeard(node.database.read, subject, 'did:web:~398.example', policy)).toBe(true);
  });
});
