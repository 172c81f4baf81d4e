import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrustEntry } from '../compliance/decision.ts';
import type { Scheme } from '../compliance/scheme.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import { settleAfterChange } from './conditions.ts';
import { type Database, openDatabase } from './database.ts';
import type { SettleDeps } from './settle.ts';

const AT = '2026-11-01T00:00:00.000Z';
const LATER = '2027-11-21T09:00:00.000Z';
const ONE = 'did:web:one.example';
const TWO = 'did:web:two.example';
const OWN_KEY = 'did:web:node.example#key-1';

let database: Database;
let now: Date;
let trust: TrustEntry[];
let schemes: Scheme[];
let revoked: string[];
const scheme = (id: string, digest: string, more: object = {}) =>
  ({ id, digest, kind: 'certificates', levels: [{ id: 'basic' }, { id: 'high' }], ...more }) as unknown as Scheme;

beforeEach(async () => {
  now = new Date('2026-11-21T09:00:00Z');
  trust = [
    { did: ONE, role: 'certificate', schemes: ['ens'] },
    { did: TWO, role: 'registration-number' },
  ];
  schemes = [scheme('ens', 'u1'), scheme('c5', 'u2', { certificate: 'bsi-c5' })];
  revoked = [];
  database = await openDatabase(':memory:');
  await database.transaction(async (tx) => {
    // Listing a rests on evidence by one, b by two, c on none; c and d have a label by the former key of the node.
    for (const key of ['a', 'b', 'c', 'd']) {
      const row = {
        key,
        digest: `u-${key}`,
        subject: key,
        issuer: key,
        valid_from: AT,
        valid_until: LATER,
        state: 'current',
      };
      await tx
        .insertInto('listing')
        .values({
          ...row,
          provider: key,
          kind: 'offering',
          type: '',
          name: key,
          name_folded: key,
          summary: '{}',
          updated_at: AT,
        })
        .execute();
      await tx
        .insertInto('version')
        .values({
          ...row,
          key_id: '',
          statement: key,
          format: '',
          type: '',
          issued_at: AT,
          verified_at: AT,
          description: '{}',
          refs: '[]',
          at: AT,
          anchored: null,
        })
        .execute();
      await tx
        .insertInto('depends')
        .values({ key, on_id: `about-${key}` })
        .execute();
    }
    for (const [digest, about, issuer] of [
      ['u-1', 'about-a', ONE],
      ['u-2', 'about-b', TWO],
      ['u-3', 'about-nobody', ONE],
    ] as const)
      await tx
        .insertInto('evidence')
        .values({
          digest,
          about,
          issuer,
          key_id: '',
          statement: digest,
          type: '',
          valid_from: AT,
          valid_until: LATER,
          subjects: '{}',
          state: 'current',
        })
        .execute();
    for (const [at, key] of ['c', 'd'].entries()) {
      await tx
        .insertInto('label')
        .values({
          digest: `u-label-${key}`,
          about: `u-${key}`,
          scheme: 'c5',
          level: 'basic',
          rank: 1,
          issuer: 'did:web:node.example',
          basis: 'verified',
          valid_until: LATER,
          state: key === 'c' ? 'current' : 'superseded',
          at: AT,
        })
        .execute();
      await tx
        .insertInto('own_status')
        .values({ list: 1, idx: at, digest: `u-label-${key}`, key_id: OWN_KEY, ended: 0 })
        .execute();
    }
    await tx
      .insertInto('decision')
      .values({
        key: 'd',
        scheme: 'c5',
        digest: 'u-d',
        level: null,
        basis: 'unknown',
        decision: '{}',
        label: null,
        decided_at: AT,
        valid_until: LATER,
      })
      .execute();
  });
  await affected();
});
afterEach(() => database.close());

/** Keys made due since the last call. */
async function affected(): Promise<string[]> {
  const deps: SettleDeps = {
    clock: () => now,
    policy: () => ({ ...DEFAULT_POLICY, trust }),
    schemes: () => schemes,
    key: { id: OWN_KEY, revoked },
    did: 'did:web:node.example',
    url: 'https://node.example',
    sign: async () => expect.unreachable(),
    append: async () => expect.unreachable(),
  };
  await settleAfterChange(database, deps);
  return database.transaction(async (tx) => {
    const rows = await tx.selectFrom('due').select('key').orderBy('key').execute();
    await tx.deleteFrom('due').execute();
    return rows.map(({ key }) => key);
  });
}

describe('a change of what decides beside the credentials', () => {
  it('touches nothing where nothing changed, whatever the order of the entries', async () => {
    trust.reverse();
    expect(await affected()).toEqual([]);
  });

  it('of the trust list touches what rests on evidence by whom it names', async () => {
    trust = [trust[0]!];
    expect(await affected()).toEqual(['b']);
    trust = [...trust, { did: TWO, role: 'registration-number' }];
    expect(await affected()).toEqual(['b']);
    trust = [{ ...trust[0]!, name: 'One' }, trust[1]!];
    expect(await affected()).toEqual(['a']);
    trust = [...trust, { did: 'did:web:third.example', role: 'registration-number', schemes: [] }];
    expect(await affected()).toEqual([]);
  });

  it('of who may give certificates touches what was decided of those schemes, also where nobody gave one', async () => {
    trust = [...trust, { did: 'did:web:third.example', role: 'certificate', schemes: ['bsi-c5'] }];
    expect(await affected()).toEqual(['d']);
    trust = [...trust, { did: 'did:web:fourth.example', role: 'certificate', schemes: ['ens'] }];
    expect(await affected()).toEqual([]);
    trust = [...trust, { did: 'did:web:fifth.example', role: 'certificate' }];
    expect(await affected()).toEqual(['d']);
  });

  it('comes by time alone where a mandate ends', async () => {
    trust = [{ ...trust[0]!, until: '2026-12-01' }, trust[1]!];
    expect(await affected()).toEqual(['a']);
    now = new Date('2026-11-30T09:00:00Z');
    expect(await affected()).toEqual([]);
    now = new Date('2026-12-02T09:00:00Z');
    expect(await affected()).toEqual(['a']);
  });

  it('of a scheme touches every listing, and brings labels into the new order of its levels', async () => {
    schemes = [schemes[0]!, scheme('c5', 'u3', { levels: [{ id: 'low' }, { id: 'basic' }] })];
    expect(await affected()).toEqual(['a', 'b', 'c', 'd']);
    const labels = await database.read.selectFrom('label').select('rank').execute();
    expect(labels.map(({ rank }) => rank)).toEqual([2, 2]);
    schemes = [schemes[0]!];
    expect(await affected()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('of the keys of this node touches labels that stand by one that was revoked', async () => {
    revoked = [OWN_KEY];
    expect(await affected()).toEqual(['c']);
  });
});
