import { expect, test } from 'vitest';
import { didDocumentAddress, line, linkable, visible } from './safe-text.ts';

test('spells out what would reorder or hide text', () => {
  expect(visible('pay\u202Eexe.txt')).toBe('pay[U+202E]exe.txt');
  expect(visible('Nord\u200Blys')).toBe('Nord[U+200B]lys');
  expect(visible('a\u2066b\u2069')).toBe('a[U+2066]b[U+2069]');
  expect(visible('x\u0000\u001B[31m')).toBe('x[U+0000][U+001B][31m');
  expect(visible('tag\u{E0041}')).toBe('tag[U+E0041]');
  expect(visible('\uD800')).toBe('\uFFFD');
});

test('leaves joiners where they are spelling', () => {
  expect(visible('👩‍🚀')).toBe('👩‍🚀');
  expect(visible('می‌خواهم')).toBe('می‌خواهم');
  expect(visible('a\u200Db')).toBe('a[U+200D]b');
});

test('cuts piles of accents and long names', () => {
  expect(visible(`a${'\u0301'.repeat(40)}`)).toBe(`a${'\u0301'.repeat(4)}`);
  expect([...line('å'.repeat(10_000), 200)]).toHaveLength(200);
  expect(line('one\n two\t three')).toBe('one two three');
});

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'https://user:pass@bank.example/',
  'https://bank.example\\@evil.example/',
  'https://exa\u202Emple.org/',
  '//evil.example/',
  '/relative',
  'https://',
])('does not link %j', (address) => {
  expect(linkable(address)).toBeUndefined();
});

test('links http and https', () => {
  expect(linkable('https://nordlys.example/exit-plan.pdf?a=1')).toBe('https://nordlys.example/exit-plan.pdf?a=1');
});

test('finds the DID document of a did:web, and of nothing else', () => {
  expect(didDocumentAddress('did:web:cloud.example#key-1')).toBe('https://cloud.example/.well-known/did.json');
  expect(didDocumentAddress('did:web:cloud.example:edge:es')).toBe('https://cloud.example/edge/es/did.json');
  expect(didDocumentAddress('did:web:localhost%3A8443')).toBe('http://localhost:8443/.well-known/did.json');
  expect(didDocumentAddress('did:key:z6Mk')).toBeUndefined();
  expect(didDocumentAddress('did:web:"><script>')).toBeUndefined();
});
