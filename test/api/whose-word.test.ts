import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnswersScheme } from '../../src/compliance/answers-scheme.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/policy.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type Body, freePort, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { report } from '../support/report.ts';
import { statusList, type TestList } from '../support/status-list.ts';
import { NOW } from '../support/verifying.ts';

/** Claimed, attested, verified, not to be known: each node finds that out for itself, and never says one for another. */
const DAY_MS = 86_400_000;
const MINUTE = 60_000;
const day = (days: number) => new Date(NOW.getTime() + days * DAY_MS).toISOString().slice(0, 10);
let ahead = 0;
const clock = () => new Date(NOW.getTime() + ahead);

let body: DidHost;
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
const open: TestNode[] = [];
const start = async (policy: Partial<Policy>, port?: number): Promise<TestNode> => {
  const node = await testNode({ clock, policy, ...(port ? { port } : {}) });
  open.push(node);
  return node;
};
beforeEach(async () => {
  ahead = 0;
  [body, notary, provider] = await Promise.all([didHost(), testNotary(NOW), testProvider(NOW)]);
});
afterEach(async () => {
  for (const node of open.splice(0)) await node.end();
  await Promise.all([body, notary.host, provider.host].map((host) => host.close()));
});

const trusted = () => [
  notary.trust,
  { did: body.did, name: 'Body', role: 'certificate' as const, schemes: ['bsi-c5'] },
];
const signedReport = (slug: string, more: object = {}) =>
  signJwt(
    {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
      type: ['VerifiableCredential'],
      issuer: body.did,
      validFrom: `${day(-1)}T00:00:00Z`,
      validUntil: `${day(60)}T00:00:00Z`,
      ...more,
      credentialSubject: report(provider.offeringId(slug)),
    },
    body.key,
  );
const payloadOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());
/** An offering that answers every question of the sovereignty framework at its best. */
const sovereign = async (node: TestNode, slug: string): Promise<string> => {
  const framework = node.compliance.schemes().find((one): one is AnswersScheme => one.kind === 'answers')!;
  const document = payloadOf(await provider.offering(slug));
  document.credentialSubject['kontor:sealAssessment'] = {
    type: 'kontor:SealAssessment',
    'kontor:scheme': framework.id,
    'kontor:edition': Object.keys(framework.editions)[0],
    'kontor:assessedOn': day(-10),
    'kontor:answer': framework.criteria.map(({ id }) => ({
      type: 'kontor:SealAnswer',
      'kontor:criterionId': id,
      'kontor:choice': 5,
    })),
  };
  return provider.sign(document);
};

const listed = async (node: TestNode, slug: string): Promise<Body> => {
  const { items } = (await node.get(`/api/v1/listings?q="Offer ${slug}"`)).body;
  return items.length === 0 ? undefined : (await node.get(`/api/v1/listings/${items[0].key}`)).body;
};
const total = async (node: TestNode, query: string): Promise<number> => {
  const { status, body: answer } = await node.get(`/api/v1/listings?${query}`);
  expect(status, answer.detail).toBe(200);
  return answer.total;
};
const own = (item: Body, scheme: string) => item?.labels.find((one: Body) => one.own && one.scheme === scheme);
const ofScheme = (id: string) => (one: Body) => one.scheme === id;
const decisionOf = (item: Body, id: string) => item.decisions.find(ofScheme(id));

describe('a level that rests on claims alone', () => {
  it('says that it is self-declared, and passes no filter for attested or verified', async () => {
    const node = await start({ trust: trusted() });
    for (const document of [await provider.person(), await provider.terms(), await notary.vouch(provider)])
      await node.post(document);
    await node.post(await sovereign(node, 'claimed'));
    const item = await listed(node, 'claimed');
    expect(own(item, 'ec-csf')).toMatchObject({ level: 'SEAL-4', basis: 'claimed' });
    expect(own(item, 'gaia-x')).toMatchObject({ level: 'L1', basis: 'claimed' });
    expect(decisionOf(item, 'ec-csf').assessment.notes).toContain('Self-declared: the provider alone says so');
    const page = (await node.get(`/listings/${item.key}`, { accept: 'text/html' })).text;
    expect(page).toMatch(/self-declared/i);
    for (const label of ['ec-csf:SEAL-4', 'ec-csf:SEAL-1', 'gaia-x:L1', 'gaia-x:SC']) {
      expect(await total(node, `label=${label}`), label).toBe(1);
      for (const basis of ['attested', 'verified'])
        expect(await total(node, `label=${label}&basis=${basis}`), `${label} ${basis}`).toBe(0);
    }
    for (const basis of ['attested', 'verified']) expect(await total(node, `basis=${basis}`), basis).toBe(0);
    const { facets } = (await node.get('/api/v1/listings?basis=verified&facets=label')).body;
    expect(facets.label).toEqual([]);
    // The credential that the node signs says the same.
    const label = (await node.get(`/api/v1/credentials/${own(item, 'ec-csf').digest}`)).text;
    expect(payloadOf(label).credentialSubject['kontor:basis']).toBe('claimed');
  });
});

