import type { FederationStatus } from '../src/federation/status.ts';
import { sleep } from './children.ts';
import { getJson } from './http.ts';
import type { DemoNode } from './nodes.ts';

/** What the honest nodes saw of the liar. */
export interface Found {
  /** Altered entries or bodies, by the node that refused them. */
  blames: { node: string; sentence: string }[];
  /** Two histories of its own log. */
  forks: { node: string; sentence: string }[];
}

export interface Watch {
  found: Found;
  /** Resolves once tampering and forking have both been seen. @throws when they have not in time */
  complete(timeoutMs: number): Promise<Found>;
  stop(): void;
}

const ASK_EVERY_MS = 250;

/** Watches the federation pages of the honest nodes for what they hold against the liar. */
export function watchLiar(honest: DemoNode[], liar: DemoNode): Watch {
  const found: Found = { blames: [], forks: [] };
  let stopped = false;
  const keep = (list: Found['blames'], node: string, sentence: string) => {
    if (!list.some((one) => one.node === node && one.sentence === sentence)) list.push({ node, sentence });
  };
  const look = async () => {
    for (const node of honest) {
      const status = await getJson<FederationStatus>(`${node.url}/api/v1/federation`);
      const blamed = status.peers.find(({ url }) => url === liar.url)?.blamed;
      // The time at the front of the sentence is the node's own; two sentences of one kind are one finding.
      if (blamed) keep(found.blames, node.name, blamed.replace(/^\S+Z\s+/, ''));
      for (const { origin, sentence } of status.forks)
        if (origin.startsWith(new URL(liar.url).host)) keep(found.forks, node.name, sentence);
    }
  };
  const run = async () => {
    while (!stopped) {
      // A node that is busy is asked again.
      await look().catch(() => {});
      await sleep(ASK_EVERY_MS);
    }
  };
  void run();
  return {
    found,
    complete: async (timeoutMs) => {
      const end = Date.now() + timeoutMs;
      while (found.blames.length === 0 || found.forks.length === 0) {
        const lacks = [
          ...(found.blames.length === 0 ? ['tampering'] : []),
          ...(found.forks.length === 0 ? ['two histories'] : []),
        ];
        if (Date.now() > end)
          throw new Error(
            `The lying peer was not found out within ${Math.round(timeoutMs / 1000)} seconds; not seen: ${lacks.join(' and ')}`,
          );
        await sleep(100);
      }
      return found;
    },
    stop: () => {
      stopped = true;
    },
  };
}
