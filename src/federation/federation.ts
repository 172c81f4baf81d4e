import type { Hono } from 'hono';
import type { Tx } from '../catalogue/database.ts';
import type { LogEntry } from '../catalogue/log-entry.ts';
import { messageOf, Problem } from '../errors.ts';
import { createAdmission } from './admission.ts';
import { DEFAULT_LIMITS, type FederationDeps } from './deps.ts';
import { federationRoutes } from './http.ts';
import { readLog, signedSize } from './log-store.ts';
import { createObjectWorker } from './objects.ts';
import { createOriginKeys, parseOrigin } from './origins.ts';
import { federationStatus, followedLogs } from './overview.ts';
import { createOwnLog } from './own-log.ts';
import { createPeers, type Peer, peerStatus } from './peers.ts';
import { createPuller } from './pull.ts';
import { createRemote } from './remote.ts';
import { emptyReport, type SyncReport } from './report.ts';
import { createSchedule } from './schedule.ts';
import type { FederationStatus, OriginStatus, PeerStatus } from './status.ts';

export type { FederationDeps } from './deps.ts';
export type { SyncReport } from './report.ts';

/** The federation side of a node: its own log, the logs it follows, the objects they name. */
export interface Federation {
  readonly origin: string;
  /**
   * Logs acts of this node, in the transaction of the acts themselves. `publish` after the commit.
   *
   * @throws Problem `unavailable` while this node may not write its log
   */
  append(tx: Tx, entries: LogEntry[]): Promise<{ origin: string; index: number }[]>;
  /**
   * Signs and shows what was appended, and lets the peers know. Never inside a transaction. Does not throw: what was
   * committed stands, and signing it is tried again.
   */
  publish(): Promise<void>;
  /** The newest published note. */
  checkpoint(): Promise<string>;
  /** Why this node signs nothing, when that is so. */
  halted(): string | undefined;
  routes: Hono;
  status(): Promise<FederationStatus>;
  /** How the followed logs stand, in short: for answers that say how complete they are. `since` is ISO 8601. */
  catalogues(): Promise<{ origin: string; did: string; state: OriginStatus['state']; since: string | null }[]>;
  /**
   * Pulls one peer, or all, now, and takes in every object that is due.
   *
   * @throws Problem `not-found` for a URL that is no peer
   */
  sync(url?: string): Promise<SyncReport>;
  peers: { add(url: string): Promise<PeerStatus>; remove(url: string): Promise<void>; list(): Promise<PeerStatus[]> };
  /** Begins to pull by itself. */
  start(): void;
  /** Ends all exchange; nothing runs any more when this resolves. Reads and `append` still work. */
  stop(): Promise<void>;
}

