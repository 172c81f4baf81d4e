import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

// The demo as its users run it: real processes, real HTTP on loopback, real keys; only its ports and folder are others.
const ROOT = resolve(import.meta.dirname, '..');
const BASE = 24_180;
const folder = mkdtempSync(join(tmpdir(), 'kontor-demo-'));

interface Summary {
  nodes: { name: string; url: string; did: string; data: string; hostile?: true }[];
  providers: { name: string; did: string; country: string }[];
  listings: number;
  refused: { file: string; reason: string }[];
  ms: number;
}
interface Ended {
  code: number | null;
  output: string;
}

function demo(
  args: string[],
  env: Record<string, string>,
  onOutput: (text: string) => void = () => {},
): { ended: Promise<Ended>; stop: (signal: NodeJS.Signals) => void } {
  const child = spawn(process.execPath, ['demo/demo.ts', ...args], {
    cwd: ROOT,
    env: {
      ...process.env,
      NO_COLOR: '1',
      KONTOR_DEMO_PORT: String(BASE),
      KONTOR_DEMO_DATA: join(folder, 'demo'),
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      onOutput(output);
    });
  }
  return {
    ended: new Promise((done) => child.once('close', (code) => done({ code, output }))),
    stop: (signal) => child.kill(signal),
  };
}

/** The evidence bundle of every current listing: of all at the first node, of ten at the others. */
async function bundlesOf(url: string): Promise<string[]> {
  const kinds = ['offering', 'data-product', 'participant', 'resource'].map((kind) => `kind=${kind}`).join('&');
  const all = Number(new URL(url).port) === BASE;
  const keys: string[] = [];
  for (let cursor = ''; ; ) {
    const answer = await fetch(`${url}/api/v1/listings?${kinds}&sort=name&limit=${all ? 100 : 10}${cursor}`);
    const { items, next } = (await answer.json()) as { items: { key: string }[]; next: string | null };
    keys.push(...items.map(({ key }) => key));
    if (!next || !all) break;
    cursor = `&cursor=${next}`;
  }
  const bundles: string[] = [];
  for (const key of keys) bundles.push(await (await fetch(`${url}/api/v1/listings/${key}/evidence`)).text());
  return bundles;
}

/** Verifies bundles in one process without a network, where the machine permits that. */
function verifiedOffline(bundles: string[], dir: string): unknown[] {
  mkdirSync(dir);
  for (const [at, text] of bundles.entries()) writeFileSync(join(dir, `${String(at).padStart(4, '0')}.json`), text);
  const cut = spawnSync('unshare', ['-rn', 'true']).status === 0;
  if (!cut) console.warn('unshare -rn is not permitted here: bundles were verified with a network in reach');
  const command = [...(cut ? ['unshare', '-rn'] : []), process.execPath, 'test/bundle/verify-all.ts', dir];
  const { stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  });
  return stdout ? JSON.parse(stdout) : [stderr];
}

const listening = (port: number): Promise<Server> =>
  new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => done(server));
  });
const closed = (server: Server) => new Promise<void>((done) => server.close(() => done()));

