import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import { isLoopbackName } from '../credentials/addresses.ts';
import type { Policy } from '../policy.ts';
import { count } from './text.ts';

/** What an operator should know of a node before others do: who may use it, and whether its address leads to it. */

/** Whether DIDs at this address are fetched over http, and by this machine alone (see didWebUrl). */
export const isLocal = (url: string): boolean => {
  const { hostname } = new URL(url);
  return isLoopbackName(hostname) || /^127(\.\d+){3}$/.test(hostname);
};

/** The port an address names, or has by its scheme. */
const portOf = (url: string): number => {
  const { port, protocol } = new URL(url);
  return Number(port || (protocol === 'https:' ? 443 : 80));
};

/**
 * An address that others cannot use to reach the node, or to fetch its DID document.
 *
 * @param port where it really listens
 */
export function addressDoubts({ url }: Config, did: string, port: number): string[] {
  if (isLocal(url))
    return portOf(url) === port
      ? []
      : [
          `KONTOR_URL is ${url}, but the node listens on port ${port}. Unless something passes it on, set KONTOR_PORT=${portOf(url)}.`,
        ];
  return url.startsWith('http:')
    ? [
        `KONTOR_URL is ${url}, but ${did} is fetched by https: nobody can check what this node signs. Set https:// there.`,
      ]
    : [];
}

/** The policy in one line. */
export function policyLine(path: string, { publishers, peers, authorities, trust }: Policy): string {
  if (!existsSync(path)) return 'none: defaults, open to every publisher';
  const admitted = publishers === 'open' ? 'open to every publisher' : count(publishers.length, 'publisher');
  const others = authorities.length > 0 ? [`labels of ${count(authorities.length, 'other node')}`] : [];
  return `${path}: ${[admitted, count(peers.length, 'peer'), ...others, `${count(trust.length, 'party', 'parties')} may vouch`].join(', ')}`;
}
