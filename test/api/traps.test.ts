import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type Body, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

/** What is sold as more than it is, from signed credentials to what a whole node answers and finds. */
let body: DidHost;
let stranger: DidHost;
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
/** A body on the trust list that offers services itself. */
let auditor: TestProvider;
/** Companies that have certificates as organisations. */
let organisations: TestProvider[];
let node: TestNode;

const SCHEMES = ['bsi-c5', 'secnumcloud', 'iso-27001', 'iso-27017', 'cispe-coc', 'soc-2'];
const DAY_MS = 86_400_000;
const day = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const second = (days: number) => `${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 19)}Z`;

beforeAll(async () => {
  [body, stranger, notary, provider, auditor, ...organisations] = await Promise.all([
    didHost(),
    didHost(),
    testNotary(),
    testProvider(),
    testProvider(),
    testProvider(),
    testProvider(),
  ]);
  node = await testNode({
    policy: {
      trust: [
        notary.trust,
        { did: body.did, name: 'Body', role: 'certificate', schemes: SCHEMES },
        { did: auditor.did, name: 'Auditor', role: 'certificate', schemes: SCHEMES },
      ],
    },
  });
  for (const one of [provider, auditor, ...organisations])
    for (const document of [await one.person(), await one.terms(), await notary.vouch(one)])
      expect((await node.post(document)).body).toMatchObject({ ok: true });
  await node.post(await provider.offering('proven'));
  for (const certificate of Object.values(GOOD))
    expect((await certify(body, { id: provider.offeringId('proven'), ...certificate })).body).toMatchObject({
      ok: true,
    });
});
afterAll(async () => {
  await node.end();
  await Promise.all(
    [body, stranger, notary, provider, auditor, ...organisations].map((one) =>
      ('host' in one ? one.host : one).close(),
    ),
  );
});

/** Of each scheme a certificate that counts. */
const GOOD: Record<string, object> = {
  'bsi-c5': {
    'kontor:scheme': 'bsi-c5',
    'kontor:edition': '2020',
    'kontor:level': 'Type 2',
    'kontor:opinion': 'unqualified',
    'kontor:periodFrom': day(-300),
    'kontor:periodUntil': day(-30),
  },
  secnumcloud: { 'kontor:scheme': 'secnumcloud', 'kontor:edition': '3.2', 'kontor:level': 'qualified' },
  'iso-27001': { 'kontor:scheme': 'iso-27001', 'kontor:edition': '2022' },
  'cispe-coc': { 'kontor:scheme': 'cispe-coc', 'kontor:level': 'controlled-adherence' },
};
const LEVEL: Record<string, string> = {
  'bsi-c5': 'type-2',
  secnumcloud: 'qualified',
  'iso-27001': 'certified',
  'cispe-coc': 'controlled-adherence',
};

const certify = async (by: Pick<DidHost, 'did' | 'key'>, subject: object) =>
  node.post(
    await signJwt(
      {
        '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
        type: ['VerifiableCredential'],
        issuer: by.did,
        validFrom: second(-1),
        validUntil: second(60),
        credentialSubject: { type: 'kontor:Certificate', ...subject },
      },
      by.key,
    ),
  );

const keyOf = async (slug: string): Promise<string> => {
  const { items } = (await node.get(`/api/v1/listings?q="Offer ${slug}"`)).body;
  expect(items.map(({ name }: Body) => name)).toEqual([`Offer ${slug}`]);
  return items[0].key;
};
const listed = async (slug: string): Promise<Body> => (await node.get(`/api/v1/listings/${await keyOf(slug)}`)).body;
/** Slugs that a search finds. */
const found = async (query: string): Promise<string[]> => {
  const { status, body } = await node.get(`/api/v1/listings?limit=100&${query}`);
  expect(status, body.detail).toBe(200);
  return body.items.map(({ name }: Body) => name.replace('Offer ', ''));
};
const words = async (path: string): Promise<string> =>
  (await node.get(path, { accept: 'text/html' })).text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

