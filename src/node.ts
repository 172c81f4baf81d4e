import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { type Logger, pino } from 'pino';
import { createApp } from './api/app.ts';
import { descriptionsBy } from './bundle/judged-by.ts';
import { type Bundler, createBundler } from './bundle/make.ts';
import { settleAfterChange } from './catalogue/conditions.ts';
import { type Database, lockFolder, openDatabase } from './catalogue/database.ts';
import { createExplain, type Explain } from './catalogue/explain.ts';
import { retryHeld } from './catalogue/held.ts';
import { createIngest, type Ingest, type IngestDeps } from './catalogue/ingest.ts';
import { createKeyCheck } from './catalogue/key-check.ts';
import { dropForeignLabel, suspendLabels } from './catalogue/labels.ts';
import { settleDue, sweep } from './catalogue/lifecycle.ts';
import { oneAtATime } from './catalogue/one-at-a-time.ts';
import { createOwnStatus, type OwnStatus } from './catalogue/own-status.ts';
import { createPlanned, type Planned } from './catalogue/planned.ts';
import { createReader } from './catalogue/read.ts';
import type { CatalogueReader } from './catalogue/reader.ts';
import { createRecheck, newestOf } from './catalogue/recheck.ts';
import { createRedescribe } from './catalogue/redescribe.ts';
import { firstToken, keepToken } from './catalogue/tokens.ts';
import { type Compliance, loadCompliance } from './compliance/load.ts';
import { type Config, didOfUrl } from './config.ts';
import { createHttp, type Http } from './credentials/http.ts';
import {
  didDocument,
  ed25519Signer,
  type Identity,
  loadOrCreateIdentity,
  rawPublicKey,
  rememberLog,
} from './credentials/issuing/identity.ts';
import { signDataIntegrity, signJwt } from './credentials/issuing/sign.ts';
import { type Contexts, loadContexts } from './credentials/jsonld/contexts.ts';
import { createAnchorStore } from './credentials/keys/anchors.ts';
import { createChainCheck } from './credentials/keys/chain-check.ts';
import { createDidResolver, type DidDocument, type ResolveDid } from './credentials/keys/did.ts';
import { createVerifier } from './credentials/verify.ts';
import { createProverPool } from './credentials/workers/prover-pool.ts';
import { messageOf } from './errors.ts';
import { createFederation, type Federation } from './federation/federation.ts';
import { rememberKey } from './node-key.ts';
import { pagesOf } from './node-pages.ts';
import { type Policy, watchedPolicy } from './policy.ts';

/** One running node: everything that API, pages and command line are given. */
export interface Node extends Ingest {
  config: Config;
  did: string;
  origin: string;
  key: Identity;
  didDocument: DidDocument;
  database: Database;
  reader: CatalogueReader;
  ownStatus: OwnStatus;
  explain: Explain;
  bundle: Bundler;
  planned: Planned;
  federation: Federation;
  compliance: Compliance;
  contexts: Contexts;
  policy: () => Policy;
  clock: () => Date;
  log: Logger;
  app: Hono;
  /** Makes the first operator token, where there is none yet; it can be shown this once. */
  firstToken(): Promise<string | undefined>;
  /** Starts following peers and the timed work. */
  start(): void;
  /** Serves HTTP on config.host and config.port (0: any). */
  listen(): Promise<{ url: string; port: number; close: () => Promise<void> }>;
  close(): Promise<void>;
}

/** What a caller may put in place of the real thing: the clock, resolved DIDs of an offline check, more contexts. */
export interface Overrides {
  clock?: () => Date;
  random?: () => number;
  http?: Http;
  resolveDid?: ResolveDid;
  policy?: Policy;
  contextDirs?: string[];
}

const TICK_MS = 1_000;

