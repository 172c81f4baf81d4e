import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vatCredential } from '../demo/build/evidence.ts';
import type { Provider } from '../demo/build/identity.ts';
import { serviceOffering } from '../demo/build/offering.ts';
import { legalPerson, registrationId, termsAcceptance } from '../demo/build/participant.ts';
import { COMPANIES } from '../demo/companies/index.ts';
import { settleDue } from '../src/catalogue/lifecycle.ts';
import { createRecheck } from '../src/catalogue/recheck.ts';
import type { SettleDeps } from '../src/catalogue/settle.ts';
import { readConfig } from '../src/config.ts';
import { createHttp, type Http } from '../src/credentials/http.ts';
import { signJwt } from '../src/credentials/issuing/sign.ts';
import { createDidResolver } from '../src/credentials/keys/did.ts';
import { createVerifier } from '../src/credentials/verify.ts';
import { createNode, type Node } from '../src/node.ts';
import { DEFAULT_POLICY, type Policy } from '../src/policy.ts';
import { type DidHost, didHost } from '../test/support/did-host.ts';
import { freePort } from '../test/support/node.ts';
import { statusList, type TestList } from '../test/support/status-list.ts';
import { median, rounded } from './figures.ts';
import type { Bench } from './main.ts';
import { logCopies, multiply } from './multiply.ts';

/** Companies taken in by the real path, each with so many listings: itself and its offerings. */
const COMPANIES_TAKEN = 5;
const LISTINGS_EACH = 20;
const BASE = COMPANIES_TAKEN * LISTINGS_EACH;
/** Offerings that one certificate covers. */
const COVERED = 20;
const DAY_MS = 86_400_000;
const RECHECK_SECONDS = 86_400;

/**
 * What a node has to do when one certificate is revoked, at 1,000 listings and at 100,000. Both nodes are real: SQLite
 * files, keys, logs, and certificates in a status list on a did:web host. Of each certificate rest 20 labels. From the
 * moment at which the certifier's list has the bit set it is fetched, verified and applied, the certificate ended, each
 * listing that rests on it settled, its label and the label's place in the node's own list ended, the log written and
 * signed. One certificate a round, both sizes in the same round and in turns first, so that noise hits both.
 *
 * Taking 100,000 listings in would last an hour: 100 are, by the real path, and their rows are multiplied by SQL, with
 * other companies, hosts, keys and digests (multiply.ts); the log is written by the node. The companies whose certificates
 * are revoked are taken in by the real path on top of that.
 */
