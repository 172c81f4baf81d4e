import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeStatusList, LIST_SIZE, statusEntry, statusListDocument } from './status-list.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const bitsOf = (encoded: string) => gunzipSync(Buffer.from(encoded.slice(1), 'base64url'));

describe('a status list', () => {
  it('holds exactly the entries that were set, the first one leftmost', () => {
    const indices = fc.uniqueArray(fc.integer({ min: 0, max: LIST_SIZE - 1 }), { maxLength: 200 });
    fc.assert(
      fc.property(indices, (set) => {
        const bits = bitsOf(encodeStatusList(set));
        expect(bits.length).toBe(LIST_SIZE / 8);
        const found: number[] = [];
        for (const [at, byte] of bits.entries())
          for (let bit = 0; byte && bit < 8; bit++) if (byte & (0x80 >> bit)) found.push(at * 8 + bit);
        expect(found).toEqual(set.toSorted((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
    expect(bitsOf(encodeStatusList([0]))[0]).toBe(0x80);
    expect(bitsOf(encodeStatusList([LIST_SIZE - 1])).at(-1)).toBe(0x01);
  });

  it('is multibase base64url without padding', () => {
    expect(encodeStatusList([1, 2, 3])).toMatch(/^u[\w-]+$/);
  });

  it('is a credential that lives a day and may be used for five minutes', () => {
    const url = 'https://node.example/status/1';
    expect(statusListDocument({ url, issuer: 'did:web:node.example', set: [], now: NOW })).toEqual({
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      id: url,
      type: ['VerifiableCredential', 'BitstringStatusListCredential'],
      issuer: 'did:web:node.example',
      validFrom: '2026-11-21T12:00:00Z',
      validUntil: '2026-11-22T12:00:00Z',
      credentialSubject: {
        id: `${url}#list`,
        type: 'BitstringStatusList',
        statusPurpose: 'revocation',
        encodedList: encodeStatusList([]),
        ttl: 300_000,
      },
    });
    expect(statusEntry(url, 42)).toEqual({
      id: `${url}#42`,
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '42',
      statusListCredential: url,
    });
  });
});