/** The composition root: the one place where the parts of a node meet. */
export async function createNode(config: Config, overrides: Overrides = {}): Promise<Node> {
  const clock = overrides.clock ?? (() => new Date());
  const log = pino(
    { level: config.log, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
  const did = didOfUrl(config.url);
  const added = join(config.data, 'contexts');
  const contexts = loadContexts(
    join(config.shapes, 'contexts'),
    ...(existsSync(join(added, 'index.json')) ? [added] : []),
    ...(overrides.contextDirs ?? []),
  );
  const key = loadOrCreateIdentity(config.data, did);
  const service = [{ id: `${did}#catalogue`, type: 'CatalogueNode', serviceEndpoint: `${config.url}/federation` }];
  const document = didDocument(did, [key], { service }, key.former) as DidDocument;
  const database = await openDatabase(config.database);
  await rememberKey(database, key, config, log);
  if (config.operatorToken) await keepToken({ database, clock }, config.operatorToken, 'KONTOR_OPERATOR_TOKEN');
  const { allowPrivateNetwork } = config;
  /** A way out with its own turns, and what is known of DIDs by it. */
  const wayOut = () => {
    const client = createHttp({ allowPrivateNetwork, allow: config.allowHosts, userAgent: `kontor (${config.url})` });
    const http = overrides.http ?? client;
    const known = (wanted: string) => (wanted === did ? document : undefined);
    const resolveDid = overrides.resolveDid ?? createDidResolver({ http, clock, allowPrivateNetwork, known });
    return { http, resolveDid, close: () => client.close() };
  };
  const forSubmissions = wayOut();
  // Whomever submissions name, asking them does not delay what peers are asked.
  const forPeers = wayOut();
  // What they name by digest is asked for last, and nothing else waits for it.
  const forRelated = wayOut();
  const forKeys = wayOut();
  const { http, resolveDid } = forSubmissions;
  const policy = overrides.policy ? () => overrides.policy! : watchedPolicy(config.policy, log, clock);
  const compliance = loadCompliance(config.shapes, config.data, log);
  const anchors = createAnchorStore({
    rule: () => policy().anchors,
    base: dirname(config.policy),
    cache: config.data,
    http,
    clock,
  });
  const chainOptions = { anchors: anchors.store, http, clock };
  const judgeChain = createChainCheck({ ...chainOptions, require: () => policy().anchors?.require === true });
  const judgeGiven = createChainCheck({ ...chainOptions, require: () => false });
  /** Whom the operator named needs no certificate to be known; one that is given is looked at all the same. */
  const isNamed = (wanted: string) =>
    wanted === did || [...policy().authorities, ...policy().trust].some((one) => one.did === wanted);
  const pool = config.workers > 0 ? createProverPool(contexts, { size: config.workers }) : undefined;
  const verifier = createVerifier({
    contexts,
    ...(pool ? { prover: pool.prove } : {}),
    resolveDid,
    http,
    related: forRelated.http,
    clock,
    newestSeen: (url) => newestOf(database.read, url),
    chain: (issuer, ...rest) => (isNamed(issuer) ? judgeGiven : judgeChain)(issuer, ...rest),
  });

  const settleDeps = {
    did,
    url: config.url,
    key: { id: key.id, revoked: key.former.flatMap(({ id, revoked }) => (revoked ? [id] : [])) },
    clock,
    policy,
    schemes: compliance.schemes,
    sign: (label: object) => signJwt(label, key),
    append: (...args: Parameters<IngestDeps['append']>) => federation.append(...args),
  };
  const ingest = createIngest({
    ...settleDeps,
    database,
    verifier,
    compliance,
    committed: () => void federation.publish(),
  });
  const federation: Federation = await createFederation({
    database,
    config,
    policy,
    clock,
    random: overrides.random ?? Math.random,
    log,
    http: forPeers.http,
    resolveDid: forPeers.resolveDid,
    key: {
      id: key.id,
      did,
      publicKey: rawPublicKey(key),
      former: key.former.filter(({ revoked }) => !revoked).map(rawPublicKey),
      sign: ed25519Signer(key),
    },
    ingest: ingest.ingest,
    dropLabel: dropForeignLabel,
    onFork: (tx, _origin, issuer) => suspendLabels(tx, issuer),
    lockPath: join(config.data, 'log.lock'),
  });
  rememberLog(config.data, key, federation.origin);
  const ownStatus = createOwnStatus({
    database,
    clock,
    url: config.url,
    did,
    signJwt: (list) => signJwt(list, key),
    signDataIntegrity: (list, now) => signDataIntegrity(list, key, contexts, { now }),
  });
  const bundle = createBundler({
    database,
    settle: settleDeps,
    contexts,
    shapesDir: config.shapes,
    schemeDirs: [join(config.shapes, 'schemes'), join(config.data, 'schemes')],
    addedDir: join(config.data, 'shapes'),
    statusLists: verifier.statusLists,
    ownStatus,
    didDocument: document,
    resolveDid: forPeers.resolveDid,
    sign: ed25519Signer(key),
    publish: () => federation.publish(),
  });
  const planned = createPlanned({ places: config, database, did, clock, policy, compliance, contexts, log });
  const reader = createReader({
    database,
    clock,
    policy,
    did,
    schemes: compliance.schemes,
    catalogues: async () => {
      const own = { name: new URL(config.url).host, did, state: 'following' as const, since: clock().toISOString() };
      const followed = (await federation.catalogues()).map(({ origin, did, state, since }) => ({
        name: origin.split('/')[0]!,
        did,
        state: state === 'bootstrapping' ? ('following' as const) : state,
        since: since ?? own.since,
      }));
      return [own, ...followed];
    },
  });

  const failed = (key: string, error: unknown) =>
    log.error({ key, error: messageOf(error) }, 'a listing could not be settled');
  const failedTry = (digest: string, error: unknown) =>
    log.error({ digest, error: messageOf(error) }, 'a held submission could not be judged');
  const recheck = createRecheck({
    ...settleDeps,
    database,
    lists: verifier.statusLists,
    failed,
    told: ({ state, ...what }) =>
      state === 'unknown'
        ? log.warn(what, 'hidden: its status list cannot be had; shown again once the list is back')
        : log.info({ ...what, state }, 'its status list says another thing of it'),
  });
  const keyCheck = createKeyCheck({
    ...settleDeps,
    database,
    resolveDid: forKeys.resolveDid,
    failed,
    told: (ended) => log.info(ended, 'it ended: the key that signed it was revoked'),
  });

  const redescribe = createRedescribe({
    database,
    compliance,
    contexts,
    by: descriptionsBy(config.shapes),
    failed: (digest, error) => log.error({ digest, error: messageOf(error) }, 'a version could not be described again'),
  });
  let release: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const retries = oneAtATime(() => retryHeld({ database, clock }, ingest.ingest, failedTry));
  /** Timed work: each part on its own, so that a fault in one is told and stops no other. */
  const tick = async (): Promise<void> => {
    const told = (part: string) => (error: unknown) =>
      log.error({ error: messageOf(error) }, `timed work failed: ${part}`);
    // This, held submissions, statuses and keys are not waited for: what they ask may be slow to answer.
    anchors
      .refresh()
      .then((trouble) => trouble && log.warn({ registry: policy().anchors?.registry }, trouble))
      .catch(told('trust anchors'));
    await planned.enactDue().catch(told('plans'));
    await redescribe().catch(told('descriptions'));
    await settleAfterChange(database, settleDeps).catch(told('policy'));
    await sweep(database, settleDeps).catch(told('expiry'));
    const settled = await settleDue(database, settleDeps, failed).catch(told('settling'));
    retries.run().catch(told('held submissions'));
    const publishAfter = async (changed: number) => void (changed > 0 && (await federation.publish()));
    recheck.run().then(publishAfter).catch(told('status'));
    keyCheck.run().then(publishAfter).catch(told('keys'));
    if (settled) await federation.publish();
  };
  const ticks = oneAtATime(tick);

  const node: Node = {
    config,
    did,
    origin: federation.origin,
    key,
    didDocument: document,
    database,
    reader,
    ownStatus,
    explain: createExplain({ database, clock }),
    bundle,
    planned,
    federation,
    compliance,
    contexts,
    policy,
    clock,
    log,
    ...ingest,
    app: undefined as unknown as Hono,
    firstToken: () => firstToken({ database, clock }),
    start: () => {
      release = lockFolder(config.data);
      federation.start();
      timer = setInterval(() => {
        ticks.run().catch((error) => log.error({ error: messageOf(error) }, 'timed work failed'));
      }, TICK_MS);
      timer.unref();
    },
    listen: () =>
      new Promise((resolve, reject) => {
        const server = serve(
          {
            fetch: node.app.fetch,
            hostname: config.host,
            port: config.port,
            serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 32_768 },
          },
          (address) =>
            resolve({
              url: config.url,
              port: address.port,
              close: () =>
                new Promise<void>((done) => {
                  server.close(() => done());
                  if ('closeAllConnections' in server) server.closeAllConnections();
                }),
            }),
        );
        server.once('error', reject);
      }),
    close: async () => {
      clearInterval(timer);
      await ticks.settled();
      await retries.settled();
      await recheck.stop();
      await keyCheck.stop();
      await federation.stop();
      await forSubmissions.close();
      await forPeers.close();
      await forRelated.close();
      await forKeys.close();
      await pool?.close();
      release?.();
      await database.close();
    },
  };
  node.app = createApp({
    ...node,
    schemes: compliance.schemes,
    shapes: () => [...compliance.shapes.list(), ...compliance.added().sets],
    shapesDir: config.shapes,
    url: config.url,
    pages: pagesOf(node),
  });
  return node;
}
