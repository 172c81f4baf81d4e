import { expect, test } from 'vitest';
import { echo, pasted, sniff } from './submission.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const jwt = (header: object, payload: object) =>
  [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
    .concat('.c2ln');

test('tells a JWT by its three parts, and drops the white space around it', () => {
  const credential = jwt({ alg: 'EdDSA', typ: 'vc+jwt' }, { type: ['VerifiableCredential'] });
  const sniffed = sniff(bytes(`  ${credential}\n`));
  expect(sniffed).toMatchObject({ ok: true, mediaType: 'application/vc+jwt' });
  expect(sniffed.ok && new TextDecoder().decode(sniffed.bytes)).toBe(credential);
});

test('tells presentations', () => {
  expect(sniff(bytes(jwt({ typ: 'vp+jwt' }, {})))).toMatchObject({ mediaType: 'application/vp+jwt' });
  expect(sniff(bytes(jwt({ typ: 'vp+jwt' }, { type: 'VerifiableCredential' })))).toMatchObject({
    mediaType: 'application/vc+jwt',
  });
  expect(sniff(bytes(jwt({}, { type: 'VerifiablePresentation' })))).toMatchObject({ mediaType: 'application/vp+jwt' });
  expect(sniff(bytes('{"type":["VerifiablePresentation"]}'))).toMatchObject({ mediaType: 'application/vp' });
});

test('takes JSON byte for byte, also when it is broken', () => {
  const text = '{\n  "type": ["VerifiableCredential"]\n}\n';
  const sniffed = sniff(bytes(text));
  expect(sniffed).toMatchObject({ ok: true, mediaType: 'application/vc' });
  expect(sniffed.ok && new TextDecoder().decode(sniffed.bytes)).toBe(text);
  expect(sniff(bytes('{"type": '))).toMatchObject({ ok: true, mediaType: 'application/vc' });
});

test('names what it found where it is neither', () => {
  expect(sniff(bytes('hello'))).toEqual({ ok: false, found: 'hello' });
  expect(sniff(bytes('<html>'))).toMatchObject({ ok: false });
});

test('a form gives back the bytes that were pasted', () => {
  const text = '{\n"a": 1\n}\n';
  expect(new TextDecoder().decode(pasted(text.replaceAll('\n', '\r\n')))).toBe(text);
  expect(echo(bytes(text))).toBe(text);
  expect(echo(bytes('a\r\nb'))).toBeUndefined();
  expect(echo(new Uint8Array([0xff, 0xfe]))).toBeUndefined();
});

test('a JWT that was broken on its way goes to the checks, which name what happened', () => {
  for (const text of [
    'eyJhbGciOiJub25lIn0.e30\n.AAAA',
    'Bearer eyJhbGciOiJub25lIn0.e30.AAAA',
    'eyJhbGciOiJub25lIn0.e3',
  ])
    expect(sniff(bytes(text))).toMatchObject({ ok: true, mediaType: 'application/vc+jwt' });
  expect(sniff(bytes('["eyJhbGciOiJub25lIn0.e30.AAAA"]'))).toMatchObject({ ok: true, mediaType: 'application/vc' });
});
