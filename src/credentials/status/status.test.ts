import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DidHost, didHost } from '../../../test/support/did-host.ts';
import { type ListChange, statusList, type TestList } from '../../../test/support/status-list.ts';
import { claim, judge, NOW, refusal } from '../../../test/support/verifying.ts';
import { generateKey } from '../issuing/identity.ts';
import { signJwt } from '../issuing/sign.ts';

let host: DidHost;
let other: DidHost;
let list: TestList;
let number = 0;
beforeAll(async () => {
  [host, other] = await Promise.all([didHost(), didHost()]);
});
beforeEach(() => {
  list = fresh();
});
afterAll(async () => {
  await Promise.all([host, other].map((one) => one.close()));
});

/** A list at an address that nobody has asked yet. */
const fresh = (standing: ListChange = {}): TestList => statusList(host, `/status/${++number}`, NOW, standing);
const credential = (change: object) => signJwt(claim(host.did, { ...change }), host.key);
const statusCheck = async (body: string) => {
  const { verified, checks } = await judge(body);
  return { verified: verified !== undefined, ...checks.list.find(({ id }) => id === 'verify.status') };
};

describe('a status list', () => {
  it('tells good from revoked', async () => {
    await list.set(9);
    expect(await statusCheck(await credential(list.entry(8)))).toMatchObject({ verified: true, result: 'pass' });
    expect(await refusal(await credential(list.entry(9)))).toMatchObject({
      code: 'revoked',
      last: { result: 'fail', where: '/credentialStatus', mend: expect.stringContaining('with another entry') },
    });
  });

  it('tells revoked, which is final, from suspended, which may end', async () => {
    list = fresh({ purpose: 'suspension' });
    await list.set(0);
    expect(await refusal(await credential(list.entry(0)))).toMatchObject({ code: 'suspended' });
    expect((await judge(await credential(list.entry(1)))).verified).toBeDefined();
  });

  it('answers for several purposes in one list', async () => {
    list = fresh({ purpose: ['revocation', 'suspension'] });
    await list.set(3);
    expect(await refusal(await credential(list.entry(3, { statusPurpose: 'suspension' })))).toMatchObject({
      code: 'suspended',
    });
  });

  it('that says revoked is heard before another that cannot be had', async () => {
    await list.set(9);
    const entries = [fresh().entry(1), list.entry(9)].map(({ credentialStatus }) => credentialStatus);
    expect(await refusal(await credential({ credentialStatus: entries }))).toMatchObject({ code: 'revoked' });
  });

  it.each<[string, ListChange]>([
    ['with a Data Integrity proof', { form: 'data-integrity' }],
    ['served as plain text', { mediaType: 'text/plain' }],
    ['as JSON-LD served as plain text', { form: 'data-integrity', mediaType: 'text/plain' }],
  ])('is read %s', async (_name, standing) => {
    list = fresh(standing);
    await list.set(9);
    expect((await judge(await credential(list.entry(8)))).verified).toBeDefined();
    expect(await refusal(await credential(list.entry(9)))).toMatchObject({ code: 'revoked' });
  });

  it('warns of a newer credential, and gives messages by their number', async () => {
    list = fresh({ purpose: 'refresh' });
    await list.set(5);
    expect(await statusCheck(await credential(list.entry(5)))).toMatchObject({ verified: true, result: 'warn' });
    list = fresh({ purpose: 'message' });
    // Two bits each: the third entry is 10.
    await list.publish({ bits: Buffer.concat([Buffer.of(0b0000_1000), Buffer.alloc(32_767)]) });
    const statusMessage = [
      { status: '0x0', message: 'in order' },
      { status: '0x1', message: 'under review' },
      { status: '0x2', message: 'renewal asked for' },
      { status: '0x3', message: 'closed' },
    ];
    expect(await statusCheck(await credential(list.entry(2, { statusSize: 2, statusMessage })))).toMatchObject({
      verified: true,
      result: 'warn',
      why: "The issuer's list for message says: renewal asked for (0x2)",
    });
  });

  it('is asked for once, however many ask', async () => {
    await list.publish();
    const body = await credential(list.entry(8));
    await Promise.all(Array.from({ length: 50 }, () => judge(body)));
    expect(list.asked()).toBe(1);
  });
});

describe('never silently fine', () => {
  it.each<[string, ListChange | undefined, object]>([
    ['H-137 a list that is not there', undefined, { code: 'status-unavailable', last: { result: 'unknown' } }],
    ['H-138 a list of another issuer', { signer: undefined }, { code: 'status' }],
    ['H-139 an index beyond the list', {}, { code: 'status', last: { where: '/credentialStatus/statusListIndex' } }],
    ['H-140 a list that inflates without end', { bits: Buffer.alloc(400_000_000) }, { code: 'status' }],
    ['H-141 a list for another purpose', { purpose: 'suspension' }, { code: 'status' }],
    [
      'H-142 an expired list',
      { until: new Date('2026-11-21T11:30:00Z') },
      { code: 'status-unavailable', last: { mend: expect.stringContaining('Sign the list anew') } },
    ],
    ['a list too short to hide among', { bits: Buffer.alloc(16_383) }, { code: 'status' }],
    ['a list without the multibase prefix', { encodedList: 'H4sIAAAAAAAAA' }, { code: 'status' }],
    ['a list that is no GZIP', { encodedList: 'uAAAA' }, { code: 'status' }],
    ['a list that calls itself otherwise', { id: 'https://issuer.example/status/other' }, { code: 'status' }],
    ['a credential that is no list', { type: 'Bitstring' }, { code: expect.stringMatching(/^(status|terms)$/) }],
  ])('%s', async (name, change, expected) => {
    const index = name.startsWith('H-139') ? 131_072 : 8;
    if (change) await list.publish('signer' in change ? { signer: other } : change);
    expect(await refusal(await credential(list.entry(index)))).toMatchObject(expected);
  });

  it.each<[string, object, string]>([
    ['a type that is not known', { type: 'RevocationList2020Status' }, '/type'],
    ['an index that is a number', { statusListIndex: 8 }, '/statusListIndex'],
    ['an index that is negative', { statusListIndex: '-1' }, '/statusListIndex'],
    ['no purpose', { statusPurpose: undefined }, '/statusPurpose'],
    ['no list', { statusListCredential: undefined }, '/statusListCredential'],
    ['entries of no size', { statusSize: 0 }, '/statusSize'],
  ])('an entry with %s', async (_name, change, where) => {
    await list.publish();
    const last = { result: 'fail', where: `/credentialStatus${where}` };
    expect(await refusal(await credential(list.entry(8, change)))).toMatchObject({ last });
  });

  it('a list signed by a key that its issuer does not list: it says to sign the list again', async () => {
    await list.publish({ signer: { ...host, key: { ...generateKey('EdDSA', host.did), id: host.key.id } } });
    expect(await refusal(await credential(list.entry(8)))).toMatchObject({
      code: 'status',
      last: { mend: expect.stringContaining('Sign the list again with your current key') },
    });
  });

  it('a list for an entry of the other specification', async () => {
    await list.publish();
    const { verified } = await judge(await credential(list.entry(8, { type: 'StatusList2021Entry' })));
    expect(verified).toBeUndefined();
  });

  it('more entries than are read', async () => {
    await list.publish();
    const credentialStatus = Array.from({ length: 5 }, (_, at) => list.entry(at).credentialStatus);
    expect(await refusal(await credential({ credentialStatus }))).toMatchObject({ code: 'malformed' });
  });
});