interface Trap {
  slug: string;
  scheme: string;
  /** What is said beside, or in place of, what a good certificate says. */
  says?: object | (() => object);
  by?: () => Pick<DidHost, 'did' | 'key'>;
  /** Whose offering it is. */
  of?: () => TestProvider;
  /** The rule that fails alone, and its sentence. */
  rule: string;
  why: string;
}

const TRAPS: [name: string, trap: Trap][] = [
  [
    'a certificate that the provider signed itself',
    {
      slug: 'selfsigned',
      scheme: 'bsi-c5',
      by: () => provider.host,
      rule: 'issuer',
      why: 'Only the provider says so, and nobody vouches for themselves',
    },
  ],
  [
    'a certificate that a body on the trust list signed for its own offering',
    {
      slug: 'ownbody',
      scheme: 'secnumcloud',
      by: () => auditor.host,
      of: () => auditor,
      rule: 'issuer',
      why: 'Only the provider says so, and nobody vouches for themselves',
    },
  ],
  [
    'a report of Type 1 that calls its level Type 2',
    {
      slug: 'twotypes',
      scheme: 'bsi-c5',
      says: { 'kontor:certificateType': 'Type 1' },
      rule: 'level',
      why: 'It says Type 2, and Type 1 as its type',
    },
  ],
  [
    'a report on one day that is called Type 2',
    {
      slug: 'oneday',
      scheme: 'bsi-c5',
      says: { 'kontor:periodFrom': day(-30) },
      rule: 'period',
      why: `It reports on ${day(-30)} alone: that is a Type 1, whatever it is called`,
    },
  ],
  [
    'a report on two months that is called Type 2',
    {
      slug: 'twomonths',
      scheme: 'bsi-c5',
      says: { 'kontor:periodFrom': day(-90) },
      rule: 'period',
      why: `It reports on ${day(-90)} to ${day(-30)}: a Type 2 takes 3 months at least`,
    },
  ],
  [
    'a report on a period that has not passed',
    {
      slug: 'foreseen',
      scheme: 'bsi-c5',
      says: { 'kontor:periodUntil': day(20) },
      rule: 'period',
      why: `It reports on time up to ${day(20)}, which has not passed`,
    },
  ],
  [
    'a report with a qualified opinion',
    {
      slug: 'reserves',
      scheme: 'bsi-c5',
      says: { 'kontor:opinion': 'qualified' },
      rule: 'opinion',
      why: 'The opinion is "qualified"',
    },
  ],
  [
    "an organisation's certificate that does not name the service",
    {
      slug: 'outside',
      scheme: 'iso-27001',
      of: () => organisations[0]!,
      says: () => ({ id: organisations[0]!.did }),
      rule: 'scope',
      why: 'It certifies the organisation, and does not say that this service is inside',
    },
  ],
  [
    "an organisation's certificate that names the service in words only",
    {
      slug: 'inwords',
      scheme: 'secnumcloud',
      of: () => organisations[1]!,
      says: () => ({ id: organisations[1]!.did, 'kontor:scope': 'All services, Offer inwords among them' }),
      rule: 'scope',
      why: 'It is about the provider, for "All services, Offer inwords among them", not about this service',
    },
  ],
  [
    'a certificate of another holder',
    {
      slug: 'borrowed',
      scheme: 'iso-27001',
      says: () => ({ 'kontor:holder': { id: 'did:web:somebody-else.example' } }),
      rule: 'scope',
      why: 'Its holder is did:web:somebody-else.example, who does not provide this',
    },
  ],
  [
    'a service in qualification',
    {
      slug: 'inqualification',
      scheme: 'secnumcloud',
      says: { 'kontor:level': 'in-qualification' },
      rule: 'level',
      why: 'A service in qualification may say so before any decision: it is not qualified',
    },
  ],
  [
    'a candidate that calls itself qualified',
    {
      slug: 'candidate',
      scheme: 'secnumcloud',
      says: { 'kontor:certificateState': 'in-qualification' },
      rule: 'dates',
      why: 'It is in-qualification, as its record says: that is no qualification',
    },
  ],
  [
    'a candidate of a code of conduct',
    {
      slug: 'codecandidate',
      scheme: 'cispe-coc',
      says: { 'kontor:level': 'candidate' },
      rule: 'level',
      why: 'A candidate has assessed itself and is not adherent',
    },
  ],
  [
    'a certificate whose own last day has passed',
    {
      slug: 'over',
      scheme: 'iso-27001',
      says: { 'kontor:from': day(-400), 'kontor:until': day(-2) },
      rule: 'dates',
      why: `It ended on ${day(-2)}: its own last day`,
    },
  ],
];

