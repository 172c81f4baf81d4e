import type { Admission } from './admission.ts';
import { claimedCheckpoint, type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
import type { FederationDeps } from './deps.ts';
import { DONE, type FollowDeps, followHead, type Handling, isBlameless, keepFork } from './follow.ts';
import { forkSentence, readEvidence, verifyEvidence } from './forks.ts';
import { parseHeads } from './heads.ts';
import { readLog, rootOf, storedHashes } from './log-store.ts';
import { sameHash } from './merkle.ts';
import { MAX_NOTE_BYTES } from './note.ts';
import { type Origin, parseOrigin } from './origins.ts';
import type { OwnLog } from './own-log.ts';
import type { Outcome, Peer, Peers } from './peers.ts';
import { rootAt } from './proofs.ts';
import type { Remote, Traffic } from './remote.ts';
import type { SyncReport } from './report.ts';
import { sourcesOf } from './sources.ts';

export interface PullDeps extends Omit<FollowDeps, 'sources' | 'blame' | 'took'> {
  config: FederationDeps['config'];
  random: FederationDeps['random'];
  publicKey: Uint8Array;
  peers: Peers;
  admission: Admission;
  ownLog: OwnLog;
  remote: Remote;
}

export interface Puller {
  /** One pull of one peer: its heads since the last time, and every log brought up to them. */
  pull(peer: Peer, report: SyncReport): Promise<void>;
  /** Tries again at once what was put off because a key could not be had. */
  impatient(): void;
}

export function createPuller(deps: PullDeps): Puller {
  const { clock, random, peers, remote, limits, log, ownLog } = deps;
  const turns = new Map<string, Promise<unknown>>();
  const putOff = new Map<string, { until: number; failures: number }>();

  /** One at a time for each log, whichever peers speak of it. */
  const inTurn = <T>(origin: string, work: () => Promise<T>): Promise<T> => {
    const result = (turns.get(origin) ?? Promise.resolve()).then(work, work);
    const settled: Promise<unknown> = result
      .catch(() => {})
      .finally(() => {
        if (turns.get(origin) === settled) turns.delete(origin);
      });
    turns.set(origin, settled);
    return result;
  };

  /** Verifies a note of a log; a log whose key cannot be had is left alone for a while. */
  const open = async (note: string, origin: Origin): Promise<{ opened: OpenedCheckpoint } | Handling> => {
    const waiting = putOff.get(origin.origin);
    if (waiting && clock().getTime() < waiting.until)
      return { kind: 'later', why: `The keys of ${origin.did} could not be had lately` };
    const opened = await deps.keys.open(note, origin);
    if (opened.ok) {
      putOff.delete(origin.origin);
      return { opened: opened.value };
    }
    if (!isBlameless(opened)) return { kind: 'blame', why: opened.detail };
    // Nobody but the host itself can cause this wait: a note with a wrong signature puts nothing off.
    if (opened.code !== 'key-unavailable') return { kind: 'later', why: opened.detail };
    const failures = (waiting?.failures ?? 0) + 1;
    putOff.set(origin.origin, {
      failures,
      until: clock().getTime() + random() * Math.min(3_600_000, 5_000 * 2 ** failures),
    });
    return { kind: 'later', why: opened.detail };
  };

  const handleHead = async (
    note: string,
    peer: Peer,
    follow: Omit<FollowDeps, 'sources'>,
    trafficOf: (node: string) => Traffic,
  ): Promise<Handling> => {
    const claimed = note.length > MAX_NOTE_BYTES ? undefined : claimedCheckpoint(note);
    if (!claimed?.ok)
      return { kind: 'blame', why: `It offers a head that is no checkpoint: ${claimed?.detail ?? 'it is too long'}` };
    if (claimed.value.origin === ownLog.origin) return handleOwn(note);
    const origin = parseOrigin(claimed.value.origin);
    // Some other log that a peer mirrors: not one of a catalogue node.
    if (!origin) return DONE;
    const held = await readLog(deps.database.read, origin.origin);
    if (held?.state === 'forked') return DONE;
    if (held?.note === note && held.size === claimed.value.size) {
      await peers.offer(peer.url, origin.origin);
      return DONE;
    }
    const direct = new URL(peer.url).host === origin.host;
    if (!direct && !(await deps.admission.admit(peer.url, origin.origin))) {
      log.warn(
        { peer: peer.url, origin: origin.origin },
        'Not followed: this peer has brought up as many new logs today as one may',
      );
      return DONE;
    }
    const result = await open(note, origin);
    if ('kind' in result) return result;
    await peers.offer(peer.url, origin.origin);
    const sources = () => sourcesOf(origin, peers, deps.config.allowPrivateNetwork, trafficOf, peer.url);
    return followHead(origin, result.opened, { ...follow, sources });
  };

  /** Our own log as others see it: what we have signed, but do not hold, says that our database is not the newest. */
  const handleOwn = async (note: string): Promise<Handling> => {
    const opened = openCheckpoint(note, ownLog.origin, [deps.publicKey], clock());
    if (!opened.ok)
      return isBlameless(opened) || opened.code === 'malformed' ? DONE : { kind: 'blame', why: opened.detail };
    const { size, root } = opened.value;
    const row = (await readLog(deps.database.read, ownLog.origin))!;
    if (size > row.size) {
      ownLog.halt(
        `A peer shows a checkpoint of ${size} entries that this node has signed, but its database holds ${row.size}: it was restored from an older copy. Put the newest copy back, or begin a new epoch`,
      );
    } else if (
      !sameHash(
        size === row.size ? rootOf(row) : await rootAt(storedHashes(deps.database.read, ownLog.origin), size),
        root,
      )
    ) {
      ownLog.halt(
        `A peer shows a checkpoint of ${size} entries with another root that this node has signed as well. Begin a new epoch`,
      );
    }
    return DONE;
  };

  const handleEvidence = async (value: unknown, peer: Peer): Promise<Handling> => {
    const evidence = readEvidence(value);
    if (!evidence) return { kind: 'blame', why: 'It passes on something as evidence of a fork that is none' };
    const own = evidence.origin === ownLog.origin;
    const origin = parseOrigin(evidence.origin);
    if (!origin) return DONE;
    return inTurn(origin.origin, async () => {
      const held = await readLog(deps.database.read, origin.origin);
      if (held?.state === 'forked') return DONE;
      if (!own && !(await deps.admission.admit(peer.url, origin.origin))) return DONE;
      let handling: Handling | undefined;
      const checked = await verifyEvidence(evidence, async (note) => {
        if (own) return openCheckpoint(note, origin.origin, [deps.publicKey], clock());
        const result = await open(note, origin);
        if ('opened' in result) return { ok: true, value: result.opened };
        handling = result;
        return { ok: false, code: 'proof', detail: 'why' in result ? result.why : '' };
      });
      if (!checked.ok) return handling ?? { kind: 'blame', why: checked.detail };
      if (own) ownLog.halt(`${forkSentence(checked.value)}. Begin a new epoch`);
      return keepFork(checked.value, origin, deps);
    });
  };

  return {
    impatient: () => putOff.clear(),
    pull: async (peer, report) => {
      const outcome: Outcome = { bytes: 0, requests: 0 };
      const costs = new Map<string, Traffic>([[peer.url, outcome]]);
      const trafficOf = (node: string): Traffic => {
        const traffic = costs.get(node) ?? { bytes: 0, requests: 0 };
        costs.set(node, traffic);
        return traffic;
      };
      const blame = async (url: string, why: string): Promise<void> => {
        if (url === peer.url) outcome.error = why;
        await peers.blame(url, why);
      };
      const took = (entries: number): void => {
        report.entries += entries;
      };
      const follow = { ...deps, blame, took };

      let since = peer.cursor;
      for (let page = 0; page < limits.headsPages; page++) {
        const url = `${peer.url}/federation/heads?since=${since}`;
        const answer = await remote.ask(outcome, url, { accept: 'application/json', maxBytes: limits.headsBytes });
        if (!answer.ok) {
          outcome.error = answer.detail;
          break;
        }
        const { status, headers, bytes } = answer.value;
        if (status === 304) break;
        if (status !== 200 || !headers.get('content-type')?.toLowerCase().startsWith('application/json')) {
          outcome.error = status === 200 ? `${url} did not answer with JSON` : `${url} answered with status ${status}`;
          if (status === 429) outcome.retryAfter = Math.max(1, Number(headers.get('retry-after')) || peer.pull);
          break;
        }
        const feed = parseHeads(bytes);
        if (!feed.ok) {
          await blame(peer.url, feed.detail);
          break;
        }
        let handled = true;
        const settle = async (handling: Handling): Promise<void> => {
          if (handling.kind === 'blame') await blame(peer.url, handling.why);
          if (handling.kind === 'later') log.debug({ peer: peer.url }, handling.why);
          if (handling.kind !== 'done') handled = false;
        };
        for (const evidence of feed.value.forks) await settle(await handleEvidence(evidence, peer));
        for (const note of feed.value.heads) {
          const name = note.slice(0, 300).split('\n', 1)[0]!;
          await settle(await inTurn(name, () => handleHead(note, peer, follow, trafficOf)));
        }
        // Only what was dealt with is left behind: the rest is told again next time.
        if (!handled) break;
        since = feed.value.version;
        outcome.cursor = since;
        if (!feed.value.more) break;
      }
      await peers.record(peer, outcome);
      if (outcome.error) report.errors.push({ url: peer.url, why: outcome.error });
      for (const [node, { bytes, requests }] of costs) {
        report.bytes += bytes;
        report.requests += requests;
        if (node !== peer.url) await peers.count(node, { bytes, requests });
      }
    },
  };
}
