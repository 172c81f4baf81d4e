import { expect, test } from 'vitest';
import { Checks } from './check.ts';
import { parse } from './parse.ts';

const JWT = 'eyJhbGciOiJFZERTQSJ9.eyJpc3N1ZXIiOiJkaWQ6d2ViOmEuZXhhbXBsZSJ9.AAAA';

/** The one check that refuses these bytes. */
function refusal(bytes: string | Uint8Array, mediaType = 'application/vc') {
  const checks = new Checks();
  const parsed = parse(
    { bytes: Buffer.from(bytes as string), mediaType, source: { kind: 'provider' } },
    { objectBytes: 1_000_000 },
    checks,
  );
  expect(parsed).toBeUndefined();
  return checks.list.find(({ result }) => result === 'fail')!;
}

test.each(['application/vc', 'application/vc+jwt'])('what happened to a JWT on its way is named, as %s', (type) => {
  const at = (text: string) => refusal(text, type).why;
  expect(at(`${JWT.slice(0, 30)}\n${JWT.slice(30)}`)).toBe('There is a line break in the JWT, at character 31');
  expect(at(`${JWT.slice(0, 30)} ${JWT.slice(30)}`)).toBe('There is a space in the JWT, at character 31');
  expect(at(`${JWT.slice(0, 30)}=${JWT.slice(30)}`)).toBe('There is a character at character 31 that no JWT has');
  expect(at(JWT.slice(0, 30))).toBe('The JWT ends at character 30, in part 2 of 3: it was cut off');
  expect(at(`Bearer ${JWT}`)).toBe('The word "Bearer" stands before the JWT');
  expect(at(`Authorization: Bearer ${JWT}`)).not.toContain('byte-order');
  expect(at(`\ufeff${JWT}`)).toBe('A byte-order mark stands before the JWT');
  expect(at(`${JWT}\n`)).toBe('White space stands before or after the JWT');
  expect(at(`${JWT}.AAAA.AAAA`)).toBe('The JWT has 5 parts');
  expect(at('')).toBe('There is nothing in it: it has 0 bytes');
});

test('a JWT inside JSON is named with its place', () => {
  expect(refusal(JSON.stringify({ credential: JWT }))).toMatchObject({
    where: '/credential',
    why: 'There is a JWT inside, at /credential: send that',
  });
  expect(refusal(JSON.stringify([JWT]))).toMatchObject({ where: '/0' });
  expect(refusal(JSON.stringify({ data: { vc: JWT } }))).toMatchObject({ where: '/data/vc' });
  expect(refusal('{"credential":"hello"}')).toMatchObject({ id: 'parse.kind' });
});

test('text in UTF-16 is named', () => {
  expect(refusal(Buffer.from(`\ufeff${JWT}`, 'utf16le')).why).toBe('It is text in UTF-16');
});
