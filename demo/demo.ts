/** `npm run demo`: real nodes, real providers, real lies, all on this machine. See --help. */
import { randomBytes } from 'node:crypto';
import { join, relative, resolve } from 'node:path';
import type { SearchResult } from '../src/catalogue/search-query.ts';
import { messageOf } from '../src/errors.ts';
import { agreement } from './agreement.ts';
import type { Provider } from './build/identity.ts';
import { answers, type Children, createChildren, sleep, takenPort } from './children.ts';
import { COMPANIES } from './companies/index.ts';
import { freshFolder, write } from './folder.ts';
import { eachOf, getJson } from './http.ts';
import { ISSUERS, issuerUrl, ports } from './issuers.ts';
import { type Found, watchLiar } from './liar.ts';
import { type DemoNode, demoNodes, startNodes } from './nodes.ts';
import { type Options, readOptions } from './options.ts';
import { settleProviders } from './providers.ts';
import { nothingPublished, type PublishContext, type Published, publishCompany, takeBack } from './publish.ts';
import { provokeRefusals, type Refused } from './refusals.ts';
import { seedListings } from './seed.ts';
import { columns, createStory, type Story } from './story.ts';

const ROOT = resolve(import.meta.dirname, '..');
/** The nodes must agree within this time of the start, more when many listings are generated. */
const AGREE_MS = 60_000;
const SEED_MS = 250;
const LIAR_MS = 30_000;
const PARALLEL = 4;
/** A certificate that is taken back after all is published. */
const REVOKED = { record: 'ISO-2026-0166', company: 'atlantico' };
const REVOKED_MS = 60_000;
const PARENT_MS = 500;

interface World {
  options: Options;
  children: Children;
  story: Story;
  nodes: DemoNode[];
  providers: Provider[];
  issuerToken: string;
}

/** Starts every process and waits until each answers. */
async function start({ options, children, nodes, providers, issuerToken }: World, hostsFile: string): Promise<void> {
  const { basePort: base, data } = options;
  const logs = join(data, 'logs');
  write(join(logs, 'README'), 'What the helpers of the demo printed; the nodes print into their own folders.\n');
  const helper = (name: string, args: string[], env = {}) =>
    children.start(name, args, { env, logPath: join(logs, `${name}.log`) });
  helper('hosts', ['demo/hosts.ts', hostsFile]);
  for (const { id } of ISSUERS)
    helper(id, ['demo/issuer.ts', id, String(ports(base).issuer(id))], { ISSUER_TOKEN: issuerToken });
  const honest = nodes.filter(({ hostile }) => !hostile);
  const liar = nodes.find(({ hostile }) => hostile)!;
  const [victim, ...audience] = honest.map(({ url }) => url);
  write(join(liar.data, 'README'), 'This node lies. It keeps nothing but its log of what it changed: output.log.\n');
  children.start('mallory', ['demo/hostile.ts', String(ports(base).hostile), victim!, ...audience], {
    logPath: join(liar.data, 'output.log'),
  });
  await Promise.all([
    startNodes(children, nodes, base),
    answers('mallory', `${liar.url}/.well-known/did.json`),
    ...ISSUERS.map(({ id, name }) => answers(name, `${issuerUrl(base, id)}/.well-known/did.json`)),
    ...[providers[0]!, providers.at(-1)!].map((provider) =>
      answers(provider.company.name, `${provider.url}/.well-known/did.json`),
    ),
  ]);
}

async function publishAll(world: World, context: PublishContext): Promise<Published> {
  const tally = nothingPublished();
  // Nodes in turn, so that no node is far ahead of the others.
  const order = ['alpha', 'beta', 'gamma'].map((name) =>
    world.providers.filter(({ company }) => company.node === name),
  );
  const mixed = Array.from({ length: Math.max(...order.map(({ length }) => length)) }, (_, at) =>
    order.flatMap((list) => list[at] ?? []),
  ).flat();
  await eachOf(mixed, PARALLEL, (provider) => publishCompany(provider, context, tally));
  if (tally.failures.length > 0)
    throw new Error(`Good documents were not taken:\n${tally.failures.map((line) => `  ${line}`).join('\n')}`);
  return tally;
}

