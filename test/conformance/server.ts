import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { Checks } from '../../src/credentials/check.ts';
import type { JsonObject, Submission } from '../../src/credentials/credential.ts';
import { createHttp } from '../../src/credentials/http.ts';
import { linkedIn } from '../../src/credentials/integrity.ts';
import { loadContexts } from '../../src/credentials/jsonld/contexts.ts';
import { createDidResolver } from '../../src/credentials/keys/did.ts';
import { parse } from '../../src/credentials/parse.ts';
import type { Expected } from '../../src/credentials/proofs/claim.ts';
import { createVerifier, type Verifier } from '../../src/credentials/verify.ts';
import { type Code, messageOf, problemDocument } from '../../src/errors.ts';
import { createIssuers, type Issuer } from './issuers.ts';

/*
 * The verifier and the issuer of a node behind the VC API (https://w3c-ccg.github.io/vc-api/), so that the public W3C
 * suites can be pointed at them. It is thin: what is taken and what is refused is decided in src/credentials.
 */

export interface ConformanceOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  /** A folder of contexts as an operator adds them: index.json of {url: {file, digest}}. */
  contextsDir?: string;
  /** PEM texts: the server answers over https, and its own client trusts the certificate. */
  tls?: { cert: string; key: string };
  /** Ports on loopback that stand for https hosts, for resources that a suite names by their public URL. */
  hosts?: Record<string, number>;
}

export interface ConformanceServer {
  url: string;
  /** Issuers by the path before /credentials/issue. */
  issuers: ReadonlyMap<string, Issuer>;
  close: () => Promise<void>;
}

const LIMITS = { objectBytes: 262_144 };

