import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateCredential } from '../../demo/build/evidence.ts';
import { sealAnswers } from '../../demo/companies/presets.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { kontor } from './kontor.ts';

/** `kontor explain` and `kontor search`: what a buyer must be able to copy into a justification. */

const DAY = 86_400_000;
let ahead = 0;
let node: TestNode;
let provider: TestProvider;
let notary: Awaited<ReturnType<typeof testNotary>>;
let body: DidHost;
/** Key by slug. */
const keys = new Map<string, string>();
const day = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);
const run = (...args: string[]) => kontor(args, { env: { KONTOR_NODE: node.url } });
const explain = async (slug: string, ...more: string[]) => run('explain', keys.get(slug)!, ...more);
/** The part of an output about one scheme. */
const about = (stdout: string, scheme: string) =>
  new RegExp(`(^|\\n)(${scheme} \\[[\\s\\S]*?)(?=\\n[a-z0-9-]+ \\[|\\nHistory|$)`).exec(stdout)![2]!;

beforeAll(async () => {
  [provider, notary, body] = await Promise.all([testProvider(), testNotary(), didHost()]);
  const trusted = { did: body.did, name: 'Observatory', role: 'certificate' as const };
  node = await testNode({ clock: () => new Date(Date.now() + ahead), policy: { trust: [notary.trust, trusted] } });
  const publish = async (jwt: string) => {
    const { body: judged } = await node.post(jwt);
    expect(judged).toMatchObject({ ok: true });
    return judged;
  };
  for (const jwt of [await provider.person(), await provider.terms(), await notary.vouch(provider)]) await publish(jwt);
  for (const [slug, seal] of [
    ['lantern', sealAnswers(4, { 'SOV-2.3': 5, 'SOV-3.4': 5, 'SOV-7.7': 5 })],
    ['harbour', sealAnswers(4, {}, [3, 7, 8])],
    ['plain', undefined],
  ] as const)
    keys.set(slug, (await publish(await provider.offering(slug, seal ? { seal } : {}))).listing.key);
  for (const [slug, scheme, edition, level, until] of [
    ['lantern', 'secnumcloud', '3.2', 'qualified', 80],
    ['plain', 'secnumcloud', '3.2', 'qualified', 20],
  ] as const)
    await publish(
      await signJwt(
        certificateCredential(
          body.did,
          {
            about: provider.offeringId(slug),
            holder: provider.did,
            body: 'Observatory',
            scheme,
            edition,
            level,
            scope: `Service ${slug}`,
            from: day(-30),
            until: day(until),
          },
          { from: new Date(Date.now() - DAY), until: new Date(Date.now() + until * DAY) },
        ),
        body.key,
      ),
    );
}, 60_000);
afterAll(async () => {
  await node.end();
  await Promise.all([provider.host, notary.host, body].map((host) => host.close()));
});