/** Opens this node's log and makes ready to follow others'. Nothing is asked of anybody before `start` or `sync`. */
export async function createFederation(deps: FederationDeps): Promise<Federation> {
  const { database, config, clock, log, key } = deps;
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const host = new URL(config.url).host;
  const origin = `${host}/catalogue/${deps.epoch ?? 1}`;
  const stopping = new AbortController();

  const ownLog = await createOwnLog({ database, origin, did: key.did, key, clock, lockPath: deps.lockPath, log });
  const peers = createPeers(deps);
  const remote = createRemote(deps.http, limits, stopping.signal);
  const shared = { ...deps, limits, peers, remote };
  const puller = createPuller({
    ...shared,
    keys: createOriginKeys(deps),
    admission: createAdmission({ database, clock, perDay: limits.newOriginsPerDay }),
    ownLog,
    publicKeys: [key.publicKey, ...key.former],
    stopping: stopping.signal,
  });
  const objects = createObjectWorker({ ...shared, stopping: stopping.signal });

  const pullAndFetch = async (peer: Peer, report: SyncReport): Promise<void> => {
    await puller.pull(peer, report);
    await objects.drain(report);
  };
  const schedule = createSchedule({
    ...shared,
    pull: (peer) => pullAndFetch(peer, emptyReport()),
    fetchDue: async () => {
      if (unpublished) await publish();
      if (await objects.due()) await objects.drain(emptyReport());
    },
    announce: async () => {
      const size = signedSize((await readLog(database.read, origin))!);
      const body = JSON.stringify({ origin, size });
      const tell = async ({ url }: Peer) => {
        const headers = { 'content-type': 'application/json' };
        const told = await remote.ask({ bytes: 0, requests: 0 }, `${url}/federation/announce`, {
          method: 'POST',
          headers,
          body,
          maxBytes: 65_536,
        });
        if (!told.ok) log.debug({ peer: url }, `Not told of the new head: ${told.detail}`);
      };
      await Promise.all((await peers.list()).map(tell));
    },
  });

  const announced = async (name: string, size: number): Promise<boolean> => {
    // A nudge carries no trust: it names no URL, and only makes us ask a peer that we follow anyway a little sooner.
    const from = parseOrigin(name)?.host;
    const peer = (await peers.list()).find(({ url }) => new URL(url).host === from);
    if (!peer) return false;
    const held = await readLog(database.read, name);
    if (held && (held.state === 'forked' || held.size >= size)) return false;
    schedule.nudge(peer.url);
    return true;
  };

  const overview = {
    database,
    own: { origin, did: key.did, publicKey: key.publicKey, halted: ownLog.halted },
    peers,
    clock,
  };

  /** Signing that fails, on a full disk for example, is tried again with the next look at what is due. */
  let unpublished = false;
  const publish = async (): Promise<void> => {
    try {
      if (await ownLog.publish()) schedule.announceSoon();
      unpublished = false;
    } catch (error) {
      if (!unpublished) log.error({ origin }, `The log could not be signed: ${messageOf(error)}`);
      unpublished = !ownLog.halted();
    }
  };

  let started = false;
  const tellStart = async (): Promise<void> => {
    const size = signedSize((await readLog(database.read, origin))!);
    const urls = (await peers.list()).map(({ url }) => url);
    const who = urls.length > 0 ? `peers: ${urls.join(', ')}` : 'no peers';
    log.info({ origin, size, peers: urls }, `This node keeps the log ${origin} of ${size} entries; ${who}`);
  };

  const sync = async (url?: string): Promise<SyncReport> => {
    const all = await peers.list();
    const wanted =
      url === undefined ? all : all.filter((peer) => URL.canParse(url) && peer.url === new URL(url).origin);
    if (url !== undefined && wanted.length === 0) {
      const known = all.map((peer) => peer.url).join(', ') || 'none';
      throw new Problem('not-found', `${url.slice(0, 200)} is not a peer of this node. Peers: ${known}`);
    }
    puller.impatient();
    const report = emptyReport();
    for (const peer of wanted) {
      await schedule.exclusively(peer.url, async () => puller.pull((await peers.get(peer.url)) ?? peer, report));
    }
    await objects.drain(report);
    return report;
  };

  return {
    origin,
    append: ownLog.append,
    publish: () => schedule.track(publish()),
    checkpoint: ownLog.checkpoint,
    halted: ownLog.halted,
    routes: federationRoutes({ database, host, own: ownLog, limits, announced }),
    status: () => federationStatus(overview),
    catalogues: async () =>
      (await followedLogs(overview)).map(({ origin, did, state, since }) => ({ origin, did, state, since })),
    sync: (url) => schedule.track(sync(url)),
    peers: {
      add: async (url) => {
        const added = await peers.add(url);
        schedule.nudge(added.url);
        return added;
      },
      remove: peers.remove,
      list: async () => (await peers.list()).map(peerStatus),
    },
    start: () => {
      started = true;
      void schedule.track(tellStart());
      schedule.start();
      schedule.announceSoon();
    },
    stop: async () => {
      stopping.abort();
      await schedule.stop().catch((error) => log.error({}, `Stopping: ${messageOf(error)}`));
      if (started) log.info({ origin }, 'The exchange with other catalogues has stopped');
      started = false;
    },
  };
}
