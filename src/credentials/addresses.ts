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
    if (ipaddr.isValidCIDR(entry)) ranges.push(ipaddr.parseCIDR(entry));
    else if (isIP(bare)) ranges.push(ipaddr.parseCIDR(`${bare}/${isIP(bare) === 4 ? 32 : 128}`));
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