export async function startConformance({
  port = 0,
  contextsDir,
  tls,
  hosts = {},
}: ConformanceOptions = {}): Promise<ConformanceServer> {
  const contexts = loadContexts(
    resolve(import.meta.dirname, '../../shapes/contexts'),
    ...(contextsDir ? [contextsDir] : []),
  );
  const http = createHttp({
    allowPrivateNetwork: true,
    userAgent: 'kontor conformance',
    hosts: Object.fromEntries(Object.entries(hosts).map(([name, at]) => [name, { address: '127.0.0.1', port: at }])),
    ...(tls ? { ca: tls.cert } : {}),
  });
  const clock = () => new Date();
  const resolveDid = createDidResolver({ http, clock, allowPrivateNetwork: true });
  const verifier = createVerifier({ contexts, resolveDid, http, clock, standard: true });

  const app = new Hono();
  const issuers = new Map<string, Issuer>();
  app.post('/credentials/verify', async (c) => {
    const { verifiableCredential, options } = await body(c);
    const checks = new Checks();
    await verifyCredential(verifier, verifiableCredential, expected(options), checks);
    return answer(c, checks);
  });
  app.post('/presentations/verify', async (c) => {
    const { verifiablePresentation, options } = await body(c);
    const checks = new Checks();
    await verifyPresentation(verifier, verifiablePresentation, expected(options), checks);
    return answer(c, checks);
  });
  app.post('/:issuer{.+}/credentials/issue', async (c) => {
    const issuer = issuers.get(c.req.param('issuer'));
    if (!issuer) return c.notFound();
    const { credential } = await body(c);
    const checks = new Checks();
    const verifiableCredential = await issuer.issue(credential, checks);
    if (!verifiableCredential) return answer(c, checks);
    return c.json({ verifiableCredential }, 201);
  });
  app.get('/:issuer{.+}/status-list', async (c) => {
    const list = await issuers.get(c.req.param('issuer'))?.statusList?.();
    if (!list) return c.notFound();
    // Some clients read JSON only where the type says so.
    const type = c.req.header('accept')?.includes('application/vc') ? 'application/vc' : 'application/ld+json';
    return c.body(JSON.stringify(list), 200, { 'content-type': type });
  });
  app.onError((error, c) =>
    error instanceof SyntaxError
      ? refuse(c, 'malformed', `The body is not JSON: ${error.message}`, [])
      : c.json(problemDocument('internal', messageOf(error)), 500),
  );

  const server = serve({
    fetch: app.fetch,
    port,
    hostname: '127.0.0.1',
    ...(tls ? { createServer, serverOptions: tls } : {}),
  } as Parameters<typeof serve>[0]);
  await new Promise<void>((listening) => server.once('listening', listening));
  const url = `${tls ? 'https' : 'http'}://localhost:${(server.address() as AddressInfo).port}`;
  const check = (credential: JsonObject, checks: Checks) => verifyCredential(verifier, credential, {}, checks);
  for (const [path, issuer] of createIssuers({ url, contexts, verify: check })) issuers.set(path, issuer);
  return {
    url,
    issuers,
    close: async () => {
      await new Promise<void>((closed) => {
        server.close(() => closed());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await http.close();
    },
  };
}

/** Judges one credential: an object with a proof, an enveloped one, never a text. */
async function verifyCredential(verifier: Verifier, value: unknown, expect: Expected, checks: Checks): Promise<void> {
  const parsed = parse(submission(value, 'application/vc'), LIMITS, checks);
  if (parsed?.kind === 'presentation')
    checks.fail('malformed', 'parse.kind', 'It is a presentation', { mend: 'Send it to /presentations/verify' });
  else if (parsed) await verifier.credential(parsed.credential, checks, { expected: expect });
}

/** Judges a presentation and every credential in it: one bad credential refuses the whole. */
async function verifyPresentation(verifier: Verifier, value: unknown, expect: Expected, checks: Checks): Promise<void> {
  const parsed = parse(submission(value, 'application/vp'), LIMITS, checks);
  if (parsed?.kind === 'credential')
    checks.fail('malformed', 'parse.kind', 'It is a credential', { mend: 'Send it to /credentials/verify' });
  else if (parsed && (await verifier.presentation(parsed, checks, expect))) {
    const within = linkedIn(parsed.parts);
    for (const part of parsed.parts) {
      const inner = parse(part, LIMITS, checks);
      if (inner?.kind === 'credential') await verifier.credential(inner.credential, checks, { within });
      else if (inner)
        checks.fail('malformed', 'parse.kind', 'A presentation holds credentials, not presentations', {
          mend: 'Send it by itself',
        });
    }
  }
}

const submission = (value: unknown, mediaType: string): Submission => ({
  bytes: Buffer.from(JSON.stringify(value) ?? ''),
  mediaType,
  source: { kind: 'provider' },
});

const body = async (c: Context): Promise<JsonObject> => {
  const value: unknown = await c.req.json();
  return value !== null && typeof value === 'object' ? (value as JsonObject) : {};
};

/** What a request asks beyond the signature (https://w3c-ccg.github.io/vc-api/#verify-presentation). */
function expected(options: unknown): Expected {
  const { challenge, domain } = (options ?? {}) as JsonObject;
  return {
    ...(typeof challenge === 'string' ? { challenge } : {}),
    ...(typeof domain === 'string' ? { domain } : {}),
  };
}

/** 200 where everything passed; otherwise 400 and a problem document (RFC 9457) with every check. */
function answer(c: Context, checks: Checks): Response {
  const { failure, list } = checks;
  return failure ? refuse(c, failure.code, failure.detail, list) : c.json({ verified: true, checks: list });
}

function refuse(c: Context, code: Code, detail: string, checks: Checks['list']): Response {
  const failed = checks.filter(({ result }) => result === 'fail' || result === 'unknown');
  const problem = problemDocument(code, detail, { status: 400, verified: false, checks });
  return c.body(JSON.stringify({ ...problem, errors: failed.map(({ why }) => why) }), 400, {
    'content-type': 'application/problem+json; charset=utf-8',
  });
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      contexts: { type: 'string' },
      tls: { type: 'string' },
      host: { type: 'string', multiple: true, default: [] },
    },
  });
  const pem = (name: string) => readFileSync(join(values.tls!, name), 'utf8');
  const { url } = await startConformance({
    port: Number(values.port),
    ...(values.contexts ? { contextsDir: values.contexts } : {}),
    ...(values.tls ? { tls: { cert: pem('cert.pem'), key: pem('key.pem') } } : {}),
    hosts: Object.fromEntries(
      values.host.map((text) => text.split('=') as [string, string]).map(([name, at]) => [name, Number(at)]),
    ),
  });
  process.stdout.write(`${url}\n`);
}
