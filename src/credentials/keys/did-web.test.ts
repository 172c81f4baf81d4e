import { domainToASCII } from 'node:url';
import { describe, expect, it } from 'vitest';
import { didWarnings, didWebUrl } from './did-web.ts';

const url = (did: string) => didWebUrl(did, false);
const refusalOf = (did: string, allowPrivateNetwork = false) => {
  const verdict = didWebUrl(did, allowPrivateNetwork);
  expect(verdict, did).toMatchObject({ ok: false, code: 'issuer' });
  return verdict.ok ? '' : verdict.detail;
};

describe('the URL of a did:web (H-107)', () => {
  it.each([
    ['did:web:provider.example', 'https://provider.example/.well-known/did.json'],
    ['did:web:provider.example%3A8443', 'https://provider.example:8443/.well-known/did.json'],
    ['did:web:provider.example%3a8443:cloud:eu', 'https://provider.example:8443/cloud/eu/did.json'],
    ['did:web:provider.example:8443', 'https://provider.example/8443/did.json'],
    ['did:web:provider.example:caf%C3%A9:a_b~c.d-e', 'https://provider.example/caf%C3%A9/a_b~c.d-e/did.json'],
    ['did:web:did-server', 'https://did-server/.well-known/did.json'],
    ['did:web:xn--bcher-kva.example', 'https://xn--bcher-kva.example/.well-known/did.json'],
    ['did:web:localhost%3A8080', 'https://localhost:8080/.well-known/did.json'],
  ])('of %s is %s', (did, expected) => {
    expect(url(did)).toEqual({ ok: true, value: expected });
  });

  it('uses http on loopback alone, and only where that is allowed', () => {
    for (const [did, start] of [
      ['did:web:localhost%3A8080', 'http://localhost:8080/'],
      ['did:web:a.localhost', 'http://a.localhost/'],
      ['did:web:127.0.0.1%3A80', 'http://127.0.0.1:80/'],
      ['did:web:10.0.0.1', 'https://10.0.0.1/'],
      ['did:web:localhost.example', 'https://localhost.example/'],
    ] as const)
      expect(didWebUrl(did, true)).toEqual({ ok: true, value: `${start}.well-known/did.json` });
  });

  it.each([
    'did:web:',
    'did:web::path',
    'did:web:a/b',
    'did:web:a%2Fb',
    'did:web:user%40host',
    'did:web:a.example%3A',
    'did:web:a.example%3A0',
    'did:web:a.example%3A65536',
    'did:web:a.example%3A443%3A1',
    'did:web:a.example%2F..%2Fb',
    'did:web:%61.example',
    'did:web:a..example',
    'did:web:a.example.',
    'did:web:-a.example',
    'did:web:a_b.example',
    'did:web:a.example%00',
    'did:web:a.example?x',
    'did:web:a.example#x',
    'did:web:%zz',
    `did:web:${'a'.repeat(64)}.example`,
    `did:web:${'a.'.repeat(130)}example`,
    `did:web:${'a'.repeat(3_000)}`,
  ])('is refused for %s', (did) => {
    expect(refusalOf(did)).toContain('not a did:web that names a host');
  });

  it.each([
    ...[
      '..',
      '.',
      '...',
      '%2e%2e',
      '%2E',
      'a%2Fb',
      'a%5Cb',
      'a%3Fb',
      'a%23b',
      '%00',
      '%0a',
      '%20',
      '%61',
      '%zz',
      '%ff',
    ],
    ...['', 'a/b', 'a?b', 'a b', 'é', '%25'],
  ])('is refused for the path part "%s"', (part) => {
    expect(refusalOf(`did:web:a.example:x:${part}:y`)).toContain('has a path that a did:web cannot have');
  });

  it('H-116: names a host, never an address', () => {
    for (const address of ['127.0.0.1', '169.254.169.254', '10.0.0.1', '8.8.8.8'])
      expect(refusalOf(`did:web:${address}`)).toContain('names an address');
    for (const disguised of ['0x7f000001', '2130706433', '127.1', '0177.0.0.1', '1.2.3.4.5'])
      for (const allowed of [false, true])
        expect(refusalOf(`did:web:${disguised}`, allowed)).toContain('names an address');
    for (const six of ['[::1]', '%5B%3A%3A1%5D', '[::ffff:127.0.0.1]']) refusalOf(`did:web:${six}`, true);
  });

  it('H-107: a host in other letters than ASCII is refused, with the way to write it', () => {
    for (const did of ['did:web:ex\u0430mple.com', 'did:web:ex%D0%B0mple.com', 'did:web:ex%D0%B0mple.com%3A8443'])
      expect(refusalOf(did)).toContain('in ASCII it is xn--exmple-4nf.com');
    for (const host of ['xn--a.example', 'a.xn--99999999999', 'xn--0.pt'])
      expect(refusalOf(`did:web:${host}`)).toContain('no name in punycode');
  });
});

describe('names that look like others (H-107)', () => {
  const did = (name: string) => `did:web:${domainToASCII(name)}%3A8443:cloud`;

  it('a Latin name with one Cyrillic letter is told, with the name as it shows and as it is written', () => {
    const [warning, ...more] = didWarnings(did('ex\u0430mple.com'));
    expect(more).toEqual([]);
    expect(warning).toContain('"ex\u0430mple"');
    expect(warning).toContain('xn--exmple-4nf');
    expect(warning).toContain('mixes Latin and Cyrillic letters');
  });

  it.each([
    ['\u0430\u0440\u0440\u04cf\u0435.com', 'Cyrillic', 'apple'],
    ['\u03bf\u03c1\u03b5\u03b7.org', 'Greek', 'open'],
    ['\u0570\u0578\u057d.org', 'Armenian', 'hnu'],
  ])('%s, wholly in look-alikes, is told not to be what it looks like', (name, script, read) => {
    expect(didWarnings(did(name))).toEqual([
      expect.stringContaining(`is written in ${script} letters that look like Latin ones: it is not "${read}"`),
    ]);
  });

  it('a rare Latin letter is told as well', () => {
    expect(didWarnings(did('\u0261aia.eu'))).toEqual([expect.stringContaining('it is not "gaia"')]);
  });

  it.each([
    'provider.example',
    'b\u00fccher.de',
    'm\u00f8rketid.no',
    '\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444',
    '\u03c0\u03b1\u03c1\u03ac\u03b4\u03b5\u03b9\u03b3\u03bc\u03b1.gr',
    '\u4f8b\u3048.jp',
    'abc\u4f8b.jp',
    '\u05d3\u05d5\u05d2\u05de\u05d4.il',
  ])('%s is what it looks like', (name) => {
    expect(didWarnings(did(name))).toEqual([]);
  });

  it('other DIDs have no host to warn of', () => {
    for (const other of ['did:key:z6Mk', 'did:web:', 'did:web:ex\u0430mple.com', 'did:jwk:xn--exmple-4nf', ''])
      expect(didWarnings(other)).toEqual([]);
  });
});
