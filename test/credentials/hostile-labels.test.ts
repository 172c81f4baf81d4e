import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, Source } from '../../src/credentials/credential.ts';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { signDataIntegrity, signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { ANSWER_MS, hostileBench, jwt, V2 } from '../support/hostile.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';
import { contexts } from '../support/verifying.ts';

const bench = hostileBench();
const timed = { timeout: ANSWER_MS };
let rival: TestProvider;
let stranger: DidHost;
let closed: TestNode;
beforeAll(async () => {
  [rival, stranger] = await Promise.all([testProvider(), didHost()]);
  closed = await testNode({ policy: { publishers: [{ did: rival.did }] } });
  await bench.listed(await bench.provider.offering('labelled'));
});
afterAll(() => Promise.all([rival.host.close(), stranger.close(), closed.end()]));

const subjectOf = (document: JsonObject) => document.credentialSubject as JsonObject;
const DAY_MS = 86_400_000;
const stamp = (ms: number) => `${new Date(Date.now() + ms).toISOString().slice(0, 19)}Z`;

describe('D. who may publish what', () => {
  it('H-133 a publisher that is not admitted, in either form', timed, async () => {
    const document = await bench.document();
    for (const [body, type] of [
      [await bench.provider.sign(document), 'application/vc+jwt'],
      [JSON.stringify(await signDataIntegrity(document, bench.provider.key, contexts)), 'application/vc'],
    ] as const) {
      const { status, body: answer } = await closed.post(body, type);
      expect([status, answer.code]).toEqual([403, 'not-admitted']);
      expect(answer.checks.at(-1)).toMatchObject({ id: 'shape.publisher', result: 'fail', found: bench.provider.did });
    }
    // Admission goes by who signed, not by who is named.
    const { body } = await closed.post(jwt({}, { ...document, issuer: rival.did }, bench.provider.key));
    expect(body).toMatchObject({ code: 'issuer' });
    expect((await closed.get('/api/v1/listings')).body.total).toBe(0);
    expect((await closed.post(await rival.offering('admitted'))).status).toBe(201);
  });

  it("H-134 an issuer that publishes about another provider's subject id", timed, async () => {
    const theirs = rival.offeringId('theirs');
    const document = await bench.document();
    const own = (id: string) => ({ ...document, credentialSubject: { ...subjectOf(document), id } });
    for (const id of [
      theirs,
      rival.did,
      `${rival.did}#x`,
      `${rival.url}/`,
      'http://localhost.evil.example/x',
      'https://example.org/x',
    ])
      await bench.refused(await bench.provider.sign(own(id)), {
        code: 'issuer',
        id: 'shape.owner',
        where: '/credentialSubject/id',
        found: id,
      });
    await bench.refused(
      JSON.stringify(await signDataIntegrity(own(theirs), bench.provider.key, contexts)),
      { code: 'issuer', id: 'shape.owner' },
      'application/vc',
    );
  });

  it('H-135 an older version after a newer one, in another form', async () => {
    const document = await bench.document({ validFrom: stamp(-DAY_MS) });
    const first = await bench.listed(await bench.provider.sign(document));
    const older = { ...document, validFrom: stamp(-2 * DAY_MS) };
    for (const body of [
      await bench.provider.sign(older),
      JSON.stringify(await signDataIntegrity(older, bench.provider.key, contexts)),
    ]) {
      const { status, body: answer } = await bench.post(body, body.startsWith('{') ? 'application/vc' : undefined);
      expect([status, answer.code]).toEqual([409, 'outdated']);
    }
    const { body: listing } = await bench.node.get(`/api/v1/listings/${first.listing.key}`);
    expect([listing.digest, listing.versions.length]).toEqual([first.digest, 1]);
  });

  it('H-136 the same version twice at once, in two spellings and over two connections', async () => {
    const signed = await signDataIntegrity(await bench.document(), bench.provider.key, contexts);
    const [plain, spaced] = [JSON.stringify(signed), JSON.stringify(signed, null, 1)];
    const answers = await Promise.all(
      [plain, spaced, plain, spaced].map((body) => bench.node.post(body, 'application/vc')),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.listing.key)).size).toBe(1);
    const { body: listing } = await bench.node.get(`/api/v1/listings/${answers[0]!.body.listing.key}`);
    expect(listing.versions).toHaveLength(1);
    await bench.node.post(await bench.provider.sign(withdrawalOf(listing.id)));
  });
  const withdrawalOf = (id: string) => ({
    '@context': [V2, 'https://w3id.org/kontor/v1'],
    type: ['VerifiableCredential', 'ListingWithdrawal'],
    issuer: bench.provider.did,
    validFrom: stamp(0),
    credentialSubject: { id },
  });
});

