import type { Database, Reader } from '../catalogue/database.ts';
import type { Row } from '../catalogue/schema.ts';
import { Problem } from '../errors.ts';
import type { Policy } from '../policy.ts';
import type { PeerStatus } from './status.ts';

/** A peer as it is followed: its row, or the start of one, and how often to ask. */
export interface Peer extends Row<'peer'> {
  source: 'policy' | 'operator';
  /** Seconds. */
  pull: number;
}

/** How a peer did in one exchange. */
export interface Outcome {
  bytes: number;
  requests: number;
  /** Absent: the exchange went through. */
  error?: string;
  /** It went through, but not all that it brought can be believed: no failure of the peer's. */
  doubt?: string;
  /** Try no sooner than in so many seconds, because the peer asked for it: no failure of it. */
  retryAfter?: number;
  cursor?: number;
}

export interface Peers {
  /** Those of the policy file, then those the operator added. */
  list(): Promise<Peer[]>;
  get(url: string): Promise<Peer | undefined>;
  /** @throws Problem `bad-request` for what is not the base URL of another node */
  add(url: string): Promise<PeerStatus>;
  /** @throws Problem `not-found`, or `bad-request` for one that stands in the policy file */
  remove(url: string): Promise<void>;
  /** Writes down what an exchange cost and how it ended; failures put off the next try. */
  record(peer: Peer, outcome: Outcome): Promise<void>;
  /** Adds to what a peer has cost, outside an exchange with it. Nothing for a node that is no peer. */
  count(url: string, cost: { bytes: number; requests: number }): Promise<void>;
  /** Writes down what a peer was caught at. */
  blame(url: string, sentence: string): Promise<void>;
  /** The logs a peer has offered, for choosing sources, also after a restart. */
  offers(url: string): Promise<string[]>;
  offer(url: string, origin: string): Promise<void>;
}

const DEFAULT_PULL_SECONDS = 60;
const LONGEST_WAIT_SECONDS = 3600;
const EPOCH = new Date(0).toISOString();

export interface PeersDeps {
  database: Database;
  config: { url: string; allowPrivateNetwork: boolean };
  policy(): Policy;
  clock(): Date;
  random(): number;
}

export const peerStatus = (peer: Peer): PeerStatus => ({
  url: peer.url,
  did: peer.did,
  source: peer.source,
  lastSuccess: peer.last_success,
  lastError: peer.last_error,
  failures: peer.failures,
  nextTry: peer.failures > 0 ? peer.not_before : null,
  bytes: peer.bytes,
  requests: peer.requests,
  blamed: peer.blamed,
});