/** How many offerings hold each level, as one node sees it. */
async function labelLines(node: DemoNode): Promise<string[]> {
  const count = async (query = '') =>
    (await getJson<SearchResult>(`${node.url}/api/v1/listings?limit=1&kind=offering${query}`)).total;
  const [all, sc, l1, l2, seal] = [
    await count(),
    await count('&label=gaia-x:SC'),
    await count('&label=gaia-x:L1'),
    await count('&label=gaia-x:L2'),
    await count('&label=ec-csf:SEAL-0'),
  ];
  return [
    `Gaia-X Label Level 2 for ${l2} offering, Level 1 for ${l1 - l2}, Standard Compliance for ${sc - l1}, none for ${all - sc}; each page says which criterion is missing, and why`,
    `${seal} of two that answer the EU Cloud Sovereignty Framework has a level: the other left out whose law reaches it`,
  ];
}

/** A body takes back a certificate that a label rests on; the node reads that in the body's status list, and the label is lost. */
async function revocation({ options, issuerToken, providers }: World, node: DemoNode): Promise<string> {
  const { company } = providers.find((one) => one.company.slug === REVOKED.company)!;
  const count = async () =>
    (await getJson<SearchResult>(`${node.url}/api/v1/listings?limit=1&label=iso-27001:certified`)).total;
  const before = await count();
  await takeBack(options.basePort, 'iso', REVOKED.record, issuerToken);
  const began = performance.now();
  while ((await count()) === before) {
    if (performance.now() - began > REVOKED_MS)
      throw new Error(`${REVOKED.record} was taken back, and its labels stand`);
    await sleep(250);
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  return `${REVOKED.record} was taken back from ${company.name}, and its labels are lost after ${seconds} s: ${node.url}/?certification=iso-27001:lapsed`;
}

function publishedLines(
  { participants, offerings, dataProducts, numbers, certificates, declined }: Published,
  nodes: DemoNode[],
  providers: Provider[],
): string[] {
  const per = nodes
    .filter(({ hostile }) => !hostile)
    .map(({ name }) => `${providers.filter(({ company }) => company.node === name).length} at ${name}`);
  return [
    `${participants} companies (${per.join(', ')}) signed and published ${offerings} offerings and ${dataProducts} data products`,
    `${numbers} registration numbers and ${certificates} certificates are vouched for by others, each with a key of its own`,
    ...declined,
  ];
}

/** What to do next, whole lines: people copy them. */
function thingsToTry({ options, nodes, providers }: World): string[] {
  const [alpha, beta] = nodes;
  const { url, company } = providers[0]!;
  const path = join(options.data, 'providers', company.slug, 'key.json');
  const near = relative(process.cwd(), path);
  const key = near.startsWith('..') ? path : near;
  const node = alpha!.url === 'http://localhost:8080' ? '' : ` --node ${alpha!.url}`;
  return [
    `1. ${alpha!.url}/?q=sovereign  what the "sovereign region" says, what is proven, and whose law reaches it`,
    `2. ${alpha!.url}/?q=granit  Label Level 2 and SEAL-2, the certificates behind them, and what is missing for more`,
    `3. ${beta!.url}/federation  who follows whom, and what beta holds against mallory`,
    `4. End a listing as its provider, and see it gone at ${beta!.url}:`,
    `   ./kontor withdraw ${url}/offerings/${company.offerings[0]!.slug} --key ${key}${node}`,
  ];
}

/** What the honest nodes hold against the liar: one line a kind of lie, each as a node of the federation says it. */
function foundLines({ blames, forks }: Found): string[] {
  const altered = blames.find(({ sentence }) => sentence.includes('entries'));
  const other = blames.find(({ sentence }) => !sentence.includes('entries'));
  return [altered, other, forks[0]].flatMap((one) => (one ? [`${one.node}: ${one.sentence.split('; ')[0]}`] : []));
}

async function run(world: World): Promise<void> {
  const { options, story, nodes, providers, children } = world;
  const began = performance.now();
  const honest = nodes.filter(({ hostile }) => !hostile);
  story.title('Kontor demo: three catalogue nodes, twenty providers, and one peer that lies');
  freshFolder(options.data);
  const settled = settleProviders(options.basePort, options.data);
  providers.push(...settled.providers);
  await start(world, settled.hostsFile);
  story.tell(
    'Nodes',
    columns(
      nodes.map(({ name, url, did, hostile }) => [
        name,
        url,
        hostile ? `${did}  (speaks the protocol, and lies)` : did,
      ]),
    ),
  );

  const context: PublishContext = {
    base: options.basePort,
    folder: options.data,
    providers,
    nodeUrl: ({ company }) => nodes.find(({ name }) => name === company.node)!.url,
    say: (line) => story.detail(line),
  };
  const watch = watchLiar(honest, nodes.find(({ hostile }) => hostile)!);
  try {
    const published = await publishAll(world, context);
    story.tell('Published', publishedLines(published, nodes, providers));
    const refused = await provokeRefusals(context, world.issuerToken);
    story.tell(
      'Refused',
      columns(refused.map(({ file, code, reason }) => [file.replace(/\.[a-z]+$/, ''), code, reason])),
    );
    const seeded = await seedListings(options.seedListings, context, (done) =>
      story.progress(`${done} of ${options.seedListings} generated listings published`),
    );
    if (seeded > 0) story.tell('Generated', [`${seeded} listings more`]);

    const expected = published.participants + published.offerings + published.dataProducts + seeded;
    const agreed = await agreement(
      honest,
      expected,
      Math.max(5_000, AGREE_MS + seeded * SEED_MS - (performance.now() - began)),
    );
    const ms = Math.round(performance.now() - began);
    story.tell('Labels', await labelLines(honest[0]!));
    story.tell('Agreed', [
      `alpha, beta and gamma hold the same ${agreed.listings} listings and find the same ${agreed.compliant} compliant ones, ${(ms / 1000).toFixed(1)} s after the start`,
    ]);

    story.tell('Taken back', [await revocation(world, honest[0]!)]);
    const liar = await watch.complete(LIAR_MS);
    story.tell('Found out', foundLines(liar));
    for (const { node, sentence } of [...liar.blames, ...liar.forks]) story.detail(`${node}: ${sentence}`);
    writeSummary(world, agreed.listings, refused, ms);
  } finally {
    watch.stop();
  }
  story.tell('Try', thingsToTry(world), 'whole');
  if (options.exit) return;
  story.tell('', ['', 'Ctrl-C stops everything.']);
  await Promise.race([interrupted, children.died]);
}

/** demo.json, so that a program can find its way. */
function writeSummary({ options, nodes, providers }: World, listings: number, refused: Refused[], ms: number): void {
  const summary = {
    nodes: nodes.map(({ name, url, did, data, hostile }) => ({
      name,
      url,
      did,
      data,
      ...(hostile ? { hostile } : {}),
    })),
    providers: providers.map(({ company, did }) => ({ name: company.name, did, country: company.country })),
    listings,
    refused: refused.map(({ file, reason }) => ({ file, reason })),
    ms,
  };
  write(join(options.data, 'demo.json'), `${JSON.stringify(summary, null, 2)}\n`);
}

/** Settles at the first Ctrl-C or stop, or when the terminal or the npm that started this is gone. */
const interrupted = new Promise<void>((done) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done());
  if (process.env.npm_lifecycle_event !== 'demo') return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) done();
  }, PARENT_MS).unref();
});

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if ('text' in options) {
    (options.code === 0 ? process.stdout : process.stderr).write(options.text);
    return options.code;
  }
  const story = createStory(process.stdout, options.verbose);
  const { basePort: base } = options;
  const settledPorts = [0, 1, 2, 3]
    .map((index) => base + index)
    .concat(ISSUERS.map(({ id }) => ports(base).issuer(id)));
  const taken = await takenPort([...settledPorts, ...COMPANIES.map((_, index) => ports(base).provider(index))]);
  if (taken !== undefined) {
    process.stderr.write(
      `Port ${taken} is in use. Stop what runs there, or choose another first port, for example KONTOR_DEMO_PORT=${base + 1000} npm run demo\n`,
    );
    return 1;
  }
  const world: World = {
    options,
    story,
    children: createChildren(ROOT),
    nodes: demoNodes(base, options.data),
    providers: [],
    issuerToken: randomBytes(16).toString('hex'),
  };
  try {
    await Promise.race([run(world), world.children.died, interrupted]);
    return 0;
  } catch (error) {
    // A process that died is the cause; the request that failed because of it often speaks first.
    const death = await Promise.race([world.children.died.catch(messageOf), sleep(500)]);
    story.fault(death ?? messageOf(error));
    return 1;
  } finally {
    await world.children.stop();
  }
}

process.exit(await main());