describe('explain', () => {
  it('says beside the level how many criteria are verified, and how many on the word of the provider', async () => {
    const { stdout } = await explain('lantern');
    const { value } = { value: JSON.parse((await explain('lantern', '--scheme', 'gaia-x', '--json')).stdout)[0] };
    const met = value.criteria.filter(({ result }: { result: string }) => result === 'met');
    const of = (basis: string) => met.filter((one: { basis: string }) => one.basis === basis).length;
    expect(of('verified')).toBeGreaterThan(0);
    expect(about(stdout, 'gaia-x')).toContain(
      `L1, claimed: ${of('verified')} of ${met.length} criteria verified, ${of('claimed')} on the provider's word (edition `,
    );
    expect(about(stdout, 'ec-csf')).toContain("claimed: all 48 criteria on the provider's word");
    expect(about(stdout, 'secnumcloud')).toContain('qualified, verified: all 5 criteria verified');
  });

  it('of answers prints whose word they are, the level and points of each objective, and why there is no score', async () => {
    const said = about((await explain('lantern', '--scheme', 'ec-csf')).stdout, 'ec-csf');
    expect(said).toContain('Self-declared: the provider alone says so.\n');
    expect(said).toContain('Answered: 48 of 48 criteria, 39 of the 39 that can lower the level.\n');
    expect(said).toMatch(/\nNo score by the weights of \S+: no points are published for an answer given under SOV-/);
    expect(said).toMatch(/\n {2}SOV-1 {2}Strategic Sovereignty +SEAL-2 {2}8 of 8 answered {2}/);
    expect(said.match(/\n {2}SOV-\d {2}.* answered/g)).toHaveLength(8);
    const partly = about((await explain('harbour', '--scheme', 'ec-csf')).stdout, 'ec-csf');
    expect(partly).toMatch(
      /\nIncomplete, at most SEAL-\d: \d+ of the 39 criteria that can lower the level are answered\./,
    );
    expect(partly).toMatch(/\nNo score by the weights of \S+: only 16 of 48 criteria are answered\./);
    expect(partly).toMatch(/\n {2}SOV-1 .* no level +0 of 8 answered/);
  });

  it('lists every criterion of the level, also those that the next one misses', async () => {
    const said = about((await explain('lantern', '--scheme', 'ec-csf')).stdout, 'ec-csf');
    const [missing, criteria] = said.split(/\nCriteria of SEAL-\d\n/);
    expect(missing).toMatch(/\n {2}no {2}SOV-1\.8 /);
    expect(criteria).toMatch(/\n {2}ok {2}SOV-1\.8 /);
    expect(`\n${criteria}`.match(/\n {2}ok {2}SOV-/g)).toHaveLength(48);
  });

  it('names evidence, and who signed it, beside the DID', async () => {
    const { stdout } = await explain('lantern');
    expect(stdout).toMatch(
      new RegExp(`\\[SecNumCloud qualified, by Observatory \\(${body.did}\\), until \\d+ \\w+ \\d+\\]`),
    );
    expect(stdout).toContain(`[gx:VatID ${provider.company.vat}, by Test notary (${notary.host.did}), until `);
    const before = await explain('lantern', '--at', new Date().toISOString());
    expect(before.stdout).toContain(`by SecNumCloud qualified, by Observatory (${body.did})`);
  });

  it('shows every certificate held as what it is', async () => {
    const { stdout } = await explain('lantern', '--scheme', 'secnumcloud');
    expect(stdout).toContain('\nHeld\n  verified  qualified (3.2), signed by Observatory\n');
  });

  it('of a scheme under which nothing is said tells so, why, and what lapsed', async () => {
    const silent = await explain('plain', '--scheme', 'ec-csf');
    expect([silent.code, silent.stdout]).toEqual([1, '']);
    expect(silent.stderr).toMatch(
      /^Nothing is decided about "Offer plain" under EU Cloud Sovereignty Framework \(ec-csf\): nobody/,
    );
    expect((await explain('plain', '--scheme', 'bsi-c5')).stderr).toContain(': no report is held that is about it');
    expect((await explain('plain', '--scheme', 'eucs')).stderr).toContain('No certificate can exist');
    const asJson = await explain('plain', '--scheme', 'bsi-c5', '--json');
    expect([asJson.code, JSON.parse(asJson.stdout)]).toEqual([
      1,
      expect.objectContaining({ ok: false, code: 'not-found' }),
    ]);
    ahead = 40 * DAY;
    await expect
      .poll(async () => (await explain('plain', '--scheme', 'secnumcloud')).stderr, { timeout: 15_000 })
      .toMatch(new RegExp(`One lapsed on \\d+ \\w+ \\d+: for "Service plain", by Observatory \\(${body.did}\\)`));
    ahead = 0;
  }, 30_000);
});

describe('search', () => {
  it('says on whose word the law is told', async () => {
    expect((await run('search', 'plain')).stdout).toContain('; law: EU/EEA only, as stated');
  });

  it('takes EU and EEA for their members, and Norway is in one of them', async () => {
    const total = async (...args: string[]) => JSON.parse((await run('search', ...args, '--json')).stdout).total;
    const [country] = JSON.parse((await run('search', 'plain', '--json')).stdout).items[0].countries;
    expect(country).toBe('NO');
    expect(await total()).toBe(3);
    for (const name of ['EEA', 'EU/EEA', 'eu-eea']) expect(await total('--country', name)).toBe(3);
    expect(await total('--country', 'EU')).toBe(0);
    expect(await total('--country', 'EU', '--country', 'NO')).toBe(3);
    expect((await run('search', '--country', 'EU')).stdout).toMatch(/\n {2}--country EU {2}3 listings\n/);
    expect(await run('search', '--country', 'Norway')).toMatchObject({ code: 2 });
  });

  it('tells in its help what a country, a law and the suffix of a certificate mean', async () => {
    const help = (await run('search', '--help')).stdout.replace(/\s+/g, ' ');
    for (const words of [
      'maybe elsewhere too',
      'EU or EEA: any of their members',
      'eu-eea: none does, as stated',
      'bsi-c5: verified; otherwise bsi-c5:attested, :claimed, :lapsed or :unknown',
    ])
      expect(help).toContain(words);
    expect((await run('--help')).stdout).toContain('3: intact, and less by your list or time');
  });
});
