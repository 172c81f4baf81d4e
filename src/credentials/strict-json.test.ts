import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, JsonFault, parseObject } from './strict-json.ts';

const fault = (text: string): JsonFault => {
  try {
    parseObject(text);
  } catch (error) {
    if (error instanceof JsonFault) return error;
    throw error;
  }
  throw new Error('was accepted');
};

describe('strict JSON', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc
            .string({ minLength: 1 })
            .filter((key) => !['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON'].includes(key)),
          fc.jsonValue(),
        ),
        (object) => {
          const text = JSON.stringify(object);
          let safe = true;
          JSON.parse(text, (key, value) => {
            if (['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON'].includes(key)) safe = false;
            return value;
          });
          if (safe) expect(parseObject(text)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('names the place of a key that stands twice (H-009)', () => {
    expect(fault('{"a":{"b":[1,{"c":1,"c":2}]}}')).toMatchObject({
      where: '/a/b/1/c',
      message: expect.stringContaining('twice'),
    });
    expect(fault('{"a":1,"\\u0061":2}').message).toContain('twice');
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON'])(
    'refuses the key %s (H-011)',
    (key) => {
      expect(fault(`{"a":{"${key}":{}}}`).message).toContain(key);
    },
  );

  it.each([
    ['H-003', 'null'],
    ['H-004', '[]'],
    ['H-005', '"text"'],
    ['H-010', '{} {}'],
    ['H-010', '{"a":1},'],
    ['H-012', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
    ['H-013', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['H-014', `{${Array.from({ length: 1_000_000 }, (_, at) => `"k${at}":1`).join()}}`],
    ['H-015', `{"a":"${'x'.repeat(10_000_000)}"}`],
    ['H-016', '{"a":1e400}'],
    ['H-017', `{"a":${'1'.repeat(100_000)}}`],
    ['lone surrogate', '{"a":"\\ud800"}'],
    ['trailing comma', '{"a":1,}'],
    ['single quotes', "{'a':1}"],
    ['leading zero', '{"a":01}'],
    ['control character', '{"a":"\n"}'],
    ['cut off', '{"a":'],
  ])('refuses %s', (_name, text) => {
    expect(fault(text)).toBeInstanceOf(JsonFault);
  });

  it('refuses invalid UTF-8 and UTF-16 (H-006, H-007, H-008)', () => {
    expect(() => decodeUtf8(new Uint8Array([0x7b, 0xff, 0x7d]))).toThrow(JsonFault);
    expect(() => decodeUtf8(Buffer.from('\ufeff{}', 'utf16le'))).toThrow(JsonFault);
    expect(() => decodeUtf8(Buffer.from('\ufeff{}'))).toThrow(/byte-order mark/);
  });
});
