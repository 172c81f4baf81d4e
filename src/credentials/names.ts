import { Resolver } from 'node:dns/promises';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../errors.ts';

export interface Address {
  address: string;
  family: 4 | 6;
}

const HOSTS_FILE = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';
const TRIES = { timeout: 1_000, tries: 2 };
/** How long the second kind of address is waited for, once the first is there (RFC 8305 section 3). */
const DELAY_MS = 50;

/**
 * Looks names up in the hosts file of the machine, then by asking its name servers directly. The usual way (getaddrinfo)
 * waits in the few threads that the whole program shares, and cannot be given up: a dozen names whose servers are
 * silent would hold up everybody's. In return, search domains and other sources of names (mDNS, NIS) are not used.
 *
 * @param servers to ask instead of those of the machine, as `address:port`
 */
export function createNames(servers?: readonly string[]): (host: string) => Promise<Address[]> {
  const resolver = new Resolver(TRIES);
  if (servers) resolver.setServers(servers);
  return async (host) => {
    const name = host.replace(/\.$/, '').toLowerCase();
    const written = hostsFile().get(name);
    if (written) return written;
    const ask = (family: 4 | 6): Promise<Address[]> =>
      resolver[`resolve${family}`](name).then((found) => found.map((address) => ({ address, family })));
    const both = [ask(4), ask(6)];
    // Waited for below; a refusal of one that came too late is nobody's.
    for (const one of both) one.catch(() => {});
    const first = await Promise.any(both).catch((error: AggregateError) => {
      throw new Error(`its name has no address (${messageOf(error.errors[0])})`);
    });
    const other = both.map((one) => one.catch(() => []));
    const all = Promise.all(other).then((found) => found.flat());
    return Promise.race([all, setTimeout(DELAY_MS, first)]);
  };
}

let read: { at: number; names: Map<string, Address[]> } | undefined;

/** The names of the hosts file, read again when it changed; none where there is no such file. */
function hostsFile(): Map<string, Address[]> {
  const at = statSync(HOSTS_FILE, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (read?.at !== at) read = { at, names: at === 0 ? new Map() : parseHosts(readFileSync(HOSTS_FILE, 'utf8')) };
  return read.names;
}

/** Lines of an address and its names; what follows a # is a remark. */
export function parseHosts(text: string): Map<string, Address[]> {
  const names = new Map<string, Address[]>();
  for (const line of text.split(/\r?\n/)) {
    const [address = '', ...all] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address) as 0 | 4 | 6;
    if (family === 0) continue;
    for (const name of all)
      names.set(name.toLowerCase(), [...(names.get(name.toLowerCase()) ?? []), { address, family }]);
  }
  return names;
}
