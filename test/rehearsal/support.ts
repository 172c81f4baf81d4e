import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import type { Outcome, Summary } from '../../src/catalogue/outcomes.ts';
import { type CriteriaScheme, demands } from '../../src/compliance/scheme.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import type { Policy } from '../../src/policy.ts';
import { kontor } from '../cli/kontor.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { type Body, freePort, type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';

/** A node with listings of several levels, whose operator rehearses and enacts by the real command beside it. */

export const SHAPES = resolve(import.meta.dirname, '../../shapes');
export const gaiaX = JSON.parse(readFileSync(join(SHAPES, 'schemes/gaia-x.json'), 'utf8')) as CriteriaScheme;
export const certifiedAtL2 = gaiaX.parts[0]!.criteria.filter(
  (criterion) => demands(criterion, 'L2') === 'certification',
).map(({ id }) => id);

const DAY_MS = 86_400_000;
const second = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;

export interface Rehearsed {
  ok: boolean;
  outcomes: Outcome[];
  summary: Summary;
}

export interface World {
  node: TestNode;
  data: string;
  provider: TestProvider;
  other: TestProvider;
  assessor: DidHost;
  notary: Awaited<ReturnType<typeof testNotary>>;
  /** The policy as it was written first. */
  policy: Partial<Policy>;
  /** Key of a listing by the slug of its offering. */
  keys: Map<string, string>;
  /** Sets the clock of the node ahead. */
  ahead(ms: number): void;
  /** Ends the node, and starts another on the same folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  file(name: string, content: unknown): string;
  run(...args: string[]): ReturnType<typeof kontor>;
  json(...args: string[]): Promise<{ code: number | null; value: Body }>;
  rehearse(...args: string[]): Promise<Rehearsed>;
  /** Level and basis by listing and scheme, as the node shows them. */
  standing(): Promise<Record<string, string>>;
  end(): Promise<void>;
}

/** `lantern` reaches L2 by an assessor, `harbour` L1; `plain`, of another provider without a number, nothing. */
export async function world(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-test-'));
  const data = join(folder, 'data');
  const [provider, other, assessor, notary, port] = await Promise.all([
    testProvider(),
    testProvider(new Date(), 'EdDSA', 1),
    didHost(),
    testNotary(),
    freePort(),
  ]);
  const policy: Partial<Policy> = {
    trust: [notary.trust, { did: assessor.did, name: 'Assessor', role: 'assessment-body', schemes: ['gaia-x'] }],
  };
  let ms = 0;
  const clock = () => new Date(Date.now() + ms);
  const env = { KONTOR_DATA: data, KONTOR_PORT: String(port), KONTOR_ALLOW_PRIVATE_NETWORK: 'true' };
  const keys = new Map<string, string>();
  const run = (...args: string[]) => kontor(args, { cwd: folder, env });
  const made: World = {
    node: undefined as unknown as TestNode,
    data,
    provider,
    other,
    assessor,
    notary,
    policy,
    keys,
    ahead: (value) => {
      ms = value;
    },
    start: async () => {
      made.node = await testNode({ data, port, clock, policyFile: true });
    },
    stop: () => made.node.end(),
    restart: async () => {
      await made.stop();
      await made.start();
    },
    file: (name, content) => {
      writeFileSync(join(folder, name), typeof content === 'string' ? content : stringify(content));
      return name;
    },
    run,
    json: async (...args) => {
      const { code, stdout } = await run(...args, '--json');
      return { code, value: JSON.parse(stdout) };
    },
    rehearse: async (...args) => (await made.json('rehearse', ...args)).value,
    standing: async () => {
      const found: Record<string, string> = {};
      for (const key of keys.values()) {
        const { decisions } = (await made.node.get(`/api/v1/listings/${key}`)).body;
        for (const { scheme, level, basis } of decisions) if (level) found[`${key} ${scheme}`] = `${level} ${basis}`;
      }
      return found;
    },
    end: async () => {
      await made.node.end();
      await Promise.all([provider.host, other.host, assessor, notary.host].map((host) => host.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await run('init');
  writeFileSync(join(data, 'policy.yaml'), stringify(policy));
  await made.start();
  const post = async (jwt: string) => {
    const { body } = await made.node.post(jwt);
    expect(body).toMatchObject({ ok: true });
    return body;
  };
  for (const jwt of [
    await provider.person(),
    await provider.terms(),
    await notary.vouch(provider),
    await other.person(),
  ])
    await post(jwt);
  for (const [by, slug] of [
    [provider, 'lantern'],
    [provider, 'harbour'],
    [other, 'plain'],
  ] as const)
    keys.set(slug, (await post(await by.offering(slug))).listing.key);
  await post(
    await signJwt(
      {
        '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
        type: ['VerifiableCredential'],
        issuer: assessor.did,
        validFrom: second(Date.now() - DAY_MS),
        validUntil: second(Date.now() + 80 * DAY_MS),
        credentialSubject: {
          id: provider.offeringId('lantern'),
          type: 'kontor:Certificate',
          'kontor:scheme': 'gaia-x',
          'kontor:edition': '24.11',
          'kontor:criterion': certifiedAtL2,
        },
      },
      assessor.key,
    ),
  );
  return made;
}

/** What a rehearsal says of labels, in the terms of `standing`: what would stand, by listing and scheme. */
export function predicted(before: Record<string, string>, { outcomes }: Rehearsed): Record<string, string> {
  const after = { ...before };
  for (const outcome of outcomes) {
    if (outcome.effect === 'refused' || outcome.by) continue;
    const place = `${outcome.key} ${outcome.scheme}`;
    expect(before[place]).toBe(outcome.from.level ? `${outcome.from.level} ${outcome.from.basis}` : undefined);
    if (outcome.to.level) after[place] = `${outcome.to.level} ${outcome.to.basis}`;
    else delete after[place];
  }
  return after;
}
