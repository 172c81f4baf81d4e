import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSubclasses } from '../../src/compliance/shacl/classes.ts';
import { graphOfExpanded } from '../../src/compliance/shacl/expanded.ts';
import { compileShapes } from '../../src/compliance/shacl/validate.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { expand } from '../../src/credentials/jsonld/rdf.ts';
import { kontor } from '../cli/kontor.ts';
import { bodyOf, hashOf } from '../support/clearing-house.ts';
import { didHost } from '../support/did-host.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { contexts } from '../support/verifying.ts';

/** The Gaia-X label of a node in the form of a clearing house, and another node that reads it. */
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let node: TestNode;
let reader: TestNode;
let offering: string;
let key: string;
let ahead = 0;
const clock = () => new Date(Date.now() + ahead);

beforeAll(async () => {
  [notary, provider] = await Promise.all([testNotary(), testProvider()]);
  node = await testNode({ policy: { trust: [notary.trust] } });
  reader = await testNode({
    clock,
    policy: { trust: [{ did: node.did, role: 'clearing-house', name: 'First node' }] },
  });
  offering = await provider.offering('given');
  for (const one of [await provider.person(), await provider.terms(), await notary.vouch(provider)])
    expect((await node.post(one)).body).toMatchObject({ ok: true });
  key = (await node.post(offering)).body.listing.key;
});
afterAll(async () => {
  await Promise.all([node.end(), reader.end(), notary.host.close(), provider.host.close()]);
});

const given = (query = '', at = key) => node.get(`/api/v1/listings/${at}/labels/gaia-x.jwt${query}`);

