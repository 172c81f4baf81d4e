import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyBundle } from '../../src/bundle/verify.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import type { TrustRule } from '../../src/policy.ts';
import { bodyOf, clearingHouse, hashOf, type LabelOptions, NAMED, OF_PARTICIPANT } from '../support/clearing-house.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { jwt, withProof } from '../support/hostile.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { statusList } from '../support/status-list.ts';

/** Labels of Gaia-X clearing houses as evidence, on whole nodes. */
let house: Awaited<ReturnType<typeof clearingHouse>>;
let marketplace: Awaited<ReturnType<typeof clearingHouse>>;
let older: DidHost;
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let rival: TestProvider;
let trust: TrustRule[];
let node: TestNode;
let ahead = 0;
const DAY_MS = 86_400_000;

beforeAll(async () => {
  [house, marketplace, older, notary, provider, rival] = await Promise.all([
    clearingHouse(),
    clearingHouse(),
    didHost('PS256'),
    testNotary(),
    testProvider(),
    testProvider(),
  ]);
  trust = [notary.trust, house.trust, { did: older.did, role: 'clearing-house', name: 'Older house' }];
  node = await testNode({ policy: { trust }, clock: () => new Date(Date.now() + ahead) });
  for (const one of [await provider.person(), await provider.terms(), await notary.vouch(provider)]) await send(one);
});
afterAll(async () => {
  await node.end();
  await Promise.all(
    [house.host, marketplace.host, older, notary.host, provider.host, rival.host].map((one) => one.close()),
  );
});

const send = async (body: string, type?: string): Promise<Body> => {
  const answer = await node.post(body, type);
  expect(answer.body).toMatchObject({ ok: true });
  return answer.body;
};
/** An offering of the provider's whose credential has an id. */
const named = async (slug: string, change: JsonObject = {}, by = provider): Promise<string> =>
  by.sign({ ...bodyOf(await by.offering(slug)), id: `${by.url}/credentials/${slug}`, ...change });

interface Judged {
  decision: Body;
  label: Body;
  own: Body;
  key: string;
}
async function judged(slug: string, at: TestNode = node): Promise<Judged> {
  const { key } = (await at.get(`/api/v1/listings?q=${slug}`)).body.items[0];
  const { decisions, labels } = (await at.get(`/api/v1/listings/${key}`)).body;
  const of = (id: string) => (one: Body) => one.scheme === id;
  const scheme = of('gaia-x-clearing-house');
  return { decision: decisions.find(scheme), label: labels.find(scheme), own: labels.find(of('gaia-x')), key };
}
/** Publishes an offering and a label for it; gives what came of both. */
async function labelled(slug: string, options: LabelOptions = {}, by = house): Promise<Judged> {
  const offering = await named(slug);
  await send(offering);
  await send(await by.label([offering], options));
  return judged(slug);
}
const failing = ({ criteria }: Body): string[] =>
  criteria.filter(({ result }: Body) => result !== 'met').map(({ id }: Body) => id);
const why = ({ criteria }: Body, id: string): string => criteria.find((one: Body) => one.id === id).why;

