import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { neighbourhood } from '../credentials/addresses.ts';
import type { VerifiedCredential } from '../credentials/credential.ts';
import type { ResolveDid, Resolved } from '../credentials/keys/did.ts';
import { didWebUrl } from '../credentials/keys/did-web.ts';
import { revokedKeys } from '../credentials/keys/verification-method.ts';
import { messageOf, refused } from '../errors.ts';
import type { Database, Tx } from './database.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { SettleDeps } from './settle.ts';
import { LIVE, type Standing, settleStatus } from './settle-status.ts';

export interface KeyCheckDeps extends SettleDeps {
  database: Database;
  resolveDid: ResolveDid;
  /** A listing or piece of evidence could not be settled, or a document not be worked on; it is tried again. */
  failed: (key: string, error: unknown) => void;
  /** A listing (by its key) or piece of evidence (by its digest) ended with the key that signed it. */
  told: (ended: { key: string; signedWith: string; revoked: string }) => void;
}

/** Looks again, on a schedule, whether the keys that signed what is listed were revoked since (docs/decisions/010). */
export interface KeyCheck {
  /**
   * Asks for some of the DID documents that are due, each once for all that its keys signed, and ends what was signed
   * with a key that has been revoked. A call while one runs waits for that one.
   *
   * @returns how many listings and pieces of evidence ended
   */
  run(): Promise<number>;
  /** Ends the work after the step at hand. */
  stop(): Promise<void>;
}

/** Each document is read about so often: a quarter sooner or later, by lot, so that no two stay together. */
const EVERY_MS = 3_600_000;
/** Documents a run asks for; of those that failed last time, and of one neighbourhood of hosts. */
const AT_ONCE = 8;
const FAILING_AT_ONCE = 4;
const SHARE = 2;
/** Documents a run chooses from. */
const TAKEN = 1_000;
const PAGE = 200;
/** Time of own work in one run; waiting for hosts is not counted. */
const SLICE_MS = 300;

const nextAfter = (now: Date): string => new Date(now.getTime() + EVERY_MS * (0.75 + Math.random() / 2)).toISOString();

const didOf = (keyId: string): string => keyId.split('#')[0]!;

/** Notes by whose key something was signed that is held from now on, so that the key is looked at again. */
export async function keepSigner(tx: Tx, { keyId, documents }: VerifiedCredential, now: Date): Promise<void> {
  const did = didOf(keyId);
  // The documents of other methods are made of the DID itself, and never change.
  if (!did.startsWith('did:web:')) return;
  const readAt = documents.find(({ document }) => document.id === did)?.readAt ?? now;
  await tx
    .insertInto('signer')
    .values({ did, read_at: readAt.toISOString(), next_at: nextAfter(now) })
    .onConflict((conflict) =>
      conflict.column('did').doUpdateSet({ read_at: sql<string>`max(signer.read_at, excluded.read_at)` }),
    )
    .execute();
}