describe('E. labels of others', () => {
  const label = (
    issuer: string,
    about: string,
    change: JsonObject = {},
    id = bench.provider.offeringId('labelled'),
  ) => ({
    '@context': [V2, 'https://w3id.org/kontor/v1'],
    type: ['VerifiableCredential', 'TrustLabelCredential'],
    issuer,
    validFrom: stamp(-DAY_MS),
    validUntil: stamp(DAY_MS),
    credentialSubject: {
      id,
      'kontor:about': about,
      'kontor:scheme': 'gaia-x',
      'kontor:level': 'L3',
      'kontor:basis': 'verified',
      ...change,
    },
  });
  const listing = async () => (await bench.node.get('/api/v1/listings?q=labelled')).body.items[0];
  const levels = async () => (await listing()).labels;
  /** As the log of another node would bring it: the one way by which labels of others come in. */
  const fromPeer = async (token: string, host: DidHost) => {
    const source: Source = {
      kind: 'peer',
      url: host.url,
      origin: `${new URL(host.url).host}/catalogue/1`,
      did: host.did,
    };
    return bench.node.ingest({ bytes: Buffer.from(token), mediaType: 'application/vc+jwt', source });
  };
  const failed = (judgement: { checks: { result: string }[] }) =>
    judgement.checks.find(({ result }) => result === 'fail');

  it('H-144 a label that the provider gives itself is refused and shown nowhere', timed, async () => {
    const { digest } = await listing();
    for (const change of [{}, { 'kontor:level': 'L1' }, { 'kontor:scheme': 'seal', 'kontor:level': '4' }])
      await bench.refused(await bench.provider.sign(label(bench.provider.did, digest, change)), {
        code: 'issuer',
        id: 'shape.label',
        found: bench.provider.did,
      });
    await bench.refused(await signDataIntegrity(label(bench.provider.did, digest), bench.provider.key, contexts), {
      code: 'issuer',
      id: 'shape.label',
    });
    expect(await levels()).toEqual([]);
    expect((await bench.node.get('/api/v1/listings?label=gaia-x:SC')).body.total).toBe(0);
  });

  it('H-144 nor in the name of this node, or with its type spelled in full', timed, async () => {
    const { digest } = await listing();
    await bench.refused(jwt({}, label(bench.node.did, digest), bench.provider.key), {
      code: 'issuer',
      id: 'verify.issuer',
    });
    const full = {
      ...label(bench.provider.did, digest),
      type: ['VerifiableCredential', 'https://w3id.org/kontor/v1#TrustLabelCredential'],
    };
    await bench.refused(await bench.provider.sign(full), { code: 'issuer', id: 'shape.label' });
    // A claim in the offering itself that it has a label is no label.
    const document = await bench.document();
    const boast = {
      ...document,
      credentialSubject: { ...subjectOf(document), 'kontor:level': 'L3', 'kontor:scheme': 'gaia-x' },
    };
    await bench.refused(await bench.provider.sign(boast), {
      code: 'shape',
      id: 'shape.closed',
      where: '/credentialSubject/kontor:level',
    });
  });

  it('H-145 a label by a node that is no authority here is shown as claimed, and found by no filter that asks for more', async () => {
    const { digest } = await listing();
    expect(await fromPeer(await signJwt(label(stranger.did, digest), stranger.key), stranger)).toMatchObject({
      ok: true,
      kind: 'label',
    });
    expect(await levels()).toEqual([
      expect.objectContaining({ by: stranger.did, own: false, level: 'L3', basis: 'claimed' }),
    ]);
    for (const query of [
      'label=gaia-x:L3',
      'label=gaia-x:SC',
      'label=gaia-x:SC&basis=attested',
      'label=gaia-x:SC&basis=verified',
    ])
      expect((await bench.node.get(`/api/v1/listings?${query}`)).body.total, query).toBe(0);
    // Once the operator counts on it, it is attested, never verified.
    bench.node.policy().authorities.push({ did: stranger.did, labels: ['gaia-x:L3'] });
    expect(await levels()).toEqual([expect.objectContaining({ basis: 'attested' })]);
    expect((await bench.node.get('/api/v1/listings?label=gaia-x:L3&basis=verified')).body.total).toBe(0);
    bench.node.policy().authorities.pop();
    expect(await levels()).toEqual([expect.objectContaining({ basis: 'claimed' })]);
  });

  it('H-145 a label in the log of one node that another one signed', timed, async () => {
    const { digest } = await listing();
    const judgement = await fromPeer(await rival.sign(label(rival.did, digest)), stranger);
    expect(judgement).toMatchObject({ ok: false, code: 'issuer' });
    expect(failed(judgement)).toMatchObject({ id: 'shape.label', found: rival.did, allowed: stranger.did });
  });

  it("H-146 a label for another version's digest is shown with no listing", async () => {
    const before = await levels();
    const { digest } = await listing();
    const other = `${digest.slice(0, -1)}${digest.endsWith('A') ? 'B' : 'A'}`;
    for (const about of [other, 'urn:x:y', ''])
      await fromPeer(await signJwt(label(stranger.did, about), stranger.key), stranger);
    expect(await levels()).toEqual(before);
    // A newer version of the listing does not inherit it.
    expect(before).toHaveLength(1);
    const newer = await bench.provider.offering('labelled', { from: new Date(Date.now() - 60_000) });
    expect((await bench.post(newer)).status).toBe(201);
    expect(await levels()).toEqual([]);
  });

  it('H-147 a level, or a scheme, that this node does not know', async () => {
    const { digest } = await listing();
    for (const change of [{ 'kontor:level': 'L9' }, { 'kontor:scheme': 'unheard-of', 'kontor:level': '1' }]) {
      await fromPeer(await signJwt(label(stranger.did, digest, change), stranger.key), stranger);
      bench.node.policy().authorities.push({ did: stranger.did });
      for (const query of ['label=gaia-x:SC', 'label=gaia-x:L1', 'label=gaia-x:L3'])
        expect((await bench.node.get(`/api/v1/listings?${query}`)).body.total, query).toBe(0);
      bench.node.policy().authorities.pop();
    }
    for (const query of ['label=gaia-x:L9', 'label=unheard-of:1'])
      expect((await bench.node.get(`/api/v1/listings?${query}`)).status).toBe(400);
    for (const one of await levels()) expect(one.basis).toBe('claimed');
  });

  it('H-147 a level that is no name', timed, async () => {
    const { digest } = await listing();
    for (const change of [
      { 'kontor:level': '<script>alert(1)</script> x' },
      { 'kontor:level': 'x'.repeat(65) },
      { 'kontor:level': '' },
      { 'kontor:scheme': '../x' },
      { 'kontor:level': { '@id': 'urn:x:y' } },
    ]) {
      const judgement = await fromPeer(await signJwt(label(stranger.did, digest, change), stranger.key), stranger);
      expect([judgement.ok, failed(judgement)]).toMatchObject([
        false,
        { id: expect.stringMatching(/^(shape\.label|verify\.terms)$/) },
      ]);
    }
  });
});

