import { gzipSync } from 'node:zlib';
import { CompactSign, importJWK } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DidHost, didHost } from '../../../test/support/did-host.ts';
import { type ListChange, statusList, type TestList } from '../../../test/support/status-list.ts';
import { claim, contexts, http, NOW } from '../../../test/support/verifying.ts';
import { Checks } from '../check.ts';
import { signDataIntegrity, signJwt } from '../issuing/sign.ts';
import { createDidResolver } from '../keys/did.ts';
import { parse } from '../parse.ts';
import { createVerifier, type Verifier } from '../verify.ts';
import { lookUp, type StatusEntry } from './list.ts';

const STATUS_LIST_2021 = 'https://w3id.org/vc/status-list/2021/v1';
const terms = Object.fromEntries(
  ['StatusList2021Credential', 'StatusList2021', 'StatusList2021Entry'].map((type) => [
    type,
    {
      '@id': `https://w3id.org/vc/status-list#${type}`,
      '@context': {
        ...Object.fromEntries(
          ['statusPurpose', 'encodedList', 'statusListIndex'].map((term) => [
            term,
            `https://w3id.org/vc/status-list#${term}`,
          ]),
        ),
        statusListCredential: { '@id': 'https://w3id.org/vc/status-list#statusListCredential', '@type': '@id' },
      },
    },
  ]),
);

const held = new Map([...contexts, [STATUS_LIST_2021, { '@context': terms }]]);

let host: DidHost;
let now: number;
let verifier: Verifier;
let number = 0;
const seen = new Map<string, Date>();
beforeAll(async () => {
  host = await didHost();
});
beforeEach(() => {
  now = NOW.getTime();
  const clock = () => new Date(now);
  seen.clear();
  verifier = createVerifier({
    newestSeen: async (url) => seen.get(url),
    contexts: held,
    http,
    clock,
    resolveDid: createDidResolver({ http, clock, allowPrivateNetwork: true }),
  });
});
afterAll(() => host.close());

const fresh = (standing: ListChange = {}): TestList => statusList(host, `/status/${++number}`, NOW, standing);
const get = (list: TestList) => verifier.statusLists.get(list.url);

/** Code of the refusal of a credential with these members, or `good`. */
const judged = async (change: object): Promise<string> => {
  const checks = new Checks();
  const bytes = Buffer.from(await signJwt(claim(host.did, { ...change }), host.key));
  const submission = { bytes, mediaType: 'application/vc+jwt', source: { kind: 'provider' as const } };
  const parsed = parse(submission, { objectBytes: 262_144 }, checks);
  if (parsed?.kind !== 'credential') throw new Error('not a credential');
  await verifier.credential(parsed.credential, checks);
  return checks.failure?.code ?? 'good';
};

describe('a list is kept', () => {
  it.each([
    ['five minutes where it says nothing', undefined, 300_000],
    ['as long as it says', 60_000, 60_000],
    ['ten seconds at least', 0, 10_000],
    ['a day at most', 10 * 86_400_000, 86_400_000],
  ])('%s', async (_name, ttl, lives) => {
    const list = fresh({ ...(ttl === undefined ? {} : { ttl }), until: new Date(now + 3 * 86_400_000) });
    await list.publish();
    await get(list);
    now += lives - 1;
    await get(list);
    expect(list.asked()).toBe(1);
    now += 1;
    await get(list);
    expect(list.asked()).toBe(2);
  });

  it('no longer than it is valid', async () => {
    const list = fresh({ ttl: 3_600_000 });
    await list.publish({ until: new Date(now + 60_000) });
    expect(await get(list)).toMatchObject({ ok: true });
    now += 60_000;
    expect(await get(list)).toMatchObject({ ok: false, code: 'status-unavailable' });
  });

  it('for five seconds as one that failed', async () => {
    const list = fresh();
    expect(await get(list)).toMatchObject({ ok: false });
    await list.publish();
    now += 4_999;
    expect(await get(list)).toMatchObject({ ok: false });
    now += 1;
    expect(await get(list)).toMatchObject({ ok: true });
  });
});

describe('yesterday’s list (H-143)', () => {
  const swap = async (list: TestList) => {
    await list.publish({ from: new Date(now - 86_400_000) });
    now += 300_000;
  };

  it('is not taken after a newer one was seen', async () => {
    const list = fresh();
    await list.set(4);
    expect(await judged(list.entry(4))).toBe('revoked');
    await swap(list);
    expect(await judged(list.entry(4))).toBe('status-unavailable');
    await list.publish({ from: new Date(now) });
    now += 5_000;
    expect(await judged(list.entry(4))).toBe('revoked');
  });

  it('is not taken where somebody else remembers the newer one: after a restart, or 16,000 other lists', async () => {
    const list = fresh();
    seen.set(list.url, new Date(now - 3_600_000));
    await swap(list);
    expect(await judged(list.entry(4))).toBe('status-unavailable');
  });
});

