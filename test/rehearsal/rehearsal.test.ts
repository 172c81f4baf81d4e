import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabelOutcome, RenewalOutcome } from '../../src/catalogue/outcomes.ts';
import { ownScheme } from '../support/own-scheme.ts';
import { certifiedAtL2, gaiaX, predicted, type World, world } from './support.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.end());

/** Everything of the policy but the assessor. */
const withoutAssessor = () => ({ trust: [w.notary.trust] });
const labels = (outcomes: { effect: string }[]) =>
  outcomes.filter(({ effect }) => effect !== 'refused') as LabelOutcome[];

/** Gaia-X with one more criterion at each level: the name of the offering. */
const stricter = JSON.stringify({
  ...gaiaX,
  edition: '24.11-strict',
  parts: gaiaX.parts.map((part, at) =>
    at > 0
      ? part
      : {
          ...part,
          criteria: [
            ...part.criteria,
            {
              id: 'X1',
              category: 'Own',
              title: 'It is the harbour',
              levels: { SC: 'declaration', L1: 'declaration', L2: 'declaration', L3: 'declaration' },
              effort: 1,
              test: { is: 'name', value: 'Offer harbour', say: 'It is not called the harbour' },
              met: 'It is',
            },
          ],
        },
  ),
});
const own = (value: string) => JSON.stringify(ownScheme({ test: { is: 'name', value, say: 'Another name' } }));
const SHAPE = `@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix gx: <https://w3id.org/gaia-x/development#> .
@prefix schema: <https://schema.org/> .
<https://rules.example/Name> a sh:NodeShape ; sh:targetClass gx:ServiceOffering ;
  sh:property [ sh:path schema:name ; sh:hasValue "Offer harbour" ] .
`;

/** Enacts at once what was rehearsed, and sees that just that happens to every listing. */
async function comesTrue(...args: string[]) {
  const before = await w.standing();
  const rehearsed = await w.rehearse(...args);
  expect(await w.standing()).toEqual(before);
  const expected = predicted(before, rehearsed);
  expect((await w.json('enact', ...args)).value).toMatchObject({ ok: true, changed: true });
  await expect.poll(() => w.standing(), { timeout: 15_000, interval: 200 }).toEqual(expected);
  return { ...rehearsed, expected };
}

const CLASSES = `@prefix gx: <https://w3id.org/gaia-x/development#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
gx:ContainerServiceOffering rdfs:subClassOf gx:ServiceOffering .
`;