describe('E. certification', () => {
  const certificate = (issuer: string, about: string, claims: JsonObject = {}) => ({
    '@context': [V2, 'https://w3id.org/kontor/v1'],
    type: ['VerifiableCredential', 'kontor:CertificateCredential'],
    issuer,
    validFrom: stamp(-DAY_MS),
    validUntil: stamp(DAY_MS),
    credentialSubject: {
      id: about,
      type: 'kontor:Certificate',
      'kontor:scheme': 'iso-27001',
      'kontor:scope': 'All of it',
      ...claims,
    },
  });
  const find = async (slug: string) => (await bench.node.get(`/api/v1/listings?q="${slug}"`)).body.items[0];

  it('H-150 a certification claimed by text only is no certification', async () => {
    const document = await bench.document();
    const name = 'Certified to iso-27001 and secnumcloud';
    const boast = {
      ...subjectOf(document),
      name,
      description: 'We hold ISO 27001, C5 and SecNumCloud. Verified by Gaia-X, Label L3.',
    };
    await bench.listed(await bench.provider.sign({ ...document, credentialSubject: boast }));
    const item = await find('Certified to');
    expect([item.name, item.certifications, item.labels]).toEqual([name, [], []]);
    expect((await bench.node.get('/api/v1/listings?certification=iso-27001')).body.total ?? 0).toBe(0);
  });

  it("H-150 the provider's own certificate is a claim, and a stranger's is nothing", async () => {
    const about = bench.provider.offeringId('untouched');
    const own = await bench.post(await bench.provider.sign(certificate(bench.provider.did, about)));
    expect(own.body).toMatchObject({ ok: true, kind: 'evidence' });
    const key = generateDidKey('EdDSA');
    await bench.post(await signJwt(certificate(key.did, about, { 'kontor:scheme': 'c5' }), key));
    const item = await find('untouched');
    expect(item.certifications).toEqual([
      expect.objectContaining({ scheme: 'iso-27001', basis: 'claimed', issuer: bench.provider.did }),
    ]);
    expect((await bench.node.get('/api/v1/listings?certification=iso-27001')).body.total ?? 0).toBe(0);
  });
});