describe('what could not be checked', () => {
  it('of a figure whose limit hangs on what nobody stated is unknown, with the reason', async () => {
    const node = await start({ trust: trusted() });
    for (const document of [await provider.person(), await provider.terms(), await notary.vouch(provider)])
      await node.post(document);
    const document = JSON.stringify(payloadOf(await provider.offering('between')));
    const changed = JSON.parse(document, (name, value) =>
      name === 'gx:powerUsageEffectiveness' ? { ...value, '@value': '1.35' } : value,
    );
    expect((await node.post(await provider.sign(changed))).body).toMatchObject({ ok: true });
    const item = await listed(node, 'between');
    expect(own(item, 'gaia-x')).toMatchObject({ level: 'SC' });
    const { missing } = decisionOf(item, 'gaia-x').next;
    expect(missing).toEqual([
      expect.objectContaining({ id: 'P6.1.2', result: 'unknown', why: expect.stringContaining('1.35') }),
    ]);
    expect(await total(node, 'label=gaia-x:L1')).toBe(0);
  });

  describe('of what whose list is out of reach for long', () => {
    let node: TestNode;
    let key: string;
    const now = async () => (await node.get(`/api/v1/listings/${key}`)).body;
    const publishAll = async (lists: TestList[]) => {
      for (const list of lists) await list.publish();
    };
    let lists: TestList[];
    beforeEach(async () => {
      node = await start({
        trust: trusted(),
        status: { ...DEFAULT_POLICY.status, recheckSeconds: 60, keepSeconds: 3_600 },
      });
      lists = [statusList(body, '/status/1', NOW), statusList(notary.host, '/status/1', NOW)];
      await publishAll(lists);
      const number = payloadOf(await notary.vouch(provider));
      const documents = [
        await signJwt({ ...number, ...lists[1]!.entry(3) }, notary.host.key),
        await provider.person(),
        await provider.terms(),
        await provider.offering('silent'),
        await signedReport('silent', lists[0]!.entry(7)),
      ];
      for (const document of documents) expect((await node.post(document)).body).toMatchObject({ ok: true });
      key = (await listed(node, 'silent')).key;
      const levels = () => now().then(({ labels }) => labels.map(({ level }: Body) => level));
      expect(await levels()).toEqual(['type-2', 'L1']);
      for (const host of [body, notary.host]) host.files.set('/status/1', { status: 503, body: '' });
      ahead = 2 * MINUTE;
      const states = async () =>
        (await node.database.read.selectFrom('status_entry').select('state').execute()).map(({ state }) => state);
      await expect.poll(states, { timeout: 10_000 }).toEqual(['unknown', 'unknown']);
      // For as long as the operator's rule says, it stands.
      expect(await levels()).toEqual(['type-2', 'L1']);
      ahead = 80 * MINUTE;
      await expect.poll(levels, { timeout: 10_000 }).toEqual([]);
    });

    it('is no yes: the label ends, with the reason, and comes back with the list', async () => {
      for (const query of ['label=bsi-c5:type-2', 'label=gaia-x:SC', 'basis=verified', 'certification=bsi-c5:unknown'])
        expect(await total(node, query), query).toBe(query === 'certification=bsi-c5:unknown' ? 1 : 0);
      const { items } = (await node.get(`/api/v1/listings/${key}/labels/changes`)).body;
      expect(
        items
          .slice(-2)
          .map(({ reason }: Body) => reason)
          .sort(),
      ).toEqual([
        expect.stringMatching(/^L1 lost: .*whether the gx:VatID by .* was revoked cannot be learned/),
        'type-2 lost: Whether its issuer took it back cannot be learned now',
      ]);
      await publishAll(lists);
      ahead = 160 * MINUTE;
      await expect.poll(async () => (await now()).labels.length, { timeout: 10_000 }).toBe(2);
    });

    // The criterion says no where it should say that nobody knows, and the certificate is not mentioned at all.
    it('is no no: the criterion that rests on it is unknown, and says what could not be learned', async () => {
      const { decisions } = await now();
      const number = decisions.find(ofScheme('gaia-x')).criteria.find(({ id }: Body) => id === 'P1.3.2');
      expect(number).toMatchObject({ result: 'unknown', why: expect.stringContaining('cannot be learned') });
      const certificate = decisions.find(ofScheme('bsi-c5'));
      expect(certificate).toMatchObject({ level: null, held: [{ level: 'type-2', basis: 'unknown' }] });
    });
  });
});

