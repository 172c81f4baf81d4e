import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { compactVerify, importJWK } from 'jose';
import { vatCredential } from '../demo/build/evidence.ts';
import { serviceOffering } from '../demo/build/offering.ts';
import { legalPerson, registrationId, termsAcceptance } from '../demo/build/participant.ts';
import { COMPANIES } from '../demo/companies/index.ts';
import { readConfig } from '../src/config.ts';
import { Checks } from '../src/credentials/check.ts';
import { createHttp } from '../src/credentials/http.ts';
import { signJwt } from '../src/credentials/issuing/sign.ts';
import { createDidResolver } from '../src/credentials/keys/did.ts';
import { parse } from '../src/credentials/parse.ts';
import { createVerifier } from '../src/credentials/verify.ts';
import { createNode } from '../src/node.ts';
import { DEFAULT_POLICY } from '../src/policy.ts';
import { didHost } from '../test/support/did-host.ts';
import { freePort } from '../test/support/node.ts';
import { median, rounded } from './figures.ts';
import type { Bench } from './main.ts';

const DAY_MS = 86_400_000;
const CONCURRENCY = 8;
const WARM_UP = 20;

/**
 * One vc+jwt offering over HTTP to the answer, labels included, on a real node with a real SQLite file; then as many as
 * it takes at once; then verification alone; and, as the baseline, the bare signature check of jose over the same bytes.
 */
export async function run({ quick }: { quick: boolean }): Promise<Bench> {
  const count = quick ? 100 : 400;
  const data = mkdtempSync(join(tmpdir(), 'kontor-bench-'));
  const [host, notary, port] = [await didHost(), await didHost(), await freePort()];
  const config = readConfig({
    KONTOR_DATA: data,
    KONTOR_PORT: String(port),
    KONTOR_ALLOW_PRIVATE_NETWORK: 'true',
    KONTOR_LOG: 'error',
  });
  const policy = { ...DEFAULT_POLICY, trust: [{ did: notary.did, role: 'registration-number' as const }] };
  const node = await createNode(config, { policy });
  const server = await node.listen();
  node.start();
  const company = COMPANIES.find((one) => one.offerings.length > 0)!;
  const provider = { company, did: host.did, url: host.url, port: Number(new URL(host.url).port), key: host.key };
  const validity = { from: new Date(Date.now() - DAY_MS), until: new Date(Date.now() + 90 * DAY_MS) };
  const post = async (jwt: string): Promise<{ labels?: { level: string | null }[] }> => {
    const response = await fetch(`http://localhost:${port}/api/v1/credentials`, {
      method: 'POST',
      headers: { 'content-type': 'application/vc+jwt' },
      body: jwt,
    });
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as { labels?: { level: string | null }[] };
  };
  try {
    await post(
      await signJwt(
        vatCredential(
          notary.did,
          { id: registrationId(provider), number: company.vat, country: company.country },
          validity,
        ),
        notary.key,
      ),
    );
    await post(await signJwt(legalPerson(provider, validity), host.key));
    await post(await signJwt(termsAcceptance(provider, validity), host.key));
    const template = { ...company.offerings[0]!, dependsOn: [] };
    const jwts = await Promise.all(
      Array.from({ length: WARM_UP + 2 * count }, (_, at) =>
        signJwt(
          serviceOffering(provider, { ...template, slug: `bench-${at}`, name: `${template.name} ${at}` }, validity, [
            provider,
          ]),
          host.key,
        ),
      ),
    );
    const take = (amount: number) => jwts.splice(0, amount);
    for (const jwt of take(WARM_UP)) await post(jwt);

    const times: number[] = [];
    let labelled = 0;
    const single = take(count);
    for (const jwt of single) {
      const started = performance.now();
      const { labels } = await post(jwt);
      times.push(performance.now() - started);
      if (labels?.some((label) => label.level !== null)) labelled++;
    }
    if (labelled !== count)
      throw new Error(
        `${count - labelled} of ${count} offerings got no label: the benchmark would measure less than it says`,
      );

    const queue = take(count);
    const started = performance.now();
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        for (let jwt = queue.pop(); jwt; jwt = queue.pop()) await post(jwt);
      }),
    );
    const perSecond = (count / (performance.now() - started)) * 1000;

    const http = createHttp({ allowPrivateNetwork: true, userAgent: 'bench' });
    const clock = () => new Date();
    const verifier = createVerifier({
      contexts: node.contexts,
      http,
      clock,
      resolveDid: createDidResolver({ http, clock, allowPrivateNetwork: true }),
    });
    const verify = async (jwt: string) => {
      const checks = new Checks();
      const parsed = parse(
        { bytes: Buffer.from(jwt), mediaType: 'application/vc+jwt', source: { kind: 'provider' } },
        { objectBytes: 262_144 },
        checks,
      );
      if (parsed?.kind !== 'credential' || !(await verifier.credential(parsed.credential, checks)))
        throw new Error(checks.failure?.detail);
    };
    const publicKey = await importJWK(host.key.publicJwk as never, 'EdDSA');
    const bare = (jwt: string) => compactVerify(jwt, publicKey, { algorithms: ['EdDSA'] });
    // Interleaved rounds, medians: the machine is not alone.
    const rounds = 5;
    const rate = async (one: (jwt: string) => Promise<unknown>) => {
      const from = performance.now();
      for (const jwt of single) await one(jwt);
      return (count / (performance.now() - from)) * 1000;
    };
    const rates = { verify: [] as number[], bare: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      rates.bare.push(await rate(bare));
      rates.verify.push(await rate(verify));
    }
    await http.close();
    const p50 = median(times);
    const sorted = times.toSorted((one, other) => one - other);
    const metrics = {
      p50_ms: rounded(p50),
      p99_ms: rounded(sorted[Math.floor(count * 0.99)]!),
      per_second: rounded(perSecond),
      verify_only_per_second: rounded(median(rates.verify)),
      jose_only_per_second: rounded(median(rates.bare)),
    };
    return {
      metrics,
      table: [
        [
          `one offering of ${Math.round(single[0]!.length / 1024)} KB over HTTP, labels included, median`,
          `${metrics.p50_ms} ms`,
        ],
        ['the same, 99th percentile', `${metrics.p99_ms} ms`],
        [`offerings a second, ${CONCURRENCY} at once`, String(metrics.per_second)],
        ['verification alone (signature, window, terms), a second', String(metrics.verify_only_per_second)],
        ['baseline: bare jose over the same bytes, a second', String(metrics.jose_only_per_second)],
      ],
    };
  } finally {
    await server.close();
    await node.close();
    await Promise.all([host.close(), notary.close()]);
    rmSync(data, { recursive: true, force: true });
  }
}