const summaryOf = (): Summary => JSON.parse(readFileSync(join(folder, 'demo', 'demo.json'), 'utf8'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('npm run demo', () => {
  it('ends in agreement, with every bad submission refused and the liar found out', { timeout: 300_000 }, async () => {
    // Asked while the nodes run, after demo.json says that they agree.
    let asked: Promise<unknown[]> | undefined;
    const run = demo([], {}, (output) => {
      if (asked || !output.includes('Ctrl-C stops everything')) return;
      asked = Promise.all(
        summaryOf()
          .nodes.filter(({ hostile }) => !hostile)
          .map(async ({ url }) => {
            const get = async (path: string) => (await fetch(`${url}${path}`)).json();
            return {
              bundles: await bundlesOf(url),
              compliant: await get('/api/v1/listings?label=gaia-x:SC&facets=country&limit=100&sort=name'),
              federation: await get('/api/v1/federation'),
            };
          }),
      ).finally(() => run.stop('SIGINT'));
    });
    const { code, output } = await run.ended;
    expect(output).not.toContain('Stopped');
    expect(code).toBe(0);
    expect(output.trimEnd().split('\n').length).toBeLessThan(40);

    const summary = summaryOf();
    expect(summary.nodes.map(({ name, hostile }) => [name, hostile])).toEqual([
      ['alpha', undefined],
      ['beta', undefined],
      ['gamma', undefined],
      ['mallory', true],
    ]);
    expect(summary.providers.length).toBeGreaterThanOrEqual(12);
    expect(new Set(summary.providers.map(({ did }) => did)).size).toBe(summary.providers.length);
    expect(summary.listings).toBeGreaterThanOrEqual(60);
    expect(summary.ms).toBeLessThan(60_000);
    expect(summary.refused.length).toBeGreaterThanOrEqual(8);
    expect(new Set(summary.refused.map(({ reason }) => reason)).size).toBe(summary.refused.length);
    expect(readdirSync(join(folder, 'demo', 'refused')).sort()).toEqual(summary.refused.map(({ file }) => file).sort());

    const answers = (await asked!) as {
      compliant: { items: { key: string; digest: string }[]; total: number; facets: { country: unknown[] } };
      federation: { peers: { url: string; blamed: string | null }[]; forks: { origin: string }[] };
    }[];
    const found = answers.map(({ compliant }) => ({
      total: compliant.total,
      country: compliant.facets.country,
      versions: compliant.items.map(({ key, digest }) => `${key} ${digest}`).sort(),
    }));
    expect(found[0]!.total).toBeGreaterThan(10);
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
    const liar = summary.nodes.find(({ hostile }) => hostile)!;
    const blamedBy = answers.filter(({ federation }) =>
      federation.peers.some(({ url, blamed }) => url === liar.url && blamed !== null),
    );
    const forkSeenBy = answers.filter(({ federation }) =>
      federation.forks.some(({ origin }) => origin.startsWith(new URL(liar.url).host)),
    );
    expect(blamedBy.length).toBeGreaterThan(0);
    expect(forkSeenBy.length).toBeGreaterThan(0);

    // Everything is down by now: the bundle of every listing proves its decisions by itself.
    for (const [at, { bundles }] of (answers as unknown as { bundles: string[] }[]).entries()) {
      expect(bundles.length).toBeGreaterThanOrEqual(at === 0 ? summary.listings : 1);
      expect(verifiedOffline(bundles, join(folder, `bundles-${at}`))).toEqual(
        bundles.map(() => ({ ok: true, bad: [] })),
      );
    }

    // Stopped by Ctrl-C, it leaves nothing running.
    const ports = summary.nodes.map(({ url }) => Number(new URL(url).port));
    for (const port of [...ports, BASE + 11, BASE + 21]) await closed(await listening(port));
  });

  it('says which port is taken and how to choose another', async () => {
    const server = await listening(BASE + 101);
    try {
      const { code, output } = await demo(['--exit'], { KONTOR_DEMO_PORT: String(BASE + 100) }).ended;
      expect(code).toBe(1);
      expect(output).toContain(`Port ${BASE + 101} is in use`);
      expect(output).toContain('KONTOR_DEMO_PORT=');
    } finally {
      await closed(server);
    }
  });

  it('does not empty a folder that it did not make', async () => {
    const mine = join(folder, 'mine');
    mkdirSync(mine);
    writeFileSync(join(mine, 'letter.txt'), 'keep me');
    const { code, output } = await demo(['--exit'], { KONTOR_DEMO_PORT: String(BASE + 200), KONTOR_DEMO_DATA: mine })
      .ended;
    expect(code).toBe(1);
    expect(output).toContain('was not made by the demo');
    expect(existsSync(join(mine, 'letter.txt'))).toBe(true);
  });

  it('refuses options it does not know, and names those it does', async () => {
    const { code, output } = await demo(['--seed', '5'], {}).ended;
    expect(code).toBe(2);
    expect(output).toContain('--seed-listings N');
  });
});
