import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBundle, encodeBundle, encodeTileIndex, parseTilePath, tilePath, tileWidth } from './tiles.ts';

describe('tile names', () => {
  it('writes an index as the specification does', () => {
    expect([0, 67, 999, 1000, 1234067].map(encodeTileIndex)).toEqual([
      '000',
      '067',
      '999',
      'x001/000',
      'x001/x234/067',
    ]);
  });

  it('reads back every name it writes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constant('entries' as const), fc.nat({ max: 63 })),
        fc.nat({ max: 2 ** 31 }),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          expect(parseTilePath(tilePath({ level, index, width }))).toEqual({
            ok: true,
            value: { level, index, width },
          });
        },
      ),
    );
  });

  it.each([
    '',
    '0',
    '0/67',
    '0/0067',
    '00/067',
    '64/000',
    '0/x000/067',
    '0/001/002',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    '0/000.p',
    'entries/-01',
    '0/../000',
    '1/000/',
    'data/000',
  ])('refuses the name %j', (path) => expect(parseTilePath(path)).toMatchObject({ ok: false, code: 'bad-request' }));

  it('knows the widths of the tree of 70,000 entries that the specification describes', () => {
    expect([tileWidth(0, 272, 70_000), tileWidth(0, 273, 70_000), tileWidth(0, 274, 70_000)]).toEqual([256, 112, -144]);
    expect([tileWidth(1, 0, 70_000), tileWidth(1, 1, 70_000), tileWidth(2, 0, 70_000)]).toEqual([256, 17, 1]);
    expect([tileWidth(0, 0, 256), tileWidth(1, 0, 256)]).toEqual([256, 1]);
  });
});

describe('entry bundles', () => {
  it('gives back the entries, and only the whole of them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 20 }),
        (entries) => {
          const bundle = encodeBundle(entries);
          const decoded = decodeBundle(bundle, entries.length);
          expect(decoded.ok && decoded.value.map((entry) => [...entry])).toEqual(entries.map((entry) => [...entry]));
          expect(decodeBundle(bundle.subarray(0, -1), entries.length).ok).toBe(false);
          expect(decodeBundle(bundle, entries.length + 1).ok).toBe(false);
          expect(decodeBundle(bundle, entries.length - 1).ok).toBe(false);
        },
      ),
    );
  });

  it('H-156 takes no entry over 4,096 bytes, though the format could carry 65,535', () => {
    expect(decodeBundle(encodeBundle([new Uint8Array(4096)]), 1).ok).toBe(true);
    expect(decodeBundle(encodeBundle([new Uint8Array(4097)]), 1)).toMatchObject({ code: 'too-large' });
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow();
  });
});