export function createPeers({ database, config, policy, clock, random }: PeersDeps): Peers {
  const fresh = (url: string, source: Peer['source']): Row<'peer'> => ({
    url,
    did: `did:web:${new URL(url).host.replace(':', '%3A')}`,
    source,
    cursor: 0,
    failures: 0,
    not_before: EPOCH,
    last_success: null,
    last_error: null,
    bytes: 0,
    requests: 0,
    blamed: null,
  });

  const list = async (): Promise<Peer[]> => {
    const rows = await database.read.selectFrom('peer').selectAll().orderBy('url').execute();
    const rules = policy().peers.map((rule) => ({ url: new URL(rule.url).origin, pull: rule.pull }));
    const fixed = rules.map(({ url, pull }): Peer => {
      const row = rows.find((one) => one.url === url) ?? fresh(url, 'policy');
      return { ...row, source: 'policy', pull };
    });
    const added = rows.filter((row) => row.source === 'operator' && !rules.some(({ url }) => url === row.url));
    return [...fixed, ...added.map((row): Peer => ({ ...row, source: 'operator', pull: DEFAULT_PULL_SECONDS }))];
  };
  const get = async (url: string) => (await list()).find((peer) => peer.url === url);

  /** Changes a peer's row, which a peer of the policy file gets with its first exchange. */
  const change = async (url: string, work: (row: Row<'peer'>) => Partial<Row<'peer'>>): Promise<void> => {
    const source = (await get(url))?.source;
    if (!source) return;
    await database.transaction(async (tx) => {
      const row =
        (await tx.selectFrom('peer').selectAll().where('url', '=', url).executeTakeFirst()) ?? fresh(url, source);
      const next = { ...row, ...work(row) };
      await tx
        .insertInto('peer')
        .values(next)
        .onConflict((conflict) => conflict.column('url').doUpdateSet(next))
        .execute();
    });
  };

  const offersName = (url: string) => `offers:${url}`;
  const readOffers = async (reader: Reader, url: string): Promise<string[]> => {
    const row = await reader.selectFrom('meta').select('value').where('name', '=', offersName(url)).executeTakeFirst();
    return row ? JSON.parse(row.value) : [];
  };

  return {
    list,
    get,
    add: async (text) => {
      const url = baseUrl(text, config);
      const known = await get(url);
      if (known) return peerStatus(known);
      const row = fresh(url, 'operator');
      await database.transaction(async (tx) => {
        // A row left by a policy rule that is gone keeps its cursor.
        await tx
          .insertInto('peer')
          .values(row)
          .onConflict((conflict) => conflict.column('url').doUpdateSet({ source: 'operator' }))
          .execute();
      });
      return peerStatus((await get(url))!);
    },
    remove: async (text) => {
      const peer = await get(baseUrl(text, config));
      if (!peer) throw new Problem('not-found', `${text} is not a peer of this node`);
      if (peer.source === 'policy')
        throw new Problem('bad-request', `${peer.url} stands in the policy file; take it out there`);
      await database.transaction(async (tx) => {
        await tx.deleteFrom('peer').where('url', '=', peer.url).execute();
        await tx.deleteFrom('meta').where('name', '=', offersName(peer.url)).execute();
      });
    },
    record: (peer, { bytes, requests, error, doubt, retryAfter, cursor }) =>
      change(peer.url, (row) => {
        const now = clock();
        const failed = error !== undefined && retryAfter === undefined;
        const failures = failed ? row.failures + 1 : error === undefined ? 0 : row.failures;
        // Full jitter: anywhere between now and twice as far as the last time
        // (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
        const wait = retryAfter ?? (failed ? random() * Math.min(LONGEST_WAIT_SECONDS, peer.pull * 2 ** failures) : 0);
        return {
          bytes: row.bytes + bytes,
          requests: row.requests + requests,
          failures,
          not_before: new Date(now.getTime() + Math.min(wait, LONGEST_WAIT_SECONDS) * 1000).toISOString(),
          last_error: error ?? row.last_error,
          ...(error === undefined ? { last_success: now.toISOString(), last_error: doubt ?? null } : {}),
          ...(cursor === undefined ? {} : { cursor }),
        };
      }),
    count: (url, { bytes, requests }) =>
      change(url, (row) => ({ bytes: row.bytes + bytes, requests: row.requests + requests })),
    blame: (url, sentence) => change(url, () => ({ blamed: `${clock().toISOString()} ${sentence}` })),
    offers: (url) => readOffers(database.read, url),
    offer: async (url, origin) => {
      if ((await readOffers(database.read, url)).includes(origin)) return;
      await database.transaction(async (tx) => {
        const value = JSON.stringify([...new Set([...(await readOffers(tx, url)), origin])]);
        await tx
          .insertInto('meta')
          .values({ name: offersName(url), value })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
          .execute();
      });
    },
  };
}

/** The base URL of another node, in the one form it is kept in. */
function baseUrl(text: string, config: { url: string; allowPrivateNetwork: boolean }): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const schemes = config.allowPrivateNetwork ? ['https:', 'http:'] : ['https:'];
  if (!url || !schemes.includes(url.protocol) || url.pathname !== '/' || url.search || url.hash || url.username) {
    const example = config.allowPrivateNetwork
      ? 'https://catalogue.example.org or http://localhost:8081'
      : 'https://catalogue.example.org';
    throw new Problem(
      'bad-request',
      `"${text.slice(0, 200)}" is not the base URL of a node; one like ${example} is accepted`,
    );
  }
  if (url.host === new URL(config.url).host) throw new Problem('bad-request', 'A node cannot be its own peer');
  return url.origin;
}
