import type { Code } from '../errors.ts';
import type { Admission } from './admission.ts';
import { claimedCheckpoint, type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
import type { FederationDeps } from './deps.ts';
import { believeLog, doubtLog, UNSIGNED } from './doubt.ts';
import { DONE, type FollowDeps, followHead, type Handling, isBlameless, keepFork } from './follow.ts';
import { forkSentence, readEvidence, verifyEvidence } from './forks.ts';
import { parseHeads } from './heads.ts';
import { readLog, rootOf, storedHashes } from './log-store.ts';
import { sameHash } from './merkle.ts';
import { MAX_NOTE_BYTES } from './note.ts';
import { type Origin, parseOrigin } from './origins.ts';
import { type OwnLog, PUT_BACK, START_ANEW } from './own-log.ts';
import type { Outcome, Peer, Peers } from './peers.ts';
import { rootAt } from './proofs.ts';
import type { Remote, Traffic } from './remote.ts';
import type { SyncReport } from './report.ts';
import { sourcesOf } from './sources.ts';

export interface PullDeps extends Omit<FollowDeps, 'sources' | 'blame' | 'took'> {
  config: FederationDeps['config'];
  random: FederationDeps['random'];
  /** Every key of this node that was not revoked. */
  publicKeys: Uint8Array[];
  peers: Peers;
  admission: Admission;
  ownLog: OwnLog;
  remote: Remote;
  stopping: AbortSignal;
}

export interface Puller {
  /** One pull of one peer: its heads since the last time, and every log brought up to them. */
  pull(peer: Peer, report: SyncReport): Promise<void>;
  /** Tries again at once what was put off because a key could not be had. */
  impatient(): void;
}

/** A note that could not be opened: what that means for the exchange, and the code of the refusal. */
type Unopened = { kind: 'later' | 'blame'; why: string; code: Code };

export function createPuller(deps: PullDeps): Puller {
  const { clock, random, peers, remote, limits, log, ownLog } = deps;
  const turns = new Map<string, Promise<unknown>>();
  /** Peers in trouble, and nodes caught beside the peer that was pulled, that the log names already. */
  const failing = new Set<string>();
  const caught = new Set<string>();
  const putOff = new Map<string, { until: number; failures: number; why: string }>();

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
  const open = async (note: string, origin: Origin): Promise<{ opened: OpenedCheckpoint } | Unopened> => {
    const waiting = putOff.get(origin.origin);
    if (waiting && clock().getTime() < waiting.until)
      return { kind: 'later', code: 'key-unavailable', why: waiting.why };
    const opened = await deps.keys.open(note, origin);
    if (opened.ok) {
      putOff.delete(origin.origin);
      return { opened: opened.value };
    }
    const { code, detail: why } = opened;
    if (!isBlameless(opened)) return { kind: 'blame', code, why };
    // Nobody but the host itself can cause this wait: a note with a wrong signature puts nothing off.
    if (code !== 'key-unavailable') return { kind: 'later', code, why };
    const failures = (waiting?.failures ?? 0) + 1;
    putOff.set(origin.origin, {
      failures,
      why,
      until: clock().getTime() + random() * Math.min(3_600_000, 5_000 * 2 ** failures),
    });
    return { kind: 'later', code, why };
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
    if (held?.note === note && held.size === claimed.value.size && held.state !== 'unverified') {
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
    if ('kind' in result) return unopened(result, origin, direct);
    await peers.offer(peer.url, origin.origin);
    const sources = () => sourcesOf(origin, peers, deps.config.allowPrivateNetwork, trafficOf, peer.url);
    const handling = await followHead(origin, result.opened, { ...follow, sources });
    if (direct && (handling.kind === 'done' || handling.kind === 'later')) await believeLog(origin, deps);
    return handling;
  };

  /**
   * A head that no published key has signed. Only the log's own node can put itself in doubt: anybody can show a head in
   * another's name.
   */
  const unopened = async ({ code, ...handling }: Unopened, origin: Origin, direct: boolean): Promise<Handling> => {
    if (code === 'key-unavailable') return direct ? { kind: 'doubt', why: handling.why } : handling;
    if (direct) await doubtLog(origin, UNSIGNED, deps);
    if (handling.kind === 'blame') return handling;
    const why = `${direct ? UNSIGNED : 'It carries a head that cannot be verified'}: ${handling.why}`;
    return { kind: 'doubt', why };
  };

  /** Our own log as others see it: what we have signed, but do not hold, says that our database is not the newest. */
  const handleOwn = async (note: string): Promise<Handling> => {
    const opened = openCheckpoint(note, ownLog.origin, deps.publicKeys, clock());
    if (!opened.ok)
      return isBlameless(opened) || opened.code === 'malformed' ? DONE : { kind: 'blame', why: opened.detail };
    const { size, root } = opened.value;
    const row = (await readLog(deps.database.read, ownLog.origin))!;
    if (size > row.size) {
      ownLog.halt(
        `A peer shows a checkpoint of ${size} entries that this node has signed, but its database holds ${row.size}: it was restored from an older copy. Remedies: ${PUT_BACK}, or ${START_ANEW}`,
      );
    } else if (
      !sameHash(
        size === row.size ? rootOf(row) : await rootAt(storedHashes(deps.database.read, ownLog.origin), size),
        root,
      )
    ) {
      ownLog.halt(
        `A peer shows a checkpoint of ${size} entries with another root that this node has signed as well. Remedy: ${START_ANEW}`,
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
        if (own) return openCheckpoint(note, origin.origin, deps.publicKeys, clock());
        const result = await open(note, origin);
        if ('opened' in result) return { ok: true, value: result.opened };
        handling = { kind: result.kind, why: result.why };
        return { ok: false, code: 'proof', detail: result.why };
      });
      if (!checked.ok) return handling ?? { kind: 'blame', why: checked.detail };
      if (own) ownLog.halt(`${forkSentence(checked.value)}. Remedy: ${START_ANEW}`);
      return keepFork(checked.value, origin, deps);
    });
  };

  /** One line when a peer begins to fail, and one when it answers again. */
  const tell = ({ url, failures }: Peer, { error, retryAfter }: Outcome): void => {
    if (error === undefined) {
      if (failing.delete(url) || failures > 0) log.info({ peer: url }, `The peer ${url} answers again`);
    } else if (retryAfter === undefined && !failing.has(url)) {
      failing.add(url);
      log.warn({ peer: url }, `The peer ${url} fails: ${error}`);
    }
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
        else if (!caught.has(url)) {
          caught.add(url);
          log.warn({ source: url }, `${url} was caught: ${why}`);
        }
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
          if (handling.kind === 'doubt') outcome.doubt ??= handling.why;
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
      // Cut short by this node's own stop: nothing that the peer did.
      if (deps.stopping.aborted) await peers.count(peer.url, outcome);
      else {
        tell(peer, outcome);
        await peers.record(peer, outcome);
      }
      const trouble = outcome.error ?? outcome.doubt;
      if (trouble) report.errors.push({ url: peer.url, why: trouble });
      for (const [node, { bytes, requests }] of costs) {
        report.bytes += bytes;
        report.requests += requests;
        if (node !== peer.url) await peers.count(node, { bytes, requests });
      }
    },
  };
}