describe('a rehearsal', () => {
  it('says who loses a level without a party on the trust list, and by which criteria; and so it comes', async () => {
    const policy = w.file('next.yaml', withoutAssessor());
    const { outcomes, summary } = await comesTrue('--policy', policy);
    const [lost, ...others] = labels(outcomes);
    expect(others).toEqual([]);
    expect(lost).toMatchObject({
      effect: 'loses',
      key: w.keys.get('lantern'),
      scheme: 'gaia-x',
      from: { level: 'L2' },
      to: { level: 'L1' },
    });
    expect(lost!.why.map(({ id }) => id).sort()).toEqual([...certifiedAtL2].sort());
    expect(lost!.why.every(({ why }) => why.length > 10)).toBe(true);
    expect(summary.schemes).toEqual([expect.objectContaining({ scheme: 'gaia-x', loses: 1, gains: 0 })]);
    const { body } = await w.node.get(`/api/v1/listings/${w.keys.get('lantern')}/labels/changes`);
    expect(body.items.at(-1).reason).toContain(`${w.assessor.did} no longer counts here`);
    // What was replaced is kept.
    const [plan] = (await w.json('enact', '--list')).value.enacted;
    expect(readFileSync(join(w.data, 'enacted', plan.id, plan.changes[0].was), 'utf8')).toContain(w.assessor.did);
  });

  it('says who gains by a party that is put on the trust list', async () => {
    const { outcomes } = await comesTrue('--policy', w.file('former.yaml', w.policy));
    expect(labels(outcomes)).toMatchObject([
      { effect: 'gains', key: w.keys.get('lantern'), from: { level: 'L1' }, to: { level: 'L2' } },
    ]);
    expect(
      labels(outcomes)[0]!
        .why.map(({ id }) => id)
        .sort(),
    ).toEqual([...certifiedAtL2].sort());
  });

  it('says who gains by a new scheme, who loses by its next edition, and by its end', async () => {
    const first = await comesTrue('--scheme', w.file('green.json', own('Offer harbour')));
    expect(labels(first.outcomes)).toMatchObject([
      {
        effect: 'gains',
        key: w.keys.get('harbour'),
        scheme: 'harbour-green',
        from: { level: null },
        to: { level: 'green', basis: 'claimed' },
        why: [{ id: 'H1', why: 'It is so' }],
      },
    ]);
    expect(first.summary.schemes).toMatchObject([
      { scheme: 'harbour-green', edition: { from: null, to: '1' }, gains: 1 },
    ]);
    const second = await comesTrue('--scheme', w.file('green.json', own('Offer lantern').replace('"1"', '"2"')));
    expect(
      labels(second.outcomes)
        .map(({ effect, key, why }) => [effect, key, why[0]!.why])
        .sort(),
    ).toEqual([
      ['gains', w.keys.get('lantern'), 'It is so'],
      ['loses', w.keys.get('harbour'), 'Another name'],
    ]);
    const third = await comesTrue('--without-scheme', 'harbour-green');
    expect(labels(third.outcomes)).toMatchObject([
      { effect: 'loses', key: w.keys.get('lantern'), to: { level: null }, why: [{ id: 'scheme' }] },
    ]);
  });

  it('takes a stricter edition of a bundled scheme in its place, and back', async () => {
    const { outcomes, summary } = await comesTrue('--scheme', w.file('gaia-x.json', stricter));
    expect(summary.schemes[0]).toMatchObject({
      scheme: 'gaia-x',
      edition: { from: gaiaX.edition, to: '24.11-strict' },
      loses: 1,
    });
    expect(labels(outcomes)).toMatchObject([
      { effect: 'loses', key: w.keys.get('lantern'), why: [{ id: 'X1', why: 'It is not called the harbour' }] },
    ]);
    expect(w.node.compliance.schemes().find(({ id }) => id === 'gaia-x')!.edition).toBe('24.11-strict');
    await comesTrue('--without-scheme', 'gaia-x');
    expect(w.node.compliance.schemes().find(({ id }) => id === 'gaia-x')!.edition).toBe(gaiaX.edition);
  });

  it('says what a SHACL shape would refuse; what is listed stands, and its next version is refused', async () => {
    const { outcomes, summary } = await comesTrue(
      '--shapes',
      `names-1=${w.file('names.ttl', SHAPE)}`,
      '--ontology',
      `names-1=${w.file('classes.ttl', CLASSES)}`,
    );
    expect(labels(outcomes)).toEqual([]);
    const refused = outcomes as RenewalOutcome[];
    expect(refused.map(({ key }) => key)).toEqual([w.keys.get('lantern')]);
    expect(refused[0]!.why[0]).toMatchObject({
      id: 'shape.shacl',
      where: expect.stringContaining('name'),
      allowed: expect.stringContaining('Offer harbour'),
      mend: expect.any(String),
    });
    expect(summary.refused).toEqual({ listings: 1, evidence: 0 });
    const from = new Date(Date.now() - 3_600_000);
    await expect
      .poll(async () => (await w.node.post(await w.provider.offering('lantern', { from }))).status, { timeout: 5_000 })
      .toBe(422);
    const still = await w.node.post(await w.provider.offering('harbour', { from }));
    expect(still.body).toMatchObject({ ok: true });
    expect(Object.keys(await w.standing()).some((place) => place.startsWith(w.keys.get('lantern')!))).toBe(true);
    const { outcomes: freed } = await comesTrue('--without-shapes', 'names-1');
    expect(freed).toEqual([]);
  });

  it('says whose listings could not be renewed by a list of publishers, and what limits would refuse', async () => {
    const policy = w.file('next.yaml', { ...w.policy, publishers: [{ did: w.provider.did }], peers: [] });
    const { outcomes, summary } = await w.rehearse('--policy', policy);
    expect(outcomes).toMatchObject([
      { effect: 'refused', provider: w.other.did, why: [{ id: 'shape.publisher' }] },
      { effect: 'refused', provider: w.other.did, why: [{ id: 'shape.publisher' }] },
    ]);
    expect(summary.refused.listings).toBe(2);
    const small = await w.rehearse('--policy', w.file('small.yaml', { ...w.policy, limits: { objectBytes: 2_000 } }));
    expect(small.outcomes.length).toBeGreaterThan(0);
    expect(small.outcomes.every((one) => one.effect === 'refused' && one.why[0]!.id === 'parse.size')).toBe(true);
  });

  it('says whose keys would need a certificate, and what of a policy is not rehearsed', async () => {
    const policy = w.file('strict.yaml', {
      ...w.policy,
      anchors: { require: true, files: ['anchors'] },
      peers: [{ url: 'https://peer.example' }],
    });
    const { outcomes, summary } = await w.rehearse('--policy', policy);
    expect(outcomes).toHaveLength(5);
    expect(outcomes.every((one) => one.effect === 'refused' && one.why[0]!.id === 'verify.chain')).toBe(true);
    expect(summary.notes).toEqual([
      expect.stringMatching(/^Peers change/),
      expect.stringMatching(/^Trust anchors change/),
    ]);
  });

  it('says which labels of another node would begin to count', async () => {
    const key = w.keys.get('plain')!;
    const { digest } = (await w.node.get(`/api/v1/listings/${key}`)).body;
    await w.node.database.transaction((tx) =>
      tx
        .insertInto('label')
        .values({
          digest: 'uOther',
          about: digest,
          scheme: 'gaia-x',
          level: 'L1',
          rank: 2,
          issuer: 'did:web:peer.example',
          basis: 'claimed',
          valid_until: '2099-01-01T00:00:00.000Z',
          state: 'current',
          at: new Date().toISOString(),
        })
        .execute(),
    );
    const rehearsed = (labels: string[]) =>
      w.rehearse(
        '--policy',
        w.file('next.yaml', { ...w.policy, authorities: [{ did: 'did:web:peer.example', labels }] }),
      );
    expect((await rehearsed(['gaia-x:L1'])).outcomes).toMatchObject([
      {
        effect: 'stronger',
        key,
        scheme: 'gaia-x',
        by: 'did:web:peer.example',
        from: { level: 'L1', basis: 'claimed' },
        to: { level: 'L1', basis: 'attested' },
      },
    ]);
    expect((await rehearsed(['gaia-x:SC'])).outcomes).toEqual([]);
  });

  it('works on a stopped node, and prints for people', async () => {
    await w.stop();
    const { code, stdout } = await w.run('rehearse', '--policy', w.file('next.yaml', withoutAssessor()));
    await w.start();
    expect(code).toBe(0);
    expect(stdout).toMatch(/policy is replaced, from next\.yaml/);
    expect(stdout).toMatch(/loses {5}Offer lantern {2}gaia-x L2, claimed -> L1, claimed/);
    expect(stdout).toMatch(/and \d+ more\n/);
    expect(stdout).toMatch(/looked at\.\n {2}gaia-x: 1 listing loses/);
    expect(stdout).toContain('Nothing was changed.');
  });

  it('says so where nothing changes', async () => {
    const reordered = { trust: [...w.policy.trust!].reverse() };
    expect((await w.run('rehearse', '--policy', w.file('next.yaml', reordered))).stdout).toContain('nothing changes');
    const same = readFileSync(join(w.data, 'policy.yaml'), 'utf8');
    expect((await w.run('enact', '--policy', w.file('same.yaml', same))).stdout).toContain('nothing was changed');
  });

  it.each([
    [
      'a policy',
      '--policy',
      'bad.yaml',
      'trust:\n  - did: did:web:a.example\n    role: king\n',
      /bad\.yaml:3: .*Accepted: registration-number/,
    ],
    ['a scheme', '--scheme', 'bad.json', '{"id": "x", }', /bad\.json: .*line 1/],
    [
      'a scheme that breaks the grammar',
      '--scheme',
      'bad.json',
      '{"id": "x"}',
      /bad\.json: .*must have required property/,
    ],
    ['shapes', '--shapes', 'bad.ttl', 'a b c', /bad\.ttl.*line 1/],
  ])('refuses %s that cannot be read, with the place', async (_, option, name, content, why) => {
    const file = w.file(name, content);
    const given = option === '--shapes' ? `bad-1=${file}` : file;
    for (const command of ['rehearse', 'enact']) {
      const { code, stderr } = await w.run(command, option, given);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(why);
    }
    expect((await w.json('enact', '--list')).value.items).toEqual([]);
  });
});
