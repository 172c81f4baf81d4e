import { setImmediate, setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { neighbourhood } from '../credentials/addresses.ts';
import { createSizedCache } from '../credentials/sized-cache.ts';
import { lookUp, type StatusList } from '../credentials/status/list.ts';
import { type StatusLists, stateOf } from '../credentials/status/status.ts';
import { messageOf, refused, type Verdict } from '../errors.ts';
import type { Database, Reader, Tx } from './database.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { forgetList, keepList } from './provenance.ts';
import type { Row } from './schema.ts';
import type { SettleDeps } from './settle.ts';
import { LIVE, settleStatus } from './settle-status.ts';
import { entryOf, isOverdue } from './status.ts';

export interface RecheckDeps extends SettleDeps {
  database: Database;
  lists: StatusLists;
  /** A listing or piece of evidence could not be settled, or a list not be worked on; it is tried again. */
  failed: (key: string, error: unknown) => void;
  /** A listing (by its key) or piece of evidence (by its digest) was hidden, shown again, suspended or revoked. */
  told: (change: { key: string; url: string; state: Entry['state']; since: string }) => void;
}

/** Looks again, on a schedule, at the status of everything that is listed. */
export interface Recheck {
  /**
   * Asks for the lists that are due, each once for all that stand in it, and settles what has changed in those that
   * answer within a second. What answers later is for the next run, as is what does not fit into its time. A call
   * while one runs waits for that one.
   *
   * @returns how many listings and pieces of evidence changed their state
   */
  run(): Promise<number>;
  /** Ends the work after the step at hand. */
  stop(): Promise<void>;
}

/** An entry, with the state and the subject of what it stands in. */
type Entry = Row<'status_entry'> & {
  /** Key of the listing; null of evidence. */
  key: string | null;
  about: string;
  holds: string;
};

/** Lists in hand at once; in all, of those that failed last time, and of one neighbourhood of hosts or one issuer. */
const AT_ONCE = 16;
const FAILING_AT_ONCE = 8;
const SHARE = 2;
/** Lists a run chooses from. */
const TAKEN = 5_000;
const PAGE = 1_000;
/** Time of own work in one run; waiting for hosts is not counted. */
const SLICE_MS = 600;
/** Time of one run, waiting included. */
const RUN_MS = 1_000;
/** A list that fails is tried again after so long, and twice as long each time that it fails again. */
const RETRY_SECONDS = 60;
const LONGEST_RETRY_SECONDS = 3_600;
/** About 16,000 lists that fail; another waits as if it failed for the first time. */
const MAX_FAILURES_BYTES = 8_000_000;

/** A list that is due. */
interface Due {
  url: string;
  /** With whom it shares places: its host's neighbourhood, the issuer of what names it, and what failed last time. */
  sharers: string[];
}

const FAILING = 'failing';

/** The date of the newest list that was ever read at the address, as long as anything held here stands in it. */
export async function newestOf(db: Reader, url: string): Promise<Date | undefined> {
  const row = await db.selectFrom('status_list').select('newest').where('url', '=', url).executeTakeFirst();
  return row?.newest ? new Date(row.newest) : undefined;
}

export function createRecheck(deps: RecheckDeps): Recheck {
  const { database, lists, clock, policy } = deps;
  const failures = createSizedCache<number>(MAX_FAILURES_BYTES);
  /** Asked for, and not yet worked through. */
  const inHand = new Map<string, Due>();
  const places = new Map<string, number>();
  const answers: { url: string; verdict: Verdict<StatusList> }[] = [];
  let wake = () => {};

  let stopped = false;
  let worked = 0;
  const inTime = () => !stopped && worked < SLICE_MS;
  /** Counts the time of own work, and lets others have the thread after it. */
  const work = async <T>(step: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    try {
      return await step();
    } finally {
      worked += performance.now() - started;
      await setImmediate();
    }
  };

  /** One page of the entries on a list that count for anything, in the order of their digests. */
  const page = async (db: Pick<Tx, 'selectFrom'>, url: string, after: string): Promise<Entry[]> => {
    const at = clock().toISOString();
    const rows = await db
      .selectFrom('status_entry')
      .leftJoin('version', (join) =>
        join
          .onRef('version.digest', '=', 'status_entry.digest')
          .on('version.state', 'in', LIVE)
          .on('version.valid_until', '>', at),
      )
      .leftJoin('evidence', (join) =>
        join
          .onRef('evidence.digest', '=', 'status_entry.digest')
          .on('evidence.state', 'in', LIVE)
          .on('evidence.valid_until', '>', at),
      )
      .selectAll('status_entry')
      .select([
        'version.key',
        'version.subject',
        'version.state as shown',
        'evidence.about',
        'evidence.state as counts',
      ])
      .where('status_entry.url', '=', url)
      .where('status_entry.digest', '>', after)
      .where((where) => where.or([where('version.key', 'is not', null), where('evidence.about', 'is not', null)]))
      .orderBy('status_entry.digest')
      .limit(PAGE)
      .execute();
    // A credential whose entries may go on beyond the page comes with the next.
    const last = rows.length === PAGE ? rows.at(-1)!.digest : undefined;
    return rows
      .filter(({ digest }) => digest !== last)
      .map(({ key, subject, shown, about, counts, ...row }) => ({
        ...row,
        key,
        about: subject ?? about!,
        holds: shown ?? counts!,
      }));
  };

  /** Settles one listing or piece of evidence by what its entry says now, and has what rests on it settled soon. */
  const change = (entry: Entry, state: Entry['state'], since: string): Promise<void> =>
    database.transaction(async (tx) => {
      await write(tx, entry, state, since);
      await settleStatus(tx, { ...entry, about: [entry.about] }, deps);
    });

  /** Brings every entry on one list up to date. @returns how many changed; `whole` unless time ran out */
  const apply = async (
    url: string,
    verdict: Verdict<StatusList>,
  ): Promise<{ changed: number; whole: boolean; reason: string | null }> => {
    let changed = 0;
    let reason = verdict.ok ? null : verdict.detail;
    for (let after = ''; ; ) {
      const heavy: [Entry, Entry['state'], string][] = [];
      const entries = await work(async () => {
        const now = clock();
        const light: [Entry, Entry['state']][] = [];
        const entries = await page(database.read, url, after);
        for (const entry of entries) {
          const reading = verdict.ok ? lookUp(verdict.value, entryOf(entry), entry.issuer) : verdict;
          if (!reading.ok) reason ??= reading.detail;
          const found = stateOf(reading, entry.purpose);
          // What was suspended stays so until a list says otherwise.
          const state = found === 'unknown' && entry.state === 'suspended' ? 'suspended' : found;
          const since = state === entry.state ? entry.since : now.toISOString();
          const over = state === 'unknown' && isOverdue(since, policy().status.keepSeconds, now);
          const stands = entry.holds === 'current';
          if (state === entry.state && !(over && stands)) continue;
          if (stands && !over && (state === 'good' || state === 'unknown')) light.push([entry, state]);
          else heavy.push([entry, state, since]);
        }
        if (light.length > 0)
          await database.transaction(async (tx) => {
            for (const [entry, state] of light) await write(tx, entry, state, now.toISOString());
          });
        return entries;
      });
      for (const [entry, state, since] of heavy) {
        // One at least, so that a long list comes to its end.
        if (stopped || (changed > 0 && !inTime())) return { changed, whole: false, reason };
        await work(() => change(entry, state, since)).then(
          () => {
            changed++;
            deps.told({ key: entry.key ?? entry.digest, url, state, since });
          },
          (error: unknown) => deps.failed(entry.digest, error),
        );
      }
      const last = entries.at(-1);
      if (!last) return { changed, whole: true, reason };
      after = last.digest;
    }
  };

  /** A list in which nothing counts any more is forgotten. */
  const inUse = (url: string): Promise<boolean> =>
    database.transaction(async (tx) => {
      if ((await page(tx, url, '')).length > 0) return true;
      await tx.deleteFrom('status_list').where('url', '=', url).execute();
      await forgetList(tx, url);
      return false;
    });

  const look = async (url: string, verdict: Verdict<StatusList>): Promise<number> => {
    const { changed, whole, reason } = await apply(url, verdict);
    if (!whole) return changed;
    const now = clock();
    const failed = failures.get(url) ?? 0;
    if (!verdict.ok) failures.set(url, failed + 1, url.length);
    else if (failed > 0) failures.set(url, 0, url.length);
    const seconds = verdict.ok
      ? policy().status.recheckSeconds
      : Math.min(RETRY_SECONDS * 2 ** failed, LONGEST_RETRY_SECONDS);
    const row = { reason, next_at: new Date(now.getTime() + seconds * 1_000).toISOString() };
    const read = verdict.ok
      ? { checked_at: verdict.value.readAt.toISOString(), newest: verdict.value.issuedAt.toISOString() }
      : {};
    await database.transaction(async (tx) => {
      if (verdict.ok) await keepList(tx, url, verdict.value);
      await tx
        .updateTable('status_list')
        .set({ ...row, ...read })
        .where('url', '=', url)
        .execute();
    });
    return changed;
  };

  /** What is due: first what answered last time; beyond that by lot, so that no crowd stands before anybody. */
  const readDue = async (): Promise<Due[]> => {
    const after = (seconds: number) => new Date(clock().getTime() + seconds * 1_000).toISOString();
    const rows = await database.read
      .selectFrom('status_list')
      .select(({ selectFrom }) => [
        'url',
        'reason',
        selectFrom('status_entry')
          .select('issuer')
          .whereRef('status_entry.url', '=', 'status_list.url')
          .limit(1)
          .as('issuer'),
      ])
      .where((where) =>
        where.or([
          where('next_at', '<=', after(0)),
          // The rule has become stricter, or the clock was set back.
          where.and([where('next_at', '>', after(policy().status.recheckSeconds)), where('reason', 'is', null)]),
          where('next_at', '>', after(Math.max(policy().status.recheckSeconds, LONGEST_RETRY_SECONDS))),
        ]),
      )
      .orderBy(sql`reason IS NOT NULL`)
      .orderBy(sql`random()`)
      .limit(TAKEN)
      .execute();
    return rows.map(({ url, issuer, reason }) => ({
      url,
      sharers: [
        neighbourhood(new URL(url).host),
        ...(issuer === null ? [] : [issuer]),
        ...(reason === null ? [] : [FAILING]),
      ],
    }));
  };

  const mayAsk = ({ sharers }: Due): boolean =>
    inHand.size < AT_ONCE &&
    sharers.every((who) => (places.get(who) ?? 0) < (who === FAILING ? FAILING_AT_ONCE : SHARE));
  const take = (due: Due): void => {
    inHand.set(due.url, due);
    for (const who of due.sharers) places.set(who, (places.get(who) ?? 0) + 1);
  };
  const release = (url: string): void => {
    for (const who of inHand.get(url)?.sharers ?? []) {
      const left = places.get(who)! - 1;
      if (left > 0) places.set(who, left);
      else places.delete(who);
    }
    inHand.delete(url);
  };

  const ask = (url: string): void => {
    void lists
      // Half the time between two looks, so that what a submission fetched meanwhile does not put one off by a whole turn.
      .get(url, policy().status.recheckSeconds * 500)
      .catch((error: unknown) => {
        if (!stopped) deps.failed(url, error);
        return refused('status-unavailable', messageOf(error));
      })
      .then((verdict) => {
        answers.push({ url, verdict });
        wake();
      });
  };

  const runOnce = async (): Promise<number> => {
    worked = 0;
    let changed = 0;
    const end = performance.now() + RUN_MS;
    let due = (await work(readDue)).filter(({ url }) => !inHand.has(url));
    while (inTime()) {
      const rest: Due[] = [];
      for (const one of due)
        if (!inTime() || !mayAsk(one)) rest.push(one);
        else if (await work(() => inUse(one.url))) {
          take(one);
          ask(one.url);
        }
      due = rest;
      const left = end - performance.now();
      if (answers.length === 0 && inHand.size > 0 && left > 0) {
        const answer = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([answer, setTimeout(left, undefined, { ref: false })]);
      }
      const next = answers.shift();
      if (!next) break;
      try {
        changed += await look(next.url, next.verdict);
      } catch (error) {
        deps.failed(next.url, error);
      }
      release(next.url);
    }
    return changed;
  };

  const runs = oneAtATime(runOnce);
  return {
    run: runs.run,
    stop: async () => {
      stopped = true;
      wake();
      await runs.settled();
    },
  };
}

const write = (tx: Tx, { digest, url, idx, purpose }: Entry, state: Entry['state'], since: string) =>
  tx
    .updateTable('status_entry')
    .set({ state, since })
    .where('digest', '=', digest)
    .where('url', '=', url)
    .where('idx', '=', idx)
    .where('purpose', '=', purpose)
    .execute();