describe('a label of a clearing house on the trust list', () => {
  it.each(Object.keys(NAMED) as (keyof typeof NAMED)[])('is verified and raises no level of ours, %s', async (form) => {
    const slug = `form${form}`;
    const offering = await provider.offering(slug);
    await send(offering);
    expect((await judged(slug)).decision).toBeUndefined();
    await send(await house.label([await provider.person(), offering], { named: NAMED[form], level: 'L3' }));
    const { decision, label, own } = await judged(slug);
    expect(label).toMatchObject({ level: 'L3', basis: 'verified' });
    expect(decision.held[0].says).toBe('Label Level 3 (CD25.10), signed by House');
    expect(own).toMatchObject({ level: 'L1', basis: 'claimed' });
  });

  it('may come before the listing, and through a header whose times are in milliseconds', async () => {
    const offering = await named('early');
    const header = { cty: 'vc', iss: house.host.did, iat: Date.now(), exp: Date.now() + DAY_MS };
    await send(jwt(header, house.document([offering]), house.host.key));
    await send(offering);
    expect((await judged('early')).label).toMatchObject({ level: 'SC', basis: 'verified' });
  });

  it('of the generation before is read from its signed form, with the digests of all its subjects', async () => {
    const offering = await named('tagus');
    const subjects = [await provider.person(), offering].map((one) => ({
      type: 'gx:compliance',
      id: bodyOf(one).id ?? `${provider.url}/credentials/person`,
      'gx:integrity': hashOf(one, 'hex'),
      'gx:integrityNormalization': 'RFC8785:JCS',
      'gx:version': '22.10',
      'gx:type': 'gx:ServiceOffering',
    }));
    const document = {
      '@context': [
        'https://www.w3.org/2018/credentials/v1',
        'https://w3id.org/security/suites/jws-2020/v1',
        'https://registry.lab.gaia-x.eu/development/api/trusted-shape-registry/v1/shapes/jsonld/trustframework#',
      ],
      type: ['VerifiableCredential'],
      id: `${older.url}/credential-offers/1`,
      issuer: older.did,
      issuanceDate: new Date(Date.now() - DAY_MS).toISOString(),
      expirationDate: new Date(Date.now() + 60 * DAY_MS).toISOString(),
      credentialSubject: subjects,
    };
    const signed = await withProof(document, older.key, {
      proof: { type: 'JsonWebSignature2020' },
      jws: { alg: 'PS256', b64: false, crit: ['b64'] },
      documentOnly: true,
    });
    await send(offering);
    await send(JSON.stringify(signed), 'application/ld+json');
    const { label, decision } = await judged('tagus');
    expect(label).toMatchObject({ level: 'compliant', basis: 'verified' });
    expect(decision.held[0].says).toBe('compliant by the Trust Framework 22.10 (22.10), signed by Older house');
  });

  it('H-146 H-148 is not taken for another version than the one it gives the digest of', async () => {
    const { label } = await labelled('revised');
    expect(label).toMatchObject({ level: 'SC' });
    const later = await named('revised', { validFrom: new Date(Date.now() - 60_000).toISOString(), name: 'Revised' });
    await send(later);
    const { decision, label: none } = await judged('revised');
    expect([none, decision.level, failing(decision)]).toEqual([undefined, null, ['version']]);
    expect(why(decision, 'version')).toBe(
      'It is about another version: the digest it gives is not that of the version listed here',
    );
    await send(await house.label([later]));
    expect((await judged('revised')).label).toMatchObject({ level: 'SC' });
  });

  it('ends with its own last day', async () => {
    const until = new Date(Date.now() + DAY_MS).toISOString();
    const { label } = await labelled('ending', { change: { validUntil: until } });
    expect(label).toMatchObject({ level: 'SC', validUntil: until });
    ahead = 2 * DAY_MS;
    await expect.poll(async () => (await judged('ending')).label, { timeout: 10_000 }).toBeUndefined();
    ahead = 0;
  });

  it('ends when the clearing house revokes it', async () => {
    const list = statusList(house.host, '/status/1', new Date());
    await list.publish();
    const { label } = await labelled('revoked', { change: list.entry(5) });
    expect(label).toMatchObject({ level: 'SC' });
    await list.set(5);
    ahead = 600_000;
    await expect.poll(async () => (await judged('revoked')).label, { timeout: 10_000 }).toBeUndefined();
    ahead = 0;
  });

  it('H-147 at a level that there is not, or of another marketplace, brings none and says why', async () => {
    for (const [level, words] of [
      ['L9', 'Level "L9" does not count'],
      ['BL', 'a level of the DOME marketplace'],
      ['P+', 'a level of the DOME marketplace'],
    ]) {
      const { decision, label } = await labelled(`odd${level!.replace('+', 'plus')}`, { level: level! });
      expect([label, failing(decision)]).toEqual([undefined, ['level']]);
      expect(why(decision, 'level')).toContain(words);
    }
  });

  it('for a participant is none for a service, and for a service none for its participant', async () => {
    const { decision } = await labelled('participated', { criteria: OF_PARTICIPANT });
    expect(failing(decision)).toEqual(['scope']);
    expect(why(decision, 'scope')).toBe('It grades a participant, and this is a service');
    const person = await rival.person();
    await send(person);
    const found = async () => {
      const { key } = (await node.get(`/api/v1/listings?kind=participant&provider=${encodeURIComponent(rival.did)}`))
        .body.items[0];
      const { decisions } = (await node.get(`/api/v1/listings/${key}`)).body;
      return decisions.find((one: Body) => one.scheme === 'gaia-x-clearing-house');
    };
    await send(await house.label([person]));
    expect(await found()).toBeUndefined();
    await send(await house.label([person], { criteria: OF_PARTICIPANT }));
    expect(await found()).toMatchObject({ level: 'SC', basis: 'verified' });
  });

  it('is shown with its reasons in a bundle that verifies without the node', async () => {
    const { key } = await labelled('bundled');
    const bundle = await node.get(`/api/v1/listings/${key}/evidence`);
    const report = await verifyBundle(Buffer.from(bundle.text), {
      shapesDir: resolve(import.meta.dirname, '../../shapes'),
    });
    expect(report).toMatchObject({ ok: true, value: { ok: true } });
    const { decisions } = (report as Body).value;
    expect(decisions.find(({ scheme }: Body) => scheme === 'gaia-x-clearing-house')).toMatchObject({
      level: 'SC',
      same: true,
    });
  });

  it('reaches a peer, and counts there by the trust list of the peer alone', async () => {
    await labelled('travelled');
    const peers = [{ url: node.url, pull: 60 }];
    const [trusting, doubting] = await Promise.all([
      testNode({ policy: { peers, trust: [house.trust] } }),
      testNode({ policy: { peers, trust: [{ ...house.trust, role: 'certificate' }] } }),
    ]);
    try {
      await Promise.all([trusting.federation.sync(node.url), doubting.federation.sync(node.url)]);
      const level = async (at: TestNode) => (await judged('travelled', at)).decision;
      await expect.poll(() => level(trusting), { timeout: 10_000 }).toMatchObject({ level: 'SC', basis: 'verified' });
      await expect
        .poll(() => level(doubting), { timeout: 10_000 })
        .toMatchObject({ level: null, held: [{ basis: 'attested' }] });
      expect(failing(await level(doubting))).toEqual(['issuer']);
    } finally {
      await Promise.all([trusting.end(), doubting.end()]);
    }
  });
});

