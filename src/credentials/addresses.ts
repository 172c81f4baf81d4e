import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { accepted, refused, type Verdict } from '../errors.ts';

/** Global unicast; the rest of IPv6 is reserved or local (https://www.rfc-editor.org/rfc/rfc4291#section-2.4). */
const GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3');
/** An IPv4 address in its last 32 bits, as networks without IPv4 reach it (https://www.rfc-editor.org/rfc/rfc6052). */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** Whether an address belongs to the public internet; IPv4 inside IPv6 (mapped, NAT64) counts as IPv4. */
export function isPublicAddress(address: string): boolean {
  if (address.includes('%') || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.range() === 'unicast';
  if (parsed.match(NAT64)) return isPublicAddress(parsed.toByteArray().slice(12).join('.'));
  return parsed.match(GLOBAL) && parsed.range() === 'unicast';
}

/** What may be private although the network at large must not be: the operator's list. */
interface AllowList {
  /** Whether a host of a URL is on the list by its name, or by the address that it is. */
  host(name: string, port: number): boolean;
  /** Whether an address lies in a range of the list, whatever name led to it. */
  address(address: string): boolean;
}

/** A host name or address, with or without a port. */
const HOST = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]+)(?::(\d{1,5}))?$/i;

/** The widest private networks: 10.0.0.0/8 and fc00::/7. */
const WIDEST = { ipv4: 8, ipv6: 7 };
const ALL_OF_THEM = 'A closed network where everything may be private says so by KONTOR_ALLOW_PRIVATE_NETWORK=true';

/**
 * Reads entries such as `registry.internal`, `registry.internal:8443`, `10.20.0.0/16`, `fd00:1::/48` or `10.20.0.7`.
 * A host without a port allows all of its ports.
 */
export function readAllowList(entries: readonly string[]): Verdict<AllowList> {
  const ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  const hosts = new Set<string>();
  for (const entry of entries) {
    const bare = entry.replace(/^\[(.*)\]$/, '$1');
    const match = HOST.exec(entry);
    if (entry.includes('*')) return refused('bad-request', `"${entry}": no wildcards; name each host. ${ALL_OF_THEM}`);
    if (ipaddr.isValidCIDR(entry)) {
      const [range, bits] = ipaddr.parseCIDR(entry);
      if (bits < WIDEST[range.kind()])
        return refused('bad-request', `"${entry}" is wider than any private network. ${ALL_OF_THEM}`);
      ranges.push([range, bits]);
    } else if (isIP(bare)) ranges.push(ipaddr.parseCIDR(`${bare}/${isIP(bare) === 4 ? 32 : 128}`));
    else if (match && Number(match[2] ?? 1) <= 65_535 && URL.canParse(`https://${match[1]}`))
      hosts.add(plain(new URL(`https://${match[1]}`).hostname) + (match[2] ? `:${Number(match[2])}` : ''));
    else return refused('bad-request', `"${entry}" is neither host, host:port nor a range such as 10.20.0.0/16`);
  }
  const address = (text: string): boolean => {
    if (!ipaddr.isValid(text)) return false;
    const parsed = ipaddr.process(text);
    return ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range as never, bits));
  };
  return accepted({
    host: (name, port) => hosts.has(plain(name)) || hosts.has(`${plain(name)}:${port}`) || address(unbracketed(name)),
    address,
  });
}

/** A host name as lists hold it: lower case, without the dot that names the root of the DNS. */
const plain = (name: string) => name.toLowerCase().replace(/\.$/, '');

/** The host of a URL without the brackets of IPv6. */
export const unbracketed = (host: string) => host.replace(/^\[|\]$/g, '');

export const isLoopbackName = (host: string): boolean => /(^|\.)localhost\.?$/.test(host);

/** Labels under which the registries of countries sell names, as in `cloud.co.uk`. */
const REGISTRY_LABEL = /^(ac|co|com|edu|gob|gouv|gov|govt|go|gv|mil|ne|net|nom|or|org|sch)$/;

/**
 * Who is likely one owner, so that a wildcard domain or a rented range gets one share of what is shared, not a share for
 * each name. Of a name the last two labels, and three below a registry's own label (`cloud.co.uk`); of an address its
 * network, /24 of IPv4 and /48 of IPv6; of this machine itself each port, where others are tried out.
 *
 * A rule of thumb, and nothing but turns and places may rest on it. Too wide, as at a host of many sites, neighbours
 * share their turns; too narrow, as below a registry it does not know, one owner gets several shares within the
 * limits for all. Since no more depends on it, no public suffix list is bundled: that would be right more often, and age.
 *
 * @param host of a URL: a name or an address, with or without a port
 */
export function neighbourhood(host: string): string {
  const name = plain(unbracketed(host.replace(/:\d+$/, '')));
  if (isIP(name)) {
    const address = ipaddr.process(name);
    if (address.range() === 'loopback') return host;
    const bytes = address.toByteArray();
    return address instanceof ipaddr.IPv4
      ? `${bytes.slice(0, 3).join('.')}.0/24`
      : `${ipaddr.fromByteArray([...bytes.slice(0, 6), ...new Array(10).fill(0)])}/48`;
  }
  if (isLoopbackName(name)) return host;
  const labels = name.split('.');
  const [second = '', first = ''] = labels.slice(-2);
  return labels.slice(first.length === 2 && REGISTRY_LABEL.test(second) ? -3 : -2).join('.');
}
