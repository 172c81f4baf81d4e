import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ListingSummary } from '../../src/catalogue/listing.ts';
import type { SearchResult } from '../../src/catalogue/search-query.ts';
import { kontor, ROOT, temporary } from './kontor.ts';
import { follow, Reader } from './reader.ts';

/* The commands of a buyer against the demo, which holds enough for every filter to matter. */

const BASE = 26_180;
const URL_OF_ALPHA = `http://localhost:${BASE}`;
const { path: folder, remove } = temporary();
const reader = new Reader();
const demo = spawn('npm', ['run', 'demo', '--silent'], {
  cwd: ROOT,
  env: {
    ...process.env,
    NO_COLOR: '1',
    PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`,
    KONTOR_DEMO_PORT: String(BASE),
    KONTOR_DEMO_DATA: join(folder, 'demo'),
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(demo, 'exit');

const run = (...args: string[]) =>
  kontor(args, { cwd: folder, env: { KONTOR_NODE: URL_OF_ALPHA, KONTOR_ALLOW_PRIVATE_NETWORK: 'true' } });
const ask = async (query: string): Promise<SearchResult> =>
  (await (await fetch(`${URL_OF_ALPHA}/api/v1/listings?${query}`)).json()) as SearchResult;

beforeAll(async () => {
  await new Promise<void>((ready, failed) => {
    let output = '';
    demo.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Ctrl-C stops everything')) ready();
    });
    demo.once('exit', (code) => failed(new Error(`The demo ended with ${code}:\n${output}`)));
  });
  await reader.begin(BASE);
}, 90_000);

afterAll(async () => {
  if (demo.exitCode === null && demo.signalCode === null) demo.kill('SIGTERM');
  await ended;
  reader.folder.remove();
  remove();
});

describe('the quickstart for buyers', () => {
  follow(reader, 'quickstart-buyer.md', {
    'kontor search': (output) => expect(output).toMatch(/\n +(key |"key": ")[\w-]{22}/),
    'kontor show': (output) =>
      expect(output).toContain('Verify it yourself: KONTOR_ALLOW_PRIVATE_NETWORK=true ./kontor'),
    // As of a time it tells of labels that held then; the listing may have had none.
    'kontor explain': (output) => expect(output).toMatch(/P1\.3\.2|^This node gave no label that held at/),
    'kontor check': (output) => {
      expect(output).toMatch(/ok {2}verify\.signature/);
      expect(output).toContain(`the list of the operator of ${URL_OF_ALPHA}`);
      expect(output).toContain('says the same: ');
    },
    'peers status': (output) => expect(output).toContain('own log'),
  });
});

describe('search', () => {
  /** Every option of the command, and whether it narrows what the demo holds. */
  const OPTIONS: [option: string, value: string, narrows: boolean][] = [
    ['kind', 'participant', true],
    ['type', 'gx:VirtualMachineServiceOffering', true],
    ['country', 'NO', true],
    ['label', 'gaia-x:L1', true],
    ['provider', `did:web:localhost%3A${BASE + 36}`, true],
    ['certification', 'bsi-c5', true],
    ['law', 'US', true],
    ['exit', 'exit-plan', true],
    ['openness', 'open-source', true],
    ['ai', 'open-weights', true],
    ['energy', 'wind', true],
    ['basis', 'verified', false],
    ['sort', 'name', false],
    ['limit', '3', false],
    ['cursor', '', false],
    ['facets', 'country,provider', false],
  ];

  test('no option is left out here', async () => {
    const { stdout } = await run('search', '--help');
    const named = [...stdout.matchAll(/^ {2}--([a-z]+) </gm)].map(([, name]) => name).filter((name) => name !== 'node');
    expect(OPTIONS.map(([name]) => name).sort()).toEqual(named.sort());
  });

  test.each(OPTIONS)('--%s reaches the node', async (name, given, narrows) => {
    const value = name === 'cursor' ? (await ask('limit=3')).next! : given;
    // A label must be asked for, or its basis means nothing.
    const base =
      name === 'basis' ? { option: ['--label', 'gaia-x:SC'], query: 'label=gaia-x:SC&' } : { option: [], query: '' };
    const { stdout, code } = await run('search', ...base.option, `--${name}`, value, '--json');
    expect(code).toBe(0);
    const here = JSON.parse(stdout) as SearchResult;
    const there = await ask(`${base.query}${name}=${encodeURIComponent(value)}`);
    const bare = await ask(base.query);
    const keys = ({ items }: SearchResult) => items.map(({ key }) => key);
    expect([here.total, keys(here), here.facets]).toEqual([there.total, keys(there), there.facets]);
    expect([there.total, keys(there), there.facets]).not.toEqual([bare.total, keys(bare), bare.facets]);
    if (narrows) expect(there.total).toBeGreaterThan(0);
  });

  test('facets of providers have names, the next page keeps the node, a caution is shown', async () => {
    const { stdout } = await run('search', 'sovereign', '--limit', '2', '--facets', 'provider', '--basis', 'claimed');
    expect(stdout).toMatch(/\n +2 {2}Aurelia Cloud Europe S\.à r\.l\. \(did:web:/);
    expect(stdout).toContain('Caution: It calls itself sovereign');
    expect(stdout).toContain('the same at 2 other catalogues');
    expect(stdout).toMatch(
      new RegExp(
        `Next page: \\./kontor search sovereign --basis claimed --limit 2 --cursor \\S+ --node ${URL_OF_ALPHA}\n$`,
      ),
    );
  });

  test('an empty answer names what to leave out, with what that would give', async () => {
    const { stdout } = await run('search', 'kubernetes', '--country', 'IS', '--label', 'gaia-x:SC');
    const without = async (query: string) => (await ask(query)).total;
    expect(stdout).toContain('Nothing matches all of it.');
    const country = await without('q=kubernetes&label=gaia-x:SC');
    expect(stdout).toMatch(new RegExp(`\n  --country IS +${country} listings\n`));
    expect(await without('q=kubernetes&country=IS')).toBe(0);
    expect(stdout).not.toContain('--label');
  });
});

test('a checked listing gets the label that its node gave, whatever that is', async () => {
  const { items } = await ask('limit=100');
  const own = ({ labels }: ListingSummary) => labels.find((label) => label.own)?.level ?? null;
  for (const level of ['L1', 'SC', null]) {
    const item = items.find((one) => one.kind === 'offering' && own(one) === level)!;
    const { stdout, code } = await run('check', `${URL_OF_ALPHA}/listings/${item.key}`, '--json');
    expect(code).toBe(0);
    const judged = JSON.parse(stdout);
    expect([item.name, judged.labels[0].level]).toEqual([item.name, level]);
    const { stdout: decisions } = await run('explain', item.key, '--json');
    const [explained] = JSON.parse(decisions);
    // Who vouches for what, the node alone tells.
    const bare = ({ by: _by, ...criterion }: { by?: unknown }) => criterion;
    const missing = explained.next?.missing.map(bare);
    expect(judged.labels[0].criteria).toEqual(explained.criteria.map(bare));
    expect(judged.labels[0].next?.missing).toEqual(missing);
    expect(judged.trust).toMatchObject({ from: `${URL_OF_ALPHA}/api/v1/trust` });
    expect(judged.provider.every((one: { ok: boolean }) => one.ok)).toBe(true);
    if (level === 'L1') expect((await run('explain', item.key)).stdout).toMatch(/Missing for (gaia-x )?L2/i);
    if (level === null)
      expect((await run('show', item.key)).stdout).toMatch(/Labels\n {2}none\n {2}Missing for gaia-x SC/);
  }
});

test('without leave to ask this machine, a listing is refused with what to set, and nobody is told to sign', async () => {
  const { items } = await ask('limit=1');
  const { code, stdout } = await kontor(['check', `${URL_OF_ALPHA}/listings/${items[0]!.key}`], { cwd: folder });
  expect(code).toBe(1);
  expect(stdout).toContain('mend     Set KONTOR_ALLOW_PRIVATE_NETWORK=true to try on one machine');
  expect(stdout).toContain('Next: KONTOR_ALLOW_PRIVATE_NETWORK=true ./kontor check');
  expect(stdout).not.toMatch(/sign it again|kontor publish/);
});

test('when npm is killed without a word, nothing of the demo stays', { timeout: 20_000 }, async () => {
  const answers = (port: number) =>
    new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        done(true);
      }).once('error', () => done(false));
    });
  const ports = [0, 1, 2, 3, 11, 21].map((offset) => BASE + offset);
  expect(await Promise.all(ports.map(answers))).toEqual(ports.map(() => true));
  demo.kill('SIGKILL');
  await ended;
  await expect
    .poll(async () => (await Promise.all(ports.map(answers))).filter(Boolean).length, {
      timeout: 15_000,
      interval: 200,
    })
    .toBe(0);
});
