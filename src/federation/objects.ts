import type { Row } from '../catalogue/schema.ts';
import { hasDigest } from '../credentials/digest.ts';
import { type Code, messageOf } from '../errors.ts';
import type { FederationDeps, FederationLimits } from './deps.ts';
import { parseOrigin } from './origins.ts';
import type { Peers } from './peers.ts';
import { type Remote, type Source, splitLines, type Traffic } from './remote.ts';
import type { SyncReport } from './report.ts';
import { sourcesOf } from './sources.ts';

type Want = Row<'want'>;
type Body = { bytes: Uint8Array; mediaType: string };

/** Refusals that may not stand for long; every other is final for these bytes. */
const PASSING = new Set<Code>(['key-unavailable', 'unavailable', 'rate-limited', 'internal']);
/** Refusals that say nothing against the object: a newer version is held, or its time is over. */
const PAST = new Set<Code>(['outdated']);

/** Objects asked for at once; as many as one request may name. */
export const MAX_DIGESTS = 256;
const LONGEST_WAIT_MS = 3_600_000;
const FIRST_WAIT_MS = 2_000;

export interface ObjectDeps
  extends Pick<FederationDeps, 'database' | 'config' | 'policy' | 'clock' | 'random' | 'log' | 'ingest' | 'dropLabel'> {
  peers: Peers;
  remote: Remote;
  limits: FederationLimits;
  stopping: AbortSignal;
}

export interface ObjectWorker {
  /** Fetches and judges everything that is due. Calls while one runs wait for it and then see to what is left. */
  drain(report: SyncReport): Promise<void>;
  /** Whether anything is due. */
  due(): Promise<boolean>;
}

/**
 * The object worker: apart from the logs, so that no body, however slow, holds up an entry. A body comes from whoever
 * has it; nothing about it is looked at before its digest is right, and from then on it is judged like any other.
 */
