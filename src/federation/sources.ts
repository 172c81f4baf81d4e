import { mirrorName, type Origin, originUrl } from './origins.ts';
import type { Peers } from './peers.ts';
import type { Source, Traffic } from './remote.ts';

/**
 * Where a log can be read, best first: the peer that just spoke of it (when none did, the log's own node, if that is a
 * peer in good health), then the other peers that offer it, those never caught at anything before the others, and last
 * the log's own node.
 *
 * @param trafficOf the counter that a node's answers are counted on
 */
export async function sourcesOf(
  origin: Origin,
  peers: Peers,
  allowPrivateNetwork: boolean,
  trafficOf: (node: string) => Traffic,
  first?: string,
): Promise<Source[]> {
  const mirrors: { source: Source; rank: number }[] = [];
  let own: Source | undefined;
  let preferOwn = false;
  for (const { url, blamed, failures } of await peers.list()) {
    const source = { node: url, peer: url, traffic: trafficOf(url), spoke: url === first };
    if (new URL(url).host === origin.host) {
      own = { ...source, prefix: `${url}/catalogue/${origin.epoch}` };
      if (first === url || (first === undefined && !blamed && failures === 0)) preferOwn = true;
    } else if (url === first || (await peers.offers(url)).includes(origin.origin)) {
      const rank = (blamed ? 2 : 0) + (url === first ? 0 : 1) + (failures > 0 ? 0.5 : 0);
      mirrors.push({ source: { ...source, prefix: `${url}/federation/mirror/${mirrorName(origin.origin)}` }, rank });
    }
  }
  mirrors.sort((a, b) => a.rank - b.rank);
  const node = originUrl(origin, allowPrivateNetwork);
  own ??= { node, prefix: `${node}/catalogue/${origin.epoch}`, traffic: trafficOf(node) };
  const others = mirrors.map(({ source }) => source);
  return preferOwn ? [own, ...others] : [...others, own];
}
