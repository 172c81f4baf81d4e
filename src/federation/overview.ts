import { sql } from 'kysely';
import type { Database, Reader } from '../catalogue/database.ts';
import { claimedCheckpoint, openCheckpoint } from './checkpoint.ts';
import { type ForkEvidence, forkSentence } from './forks.ts';
import { type LogRow, readLog, signedSize } from './log-store.ts';
import { parseNote } from './note.ts';
import { type Peers, peerStatus } from './peers.ts';
import type { FederationStatus, OriginStatus } from './status.ts';

export interface OverviewDeps {
  database: Database;
  own: { origin: string; did: string; publicKey: Uint8Array; halted(): string | undefined };
  peers: Peers;
  clock(): Date;
}

/** A log whose newest sign of life is older than this is shown as stale. */
const STALE_MS = 3_600_000;

/** A followed log in short: cheap enough to be read with every search. */
export interface FollowedLog extends Pick<OriginStatus, 'origin' | 'did' | 'state' | 'freshAt' | 'sources'> {
  /** Since when it is `unverified`; else the newest sign of life. */
  since: string | null;
  row: LogRow;
}

/** The logs this node follows and how they stand. A handful of queries, whatever their number. */
export async function followedLogs({ database, own, peers, clock }: OverviewDeps): Promise<FollowedLog[]> {
  const { read } = database;
  const list = await peers.list();
  const offers = new Map(
    await Promise.all(list.map(async ({ url }) => [url, new Set(await peers.offers(url))] as const)),
  );
  const rows = await read.selectFrom('log').selectAll().where('origin', '!=', own.origin).orderBy('origin').execute();
  return rows.map((row) => {
    const { origin } = row;
    const host = origin.split('/')[0];
    const sources = list.filter(({ url }) => new URL(url).host === host || offers.get(url)?.has(origin));
    const freshAt = timeOfNote(row);
    const stateNow = (): OriginStatus['state'] => {
      if (row.state === 'forked' || row.state === 'unverified') return row.state;
      if (row.size < signedSize(row)) return 'bootstrapping';
      if (sources.length > 0 && sources.every(({ failures }) => failures > 0)) return 'unreachable';
      const fresh = freshAt !== null && clock().getTime() - Date.parse(freshAt) <= STALE_MS;
      return fresh ? 'following' : 'stale';
    };
    const since = row.state === 'unverified' ? row.changed_at : freshAt;
    return {
      origin,
      did: row.node_did,
      state: stateNow(),
      freshAt,
      since,
      sources: sources.map(({ url }) => url),
      row,
    };
  });
}

/** What this node knows of the federation. Read anew at each call. */
export async function federationStatus(deps: OverviewDeps): Promise<FederationStatus> {
  const { database, own, peers, clock } = deps;
  const { read } = database;
  const logs = await followedLogs(deps);
  const listings = await carried(read, 'listing');
  const labels = await carried(read, 'label');
  const wants = await wantCounts(read);
  const forks = await read.selectFrom('fork').selectAll().orderBy('at').execute();

  const describe = ({ row, since: _, ...log }: FollowedLog): OriginStatus => {
    const waiting = wants.filter((one) => one.origin === log.origin);
    const counted = {
      size: row.size,
      head: Math.max(row.size, signedSize(row)),
      listings: listings.get(log.origin) ?? 0,
      labels: labels.get(log.origin) ?? 0,
      pending: waiting.filter((one) => one.state !== 'rejected').reduce((sum, { count }) => sum + count, 0),
      refused: waiting
        .filter((one) => one.state === 'rejected')
        .map(({ code, count, example }) => ({ code, count, example })),
    };
    return { ...log, ...counted, sentence: sentenceOf(log, row, counted) };
  };

  const ownRow = await readLog(read, own.origin);
  const published = claimedCheckpoint(ownRow?.note ?? '');
  const blocked = own.halted();
  const opened = openCheckpoint(ownRow?.note ?? '', own.origin, [own.publicKey], clock());
  return {
    own: {
      origin: own.origin,
      did: own.did,
      size: published.ok ? published.value.size : 0,
      root: published.ok ? Buffer.from(published.value.root).toString('base64') : '',
      at: (opened.ok && isoTime(opened.value.time)) || ownRow?.changed_at || clock().toISOString(),
      ...(blocked ? { blocked } : {}),
    },
    origins: logs.map(describe),
    peers: (await peers.list()).map(peerStatus),
    forks: forks.map(({ origin, at, evidence }) => ({
      origin,
      at,
      sentence: forkSentence(JSON.parse(evidence) as ForkEvidence),
    })),
  };
}

/** How many of the listings or labels that this node shows come along with each log. */
async function carried(read: Reader, table: 'listing' | 'label'): Promise<Map<string, number>> {
  const rows = await read
    .selectFrom('carriage')
    .select(({ fn }) => ['origin', fn.countAll().as('count')])
    .where('digest', 'in', read.selectFrom(table).select('digest'))
    .groupBy('origin')
    .execute();
  return new Map(rows.map(({ origin, count }) => [origin, Number(count)]));
}

/** Objects named by followed logs and not shown, by log, state and code of refusal; most first. */
async function wantCounts(read: Reader) {
  const code = sql<string>`substr(coalesce(reason, ''), 1, instr(coalesce(reason, '') || ': ', ': ') - 1)`;
  const rows = await read
    .selectFrom('want')
    .select(({ fn }) => [
      'origin',
      'state',
      code.as('code'),
      fn.countAll().as('count'),
      sql<string>`min(digest || ': ' || substr(coalesce(reason, ''), instr(reason, ': ') + 2))`.as('example'),
    ])
    .groupBy(['origin', 'state', code])
    .execute();
  return rows.map((row) => ({ ...row, count: Number(row.count) })).sort((a, b) => b.count - a.count);
}

const isoTime = (time: number | null): string | null => (time === null ? null : new Date(time * 1000).toISOString());

/** Time of the timestamped line of a followed log's note, which was verified before it was kept. */
function timeOfNote(row: LogRow): string | null {
  const note = parseNote(row.note);
  const line = note.ok ? note.value.signatures.find(({ bytes }) => bytes.length === 8 + 64) : undefined;
  return line ? isoTime(Number(Buffer.from(line.bytes).readBigUInt64BE(0))) : null;
}

function sentenceOf(
  { state, freshAt }: Pick<FollowedLog, 'state' | 'freshAt'>,
  row: LogRow,
  counted: Pick<OriginStatus, 'size' | 'head' | 'pending' | 'refused'>,
): string {
  const refused = counted.refused.reduce((sum, { count }) => sum + count, 0);
  const rest = [
    counted.pending > 0 ? `${counted.pending} of its objects are still to be fetched` : '',
    refused > 0 ? `${refused} were refused` : '',
  ].filter(Boolean);
  const tail = rest.length > 0 ? `; ${rest.join(', ')}` : '';
  if (state === 'forked') return `${row.reason ?? 'It has signed two histories'}. It is followed no further.`;
  if (state === 'unverified') return `${row.reason}, since ${row.changed_at}; what was received before stands${tail}.`;
  if (state === 'bootstrapping') return `${counted.size} of ${counted.head} entries are here${tail}.`;
  if (state === 'unreachable') return `None of its sources answers; what was received stands${tail}.`;
  if (state === 'stale') return `Its last sign of life is ${freshAt ? `of ${freshAt}` : 'not known'}${tail}.`;
  return `All ${counted.size} entries are here and come to the signed root${tail}.`;
}