describe('a label by anybody else', () => {
  it('H-144 by the provider itself is claimed, and gives no level', async () => {
    const offering = await named('boasted');
    await send(offering);
    const document = house.document([offering], { change: { issuer: provider.did }, level: 'L3' });
    await send(await signJwt(document, provider.key));
    const { decision, label } = await judged('boasted');
    expect([label, failing(decision)]).toEqual([undefined, ['issuer']]);
    expect(decision.held[0]).toMatchObject({
      basis: 'claimed',
      says: 'Label Level 3 (CD25.10), stated by the provider alone',
    });
  });

  it('H-145 by a stranger is kept, shown nowhere and settles nothing, until the operator trusts it', async () => {
    const offering = await named('strange');
    await send(offering);
    const { checks } = await send(await marketplace.label([offering]));
    expect(checks.find(({ id }: Body) => id === 'commit.weight')).toMatchObject({ result: 'warn' });
    expect((await judged('strange')).decision).toBeUndefined();
    trust.push({ did: marketplace.host.did, role: 'clearing-house', name: 'Market' });
    await expect.poll(async () => (await judged('strange')).label, { timeout: 10_000 }).toMatchObject({ level: 'SC' });
    trust.pop();
    await expect.poll(async () => (await judged('strange')).decision, { timeout: 10_000 }).toBeUndefined();
  });

  it('by another marketplace about a listing of an owner who names it is shown as attested, whatever its level', async () => {
    const subject = (bodyOf(await provider.offering('dome')).credentialSubject ?? {}) as JsonObject;
    const offering = await named('dome', {
      credentialSubject: { ...subject, 'kontor:attester': marketplace.host.did },
    });
    await send(offering);
    for (const [level, expected] of [
      ['BL', ['issuer', 'level', 'scope', 'version']],
      ['L1', ['issuer', 'scope', 'version']],
    ] as const) {
      await send(
        await marketplace.label([], {
          level,
          criteria: [],
          subject: {
            id: provider.offeringId('dome'),
            'gx:compliantCredentials': [
              { id: 'urn:criteria:1', type: 'gx:DataProtection', 'gx:digestSRI': `sha256-${'0'.repeat(64)}` },
            ],
          },
        }),
      );
      const found = async () => failing((await judged('dome')).decision ?? { criteria: [] });
      await expect.poll(found, { timeout: 10_000 }).toEqual(expected);
      const { decision, label } = await judged('dome');
      expect([label, decision.level]).toEqual([undefined, null]);
      expect(decision.held).toContainEqual(expect.objectContaining({ basis: 'attested' }));
    }
  });

  it('about a rival is no gain for who copies the id of its credential', async () => {
    const theirs = await named('theirs', {}, rival);
    await send(theirs);
    await send(await house.label([theirs]));
    await send(await named('copied', { id: bodyOf(theirs).id }));
    expect((await judged('theirs')).label).toMatchObject({ level: 'SC' });
    expect(failing((await judged('copied')).decision)).toEqual(['version']);
  });
});

describe('what is no label', () => {
  it.each<[string, (document: JsonObject) => JsonObject, string]>([
    ['without a level', (subject) => ({ ...subject, 'gx:labelLevel': undefined }), 'The label names no level'],
    [
      'that names too many credentials',
      (subject) => ({
        ...subject,
        'gx:compliantCredentials': Array.from({ length: 101 }, (_, at) => ({ id: `urn:x:${at}`, type: 'gx:Issuer' })),
      }),
      'It names 101 credentials',
    ],
  ])('is refused %s', async (_, change, words) => {
    const document = house.document([await named('refused')]);
    const credentialSubject = change(document.credentialSubject as JsonObject);
    const { status, body } = await node.post(await signJwt({ ...document, credentialSubject }, house.host.key));
    expect([status, body.code]).toEqual([422, 'shape']);
    expect(body.checks.at(-1)).toMatchObject({ id: 'shape.label', result: 'fail', why: words });
  });

  it('is refused where it speaks of something else as well', async () => {
    const document = house.document([await named('refused')]);
    const credentialSubject = [document.credentialSubject, { id: provider.did, type: 'gx:LegalPerson' }];
    const { body } = await node.post(await signJwt({ ...document, credentialSubject }, house.host.key));
    expect(body.checks.at(-1)).toMatchObject({ id: 'shape.label', why: 'It is a label, and speaks about 2 subjects' });
  });
});