describe('what counts', () => {
  it.each(Object.keys(GOOD))('%s: is verified, and found by the filters', async (scheme) => {
    const { labels, decisions } = await listed('proven');
    expect(labels.find((one: Body) => one.scheme === scheme)).toMatchObject({
      level: LEVEL[scheme],
      basis: 'verified',
    });
    expect(decisions.find((one: Body) => one.scheme === scheme).criteria).not.toContainEqual(
      expect.objectContaining({ result: expect.not.stringMatching(/^met$/) }),
    );
    for (const query of [
      `label=${scheme}:${LEVEL[scheme]}`,
      `label=${scheme}:${LEVEL[scheme]}&basis=verified`,
      `certification=${scheme}`,
      'basis=verified',
    ])
      expect(await found(query), query).toContain('proven');
  });
});

/** Lists the offering of a trap, and hands its certificate in. */
async function set({ slug, scheme, says = {}, by = () => body, of = () => provider }: Omit<Trap, 'rule' | 'why'>) {
  await node.post(await of().offering(slug));
  const said = typeof says === 'function' ? says() : says;
  const { body: sent } = await certify(by(), { id: of().offeringId(slug), ...GOOD[scheme], ...said });
  expect(sent).toMatchObject({ ok: true, kind: 'evidence' });
  const ofScheme = (one: Body) => one.scheme === scheme;
  await expect.poll(async () => (await listed(slug)).decisions.some(ofScheme)).toBe(true);
  const { key, labels, decisions, certifications } = await listed(slug);
  return { key, label: labels.find(ofScheme), decision: decisions.find(ofScheme), certifications };
}

describe('what no shape is for', () => {
  it.each([
    'https://w3id.org/kontor/v2#Certificate',
    'https://w3id.org/gaia-x/other#ServiceOffering',
    'https://schema.org/Certification',
  ])('a %s about its own offering, by the provider, conforms to nothing and changes nothing', async (type) => {
    const before = await listed('proven');
    const { status, body: sent } = await certify(provider, {
      ...GOOD.secnumcloud,
      id: provider.offeringId('proven'),
      type,
    });
    expect([status, sent.ok, sent.code]).toEqual([422, false, 'shape']);
    expect(sent.checks.filter((one: Body) => one.result !== 'pass')[0]).toMatchObject({
      id: 'shape.type',
      result: 'fail',
      where: '/credentialSubject/type',
      why: expect.stringContaining('No shape applies'),
      mend: expect.any(String),
    });
    expect(await listed('proven')).toEqual(before);
  });
});