export async function run({ quick }: { quick: boolean }): Promise<Bench> {
  const sizes = quick ? [500, 5_000] : [1_000, 100_000];
  const rounds = quick ? 4 : 9;
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'kontor-bench-'));
  const hosts: DidHost[] = [];
  const host = async () => hosts[hosts.push(await didHost()) - 1]!;
  const companies = async (count: number) =>
    Promise.all(Array.from({ length: count }, async () => companyAt(await host())));
  const others = await companies(COMPANIES_TAKEN);
  const affected = await companies(rounds);
  const parties = { notary: await host(), body: await host(), otherBody: await host() };
  const policy: Policy = {
    ...DEFAULT_POLICY,
    trust: [
      { did: parties.notary.did, role: 'registration-number' },
      { did: parties.body.did, role: 'certificate' },
      { did: parties.otherBody.did, role: 'certificate' },
    ],
    status: { ...DEFAULT_POLICY.status, recheckSeconds: RECHECK_SECONDS },
  };
  const port = await freePort();
  const open = (name: string): Promise<Node> =>
    createNode(
      readConfig({
        KONTOR_DATA: join(folder, name),
        KONTOR_PORT: String(port),
        KONTOR_ALLOW_PRIVATE_NETWORK: 'true',
        KONTOR_LOG: 'error',
      }),
      { policy },
    );
  const http = createHttp({ allowPrivateNetwork: true, userAgent: 'bench' });
  const list = statusList(parties.body, '/status/1', new Date());
  await list.publish();
  const nodes: Node[] = [];
  try {
    const base = await open('base');
    const otherList = statusList(parties.otherBody, '/status/1', new Date());
    await otherList.publish();
    for (const [at, company] of others.entries())
      await takeIn(base, company, LISTINGS_EACH - 1, parties.notary, { by: parties.otherBody, list: otherList, at });
    await lookAgain(base, http);
    await base.close();
    for (const size of sizes) {
      const copies = size / BASE - 1;
      cpSync(join(folder, 'base'), join(folder, String(size)), { recursive: true });
      multiply(join(folder, String(size), 'kontor.db'), copies);
      const node = await open(String(size));
      nodes.push(node);
      await logCopies(node, copies);
      for (const [at, company] of affected.entries())
        await takeIn(node, company, COVERED, parties.notary, { by: parties.body, list, at });
      await lookAgain(node, http);
    }
    const setUp = performance.now() - began;

    const times = sizes.map((): number[] => []);
    let ended = 0;
    for (let round = 0; round < rounds; round++) {
      await list.set(round);
      const found: number[] = [];
      const order = round % 2 === 0 ? [0, 1] : [1, 0];
      for (const at of order) {
        const node = nodes[at]!;
        await due(node, list);
        const before = await endedLabels(node);
        const started = performance.now();
        const changed = await lookAgain(node, http);
        times[at]!.push(performance.now() - started);
        if (changed !== 1)
          throw new Error(`${changed} certificates were found revoked at ${sizes[at]} listings, not one`);
        found[at] = (await endedLabels(node)) - before;
      }
      ended = found[0]!;
      if (ended < COVERED || found.some((count) => count !== ended))
        throw new Error(
          `Labels ended in one round: ${found.join(' and ')}; expected at least ${COVERED}, and as many at either size`,
        );
    }
    // The first round compiles, and does not count.
    const [small, large] = times.map((all) => median(all.slice(1)));
    const megabytes = statSync(join(folder, String(sizes[1]), 'kontor.db')).size / 1e6;
    const metrics = {
      reeval_ratio: rounded(large! / small!),
      reeval_ms: rounded(large!),
      reeval_small_ms: rounded(small!),
      reeval_labels: ended,
      reeval_setup_s: rounded(setUp / 1_000),
    };
    return {
      metrics,
      table: [
        [
          `one certificate revoked, ${ended} labels ended, at ${sizes[1]} listings (${Math.round(megabytes)} MB), ms`,
          `${metrics.reeval_ms}`,
        ],
        [`  the same at ${sizes[0]} listings, ms`, `${metrics.reeval_small_ms}`],
        ['  ratio', `${metrics.reeval_ratio}`],
        ['  making both catalogues, seconds', `${metrics.reeval_setup_s}`],
      ],
    };
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
    await Promise.all([http.close(), ...hosts.map((one) => one.close())]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function companyAt(host: DidHost): Provider {
  const company = COMPANIES.find((one) => one.offerings.length > 0)!;
  return { company, did: host.did, url: host.url, port: Number(new URL(host.url).port), key: host.key };
}

/** A company that describes itself and its offerings, all of them covered by one certificate. */
async function takeIn(
  node: Node,
  provider: Provider,
  offerings: number,
  notary: DidHost,
  certificate: { by: DidHost; list: TestList; at: number },
): Promise<void> {
  const now = Date.now();
  const validity = { from: new Date(now - DAY_MS), until: new Date(now + 90 * DAY_MS) };
  const { company, key } = provider;
  const ids = Array.from({ length: offerings }, (_, at) => `${provider.url}/offerings/service-${at}`);
  const template = { ...company.offerings[0]!, dependsOn: [] };
  const number = { id: registrationId(provider), number: company.vat, country: company.country };
  const second = (time: Date) => `${time.toISOString().slice(0, 19)}Z`;
  const certified = {
    '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
    type: ['VerifiableCredential', 'kontor:CertificateCredential'],
    issuer: certificate.by.did,
    validFrom: second(validity.from),
    validUntil: second(validity.until),
    ...certificate.list.entry(certificate.at),
    credentialSubject: {
      id: provider.did,
      type: 'kontor:Certificate',
      'kontor:scheme': 'iso-27001',
      'kontor:edition': '2022',
      'kontor:covers': ids.map((id) => ({ '@value': id, '@type': 'xsd:anyURI' })),
    },
  };
  const documents: [object, Provider['key']][] = [
    [vatCredential(notary.did, number, validity), notary.key],
    [legalPerson(provider, validity), key],
    [termsAcceptance(provider, validity), key],
    [certified, certificate.by.key],
    ...ids.map((_, at): [object, Provider['key']] => [
      serviceOffering(provider, { ...template, slug: `service-${at}`, name: `${template.name} ${at}` }, validity, [
        provider,
      ]),
      key,
    ]),
  ];
  for (const [document, signer] of documents) {
    const bytes = Buffer.from(await signJwt(document, signer));
    const taken = await node.ingest({ bytes, mediaType: 'application/vc+jwt', source: { kind: 'provider' } });
    if (!taken.ok) throw new Error(`Not taken in: ${taken.detail}`);
  }
}

/** What a node's timed work does: looks at the lists that are due, settles what rests on what changed, signs its log. */
async function lookAgain(node: Node, http: Http): Promise<number> {
  const { did, config, database, clock, policy, key, compliance, federation, contexts } = node;
  const deps: SettleDeps = {
    did,
    url: config.url,
    key: { id: key.id, revoked: [] },
    clock,
    policy,
    schemes: compliance.schemes,
    sign: (label) => signJwt(label, key),
    append: federation.append,
  };
  const failed = (_: string, error: unknown) => {
    throw error;
  };
  const resolveDid = createDidResolver({ http, clock, allowPrivateNetwork: true });
  // Made anew, so that no list is at hand from the last time.
  const { statusLists } = createVerifier({ contexts, http, clock, resolveDid });
  const recheck = createRecheck({ ...deps, database, lists: statusLists, failed, told: () => {} });
  let changed = 0;
  for (let more = true; more; ) {
    changed += await recheck.run();
    while ((await settleDue(database, deps, failed)) > 0);
    const now = clock().toISOString();
    const waiting = await database.read
      .selectFrom('status_list')
      .select('url')
      .where('next_at', '<=', now)
      .limit(1)
      .execute();
    more = waiting.length > 0;
  }
  await federation.publish();
  return changed;
}

/** The turn of a list has come. */
const due = (node: Node, { url }: TestList) =>
  node.database.transaction((tx) =>
    tx.updateTable('status_list').set({ next_at: node.clock().toISOString() }).where('url', '=', url).execute(),
  );

/** How many labels have ended, each with its place in the node's list set and its end in the log. */
async function endedLabels(node: Node): Promise<number> {
  const count = async (table: 'label' | 'own_status' | 'entry', column: string, value: string | number) => {
    const rows = await node.database.read
      .selectFrom(table)
      .select((select) => select.fn.countAll<number>().as('count'))
      .where(column as never, '=', value as never)
      .executeTakeFirstOrThrow();
    return Number(rows.count);
  };
  const [labels, places, drops] = [
    await count('label', 'state', 'level-changed'),
    await count('own_status', 'ended', 1),
    await count('entry', 'op', 'drop'),
  ];
  if (places < labels || drops < labels)
    throw new Error(`${labels} labels ended, ${places} places, ${drops} log entries`);
  return labels;
}
