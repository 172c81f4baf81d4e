/** What this node knows of the federation, for /federation, the API and the command line. Times are ISO 8601 UTC. */
export interface FederationStatus {
  own: { origin: string; did: string; size: number; root: string; at: string };
  origins: OriginStatus[];
  peers: PeerStatus[];
  forks: { origin: string; at: string; sentence: string }[];
}

export interface OriginStatus {
  origin: string;
  did: string;
  state: 'bootstrapping' | 'following' | 'stale' | 'unreachable' | 'forked';
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
  lastError: string | null;
  failures: number;
  nextTry: string | null;
  /** Response bytes and requests since this node first met the peer. */
  bytes: number;
  requests: number;
  /** What it was caught at, if anything. */
  blamed: string | null;
}
