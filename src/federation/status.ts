/** What this node knows of the federation, for /federation, the API and the command line. Times are ISO 8601 UTC. */
export interface FederationStatus {
  /** `blocked`: why this node signs nothing, when that is so, and what can be done. */
  own: { origin: string; did: string; size: number; root: string; at: string; blocked?: string };
  origins: OriginStatus[];
  peers: PeerStatus[];
  forks: { origin: string; at: string; sentence: string }[];
}

export interface OriginStatus {
  origin: string;
  did: string;
  /** `unverified`: its newest head does not verify by the key it publishes, or does not continue what is held. */
  state: 'bootstrapping' | 'following' | 'stale' | 'unreachable' | 'unverified' | 'forked';
  /** Entries held, and entries of the newest head seen. */
  size: number;
  head: number;
  /** Time of the newest signed sign of life. */
  freshAt: string | null;
  listings: number;
  labels: number;
  /** Objects not yet fetched, and objects refused, by reason. */
  pending: number;
  refused: { code: string; count: number; example: string }[];
  /** Peers that offer this log. */
  sources: string[];
  sentence: string;
}

export interface PeerStatus {
  url: string;
  did: string | null;
  source: 'policy' | 'operator';
  lastSuccess: string | null;
  /** With `failures` 0: the exchange went through, but not all that it brought could be believed. */
  lastError: string | null;
  failures: number;
  nextTry: string | null;
  /** Response bytes and requests since this node first met the peer. */
  bytes: number;
  requests: number;
  /** What it was caught at, if anything. */
  blamed: string | null;
}
