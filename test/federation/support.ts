import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { type Database, openDatabase } from '../../src/catalogue/database.ts';
import type { Judgement } from '../../src/catalogue/judgement.ts';
import type { LogEntry } from '../../src/catalogue/log-entry.ts';
import type { Submission } from '../../src/credentials/credential.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { createHttp } from '../../src/credentials/http.ts';
import {
  didDocument,
  ed25519Signer,
  generateKey,
  rawPublicKey,
  type SigningKey,
} from '../../src/credentials/issuing/identity.ts';
import { createDidResolver, type DidDocument } from '../../src/credentials/keys/did.ts';
import { Problem } from '../../src/errors.ts';
import type { FederationDeps, FederationLimits } from '../../src/federation/deps.ts';
import { createFederation, type Federation } from '../../src/federation/federation.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/policy.ts';

/**
 * A node reduced to its federation: real database file, real HTTP on loopback, real did:web, and an ingest that stores
 * what it is given if it is JSON of one of four kinds, so that these tests are about logs and objects alone.
 */
export interface TestPeer {
  url: string;
  host: string;
  origin: string;
  /** The key it signs with; another one counts from the next restart. */
  key: SigningKey;
  /** The keys in its DID document: the one it signs with, unless a test says otherwise. */
  published: SigningKey[] | undefined;
  folder: string;
  database: Database;
  federation: Federation;
  /** Requests met since the start, as `GET /path`. */
  seen: string[];
  peers: string[];
  /** Taken into the policy from the next look at it. */
  policy: Partial<Policy>;
  logged: string[];
  put(name: string, kind?: 'listing' | 'evidence' | 'withdrawal', extra?: object): Promise<string>;
  label(about: string): Promise<string>;
  drop(kind: 'listing' | 'label', digest: string): Promise<void>;
  append(entries: LogEntry[]): Promise<void>;
  holds(digest: string): Promise<boolean>;
  digests(): Promise<string[]>;
  size(origin: string): Promise<number>;
  /** Stops the federation and the database and opens both again on the same files and the same port. */
  restart(): Promise<void>;
  /** Takes the server away, or puts it back. */
  online(online: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface TestPeerOptions {
  peers?: string[];
  key?: SigningKey;
  port?: number;
  limits?: Partial<FederationLimits>;
  random?: () => number;
  pull?: number;
}

/** Time stands at a fixed point until a test moves it. */
export const time = { now: Date.parse('2026-11-21T03:10:00Z') };
export const clock = (): Date => new Date(time.now);

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const shut = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

export async function testPeer(options: TestPeerOptions = {}): Promise<TestPeer> {
  let app = new Hono();
  const seen: string[] = [];
  const logged: string[] = [];
  const serve = () => createServer(getRequestListener((request) => app.fetch(request)));
  let server = serve();
  const port = await listen(server, options.port ?? 0);
  const host = `localhost:${port}`;
  const url = `http://${host}`;
  const did = `did:web:localhost%3A${port}`;
  let key = { ...(options.key ?? generateKey('EdDSA', did)), did, id: `${did}#key-1` };
  let published: SigningKey[] | undefined;
  const document = () => didDocument(did, published ?? [key]) as DidDocument;
  const folder = mkdtempSync(join(tmpdir(), 'kontor-federation-'));
  const peers = options.peers ?? [];
  const changes: Partial<Policy> = {};
  const policy = (): Policy => ({
    ...DEFAULT_POLICY,
    ...changes,
    peers: peers.map((peer) => ({ url: peer, pull: options.pull ?? 60 })),
  });

  const open = async () => {
    const database = await openDatabase(join(folder, 'kontor.db'));
    const http = createHttp({ allowPrivateNetwork: true, userAgent: 'test' });
    const known = (wanted: string) => (wanted === did ? document() : undefined);
    const write = (level: string) => (_: object, message: string) => void logged.push(`${level} ${message}`);
    const deps: FederationDeps = {
      database,
      config: { url, allowPrivateNetwork: true },
      policy,
      clock,
      random: options.random ?? (() => 0.5),
      log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
      http,
      resolveDid: createDidResolver({ http, clock, allowPrivateNetwork: true, known }),
      key: { id: key.id, did, publicKey: rawPublicKey(key), former: [], sign: ed25519Signer(key) },
      ingest: (submission) => store(database, submission, policy()),
      dropLabel: async (tx, digest, issuer) => {
        await tx
          .updateTable('label')
          .set({ state: 'withdrawn' })
          .where('digest', '=', digest)
          .where('issuer', '=', issuer)
          .execute();
      },
      onFork: async (tx, _origin, issuer) => {
        await tx.updateTable('label').set({ state: 'suspended' }).where('issuer', '=', issuer).execute();
      },
      lockPath: join(folder, 'lock', 'log.lock'),
      ...(options.limits ? { limits: options.limits } : {}),
    };
    const federation = await createFederation(deps);
    app = new Hono();
    app.use(async (c, next) => {
      seen.push(`${c.req.method} ${c.req.path}`);
      await next();
    });
    app.get('/.well-known/did.json', (c) => c.json(document()));
    app.route('/', federation.routes);
    app.onError((error, c) => {
      const problem = error instanceof Problem ? error : new Problem('internal', error.message);
      return c.json(problem.toDocument(), problem.status as 400);
    });
    return { database, federation, close: () => http.close() };
  };
  let inner = await open();

  const log = async (
    entry: LogEntry,
    object?: { bytes: Buffer; kind: 'listing' | 'evidence' | 'withdrawal' | 'label' },
  ) => {
    await inner.database.transaction(async (tx) => {
      if (object && 'digest' in entry) {
        const row = {
          digest: entry.digest,
          kind: object.kind,
          media_type: 'application/vc',
          bytes: object.bytes,
          size: object.bytes.length,
          first_seen: clock().toISOString(),
        };
        await tx.insertInto('object').values(row).execute();
      }
      await inner.federation.append(tx, [entry]);
    });
    await inner.federation.publish();
  };

  const peer: TestPeer = {
    url,
    host,
    origin: `${host}/catalogue/1`,
    get key() {
      return key;
    },
    set key(next) {
      key = { ...next, did, id: `${did}#key-1` };
    },
    get published() {
      return published;
    },
    set published(keys) {
      published = keys?.map((one) => ({ ...one, did, id: `${did}#key-1` }));
    },
    folder,
    get database() {
      return inner.database;
    },
    get federation() {
      return inner.federation;
    },
    seen,
    peers,
    policy: changes,
    logged,
    put: async (name, kind = 'listing', extra = {}) => {
      const bytes = Buffer.from(JSON.stringify({ kind, name, issuer: did, ...extra }));
      const digest = digestOf(bytes);
      const size = bytes.length;
      const id = `https://provider.example/${name}`;
      if (kind === 'withdrawal') await log({ op: 'put', kind, id, digest, size }, { bytes, kind });
      else {
        const times = { validFrom: '2026-11-01T00:00:00Z', validUntil: '2027-01-30T00:00:00Z' };
        await log({ op: 'put', kind, id, digest, type: 'gx:ServiceOffering', ...times, size }, { bytes, kind });
      }
      return digest;
    },
    label: async (about) => {
      const id = `urn:uuid:of-${about}`;
      const bytes = Buffer.from(JSON.stringify({ kind: 'label', id, about, issuer: did }));
      const digest = digestOf(bytes);
      await log(
        {
          op: 'put',
          kind: 'label',
          id,
          digest,
          about,
          label: 'gaia-x:SC',
          validUntil: '2027-01-30T00:00:00Z',
          size: bytes.length,
        },
        { bytes, kind: 'label' },
      );
      return digest;
    },
    drop: (kind, digest) => log({ op: 'drop', kind, digest, reason: 'takedown' }),
    append: async (entries) => {
      await inner.database.transaction((tx) => inner.federation.append(tx, entries));
      await inner.federation.publish();
    },
    holds: async (digest) =>
      (await inner.database.read
        .selectFrom('object')
        .select('digest')
        .where('digest', '=', digest)
        .executeTakeFirst()) !== undefined,
    digests: async () =>
      (await inner.database.read.selectFrom('object').select('digest').orderBy('digest').execute()).map(
        ({ digest }) => digest,
      ),
    size: async (origin) =>
      (await inner.database.read.selectFrom('log').select('size').where('origin', '=', origin).executeTakeFirst())
        ?.size ?? -1,
    restart: async () => {
      await inner.federation.stop();
      await inner.close();
      await inner.database.close();
      inner = await open();
    },
    online: async (online) => {
      if (!online) return shut(server);
      server = serve();
      await listen(server, port);
    },
    close: async () => {
      await inner.federation.stop();
      await shut(server);
      await inner.close();
      await inner.database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return peer;
}

/** Judges by the first letter of the law: JSON of a known kind, not marked as bad, and a label only from its issuer's log. */
async function store(database: Database, submission: Submission, policy: Policy): Promise<Judgement> {
  const { bytes, mediaType, source } = submission;
  const digest = digestOf(bytes);
  const refuse = (code: Judgement['code'], detail: string): Judgement => ({
    ok: false,
    code,
    detail,
    digest,
    stage: 'verify',
    checks: [],
  });
  if (bytes.length > policy.limits.objectBytes) return refuse('too-large', 'Too large');
  const { kind, issuer, about, bad } = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (bad === 'unreachable') return refuse('key-unavailable', 'The key cannot be fetched now');
  if (bad) return refuse('shape', 'It has not the required shape');
  if (kind === 'label' && (source.kind !== 'peer' || source.did !== issuer))
    return refuse('issuer', 'A label comes from the log of its issuer only');
  await database.transaction(async (tx) => {
    const at = clock().toISOString();
    await tx
      .insertInto('object')
      .values({ digest, kind, media_type: mediaType, bytes, size: bytes.length, first_seen: at })
      .execute();
    if (kind === 'label') {
      const label = {
        digest,
        about,
        scheme: 'gaia-x',
        level: 'SC',
        rank: 1,
        issuer,
        basis: 'verified',
        valid_until: '2027-01-30T00:00:00Z',
        state: 'current',
        at,
      };
      await tx.insertInto('label').values(label).execute();
    }
  });
  return { ok: true, digest, stage: 'commit', checks: [], kind };
}

export interface FaultProxy {
  url: string;
  /** Changes answers on the way; undefined lets them through. Set anew by each test. */
  change: (path: string, body: Buffer, status: number) => Answer | Promise<Answer>;
  seen: string[];
  close(): Promise<void>;
}
type Answer = Buffer | { status?: number; type?: string; body: Buffer | string } | undefined;

/** A peer that stands between: passes requests on to a node and changes the answers as told. */
export async function faultProxy(target: string): Promise<FaultProxy> {
  const proxy: FaultProxy = { url: '', change: () => undefined, seen: [], close: () => shut(server) };
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const path = request.url ?? '/';
    proxy.seen.push(`${request.method} ${path}`);
    const headers = { 'content-type': request.headers['content-type'] ?? '', 'accept-encoding': 'identity' };
    const body = parts.length > 0 ? { body: Buffer.concat(parts) } : {};
    const answer = await fetch(target + path, { method: request.method ?? 'GET', headers, ...body });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const changed = await proxy.change(path, bytes, answer.status);
    const {
      status,
      type,
      body: out,
    } = Buffer.isBuffer(changed) || !changed ? { status: undefined, type: undefined, body: changed ?? bytes } : changed;
    response.writeHead(status ?? answer.status, { 'content-type': type ?? answer.headers.get('content-type') ?? '' });
    response.end(out);
  };
  // A node that ends while it is asked ends the connection, as it would without a proxy between.
  const server = createServer((request, response) => void pass(request, response).catch(() => response.destroy()));
  proxy.url = `http://localhost:${await listen(server, 0)}`;
  return proxy;
}

/** Syncs every node with its peers until a whole round brings nothing, at most ten times. */
export async function settle(...nodes: TestPeer[]): Promise<number> {
  for (let round = 1; round <= 10; round++) {
    let news = 0;
    for (const node of nodes) {
      const report = await node.federation.sync();
      news += report.entries + report.objects + report.errors.length;
    }
    if (news === 0) return round;
  }
  return Number.POSITIVE_INFINITY;
}
