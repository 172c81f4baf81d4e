import type { Judgement } from '../catalogue/judgement.ts';
import { keepAlias } from '../catalogue/objects.ts';
import { hasDigest } from '../credentials/digest.ts';
import { type Code, messageOf } from '../errors.ts';
import { type Body, fits, isPresentation, mediaTypeOf } from './body.ts';
import type { FederationDeps, FederationLimits } from './deps.ts';
import { entryMismatch } from './entry-match.ts';
import { parseOrigin } from './origins.ts';
import type { Peers } from './peers.ts';
import { mayPass } from './refusals.ts';
import { type Remote, type Source, splitLines, type Traffic } from './remote.ts';
import type { SyncReport } from './report.ts';
import { sourcesOf } from './sources.ts';
import { createWants, type Want } from './wants.ts';

/** Refusals that say nothing against the object: a newer version is held, or its time is over. */
const PAST = new Set<Code>(['outdated']);

/** Objects asked for at once; as many as one request may name. */
export const MAX_DIGESTS = 256;

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
 * has it; nothing about it is looked at before its digest is right, and from then on it is judged like any other, by its
 * bytes alone: whatever else a carrier says may cost the carrier, never the object.
 */
export function createObjectWorker(deps: ObjectDeps): ObjectWorker {
  const { database, clock, peers, remote, limits, log, policy, stopping } = deps;

  const wants = createWants(deps);

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
      await wants.reject(want, 'issuer', `The label is of ${label.issuer}; the log of ${did} cannot carry it`, report);
    else {
      const odd = await entryMismatch(database.read, want);
      if (!odd || !(await wants.disown(want, odd, report))) await wants.taken(want);
    }
    return true;
  };

  const judge = async (want: Want, did: string, body: Body, url: string, report: SyncReport): Promise<void> => {
    const { bytes } = body;
    const most = policy().limits.objectBytes;
    if (bytes.length > most)
      return wants.reject(
        want,
        'too-large',
        `The object is ${bytes.length} bytes long; this node takes ${most}`,
        report,
      );
    if (await settleHeld(want, did, report)) return;
    if (isPresentation(bytes))
      return wants.reject(want, 'malformed', 'It is a presentation; a log names credentials one by one', report);
    try {
      const judgement = await deps.ingest({ ...body, source: { kind: 'peer', url, origin: want.origin, did } });
      // Known counts as taken, also where what is known is no longer current.
      if (judgement.ok || judgement.known) return await take(want, did, body, judgement, report);
      const code = judgement.code ?? 'internal';
      const detail = judgement.detail ?? 'No reason was given';
      if (PAST.has(code)) return await wants.taken(want);
      await (mayPass(judgement) ? wants.retry(want, `${code}: ${detail}`) : wants.reject(want, code, detail, report));
    } catch (error) {
      log.error({ digest: want.digest, origin: want.origin }, `An object could not be taken in: ${messageOf(error)}`);
      await wants.retry(want, `internal: ${messageOf(error)}`);
    }
  };

  /** The object is in. What its entry says of it must be so; and other bytes of a held statement are kept to serve. */
  const take = async (want: Want, did: string, body: Body, judgement: Judgement, report: SyncReport): Promise<void> => {
    const { digest } = judgement;
    if (digest !== want.digest)
      await database.transaction(async (tx) => {
        const held = await tx.selectFrom('object').select('kind').where('digest', '=', digest).executeTakeFirst();
        if (held)
          await keepAlias(tx, { ...body, digest: want.digest, of: digest, kind: held.kind, at: clock().toISOString() });
      });
    report.objects++;
    const odd = await entryMismatch(database.read, want, digest);
    if (!odd || !(await wants.disown(want, odd, report))) await wants.taken(want, did);
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
      if (typeof digest !== 'string' || typeof body !== 'string') continue;
      const bytes = Buffer.from(body, 'base64url');
      const named = digest.slice(0, 60);
      const lie =
        !digests.includes(digest) || !hasDigest(bytes, digest)
          ? `It served other bytes than those of ${named}; they were thrown away`
          : !fits(mediaType, bytes)
            ? `It said that ${named} is ${String(mediaType).slice(0, 60)}, which it is not`
            : undefined;
      if (!lie) bodies.set(digest, { bytes, mediaType: mediaTypeOf(bytes) });
      else if (source.peer) await peers.blame(source.peer, lie);
    }
    return { bodies, lacking };
  };

  /** One batch of one log: from each source what the ones before did not have. */
  const work = async (batch: Want[], did: string, sources: Source[], report: SyncReport): Promise<void> => {
    const waiting = new Map<string, Want>();
    for (const want of batch) if (!(await settleHeld(want, did, report))) waiting.set(want.digest, want);
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
    for (const want of waiting.values())
      await wants.retry(want, `unavailable: ${whys.join('; ') || 'No source has it'}`);
  };

  const drainOnce = async (report: SyncReport): Promise<void> => {
    await wants.followPolicy();
    while (!stopping.aborted) {
      const origins = await wants.due().select('origin').distinct().orderBy('origin').execute();
      if (origins.length === 0) return;
      // A batch of each in turn, so that a log with much to fetch does not keep the others waiting.
      for (const { origin: name } of origins) {
        if (stopping.aborted) return;
        const batch = await wants
          .due()
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
        await work(batch, origin.did, sources, report);
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
    due: async () => {
      await wants.followPolicy();
      return (await wants.due().select('digest').limit(1).executeTakeFirst()) !== undefined;
    },
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