export function createKeyCheck(deps: KeyCheckDeps): KeyCheck {
  const { database, clock } = deps;
  let stopped = false;
  let worked = 0;
  const inTime = () => worked < SLICE_MS;
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

  /** What counts and can still end, among listings and evidence. */
  const live = (db: Pick<Tx, 'selectFrom'>) => {
    const at = clock().toISOString();
    return {
      listings: db.selectFrom('version').where('state', 'in', LIVE).where('valid_until', '>', at),
      evidence: db.selectFrom('evidence').where('state', 'in', LIVE).where('valid_until', '>', at),
    };
  };

  /** A page of what was signed with a key, in the order of the digests. */
  const signedWith = async (keyId: string, after: string): Promise<Standing[]> => {
    const { listings, evidence } = live(database.read);
    const versions = await listings
      .select(['digest', 'key', 'subject'])
      .where('key_id', '=', keyId)
      .where('digest', '>', after)
      .orderBy('digest')
      .limit(PAGE)
      .execute();
    const statements = await evidence
      .select(['digest', sql<string>`json_group_array(about)`.as('about')])
      .where('key_id', '=', keyId)
      .where('digest', '>', after)
      .groupBy('digest')
      .orderBy('digest')
      .limit(PAGE)
      .execute();
    return [
      ...versions.map(({ digest, key, subject }) => ({ digest, key, about: [subject] })),
      ...statements.map(({ digest, about }) => ({ digest, key: null, about: JSON.parse(about) as string[] })),
    ]
      .toSorted((one, other) => (one.digest < other.digest ? -1 : 1))
      .slice(0, PAGE);
  };

  /** A DID whose keys signed nothing that still counts is forgotten. */
  const inUse = (did: string): Promise<boolean> =>
    database.transaction(async (tx) => {
      const { listings, evidence } = live(tx);
      // `#` and whatever follows it come before `$`.
      const [from, to] = [`${did}#`, `${did}$`];
      const one =
        (await listings.select('digest').where('key_id', '>', from).where('key_id', '<', to).limit(1).execute())[0] ??
        (await evidence.select('digest').where('key_id', '>', from).where('key_id', '<', to).limit(1).execute())[0];
      if (!one) await tx.deleteFrom('signer').where('did', '=', did).execute();
      return one !== undefined;
    });

  /** Ends one listing or piece of evidence as an entry in a status list would, and for good like that. */
  const end = (one: Standing, did: string, keyId: string, revoked: string): Promise<void> =>
    database.transaction(async (tx) => {
      const entry = {
        digest: one.digest,
        url: keyId,
        idx: 0,
        purpose: 'revocation',
        type: 'key',
        size: 1,
        issuer: did,
      };
      await tx
        .insertInto('status_entry')
        .values({ ...entry, state: 'revoked', since: revoked })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await settleStatus(tx, one, deps);
    });

  /** @returns how many ended; `whole` unless time ran out */
  const endAll = async (did: string, keyId: string, revoked: string): Promise<{ ended: number; whole: boolean }> => {
    let ended = 0;
    for (let after = ''; ; ) {
      const page = await work(() => signedWith(keyId, after));
      for (const one of page) {
        // One at least, so that much comes to its end too.
        if (stopped || (ended > 0 && !inTime())) return { ended, whole: false };
        const key = one.key ?? one.digest;
        await work(() => end(one, did, keyId, revoked)).then(
          () => {
            ended++;
            deps.told({ key, signedWith: keyId, revoked });
          },
          (error: unknown) => deps.failed(key, error),
        );
      }
      const last = page.at(-1);
      if (!last) return { ended, whole: true };
      after = last.digest;
    }
  };

  const look = async (did: string, resolved: Resolved): Promise<number> => {
    const now = clock();
    let count = 0;
    for (const [keyId, revoked] of resolved.ok ? revokedKeys(resolved.value, now) : []) {
      const { ended, whole } = await endAll(did, keyId, revoked.toISOString());
      count += ended;
      // The rest is for the next run: the document stays due, and at hand.
      if (!whole) return count;
    }
    const read = resolved.ok ? { read_at: (resolved.readAt ?? now).toISOString() } : {};
    const reason = resolved.ok ? null : resolved.detail;
    await database.transaction((tx) =>
      tx
        .updateTable('signer')
        .set({ ...read, reason, next_at: nextAfter(now) })
        .where('did', '=', did)
        .execute(),
    );
    return count;
  };

  /** Whom to ask now: first who answered last time; beyond that by lot, so that no crowd stands before anybody. */
  const readDue = async (): Promise<string[]> => {
    const now = clock();
    const rows = await database.read
      .selectFrom('signer')
      .select(['did', 'reason'])
      // Or the clock was set back.
      .where((where) =>
        where.or([
          where('next_at', '<=', now.toISOString()),
          where('next_at', '>', new Date(now.getTime() + 2 * EVERY_MS).toISOString()),
        ]),
      )
      .orderBy(sql`reason IS NOT NULL`)
      .orderBy(sql`random()`)
      .limit(TAKEN)
      .execute();
    const places = new Map<string, number>();
    const chosen: string[] = [];
    for (const { did, reason } of rows) {
      const located = didWebUrl(did, true);
      const near = located.ok ? neighbourhood(new URL(located.value).host) : did;
      const [here, failing] = [places.get(near) ?? 0, places.get('failing') ?? 0];
      if (chosen.length >= AT_ONCE || here >= SHARE || (reason !== null && failing >= FAILING_AT_ONCE)) continue;
      places.set(near, here + 1);
      if (reason !== null) places.set('failing', failing + 1);
      chosen.push(did);
    }
    const used = [];
    for (const did of chosen) if (await inUse(did)) used.push(did);
    return used;
  };

  const ask = (did: string): Promise<Resolved> =>
    deps.resolveDid(did).catch((error: unknown) => refused('key-unavailable', messageOf(error)));

  const runOnce = async (): Promise<number> => {
    worked = 0;
    let count = 0;
    const due = await work(readDue);
    const answers = await Promise.all(due.map(async (did) => ({ did, resolved: await ask(did) })));
    for (const { did, resolved } of answers) {
      if (stopped) break;
      try {
        count += await look(did, resolved);
      } catch (error) {
        if (!stopped) deps.failed(did, error);
      }
    }
    return count;
  };

  const runs = oneAtATime(runOnce);
  return {
    run: runs.run,
    stop: async () => {
      stopped = true;
      await runs.settled();
    },
  };
}
