import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../config.ts';
import { isPublicAddress, neighbourhood, readAllowList } from './addresses.ts';

describe('public addresses', () => {
  it.each(['8.8.8.8', '2a00:1450:4001::1', '::ffff:8.8.8.8', '64:ff9b::808:808'])('%s is one', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    ['private', '192.168.1.1'],
    ['private', '172.31.255.255'],
    ['of a carrier', '100.127.0.1'],
    ['for benchmarks', '198.18.0.1'],
    ['for documentation', '203.0.113.5'],
    ['reserved', '240.0.0.1'],
    ['for broadcast', '255.255.255.255'],
    ['for many', '224.0.0.1'],
    ['of this host', '0.0.0.0'],
    ['of this host', '::'],
    ['of the link', 'fe80::1'],
    ['with a zone', '2a00:1450:4001::1%eth0'],
    ['of a site', 'fec0::1'],
    ['unique local', 'fd00::1'],
    ['for documentation', '2001:db8::1'],
    ['for documentation', '3fff::1'],
    ['mapped IPv4', '::ffff:10.0.0.1'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['translated IPv4', '::ffff:0:10.0.0.1'],
    ['NAT64 of a private address', '64:ff9b::a00:1'],
    ['NAT64 for local use', '64:ff9b:1::808:808'],
    ['6to4', '2002:0a00:0001::1'],
    ['Teredo', '2001:0:1::1'],
    ['given to nobody', '4000::1'],
    ['no address', 'x'],
  ])('an address %s is none: %s (H-116)', (_what, address) => expect(isPublicAddress(address)).toBe(false));
});

describe('the allow-list', () => {
  const read = (...entries: string[]) => {
    const verdict = readAllowList(entries);
    if (!verdict.ok) throw new Error(verdict.detail);
    return verdict.value;
  };

  it('names hosts, with all their ports or one', () => {
    const list = read('Registry.internal', 'did.internal:8443', '[fd00::7]:8443');
    expect(list.host('registry.internal', 443)).toBe(true);
    expect(list.host('registry.internal.', 9000)).toBe(true);
    expect(list.host('did.internal', 8443)).toBe(true);
    expect(list.host('[fd00::7]', 8443)).toBe(true);
    expect(list.host('did.internal', 443)).toBe(false);
    expect(list.host('[fd00::7]', 443)).toBe(false);
    expect(list.host('other.registry.internal', 443)).toBe(false);
    expect(list.address('fd00::7')).toBe(false);
  });

  it('names ranges and single addresses', () => {
    const list = read('10.20.0.0/16', 'fd00:1::/48', '192.168.1.7');
    for (const address of ['10.20.255.1', '::ffff:10.20.0.1', 'fd00:1::9', '192.168.1.7'])
      expect(list.address(address), address).toBe(true);
    for (const address of ['10.21.0.1', 'fd00:2::9', '192.168.1.8', 'registry.internal'])
      expect(list.address(address), address).toBe(false);
    expect(list.host('[fd00:1::9]', 443)).toBe(true);
  });

  it.each(['https://registry.internal', 'registry.internal/x', 'user@host', '10.0.0.0/33', 'host:99999', 'a b', ''])(
    'refuses the entry "%s"',
    (entry) => expect(readAllowList([entry])).toMatchObject({ ok: false, detail: expect.stringContaining(entry) }),
  );

  it.each(['*', '*.internal', '0.0.0.0/0', '10.0.0.0/7', '::/0', 'fc00::/6'])(
    'refuses all hosts, as by "%s"',
    (entry) =>
      expect(readAllowList([entry])).toMatchObject({
        ok: false,
        detail: expect.stringContaining('KONTOR_ALLOW_PRIVATE_NETWORK=true'),
      }),
  );

  it('takes the widest private networks', () => expect(readAllowList(['10.0.0.0/8', 'fc00::/7']).ok).toBe(true));

  it('is KONTOR_ALLOW_HOSTS, whose bad entries are named at the start', () => {
    const config = readConfig({ KONTOR_ALLOW_HOSTS: 'registry.internal, 10.20.0.0/16,' });
    expect(config.allowHosts).toEqual(['registry.internal', '10.20.0.0/16']);
    expect(readConfig({}).allowHosts).toEqual([]);
    expect(() => readConfig({ KONTOR_ALLOW_HOSTS: 'registry.internal, 10.0.0.0/40' })).toThrow(ConfigError);
    expect(() => readConfig({ KONTOR_ALLOW_HOSTS: '10.0.0.0/40' })).toThrow(/KONTOR_ALLOW_HOSTS: "10\.0\.0\.0\/40"/);
  });
});

describe('a neighbourhood', () => {
  it.each([
    ['cloud.example', 'cloud.example'],
    ['a1.cloud.example', 'cloud.example'],
    ['a.b.Cloud.example.:8443', 'cloud.example'],
    ['a.cloud.co.uk', 'cloud.co.uk'],
    ['cloud.co.uk', 'cloud.co.uk'],
    ['a.ministere.gouv.fr', 'ministere.gouv.fr'],
    ['a.b.cloud.io', 'cloud.io'],
    ['a.co.cloud', 'co.cloud'],
    ['co.uk', 'co.uk'],
    ['intranet', 'intranet'],
    ['8.8.8.8:443', '8.8.8.0/24'],
    ['[2a00:1450:4001:7::1]:443', '2a00:1450:4001::/48'],
    ['[::ffff:808:808]', '8.8.8.0/24'],
  ])('of %s is %s', (host, expected) => expect(neighbourhood(host)).toBe(expected));

  it.each(['localhost:8080', 'a.localhost:8080', '127.0.0.1:8080', '[::1]:8080'])(
    'of %s, this machine, is each port',
    (host) => expect(neighbourhood(host)).toBe(host),
  );
});
