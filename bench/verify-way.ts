/* One way of verifying, in a process of its own: `round` on standard input, credentials a second on standard output. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { SigningKey } from '../src/credentials/issuing/identity.ts';

const [way, file, contextsDir] = process.argv.slice(2) as [string, string, string];
const { embedded, jwts, key } = JSON.parse(readFileSync(file, 'utf8')) as {
  embedded: string[];
  jwts: string[];
  key: SigningKey;
};

/** Takes one credential after the other until the time is over, and gives how many. */
type Round = (until: number) => Promise<number>;
const sequence =
  <T>(given: T[], one: (item: T) => Promise<unknown>, atOnce = 1): Round =>
  async (until) => {
    let count = 0;
    const take = async () => {
      while (performance.now() < until) await one(given[count++ % given.length]!);
    };
    await Promise.all(Array.from({ length: atOnce }, take));
    return count;
  };

/** A plain loop, as a user of the library would write it: documents and contexts in memory, contexts marked static. */
async function digitalBazaar(): Promise<Round> {
  const { loadContexts } = await import('../src/credentials/jsonld/contexts.ts');
  const { DataIntegrityProof } = await import('@digitalbazaar/data-integrity');
  const { cryptosuite } = await import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
  const vc = await import('@digitalbazaar/vc');
  const { multikeyOf } = await import('../src/credentials/keys/keys.ts');
  const documents = new Map<string, object>([
    [
      key.id,
      {
        '@context': 'https://w3id.org/security/multikey/v1',
        id: key.id,
        type: 'Multikey',
        controller: key.did,
        publicKeyMultibase: multikeyOf(key.publicJwk),
      },
    ],
    [key.did, { '@context': 'https://www.w3.org/ns/did/v1', id: key.did, assertionMethod: [key.id] }],
  ]);
  const contexts = loadContexts(contextsDir);
  const documentLoader = async (url: string) => {
    const context = contexts.get(url);
    if (context) return { contextUrl: null, documentUrl: url, document: context, tag: 'static' };
    return { contextUrl: null, documentUrl: url, document: documents.get(url) };
  };
  const parsed = embedded.map((text) => JSON.parse(text) as object);
  return sequence(parsed, async (credential) => {
    const suite = new DataIntegrityProof({ cryptosuite });
    const { verified, error } = await vc.verifyCredential({ credential, suite, documentLoader });
    if (!verified) throw error;
  });
}

async function jose(): Promise<Round> {
  const { compactVerify, importJWK } = await import('jose');
  const publicKey = await importJWK(key.publicJwk as never, 'EdDSA');
  return sequence(jwts, (jwt) => compactVerify(jwt, publicKey, { algorithms: ['EdDSA'] }));
}

/** From bytes to a verdict, with the report: ours does everything that is done before a credential's claims are used. */
async function ours(
  texts: string[],
  mediaType: string,
  { whole = true, workers = 0, atOnce = 1 } = {},
): Promise<Round> {
  const { Checks } = await import('../src/credentials/check.ts');
  const { createHttp } = await import('../src/credentials/http.ts');
  const { loadContexts } = await import('../src/credentials/jsonld/contexts.ts');
  const { mended } = await import('../src/credentials/jsonld/jsonld.ts');
  const { createDidResolver } = await import('../src/credentials/keys/did.ts');
  const { parse } = await import('../src/credentials/parse.ts');
  const { createVerifier } = await import('../src/credentials/verify.ts');
  if (!mended) throw new Error('jsonld is not mended in this process');
  const clock = () => new Date();
  const http = createHttp({ allowPrivateNetwork: false, userAgent: 'bench' });
  const contexts = loadContexts(contextsDir);
  const resolveDid = createDidResolver({ http, clock, allowPrivateNetwork: false });
  const { createProverPool } = await import('../src/credentials/workers/prover-pool.ts');
  const pool = workers > 0 ? createProverPool(contexts, { size: workers }) : undefined;
  const verifier = createVerifier({ contexts, http, clock, resolveDid, ...(pool ? { prover: pool.prove } : {}) });
  const one = async (text: string) => {
    const checks = new Checks();
    const submission = { bytes: Buffer.from(text), mediaType, source: { kind: 'provider' as const } };
    const parsed = parse(submission, { objectBytes: 262_144 }, checks);
    const good =
      parsed?.kind === 'credential' && (await verifier[whole ? 'credential' : 'proof'](parsed.credential, checks));
    if (!good) throw new Error(JSON.stringify(checks.list));
  };
  return sequence(texts, one, atOnce);
}

/** As many as a node has under way that catches up with a peer. */
const AT_ONCE = 128;

const WAYS: Record<string, () => Promise<Round>> = {
  'di-baseline': digitalBazaar,
  jose,
  di: () => ours(embedded, 'application/vc'),
  jwt: () => ours(jwts, 'application/vc+jwt'),
  'jwt-proof': () => ours(jwts, 'application/vc+jwt', { whole: false }),
  thread: () => ours(embedded, 'application/vc', { atOnce: AT_ONCE }),
  pool: () => ours(embedded, 'application/vc', { workers: 2, atOnce: AT_ONCE }),
};

/** Long enough to mean something, whatever the machine does meanwhile. */
const ROUND_MS = 1_000;

const round = await WAYS[way]!();
process.stdout.write('ready\n');
for await (const _ of createInterface({ input: process.stdin })) {
  const started = performance.now();
  const count = await round(started + ROUND_MS);
  process.stdout.write(`${(count / (performance.now() - started)) * 1000}\n`);
}
process.exit(0);
