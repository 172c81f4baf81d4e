import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicKeyOf } from '../keys/public-key.ts';
import {
  didDocument,
  generateDidKey,
  generateKey,
  loadOrCreateIdentity,
  readKey,
  rememberLog,
  rotateIdentity,
  writeKey,
} from './identity.ts';

const DID = 'did:web:node.example';
const ALGS = ['EdDSA', 'ES256', 'ES384', 'PS256', 'RS256'] as const;
const at = (hour: number) => new Date(Date.UTC(2026, 10, 21, hour));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kontor-identity-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a key file', () => {
  it.each(ALGS)('of %s is for its owner alone, is read back, and is never overwritten', (alg) => {
    const path = join(folder, 'key.json');
    const key = generateKey(alg, DID);
    writeKey(path, key);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readKey(path)).toEqual(key);
    expect(() => writeKey(path, key)).toThrow(/EEXIST/);
  });

  it.each([
    ['a private key that is another', { privateJwk: generateKey('EdDSA', DID).privateJwk }, /do not belong together/],
    ['an algorithm nobody knows', { alg: 'none' }, /not a key file/],
    ['a key that is none', { privateJwk: { kty: 'OKP', crv: 'Ed25519', d: 'AA' } }, /do not belong together/],
  ])('is refused with %s', (_, change, why) => {
    const path = join(folder, 'key.json');
    writeFileSync(path, JSON.stringify({ ...generateKey('EdDSA', DID), ...change }));
    expect(() => readKey(path)).toThrow(why);
  });
});

describe('a DID document', () => {
  it.each(ALGS)('lists a key of %s as one that our own node reads', (alg) => {
    const key = generateKey(alg, DID);
    const { verificationMethod } = didDocument(DID, [key]) as { verificationMethod: Record<string, unknown>[] };
    const found = publicKeyOf(verificationMethod[0]!);
    expect(found.ok && found.value.key.export({ format: 'jwk' })).toEqual(key.publicJwk);
  });

  it('a did:key carries each of the kinds that have a Multikey', () => {
    for (const [alg, prefix] of [
      ['EdDSA', 'z6Mk'],
      ['ES256', 'zDn'],
      ['ES384', 'z82'],
    ] as const)
      expect(generateDidKey(alg).did).toMatch(new RegExp(`^did:key:${prefix}`));
  });
});

describe('a node that changes its key', () => {
  it('goes on under the next name, and keeps the former key without its private part', () => {
    const first = loadOrCreateIdentity(folder, DID);
    const second = rotateIdentity(folder, DID, at(9));
    expect(second.id).toBe(`${DID}#key-2`);
    expect(second.former).toEqual([{ id: first.id, publicJwk: first.publicJwk, expires: '2026-11-21T09:00:00.000Z' }]);
    expect(loadOrCreateIdentity(folder, DID)).toEqual(second);
    const text = readFileSync(join(folder, 'identity.json'), 'utf8');
    expect(text).not.toContain(first.privateJwk.d);
    expect(readdirSync(folder)).toEqual(['identity.json']);
    expect(statSync(join(folder, 'identity.json')).mode & 0o777).toBe(0o600);
  });

  it('publishes former keys with their end, and for no purpose', () => {
    const first = loadOrCreateIdentity(folder, DID);
    const second = rotateIdentity(folder, DID, at(9));
    const third = rotateIdentity(folder, DID, at(10), 'current');
    expect(didDocument(DID, [third], {}, third.former)).toMatchObject({
      verificationMethod: [
        { id: third.id, type: 'Multikey' },
        { id: first.id, expires: '2026-11-21T09:00:00.000Z' },
        { id: second.id, revoked: '2026-11-21T10:00:00.000Z' },
      ],
      assertionMethod: [third.id],
      authentication: [third.id],
    });
  });

  it('can revoke a former key later, and needs no new one for it', () => {
    const first = loadOrCreateIdentity(folder, DID);
    const second = rotateIdentity(folder, DID, at(9));
    const after = rotateIdentity(folder, DID, at(11), first.id);
    expect(after.id).toBe(second.id);
    expect(after.former).toMatchObject([{ id: first.id, expires: at(9).toISOString(), revoked: at(11).toISOString() }]);
    // The time it became known is not moved by saying it again.
    expect(rotateIdentity(folder, DID, at(12), first.id).former).toEqual(after.former);
  });

  it('is told the names of its keys when it is asked about another', () => {
    loadOrCreateIdentity(folder, DID);
    expect(() => rotateIdentity(folder, DID, at(9), `${DID}#key-7`)).toThrow(/was never a key.*key-1/);
  });

  it('knows the log that it has signed, whatever becomes of its keys', () => {
    rememberLog(folder, loadOrCreateIdentity(folder, DID), 'node.example/catalogue/1');
    rotateIdentity(folder, DID, at(9));
    rotateIdentity(folder, DID, at(10), `${DID}#key-1`);
    expect(loadOrCreateIdentity(folder, DID)).toMatchObject({ id: `${DID}#key-2`, log: 'node.example/catalogue/1' });
  });

  it('is not harmed by a draft that a crash has left', () => {
    loadOrCreateIdentity(folder, DID);
    writeFileSync(join(folder, 'identity.json.new'), 'half');
    expect(rotateIdentity(folder, DID, at(9)).id).toBe(`${DID}#key-2`);
    expect(readdirSync(folder)).toEqual(['identity.json']);
  });
});
