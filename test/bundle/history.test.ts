import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExplainedDecision, ExplainedLabel } from '../../src/catalogue/explain.ts';
import type { FormerLabel, LabelChange } from '../../src/catalogue/label-history.ts';
import { kontor } from '../cli/kontor.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

const NOW = new Date();
const DAY = 86_400_000;

let ahead: number;
let node: TestNode;
let provider: TestProvider;
let notary: Awaited<ReturnType<typeof testNotary>>;
let key: string;
const clock = () => new Date(Date.now() + ahead);

beforeEach(async () => {
  ahead = 0;
  [provider, notary] = await Promise.all([testProvider(NOW), testNotary(NOW)]);
  node = await testNode({ clock, policy: { trust: [notary.trust] } });
  for (const jwt of [await provider.person(), await provider.terms(), await notary.vouch(provider)])
    await node.post(jwt);
  key = (await node.post(await provider.offering('lantern'))).body.listing.key;
});
afterEach(async () => {
  await node.end();
  await Promise.all([provider.host.close(), notary.host.close()]);
});

const changes = async (): Promise<LabelChange[]> =>
  (await node.get(`/api/v1/listings/${key}/labels/changes`)).body.items.filter(
    ({ scheme }: LabelChange) => scheme === 'gaia-x',
  );
const labelsAt = async (at: Date): Promise<FormerLabel[]> =>
  (await node.get(`/api/v1/listings/${key}/labels?at=${at.toISOString()}`)).body;
/** Waits for the timed work to change the labels so often. */
const settled = async (times: number): Promise<LabelChange[]> => {
  await expect.poll(async () => (await changes()).length, { timeout: 10_000, interval: 100 }).toBe(times);
  return changes();
};

describe('the history of labels', () => {
  it('says that evidence expired, and which label held before', async () => {
    const [first] = await changes();
    expect(first).toMatchObject({ level: 'L1', former: null, reason: 'L1 reached' });
    ahead = 61 * DAY;
    const [, lost] = await settled(2);
    expect(lost).toMatchObject({ level: null, former: 'L1', label: null });
    expect(lost!.reason).toMatch(
      new RegExp(`^L1 lost: the gx:VatID by ${notary.host.did} expired on \\d{4}-\\d\\d-\\d\\d; P1\\.3\\.2: `),
    );
    const held = await labelsAt(new Date(NOW.getTime() + 30 * DAY));
    expect(held).toEqual([
      {
        scheme: 'gaia-x',
        level: 'L1',
        basis: 'claimed',
        digest: first!.label,
        version: first!.version,
        since: first!.at,
        // The number ended before the node looked.
        until: first!.validUntil,
        ended: lost!.reason,
      },
    ]);
    expect(await labelsAt(clock())).toEqual([]);
    expect(await labelsAt(new Date(NOW.getTime() - DAY))).toEqual([]);
  });

  it('names the version that took a label along, and the withdrawal that ended the last', async () => {
    ahead = DAY;
    await node.post(await provider.offering('lantern', { from: new Date(NOW.getTime() + DAY / 2) }));
    const [, second] = await settled(2);
    expect(second!.reason).toContain('the provider published a new version, valid from');
    ahead = 2 * DAY;
    await node.post(await provider.withdrawal('lantern', clock()));
    const ended = (await settled(3)).at(-1);
    expect(ended).toMatchObject({
      level: null,
      label: null,
      reason: `${second!.level} lost: the provider withdrew the listing`,
    });
    expect(await labelsAt(new Date(NOW.getTime() + DAY * 1.5))).toMatchObject([
      { digest: second!.label, ended: ended!.reason },
    ]);
    const { status, body } = await node.get(`/api/v1/listings/${key}/evidence`);
    expect([status, body.detail]).toEqual([404, expect.stringContaining('The listing is withdrawn')]);
  });

  it('says that somebody is no longer on the trust list', async () => {
    // The operator takes the notary off the list.
    node.policy().trust.length = 0;
    const [, lost] = await settled(2);
    expect(lost!.reason).toContain(`the gx:VatID by ${notary.host.did} no longer counts here`);
  });

  it('refuses a time that is none, and parameters it does not know', async () => {
    for (const path of [
      'labels?at=soon',
      'explain?at=2027-13-45',
      'labels?since=2027-01-01',
      'explain?at=2040-01-01',
    ]) {
      const { status, body } = await node.get(`/api/v1/listings/${key}/${path}`);
      expect([status, body.code]).toEqual([400, 'bad-request']);
    }
  });
});

describe('a node that slept', () => {
  it('tells as of then what held then, though it noticed the end later', async () => {
    const [first] = await changes();
    const rows = () => node.database.read.selectFrom('label').select('valid_until').execute();
    const [{ valid_until: end }] = (await rows()) as [{ valid_until: string }];
    ahead = 80 * DAY;
    const [, lost] = await settled(2);
    expect(Date.parse(lost!.at)).toBeGreaterThan(Date.parse(end));
    expect(await labelsAt(new Date(Date.parse(end) - DAY))).toMatchObject([
      { digest: first!.label, until: end, ended: lost!.reason },
    ]);
    expect(await labelsAt(new Date(Date.parse(end) + DAY))).toEqual([]);
  });
});

describe('explain', () => {
  it('names for each criterion by whom and until when', async () => {
    const explained: ExplainedDecision[] = (await node.get(`/api/v1/listings/${key}/explain?scheme=gaia-x`)).body;
    const number = explained[0]!.criteria.find(({ id }) => id === 'P1.3.2')!;
    expect(number.by.map(({ kind, type, issuer }) => [kind, type, issuer])).toEqual(
      expect.arrayContaining([
        ['evidence', 'gx:VatID', notary.host.did],
        ['claim', 'gx:LegalPerson', provider.did],
      ]),
    );
    expect(number.by.every(({ validUntil }) => Date.parse(validUntil) > NOW.getTime())).toBe(true);
    const { stdout } = await kontor(['explain', key, '--scheme', 'gaia-x', '--node', node.url]);
    expect(stdout).toContain(`gx:VatID ${provider.company.vat}, by Test notary (${notary.host.did}), until`);
    expect(stdout).toMatch(/History of labels\n {2}.* gaia-x: L1 reached/);
  });

  it('tells as of a date what held then, by which criteria, and how it ended', async () => {
    ahead = 61 * DAY;
    await settled(2);
    const at = new Date(NOW.getTime() + 30 * DAY).toISOString();
    const [label]: ExplainedLabel[] = (await node.get(`/api/v1/listings/${key}/explain?scheme=gaia-x&at=${at}`)).body;
    expect(label).toMatchObject({ scheme: 'gaia-x', level: 'L1', ended: expect.stringContaining('expired on') });
    expect(label!.criteria.length).toBeGreaterThan(40);
    const number = label!.criteria.find(({ id }) => id === 'P1.3.2')!;
    expect(number).toMatchObject({ result: 'met', basis: 'verified' });
    expect(number.by.find(({ type }) => type === 'gx:VatID')).toMatchObject({ state: 'expired' });
    const { code, stdout } = await kontor(['explain', key, '--at', at, '--node', node.url]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Ended .*: L1 lost: the gx:VatID by \S+ expired on/);
    expect(stdout).toContain('P1.3.2  met (verified)');
  });
});
