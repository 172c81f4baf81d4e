import { expect, test } from 'vitest';
import { clean, cleanDeep, country, safeJson, shell, shorten, table, time, wrap } from './text.ts';

const ESC = String.fromCodePoint(0x1b);
const CSI = String.fromCodePoint(0x9b);
const OVERRIDE = String.fromCodePoint(0x202e);
const ZERO_WIDTH = String.fromCodePoint(0x200b);
const TAG = String.fromCodePoint(0xe0041);

test('what a terminal would obey is written out', () => {
  expect(clean(`${ESC}[2J${CSI}31mred${OVERRIDE}x${ZERO_WIDTH}y\u0000`)).toBe(
    '<U+001B>[2J<U+009B>31mred<U+202E>x<U+200B>y<U+0000>',
  );
  expect(clean(`${TAG}a\ud800`)).toBe('<U+E0041>a\ufffd');
  expect(clean('two\r\nlines\tand æøå, 日本')).toBe('two lines and æøå, 日本');
  expect(cleanDeep({ [`a${ESC}`]: [`b${ESC}`, 1, null] })).toEqual({ 'a<U+001B>': ['b<U+001B>', 1, null] });
});

test('JSON stays the same value without a raw control', () => {
  const value = { a: `${ESC}${CSI}${OVERRIDE}${TAG}\n`, b: 'æ' };
  const json = safeJson(value);
  expect(JSON.parse(json)).toEqual(value);
  expect([ESC, CSI, OVERRIDE, TAG].filter((character) => json.includes(character))).toEqual([]);
});

test('wraps at words with a hanging indent, and not at all in a pipe', () => {
  expect(wrap('one two three four five six seven', 30, 6)).toBe('one two three four five\n      six seven');
  expect(wrap('a b', Number.POSITIVE_INFINITY, 6)).toBe('a b');
});

test('words for people', () => {
  expect(time('2026-11-21T09:14:33Z')).toBe('21 Nov 2026, 09:14 UTC');
  expect(time(null)).toBe('never');
  expect(country('NO')).toBe('Norway (NO)');
  expect(country('ZQ')).toBe('ZQ');
  expect(shorten('abcdef', 4)).toBe('abc…');
  expect([shell('a/b.jwt'), shell("it's"), shell('')]).toEqual(['a/b.jwt', `'it'\\''s'`, "''"]);
  expect(
    table([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
  ).toBe('  a    bb\n  ccc  d');
});
