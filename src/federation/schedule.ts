import { messageOf } from '../errors.ts';
import type { FederationLimits, Logger } from './deps.ts';
import type { Peer, Peers } from './peers.ts';

/**
 * When what is done: every peer at its interval, later after failures, sooner after a nudge; never twice at once. Time
 * here is the monotonic clock of the process, save for `not_before`, which is kept over restarts.
 */
export interface Schedule {
  start(): void;
  /** Resolves when nothing runs any more. */
  stop(): Promise<void>;
  /** Asks a peer soon, backed off or not, but not more often than the limits say. */
  nudge(url: string): void;
  /** Tells the peers of a new head, once for all that happens within a moment. */
  announceSoon(): void;
  /** Has `stop` wait for the work. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Runs work on a peer when none other does. */
  exclusively(url: string, work: () => Promise<void>): Promise<void>;
}

export interface ScheduleDeps {
  peers: Peers;
  clock(): Date;
  limits: FederationLimits;
  log: Logger;
  pull(peer: Peer): Promise<void>;
  fetchDue(): Promise<void>;
  announce(): Promise<void>;
}

const SHORTEST_TICK_MS = 50;
const LONGEST_TICK_MS = 1_000;

export function createSchedule(deps: ScheduleDeps): Schedule {
  const { peers, clock, limits, log } = deps;
  const lastPull = new Map<string, number>();
  const nudged = new Set<string>();
  const busy = new Map<string, Promise<void>>();
  const running = new Set<Promise<void>>();
  let started = false;
  let stopped = false;
  let ticking: NodeJS.Timeout | undefined;
  let announcing: NodeJS.Timeout | undefined;
  let fetching = false;

  const track = <T>(work: Promise<T>): Promise<T> => {
    const task: Promise<void> = work
      .then(
        () => {},
        () => {},
      )
      .finally(() => running.delete(task));
    running.add(task);
    return work;
  };

  /** What goes wrong is logged, and the loop goes on. */
  const run = (what: string, work: () => Promise<void>): void => {
    void track(work().catch((error) => log.error({ what }, `${what}: ${messageOf(error)}`)));
  };

  const exclusively = (url: string, work: () => Promise<void>): Promise<void> => {
    const result = (busy.get(url) ?? Promise.resolve()).then(work, work);
    const settled: Promise<void> = result
      .catch(() => {})
      .finally(() => {
        if (busy.get(url) === settled) busy.delete(url);
      });
    busy.set(url, settled);
    return result;
  };

  const isDue = (peer: Peer, now: number): boolean => {
    const since = now - (lastPull.get(peer.url) ?? Number.NEGATIVE_INFINITY);
    if (nudged.has(peer.url)) return since >= limits.nudgeMs;
    return since >= peer.pull * 1000 && Date.parse(peer.not_before) <= clock().getTime();
  };

  const tick = async (): Promise<void> => {
    let next = LONGEST_TICK_MS;
    try {
      next = await startDue();
    } finally {
      wake(Math.max(next, SHORTEST_TICK_MS));
    }
  };

  /** Starts what is due; returns when to look again, in milliseconds. */
  const startDue = async (): Promise<number> => {
    let next = LONGEST_TICK_MS;
    for (const peer of await peers.list()) {
      next = Math.min(next, peer.pull * 500);
      if (stopped || busy.has(peer.url) || !isDue(peer, performance.now())) continue;
      nudged.delete(peer.url);
      lastPull.set(peer.url, performance.now());
      run(`Pulling ${peer.url}`, () => exclusively(peer.url, () => deps.pull(peer)));
    }
    if (!fetching && !stopped) {
      fetching = true;
      run('Fetching objects', () => deps.fetchDue().finally(() => (fetching = false)));
    }
    return next;
  };

  const wake = (ms: number): void => {
    if (!started || stopped) return;
    clearTimeout(ticking);
    ticking = setTimeout(() => run('Looking for what is due', tick), ms).unref();
  };

  return {
    exclusively,
    track,
    start: () => {
      started = true;
      wake(0);
    },
    stop: async () => {
      stopped = true;
      clearTimeout(ticking);
      clearTimeout(announcing);
      while (running.size > 0 || busy.size > 0) await Promise.all([...running, ...busy.values()]);
    },
    nudge: (url) => {
      nudged.add(url);
      wake(0);
    },
    announceSoon: () => {
      if (!started || stopped) return;
      announcing ??= setTimeout(() => {
        announcing = undefined;
        run('Announcing', deps.announce);
      }, limits.announceDelayMs).unref();
    },
  };
}