describe('what is sold as more than it is', () => {
  it.each(TRAPS)('%s: is shown as what it is, and found by no filter for the level', async (_, trap) => {
    const { slug, scheme, rule, why } = trap;
    const { key, label, decision } = await set(trap);
    expect([decision.level, decision.basis, label]).toEqual([null, 'unknown', undefined]);
    expect(decision.criteria.filter((one: Body) => one.result !== 'met')).toEqual([
      expect.objectContaining({ id: rule, why }),
    ]);
    expect(await words(`/listings/${key}`)).toContain(why.replaceAll('"', '&quot;'));
    for (const query of [`label=${scheme}:${LEVEL[scheme]}`, `label=${scheme}:${LEVEL[scheme]}&basis=verified`]) {
      expect(await found(query), query).not.toContain(slug);
      expect(await found(query), query).toContain('proven');
    }
    expect(await found('basis=verified')).not.toContain(slug);
  });

  it('a stranger’s certificate, whom neither the operator nor the owner named: is shown nowhere', async () => {
    await node.post(await provider.offering('strange'));
    const about = provider.offeringId('strange');
    expect((await certify(stranger, { id: about, ...GOOD.secnumcloud })).body).toMatchObject({ ok: true });
    const { labels, decisions, certifications } = await listed('strange');
    expect(decisions.map((one: Body) => one.scheme)).toEqual(['gaia-x']);
    expect([labels.length, certifications]).toEqual([1, []]);
    for (const query of ['label=secnumcloud:qualified', 'certification=secnumcloud', 'basis=verified'])
      expect(await found(query), query).not.toContain('strange');
  });

  it('a report of Type 1 holds as Type 1, and is found by no filter for Type 2', async () => {
    const { key, label, decision } = await set({
      slug: 'typeone',
      scheme: 'bsi-c5',
      says: { 'kontor:level': 'Type 1' },
    });
    expect(label).toMatchObject({ level: 'type-1', basis: 'verified' });
    expect(decision.next).toMatchObject({ level: 'type-2', missing: [{ result: 'unknown' }] });
    expect(await words(`/listings/${key}`)).toContain('Type 1 (2020), signed by Body');
    expect(await found('label=bsi-c5:type-1')).toEqual(expect.arrayContaining(['typeone', 'proven']));
    for (const query of ['label=bsi-c5:type-2', 'label=bsi-c5:type-2&basis=verified'])
      expect(await found(query), query).toEqual(['proven']);
  });

  it('ISO/IEC 27017 holds beside a certificate of ISO/IEC 27001 that counts for the service, and beside no other', async () => {
    const of = organisations[1]!;
    await node.post(await of.offering('beside'));
    const covers = of.offeringId('beside');
    const give = (scheme: string, edition: string, more: object) =>
      certify(body, { id: of.did, 'kontor:scheme': scheme, 'kontor:edition': edition, ...more });
    const ofScheme = async () =>
      (await listed('beside')).decisions.find((one: Body) => one.scheme === 'iso-27017' && one.evidence.length > 2);
    await give('iso-27017', '2015', { 'kontor:covers': [covers] });
    await give('iso-27001', '2022', { 'kontor:covers': ['https://elsewhere.example/x'] });
    await expect.poll(ofScheme).toMatchObject({ level: null, held: [{ basis: 'unknown' }] });
    expect((await ofScheme()).criteria.filter((one: Body) => one.result !== 'met')).toMatchObject([
      { id: 'base', why: expect.stringContaining('and does not say that this service is inside') },
    ]);
    await give('iso-27001', '2022', { 'kontor:covers': [covers] });
    await expect.poll(ofScheme).toMatchObject({ level: 'in-scope', basis: 'verified' });
  });

  it('none of them brings a level of Gaia-X that demands certification', async () => {
    for (const level of ['L2', 'L3']) expect(await found(`label=gaia-x:${level}`)).toEqual([]);
  });

  // A signature of somebody trusted does not make a certificate one that counts.
  it.each(TRAPS.filter(([, { rule }]) => rule !== 'issuer'))(
    '%s: is found by no filter for verified certificates',
    async (_, { slug, scheme }) => {
      expect(await found(`certification=${scheme}`)).not.toContain(slug);
      const { certifications } = await listed(slug);
      const shown = certifications.filter((one: Body) => one.scheme === scheme);
      expect(shown).toEqual([expect.objectContaining({ basis: expect.stringMatching(/^(unknown|lapsed)$/) })]);
      expect(await found(`certification=${scheme}:${shown[0].basis}`)).toContain(slug);
    },
  );

  it.each(TRAPS.filter(([, { rule }]) => rule === 'issuer'))(
    '%s: is found by no filter for verified certificates',
    async (_, { slug, scheme }) => {
      expect(await found(`certification=${scheme}`)).not.toContain(slug);
      expect(await found(`certification=${scheme}:claimed`)).toContain(slug);
    },
  );
});
