import { createHash } from 'node:crypto';
import { encode } from 'base58-universal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DigestForm, digestOf, hashesOf, matchesDigest, readDigest } from './digest.ts';

const bytes = Buffer.from('{"says":"something"}\n');
const hash = (name: string, of: Uint8Array = bytes) => createHash(name).update(of).digest();
const sri = (name: string, of?: Uint8Array) => `${name}-${hash(name, of).toString('base64')}`;
const multihash = (code: number, name: string) => Buffer.concat([Buffer.from([code, hash(name).length]), hash(name)]);
const matches = (text: unknown, form: DigestForm, of: Uint8Array = bytes) => {
  const digest = readDigest(text, form);
  if (!digest.ok) throw new Error(digest.detail);
  return matchesDigest(hashesOf(of), digest.value).ok;
};

describe('a digest is read', () => {
  it.each<[string, unknown, DigestForm]>([
    ['sha256', sri('sha256'), 'sri'],
    ['sha384', sri('sha384'), 'sri'],
    ['sha512', sri('sha512'), 'sri'],
    ['without padding', sri('sha256').replace('=', ''), 'sri'],
    ['in base64url', `sha384-${hash('sha384').toString('base64url')}`, 'sri'],
    ['with options', `${sri('sha256')}?type=x`, 'sri'],
    ['in hex, as clearing houses write it', `sha256-${hash('sha256').toString('hex')}`, 'sri'],
    ['in hex of sha512', `sha512-${hash('sha512').toString('hex').toUpperCase()}`, 'sri'],
    ['in base64url multibase', digestOf(bytes), 'multibase'],
    ['in base58btc multibase', `z${encode(multihash(0x20, 'sha384'))}`, 'multibase'],
    ['in hex multibase', `f${multihash(0x13, 'sha512').toString('hex')}`, 'multibase'],
    ['in multibase without multihash', `u${hash('sha256').toString('base64url')}`, 'multibase'],
    ['as one of two', `${sri('sha256', Buffer.from('other'))} ${sri('sha256')}`, 'sri'],
    [
      'as one of a list',
      [`u${hash('sha256', Buffer.from('other')).toString('base64url')}`, digestOf(bytes)],
      'multibase',
    ],
    ['as the strongest, whatever the others say', `${sri('sha512')}  ${sri('sha256', Buffer.from('other'))}`, 'sri'],
  ])('%s', (_, text, form) => {
    expect(matches(text, form)).toBe(true);
    expect(matches(text, form, Buffer.from('{"says":"something"}'))).toBe(false);
  });

  it('and of several, a weak one that fits does not help where the strongest does not', () => {
    expect(matches(`${sri('sha256')} ${sri('sha384', Buffer.from('other'))}`, 'sri')).toBe(false);
  });

  it('published for the VC 2.0 context, in both forms', () => {
    const read = (text: string, form: DigestForm) => {
      const digest = readDigest(text, form);
      return digest.ok && digest.value.values[0]!.toString('hex');
    };
    const published = '59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734';
    expect(read('uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ', 'multibase')).toBe(published);
    expect(read(`sha256-${published}`, 'sri')).toBe(published);
  });
});

it.each<[string, unknown, DigestForm]>([
  ['another hash', sri('sha1'), 'sri'],
  ['a hash of another name', sri('sha256').replace('sha256', 'sha384'), 'sri'],
  ['upper case', sri('sha256').replace('sha', 'SHA'), 'sri'],
  ['too short', sri('sha256').slice(0, -4), 'sri'],
  ['too long', `${sri('sha384')}AAAA`, 'sri'],
  ['bits that nobody reads', sri('sha256').replace(/.=$/, 'B='), 'sri'],
  ['too much padding', sri('sha256').replace('=', '=='), 'sri'],
  ['another alphabet', sri('sha384').replace(/-.{4}/, '-!@*.'), 'sri'],
  ['half a hex', `sha256-${hash('sha256').toString('hex').slice(1)}`, 'sri'],
  ['a placeholder', 'sha256-xxxx', 'sri'],
  ['one good and one bad', `${sri('sha256')} md5-AAAA`, 'sri'],
  ['nothing', '', 'sri'],
  ['spaces', '  ', 'sri'],
  ['an empty list', [], 'sri'],
  ['a number', 7, 'sri'],
  ['null', null, 'sri'],
  ['an object', { digest: sri('sha256') }, 'sri'],
  ['a long text', `sha256-${'A'.repeat(100_000)}`, 'sri'],
  ['many', Array.from({ length: 11 }, () => sri('sha256')), 'sri'],
  ['many in one text', `${sri('sha256')} `.repeat(10_000), 'sri'],
  ['no multibase', multihash(0x12, 'sha256').toString('base64url'), 'multibase'],
  ['another base', `m${multihash(0x12, 'sha256').toString('base64')}`, 'multibase'],
  ['another multihash', `u${multihash(0x16, 'sha256').toString('base64url')}`, 'multibase'],
  ['a multihash of another length', `u${multihash(0x20, 'sha256').toString('base64url')}`, 'multibase'],
  ['a multihash cut short', `u${multihash(0x12, 'sha256').subarray(0, 33).toString('base64url')}`, 'multibase'],
  ['padding', `${digestOf(bytes)}=`, 'multibase'],
  ['the other alphabet', `u${Buffer.alloc(32, 0xff).toString('base64').replace('=', '')}`, 'multibase'],
  ['upper-case hex', `f${multihash(0x12, 'sha256').toString('hex').toUpperCase()}`, 'multibase'],
  ['base58 with zeros', `z0${encode(multihash(0x12, 'sha256'))}`, 'multibase'],
  ['an SRI text', sri('sha256'), 'multibase'],
])('%s is no digest', (_, text, form) => {
  expect(readDigest(text, form)).toMatchObject({ ok: false, code: 'malformed' });
});

it('no changed byte, however slight, keeps a digest', () => {
  const change = fc.record({ at: fc.nat(), bit: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), change, (content, { at, bit }) => {
      const changed = Uint8Array.from(content);
      changed[at % changed.length]! ^= bit;
      for (const [text, form] of [
        [digestOf(content), 'multibase'],
        [sri('sha384', content), 'sri'],
        [`sha256-${hash('sha256', content).toString('hex')}`, 'sri'],
      ] as const) {
        expect(matches(text, form, content)).toBe(true);
        expect(matches(text, form, changed)).toBe(false);
      }
    }),
  );
});

it('no changed character of a digest keeps its meaning', () => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=?. z';
  fc.assert(
    fc.property(
      fc.constantFrom(digestOf(bytes), sri('sha384')),
      fc.nat(),
      fc.constantFrom(...letters),
      (text, n, to) => {
        const at = n % text.length;
        // Of the two alphabets of base64 both are taken, so these are one letter each.
        const same = (letter: string) => letter.replace('-', '+').replace('_', '/');
        fc.pre(same(text[at]!) !== same(to));
        const form = text.startsWith('u') ? 'multibase' : 'sri';
        const digest = readDigest(text.slice(0, at) + to + text.slice(at + 1), form);
        expect(digest.ok && matchesDigest(hashesOf(bytes), digest.value).ok).toBe(false);
      },
    ),
  );
});