export function createObjectWorker(deps: ObjectDeps): ObjectWorker {
  const { database, clock, peers, remote, limits, log, policy, stopping } = deps;

  const dueWants = () =>
    database.read
      .selectFrom('want')
      .where('state', 'in', ['pending', 'unavailable'])
      .where('not_before', '<=', clock().toISOString());

  const settle = (want: Want, change: Partial<Want> | undefined): Promise<void> =>
    database.transaction(async (tx) => {
      const keyed = { digest: want.digest, origin: want.origin };
      await (change
        ? tx
            .updateTable('want')
            .set(change)
            .where('digest', '=', keyed.digest)
            .where('origin', '=', keyed.origin)
            .execute()
        : tx.deleteFrom('want').where('digest', '=', keyed.digest).where('origin', '=', keyed.origin).execute());
    });

  /** A label that was dropped while its body was on the way is dropped now. */
  const settleTaken = (want: Want, did: string): Promise<void> =>
    database.transaction(async (tx) => {
      const asked = await tx
        .deleteFrom('want')
        .where('digest', '=', want.digest)
        .where('origin', '=', want.origin)
        .executeTakeFirst();
      if (asked.numDeletedRows === 0n && want.kind === 'label') await deps.dropLabel(tx, want.digest, did);
    });

  const retry = (want: Want, reason: string): Promise<void> => {
    const wait = Math.max(1_000, deps.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** want.tries));
    const notBefore = new Date(clock().getTime() + wait).toISOString();
    return settle(want, {
      state: 'unavailable',
      reason: reason.slice(0, 500),
      tries: want.tries + 1,
      not_before: notBefore,
    });
  };

  const reject = async (want: Want, code: Code, detail: string, report: SyncReport): Promise<void> => {
    report.rejected.push({ digest: want.digest, origin: want.origin, code, detail });
    log.warn({ digest: want.digest, origin: want.origin, code }, detail);
    await settle(want, { state: 'rejected', reason: `${code}: ${detail.slice(0, 500)}` });
  };

  /** Settles a want of which the object is held already; a label that another log names is still not its to name. */
  const settleHeld = async (want: Want, did: string, report: SyncReport): Promise<boolean> => {
    const held = await database.read
      .selectFrom('object')
      .select('kind')
      .where('digest', '=', want.digest)
      .executeTakeFirst();
    if (!held) return false;
    const label =
      held.kind === 'label'
        ? await database.read.selectFrom('label').select('issuer').where('digest', '=', want.digest).executeTakeFirst()
        : undefined;
    if (label && label.issuer !== did)
      await reject(want, 'issuer', `The label is of ${label.issuer}; the log of ${did} cannot carry it`, report);
    else await settle(want, undefined);
    return true;
  };

  const judge = async (
    want: Want,
    did: string,
    { bytes, mediaType }: Body,
    url: string,
    report: SyncReport,
  ): Promise<void> => {
    if (bytes.length > policy().limits.objectBytes) {
      return reject(
        want,
        'too-large',
        `The object is ${bytes.length} bytes long; this node takes ${policy().limits.objectBytes}`,
        report,
      );
    }
    if (await settleHeld(want, did, report)) return;
    try {
      const judgement = await deps.ingest({
        bytes,
        mediaType,
        source: { kind: 'peer', url, origin: want.origin, did },
      });
      if (judgement.ok) {
        report.objects++;
        return await settleTaken(want, did);
      }
      const code = judgement.code ?? 'internal';
      const detail = judgement.detail ?? 'No reason was given';
      if (PAST.has(code)) return await settle(want, undefined);
      return await (PASSING.has(code) ? retry(want, `${code}: ${detail}`) : reject(want, code, detail, report));
    } catch (error) {
      log.error({ digest: want.digest, origin: want.origin }, `An object could not be taken in: ${messageOf(error)}`);
      await retry(want, `internal: ${messageOf(error)}`);
    }
  };

  /** Asks one source for bodies. Hands on each whose digest is right; the source answers for every one that is not. */
  const ask = async (
    source: Source,
    digests: string[],
  ): Promise<{ bodies: Map<string, Body>; lacking: Set<string>; why?: string }> => {
    const lacking = new Set<string>();
    const bodies = new Map<string, Body>();
    // Base64 takes a third more; one object may cross the line that the server draws.
    const maxBytes = Math.ceil(((limits.objectsBytes + policy().limits.objectBytes) * 4) / 3) + digests.length * 500;
    const answer = await remote.body(source.traffic, `${source.node}/objects`, 'application/x-ndjson', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ digests }),
      maxBytes,
    });
    if (!answer.ok) return { bodies, lacking, why: answer.detail };
    for (const line of splitLines(answer.value).slice(0, digests.length)) {
      const { digest, mediaType, body, missing } = readLine(line);
      if (typeof digest === 'string' && missing === true) lacking.add(digest);
      if (typeof digest !== 'string' || typeof body !== 'string' || typeof mediaType !== 'string') continue;
      const bytes = Buffer.from(body, 'base64url');
      if (digests.includes(digest) && hasDigest(bytes, digest)) bodies.set(digest, { bytes, mediaType });
      else if (source.peer)
        await peers.blame(
          source.peer,
          `It served other bytes than those of ${digest.slice(0, 60)}; they were thrown away`,
        );
    }
    return { bodies, lacking };
  };

  /** One batch of one log: from each source what the ones before did not have. */
  const work = async (wants: Want[], did: string, sources: Source[], report: SyncReport): Promise<void> => {
    const waiting = new Map<string, Want>();
    for (const want of wants) if (!(await settleHeld(want, did, report))) waiting.set(want.digest, want);
    const whys: string[] = [];
    for (const source of sources) {
      for (let missing = [...waiting.keys()]; missing.length > 0 && !stopping.aborted; ) {
        const { bodies, lacking, why } = await ask(source, missing);
        if (why) whys.push(why);
        // In the order of the log: a label comes after what it is about.
        for (const digest of missing) {
          const body = bodies.get(digest);
          if (!body || stopping.aborted) continue;
          await judge(waiting.get(digest)!, did, body, source.node, report);
          waiting.delete(digest);
        }
        missing = [...waiting.keys()].filter((digest) => !lacking.has(digest));
        // An answer is cut when it grows long, so a source is asked again as long as it gives anything.
        if (bodies.size === 0) break;
      }
    }
    if (stopping.aborted) return;
    for (const want of waiting.values()) await retry(want, `unavailable: ${whys.join('; ') || 'No source has it'}`);
  };

  const drainOnce = async (report: SyncReport): Promise<void> => {
    while (!stopping.aborted) {
      const origins = await dueWants().select('origin').distinct().orderBy('origin').execute();
      if (origins.length === 0) return;
      // A batch of each in turn, so that a log with much to fetch does not keep the others waiting.
      for (const { origin: name } of origins) {
        if (stopping.aborted) return;
        const wants = await dueWants()
          .selectAll()
          .where('origin', '=', name)
          .orderBy('idx')
          .limit(MAX_DIGESTS)
          .execute();
        const origin = parseOrigin(name);
        if (!origin) continue;
        const traffic = new Map<string, Traffic>();
        const trafficOf = (node: string): Traffic => {
          if (!traffic.has(node)) traffic.set(node, { bytes: 0, requests: 0 });
          return traffic.get(node)!;
        };
        const sources = await sourcesOf(origin, peers, deps.config.allowPrivateNetwork, trafficOf);
        await work(wants, origin.did, sources, report);
        for (const [node, { bytes, requests }] of traffic) {
          report.bytes += bytes;
          report.requests += requests;
          if (requests > 0) await peers.count(node, { bytes, requests });
        }
      }
    }
  };

  let last: Promise<unknown> = Promise.resolve();
  return {
    due: async () => (await dueWants().select('digest').limit(1).executeTakeFirst()) !== undefined,
    drain: (report) => {
      const result = last.then(() => drainOnce(report));
      last = result.catch(() => {});
      return result;
    },
  };
}

function readLine(line: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(line).toString('utf8')) ?? {};
  } catch {
    return {};
  }
}
