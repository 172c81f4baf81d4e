import type { Database, Tx } from '../catalogue/database.ts';
import type { Judgement } from '../catalogue/judgement.ts';
import type { Submission } from '../credentials/credential.ts';
import type { Http } from '../credentials/http.ts';
import type { ResolveDid } from '../credentials/keys/did.ts';
import type { Policy } from '../policy.ts';

/** Everything the federation is handed by the composition root; it takes nothing else from its surroundings. */
export interface FederationDeps {
  database: Database;
  config: { url: string; allowPrivateNetwork: boolean };
  policy(): Policy;
  clock(): Date;
  /** Uniform in [0, 1). */
  random(): number;
  log: Logger;
  /** The guarded client: every request to a peer goes through it. */
  http: Http;
  resolveDid: ResolveDid;
  /** The Ed25519 key of this node's DID document that signs checkpoints. */
  key: {
    id: string;
    did: string;
    publicKey: Uint8Array;
    /** Those it signed with before, without the revoked ones. */
    former: Uint8Array[];
    sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  };
  /** Judges an object like anything else that enters; opens its own transaction. */
  ingest(submission: Submission): Promise<Judgement>;
  /** Ends the label with this digest if `did` issued it; nothing otherwise. */
  dropLabel(tx: Tx, digest: string, did: string): Promise<void>;
  /** Told, in the transaction that keeps the evidence, that a log proved to have two histories. */
  onFork?(tx: Tx, origin: string, did: string): Promise<void>;
  /** Where the newest signed checkpoint is kept: outside the database. */
  lockPath: string;
  /** The generation of this node's log; 1 when absent. */
  epoch?: number;
  limits?: Partial<FederationLimits>;
}

export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What one peer may cost. All sizes in bytes. */
export interface FederationLimits {
  /** One request, from its start to the last byte. */
  timeoutMs: number;
  headsBytes: number;
  /** Answer pages of heads taken in one pull. */
  headsPages: number;
  /** Logs not known before that one peer may bring up in a day (UTC). */
  newOriginsPerDay: number;
  /** Entries verified and written in one transaction. */
  entriesPerStep: number;
  /** Steps of one log in one pull. */
  stepsPerPull: number;
  /** Bodies of one answer of POST /objects, as served and as taken. */
  objectsBytes: number;
  /** Shortest time between two pulls that announcements ask for, and the delay before announcing, in milliseconds. */
  nudgeMs: number;
  announceDelayMs: number;
}

export const DEFAULT_LIMITS: FederationLimits = {
  timeoutMs: 10_000,
  headsBytes: 2_000_000,
  headsPages: 16,
  newOriginsPerDay: 50,
  entriesPerStep: 8192,
  stepsPerPull: 128,
  objectsBytes: 4_000_000,
  nudgeMs: 3_000,
  announceDelayMs: 100,
};