describe('the Gaia-X label in the form of a clearing house', () => {
  it('says what the label of the node says, for as long, in the same place of its status list', async () => {
    const { status, headers, text } = await given();
    expect([status, headers.get('content-type')]).toEqual([200, 'application/vc+jwt']);
    const { body: listing } = await node.get(`/api/v1/listings/${key}`);
    const label = listing.labels.find(({ scheme }: Body) => scheme === 'gaia-x');
    const native = bodyOf((await node.get(`/api/v1/credentials/${label.digest}`)).text);
    const said = bodyOf(text);
    for (const member of ['issuer', 'validFrom', 'validUntil', 'credentialStatus'])
      expect(said[member], member).toEqual(native[member]);
    const subject = said.credentialSubject as Body;
    expect(subject).toMatchObject({ type: 'gx:LabelCredential', 'gx:labelLevel': 'L1', 'gx:rulesVersion': 'CD24.11' });
    expect(subject['gx:validatedCriteria']).toHaveLength(53);
    expect(subject['gx:validatedCriteria'][0]).toBe(
      'https://docs.gaia-x.eu/policy-rules-committee/compliance-document/24.11/criteria_cloud_services/#P1.1.1',
    );
    const listed = subject['gx:compliantCredentials'];
    expect(listed.map((one: Body) => one['gx:credentialType']).sort()).toEqual(
      [
        'gx:Issuer',
        'gx:LegalPerson',
        'gx:VatID',
        bodyOf(offering).credentialSubject && (bodyOf(offering).credentialSubject as Body).type,
      ].sort(),
    );
    expect(listed.map((one: Body) => one.digestSRI)).toContain(hashOf(offering, 'base64'));
    expect((await given()).text).toBe(text);
  });

  it('lists what the level rests on, and not what was read for the next one', async () => {
    const assessor = await didHost();
    node.policy().trust.push({ did: assessor.did, role: 'assessment-body' });
    const statement = {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
      type: ['VerifiableCredential'],
      issuer: assessor.did,
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2099-01-01T00:00:00Z',
      credentialSubject: {
        id: provider.offeringId('given'),
        type: 'kontor:Certificate',
        'kontor:scheme': 'gaia-x',
        'kontor:edition': '24.11',
        // Declared at L1, certified at L2.
        'kontor:criterion': ['P3.1.1'],
      },
    };
    const listed = async () => (bodyOf((await given()).text).credentialSubject as Body)['gx:compliantCredentials'];
    const before = await listed();
    const { body: posted } = await node.post(await signJwt(statement, assessor.key));
    expect(posted).toMatchObject({ ok: true });
    const { body: listing } = await node.get(`/api/v1/listings/${key}`);
    const decision = listing.decisions.find(({ scheme }: Body) => scheme === 'gaia-x');
    expect([decision.level, decision.evidence]).toEqual(['L1', expect.arrayContaining([posted.digest])]);
    expect(await listed()).toEqual(before);
    node.policy().trust.pop();
    await assessor.close();
  });

  it('of a participant is validated against the criterion of participants', async () => {
    const found = await node.get(`/api/v1/listings?kind=participant&provider=${encodeURIComponent(provider.did)}`);
    const { credentialSubject: said } = bodyOf((await given('', found.body.items[0].key)).text) as Body;
    expect([said['gx:labelLevel'], said['gx:validatedCriteria']]).toEqual([
      'SC',
      ['https://docs.gaia-x.eu/policy-rules-committee/compliance-document/24.11/criteria_participant/#PA1.1'],
    ]);
  });

  it('verifies, and conforms to the official 25.11 shapes as a whole', async () => {
    const { text } = await given();
    const { body } = await reader.post(text, 'application/vc+jwt', '/api/v1/credentials/check');
    expect(body).toMatchObject({ ok: true, kind: 'evidence' });
    expect(body.checks.filter(({ result }: Body) => result !== 'pass')).toEqual([]);
    const folder = resolve(import.meta.dirname, '../../../shared/data/gaia-x-2511');
    if (!existsSync(folder)) return;
    const ontology = readSubclasses(readFileSync(join(folder, 'gx.owl.ttl'), 'utf8'));
    const shapes = compileShapes(readFileSync(join(folder, 'gx.shacl.ttl'), 'utf8'), { ontology });
    const report = await shapes.validate(graphOfExpanded(await expand(bodyOf(text), contexts, false)));
    expect(report.results).toEqual([]);
    expect(report.covered.targeted.length).toBe(5);
    const broken = bodyOf(text);
    (broken.credentialSubject as Body)['gx:labelLevel'] = 'L9';
    expect((await shapes.validate(graphOfExpanded(await expand(broken, contexts, false)))).results).toHaveLength(1);
  });

  it('is taken away on the command line, byte for byte, and checked there', async () => {
    const { text } = await given();
    expect(await kontor(['label', key, '--node', node.url])).toMatchObject({ code: 0, stdout: text });
    const env = { KONTOR_ALLOW_PRIVATE_NETWORK: 'true' };
    const checked = await kontor(['check', `${node.url}/api/v1/listings/${key}/labels/gaia-x.jwt`], { env });
    expect([checked.code, checked.stderr]).toEqual([0, '']);
    const none = await kontor(['label', 'A'.repeat(22), '--node', node.url]);
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('No Gaia-X level holds for a listing under this key');
  });

  it('is evidence on a node that trusts this one as a clearing house, until the label ends', async () => {
    expect((await reader.post(offering)).body).toMatchObject({ ok: true });
    expect((await reader.post((await given()).text)).body).toMatchObject({ ok: true, kind: 'evidence' });
    const label = async () =>
      (await reader.get(`/api/v1/listings/${key}`)).body.labels.find(
        ({ scheme }: Body) => scheme === 'gaia-x-clearing-house',
      );
    expect(await label()).toMatchObject({ level: 'L1', basis: 'verified' });
    const { id } = bodyOf((await given()).text) as { id: string };
    const path = id.slice(node.url.length);
    expect((await node.get(path)).status).toBe(200);

    expect((await node.post(await provider.withdrawal('given'))).body).toMatchObject({ ok: true });
    expect((await given()).body).toMatchObject({ status: 404, code: 'not-found' });
    expect((await node.get(path)).body).toMatchObject({ status: 410, code: 'gone' });
    ahead = 600_000;
    await expect.poll(label, { timeout: 10_000 }).toBeUndefined();
  });

  it('is not given where no level holds, or nothing is held, and takes no other parameter', async () => {
    const person = await testProvider(new Date(), 'EdDSA', 1);
    const bare = (await node.post(await person.person())).body.listing.key;
    expect((await given('', bare)).status).toBe(404);
    expect((await given('', 'A'.repeat(22))).status).toBe(404);
    expect((await given('?form=pdf')).body).toMatchObject({ status: 400, code: 'bad-request' });
    await person.host.close();
  });
});