describe('the class that another node gave', () => {
  it('is never taken over: what is verified there is here what this node finds', { timeout: 30_000 }, async () => {
    const port = await freePort();
    const trusting = await start({ trust: trusted() }, port);
    const careful = await start({ trust: [notary.trust], peers: [{ url: trusting.url, pull: 0.5 }] });
    await trusting.post(await provider.person());
    await trusting.post(await provider.offering('carried'));
    expect((await trusting.post(await signedReport('carried'))).body).toMatchObject({ ok: true });
    expect(own(await listed(trusting, 'carried'), 'bsi-c5')).toMatchObject({ level: 'type-2', basis: 'verified' });
    const theirs = (item: Body) => item?.labels.find((one: Body) => one.scheme === 'bsi-c5' && !one.own);
    const arrived = async () => {
      await careful.federation.sync();
      return theirs(await listed(careful, 'carried'));
    };
    await expect
      .poll(arrived, { timeout: 20_000 })
      .toMatchObject({ by: trusting.did, level: 'type-2', basis: 'claimed' });
    await expect
      .poll(
        async () =>
          (await careful.database.read.selectFrom('evidence').select('issuer').execute()).map((one) => one.issuer),
        { timeout: 10_000 },
      )
      .toContain(body.did);
    // The certificate itself has come; here nobody answers for who signed it.
    const item = await listed(careful, 'carried');
    expect(own(item, 'bsi-c5')).toBeUndefined();
    expect(item.decisions.map((one: Body) => one.scheme)).not.toContain('bsi-c5');
    for (const query of ['label=bsi-c5:type-1', 'label=bsi-c5:type-2&basis=verified', 'basis=verified'])
      expect(await total(careful, query), query).toBe(0);
    // Of an authority a label is attested, never verified.
    careful.policy().authorities.push({ did: trusting.did });
    expect(theirs(await listed(careful, 'carried'))).toMatchObject({ basis: 'attested' });
    expect(await total(careful, 'label=bsi-c5:type-2')).toBe(1);
    for (const query of ['label=bsi-c5:type-2&basis=verified', 'basis=verified'])
      expect(await total(careful, query), query).toBe(0);
    careful.policy().authorities.pop();
    // Its own trust list makes it verified here, by its own label.
    careful.policy().trust.push({ did: body.did, role: 'certificate' });
    await expect
      .poll(async () => own(await listed(careful, 'carried'), 'bsi-c5'), { timeout: 10_000 })
      .toMatchObject({ level: 'type-2', basis: 'verified', by: careful.did });
  });
});

describe('the same credentials on two nodes', () => {
  it('bring the same decisions, byte for byte, whatever the order they came in', { timeout: 20_000 }, async () => {
    const policy = () => ({ trust: [...trusted(), { did: body.did, name: 'Body', role: 'assessment-body' as const }] });
    const one = await start(policy());
    const turned = policy();
    turned.trust.reverse();
    const other = await start(turned);
    const documents = [
      await provider.person(),
      await provider.terms(),
      await notary.vouch(provider),
      await sovereign(one, 'first'),
      await provider.offering('second'),
      await signedReport('first'),
      await signedReport('first', { validUntil: `${day(50)}T00:00:00Z` }),
      await signedReport('second'),
    ];
    for (const document of documents) expect((await one.post(document)).status).toBe(201);
    for (const document of documents.toReversed()) expect((await other.post(document)).status).toBe(201);
    const due = (node: TestNode) => node.database.read.selectFrom('due').select('key').execute();
    await expect.poll(async () => [...(await due(one)), ...(await due(other))], { timeout: 10_000 }).toEqual([]);
    const decisions = (node: TestNode) =>
      node.database.read
        .selectFrom('decision')
        .select(['key', 'scheme', 'digest', 'level', 'basis', 'decision'])
        .orderBy('key')
        .orderBy('scheme')
        .execute();
    const held = await decisions(one);
    expect(held.map(({ scheme, level }) => `${scheme} ${level}`).sort()).toEqual([
      'bsi-c5 type-2',
      'bsi-c5 type-2',
      'ec-csf SEAL-4',
      'gaia-x L1',
      'gaia-x L1',
      'gaia-x SC',
    ]);
    expect(await decisions(other)).toEqual(held);
    for (const slug of ['first', 'second']) {
      const [here, there] = await Promise.all([one, other].map((node) => listed(node, slug)));
      expect(JSON.stringify(there.decisions)).toBe(JSON.stringify(here.decisions));
      expect(JSON.stringify(there.evidence)).toBe(JSON.stringify(here.evidence));
    }
  });
});
