import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { generateDidKey } from '../src/credentials/issuing/identity.ts';
import { signDataIntegrity, signJwt } from '../src/credentials/issuing/sign.ts';
import { loadContexts } from '../src/credentials/jsonld/contexts.ts';
import { median, rounded } from './figures.ts';
import type { Bench } from './main.ts';

/** Sizes of the table, as terms and conditions of an offering; about 0.8, 3.5, 22 and 114 KB. */
const SIZES = [
  { name: '0.8', terms: 0 },
  { name: '3.5', terms: 13 },
  { name: '22', terms: 104 },
  { name: '114', terms: 552 },
] as const;
const WARM_ROUNDS = 2;
const CONTEXTS = resolve(import.meta.dirname, '../shapes/contexts');

const WAYS = ['di-baseline', 'jose', 'di', 'jwt', 'jwt-proof', 'pool', 'thread'] as const;
type Way = (typeof WAYS)[number];

/**
 * Verification of the same credentials by this project and by what it is measured against: a plain loop of
 * `verifyCredential` of @digitalbazaar/vc with a static in-memory loader, and bare `compactVerify` of jose. Each way runs
 * in a process of its own, because jsonld keeps contexts for the whole process; rounds are interleaved, medians count.
 */
export async function run({ quick }: { quick: boolean }): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), 'kontor-bench-'));
  const rounds = quick ? 3 : 5;
  const metrics: Record<string, number> = {};
  const table: Bench['table'] = [];
  try {
    for (const { name, terms } of SIZES) {
      const count = Math.max(8, Math.round((quick ? 400 : 1200) / (terms + 4)));
      const file = join(dir, `${name}.json`);
      const bytes = await credentials(file, terms, count);
      const ways: Way[] = name === '3.5' ? [...WAYS] : ['di-baseline', 'jose', 'di', 'jwt', 'jwt-proof'];
      const rates = await measure(file, ways, rounds);
      const rate = (way: Way) => median(rates.get(way)!);
      const ratio = (one: Way, other: Way) =>
        rounded(median(rates.get(one)!.map((at, k) => at / rates.get(other)![k]!)));
      const key = (what: string) => (name === '3.5' ? what : `${what}_${name.replace('.', '_')}kb`);
      metrics[key('di_per_second')] = rounded(rate('di'));
      metrics[key('di_ratio')] = ratio('di', 'di-baseline');
      metrics[key('jwt_per_second')] = rounded(rate('jwt-proof'));
      metrics[key('jwt_ratio')] = ratio('jwt-proof', 'jose');
      metrics[key('jwt_claims_ratio')] = ratio('jwt', 'jose');
      table.push(
        [`${(bytes / 1000).toFixed(1)} KB, eddsa-rdfc-2022, a second`, `${metrics[key('di_per_second')]}`],
        [
          '  @digitalbazaar/vc, a second; ours is so many times as fast',
          `${rounded(rate('di-baseline'))}; ${metrics[key('di_ratio')]}`,
        ],
        ['  vc+jwt, a second', `${metrics[key('jwt_per_second')]}`],
        [
          '  bare jose, a second; ours is so many times as fast',
          `${rounded(rate('jose'))}; ${metrics[key('jwt_ratio')]}`,
        ],
        ['  vc+jwt with every claim read, times bare jose', `${metrics[key('jwt_claims_ratio')]}`],
      );
      if (name !== '3.5') continue;
      metrics.pool_per_second = rounded(rate('pool'));
      metrics.pool_speedup = ratio('pool', 'thread');
      table.push([
        `  two workers on ${availableParallelism()} cores, a second; times one thread`,
        `${metrics.pool_per_second}; ${metrics.pool_speedup}`,
      ]);
    }
    return { metrics, table };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Signs `count` offerings with both proofs and writes them with their key; returns the size of one in bytes. */
async function credentials(file: string, terms: number, count: number): Promise<number> {
  const contexts = loadContexts(CONTEXTS);
  const key = generateDidKey('EdDSA');
  const from = new Date(Date.now() - 86_400_000).toISOString().replace(/\.\d+/, '');
  const until = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '');
  const embedded: string[] = [];
  const jwts: string[] = [];
  for (let at = 0; at < count; at++) {
    const document = {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/2511#'],
      id: `urn:uuid:7c1f3c0e-6c9e-4c6e-9a63-${String(at).padStart(12, '0')}`,
      type: ['VerifiableCredential', 'gx:ServiceOffering'],
      issuer: key.did,
      validFrom: from,
      validUntil: until,
      credentialSubject: {
        id: `https://nordlys.example/offering/${at}`,
        type: 'gx:ServiceOffering',
        name: `Object storage ${at}`,
        ...(terms > 0
          ? {
              'gx:serviceOfferingTermsAndConditions': Array.from({ length: terms }, (_, term) => ({
                type: 'gx:TermsAndConditions',
                'gx:url': { '@value': `https://nordlys.example/offering/${at}/terms/${term}`, '@type': 'xsd:anyURI' },
                'gx:hash': `${String(at * 1000 + term).padStart(8, '0')}d41d8cd98f00b204e9800998ecf8427e7f83b1657ff1fc53b92dc18148a1d65d`,
              })),
            }
          : {}),
      },
    };
    embedded.push(JSON.stringify(await signDataIntegrity(document, key, contexts)));
    jwts.push(await signJwt(document, key));
  }
  writeFileSync(file, JSON.stringify({ embedded, jwts, key }));
  return embedded[0]!.length;
}

/** Credentials a second of each way and round. */
async function measure(file: string, ways: Way[], rounds: number): Promise<Map<Way, number[]>> {
  const runners = await Promise.all(ways.map((way) => runner(way, file)));
  const rates = new Map<Way, number[]>(ways.map((way) => [way, []]));
  // A process needs a second or two of work until its code is compiled as it will stay.
  for (let warm = 0; warm < WARM_ROUNDS; warm++) for (const { round } of runners) await round();
  for (let done = 0; done < rounds; done++)
    for (const [at, { round }] of runners.entries()) rates.get(ways[at]!)!.push(await round());
  await Promise.all(runners.map(({ end }) => end()));
  return rates;
}

async function runner(way: Way, file: string): Promise<{ round: () => Promise<number>; end: () => Promise<unknown> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'verify-way.ts'), way, file, CONTEXTS], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${way} ended early`);
    return String(value);
  };
  if ((await next()) !== 'ready') throw new Error(`${way} did not start`);
  return {
    round: async () => {
      child.stdin.write('round\n');
      return Number(await next());
    },
    end: () => {
      child.stdin.end();
      return once(child, 'exit');
    },
  };
}