describe('StatusList2021', () => {
  const document2021 = (list: TestList, encodedList: string, more: object = {}) => ({
    '@context': ['https://www.w3.org/ns/credentials/v2', STATUS_LIST_2021],
    id: list.url,
    type: ['VerifiableCredential', 'StatusList2021Credential'],
    issuer: host.did,
    validFrom: '2026-11-20T00:00:00Z',
    credentialSubject: {
      id: `${list.url}#list`,
      type: 'StatusList2021',
      statusPurpose: 'revocation',
      encodedList,
    },
    ...more,
  });
  const list2021 = async (list: TestList, encodedList: string) => {
    const body = await signJwt(document2021(list, encodedList), host.key);
    host.files.set(new URL(list.url).pathname, { type: 'application/vc+jwt', body });
  };
  const bits = Buffer.alloc(16_384);
  bits[1] = 0b0100_0000;
  const entry = (list: TestList, index: number) => ({
    '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/2511#', STATUS_LIST_2021],
    ...list.entry(index, { type: 'StatusList2021Entry' }),
  });

  it.each(['base64url', 'base64'] as const)('is read from %s without multibase', async (encoding) => {
    const list = fresh();
    await list2021(list, gzipSync(bits).toString(encoding));
    expect(await judged(entry(list, 8))).toBe('good');
    expect(await judged(entry(list, 9))).toBe('revoked');
    expect(await judged(entry(list, 131_072))).toBe('status');
  });

  const oldForm = (list: TestList) => {
    const { validFrom: _from, ...document } = document2021(list, gzipSync(bits).toString('base64url'), {
      '@context': [
        'https://www.w3.org/2018/credentials/v1',
        STATUS_LIST_2021,
        'https://w3id.org/security/data-integrity/v2',
      ],
    });
    return { ...document, issuanceDate: '2026-11-20T00:00:00Z' };
  };

  it('is read in the form of VC 1.1, as a JWT', async () => {
    const list = fresh();
    const { issuer, id, ...vc } = oldForm(list);
    const body = await new CompactSign(Buffer.from(JSON.stringify({ iss: issuer, jti: id, nbf: 1_795_132_800, vc })))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: host.key.id })
      .sign(await importJWK(host.key.privateJwk as never, 'EdDSA'));
    host.files.set(new URL(list.url).pathname, { type: 'application/jwt', body });
    expect(await judged(entry(list, 8))).toBe('good');
    expect(await judged(entry(list, 9))).toBe('revoked');
  });

  it('is read in the form of VC 1.1, with a Data Integrity proof', async () => {
    const list = fresh();
    const body = JSON.stringify(await signDataIntegrity(oldForm(list), host.key, held, { now: NOW }));
    host.files.set(new URL(list.url).pathname, { type: 'application/vc+ld+json', body });
    expect(await judged(entry(list, 8))).toBe('good');
    expect(await judged(entry(list, 9))).toBe('revoked');
  });

  it('does not answer for a bitstring entry', async () => {
    const list = fresh();
    await list2021(list, gzipSync(bits).toString('base64url'));
    expect(await judged(list.entry(8))).toBe('status');
  });
});

it('looks entries of any size up by their number, the first at the left', () => {
  const bits = new Uint8Array(131_072);
  bits.set([0b1010_0001, 0b1100_0000]);
  const list = {
    issuer: 'did:web:a',
    entries: 'BitstringStatusListEntry',
    purposes: ['revocation'],
    bits,
    issuedAt: NOW,
    validUntil: NOW,
    readAt: NOW,
  };
  const at = (index: number, size: number) => {
    const entry: StatusEntry = { type: list.entries, url: '', index, purpose: 'revocation', size };
    const reading = lookUp(list, entry, 'did:web:a');
    return reading.ok ? reading.value : reading.code;
  };
  expect([0, 1, 2, 7, 8, 10].map((index) => at(index, 1))).toEqual([1, 0, 1, 1, 1, 0]);
  expect([0, 1, 2].map((index) => at(index, 3))).toEqual([0b101, 0b000, 0b011]);
  expect([at(131_071, 8), at(131_072, 8), at(0, 32)]).toEqual([0, 'status', 'status']);
});
