/**
 * Builds and runs what Dockerfile and compose.yaml say, without a container engine: see docs/operating-image.md.
 *
 *     node test/image/run-dockerfile.ts ROOTFS [--service NAME ...]
 *
 * ROOTFS is a folder that holds what the base image would. Needs root, unshare, nsenter and ip.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { FederationStatus } from '../../src/federation/status.ts';
import { build } from './build.ts';
import { readServices, type Service } from './recipe.ts';
import { firstProcess, type Image, newLayer, quote, since, within } from './root.ts';

interface Container {
  service: Service;
  image: Image;
  /** Process id of its first process, as the host sees it. */
  pid: number;
  outer: ChildProcess;
  began: number;
  /** The exit code, once it has ended. */
  ended: Promise<number | null>;
}

/** How long an engine waits between the stop signal and the kill. */
const GRACE_MS = 10_000;
const project = resolve(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { service: { type: 'string', multiple: true }, work: { type: 'string' } },
});
if (!positionals[0]) throw new Error('Usage: node test/image/run-dockerfile.ts ROOTFS [--service NAME ...]');

if (values.work) await main(realpathSync(positionals[0]), values.work);
else {
  // Once more in a mount namespace of its own, so that no mount outlives this program.
  const work = mkdtempSync(join(tmpdir(), 'kontor-image-'));
  const again = ['--mount', process.execPath, ...process.argv.slice(1), '--work', work];
  process.exitCode = spawnSync('unshare', again, { stdio: 'inherit' }).status ?? 1;
  rmSync(work, { recursive: true });
}

async function main(base: string, work: string): Promise<void> {
  const all = readServices(readFileSync(join(project, 'compose.yaml'), 'utf8'));
  const names = values.service ?? all.slice(0, 1).map(({ name }) => name);
  const services = names.map(
    (name) => all.find((one) => one.name === name) ?? fail(`compose.yaml has no service ${name}`),
  );
  const image = build(project, base, work);
  const running: Container[] = [];
  try {
    // Who lends its network to others comes first.
    for (const service of services.sort((a, b) => Number(!!a.networkOf) - Number(!!b.networkOf)))
      running.push(await start(service, image, running, work));
    for (const container of running) await becomesHealthy(container);
    for (const container of running) {
      isPublished(container, running);
      await follows(container, running);
    }
  } finally {
    for (const container of running.reverse()) await stop(container);
  }
}

/** The command of the image with its own processes, files and network, and with volumes and environment of the service. */
async function start(service: Service, built: Image, running: Container[], work: string): Promise<Container> {
  const env = { ...built.env, ...service.environment };
  const image: Image = { ...built, ...newLayer(built.layers, join(work, service.name)), env };
  const host = running.find((other) => other.service.name === service.networkOf);
  if (service.networkOf && !host) fail(`${service.name} needs the network of ${service.networkOf}, which does not run`);
  const network = host ? ['nsenter', `--net=/proc/${host.pid}/ns/net`, 'unshare'] : ['unshare', '--net'];
  const setup = [...mounts(service, image, join(work, 'volumes')), ...(host ? [] : ['ip link set lo up'])];
  const [program, ...args] = [...network, ...firstProcess(image, image.command, setup)];
  const began = performance.now();
  const outer = spawn(program!, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise<number | null>((done) => outer.once('exit', done));
  for (let tries = 0; tries < 100 && outer.exitCode === null; tries++, await wait(50)) {
    const pid = Number(readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8').trim());
    if (pid) return { service, image, pid, outer, began, ended };
  }
  return fail(`${service.name} did not start`);
}

/** Shell lines that mount folders and volumes. A new volume begins as a copy of its place in the image, with owner and rights. */
function mounts(service: Service, image: Image, volumes: string): string[] {
  const unnamed = image.volumes.filter((target) => !service.mounts.some((mount) => mount.target === target));
  const anonymous = unnamed.map((target) => ({
    source: `${service.name}-${target.slice(1)}`,
    named: true,
    target,
    readOnly: false,
  }));
  return [...service.mounts, ...anonymous].flatMap(({ source, named, target, readOnly }) => {
    const from = named ? join(volumes, source) : resolve(project, source);
    const to = `${image.root}${target}`;
    if (!named && !existsSync(from)) fail(`${service.name}: ${source} does not exist`);
    mkdirSync(to, { recursive: true });
    if (named) mkdirSync(volumes, { recursive: true });
    if (named && !existsSync(from)) execFileSync('cp', ['-aT', to, from]);
    return [`mount --bind ${quote(from)} ${quote(to)}`, ...(readOnly ? [`mount -o remount,bind,ro ${quote(to)}`] : [])];
  });
}

/** Runs a command in a running container. */
function ask(
  { pid, image }: Container,
  command: string[],
  timeout = GRACE_MS,
): { status: number | null; stdout: string } {
  const args = ['--target', String(pid), '--mount', '--pid', '--net', ...within(image, command)];
  return spawnSync('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', timeout });
}

/** Asks the HEALTHCHECK as an engine does, only more often, until the engine would call the container unhealthy. */
async function becomesHealthy(container: Container): Promise<void> {
  const { flags, words } = container.image.health ?? fail('the image has no HEALTHCHECK');
  const ms = (flag: string, otherwise: string) => Number.parseInt(flags[flag] ?? otherwise, 10) * 1000;
  const limit = ms('start-period', '0s') + Number(flags.retries ?? 3) * ms('interval', '30s');
  while (performance.now() - container.began < limit && container.outer.exitCode === null) {
    const asked = performance.now();
    if (ask(container, words, ms('timeout', '30s')).status === 0)
      return console.log(
        `${container.service.name}: healthy after ${since(container.began)}; the check took ${since(asked)}`,
      );
    await wait(500);
  }
  fail(`${container.service.name} ended before it was healthy, or did not become so in ${limit / 1000} s`);
}

/** A published port arrives from outside, so that the node must listen on more than 127.0.0.1. */
function isPublished(container: Container, running: Container[]): void {
  const { name, networkOf, environment } = container.service;
  const port = Number(environment.KONTOR_PORT ?? 8080);
  const network = running.find((other) => other.service.name === (networkOf ?? name))!;
  if (!network.service.ports.includes(port)) fail(`${name}: port ${port} is not published`);
  const script = `fetch('http://127.0.0.2:${port}/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
  if (ask(container, ['node', '-e', script]).status !== 0) fail(`${name} listens on 127.0.0.1 alone`);
}

/** Waits until the node has read from each of the others and follows its log. */
async function follows(container: Container, running: Container[]): Promise<void> {
  const { name, environment } = container.service;
  const others = running
    .map(({ service }) => service.environment.KONTOR_URL!)
    .filter((url) => url !== environment.KONTOR_URL);
  const script = `fetch('${environment.KONTOR_URL}/api/v1/federation').then((r) => r.text()).then(console.log)`;
  for (let tries = 0; tries < 60; tries++, await wait(1000)) {
    const { own, peers, origins } = JSON.parse(ask(container, ['node', '-e', script]).stdout) as FederationStatus;
    const read = peers.filter(({ url, lastSuccess }) => others.includes(url) && lastSuccess);
    const followed = read.filter(({ did }) => origins.some((one) => one.did === did && one.state === 'following'));
    if (followed.length < others.length) continue;
    const list = followed.map(({ url, lastSuccess }) => `${url} (${lastSuccess})`).join(', ');
    return console.log(`${name}: ${own.origin} follows ${list || 'nobody, as it runs alone'}`);
  }
  fail(`${name} does not follow ${others.join(' and ')}`);
}

async function stop({ service, pid, outer, ended }: Container): Promise<void> {
  const began = performance.now();
  if (outer.exitCode === null) process.kill(pid, 'SIGTERM');
  const kill = setTimeout(() => process.kill(pid, 'SIGKILL'), GRACE_MS);
  const code = await ended;
  clearTimeout(kill);
  if (code !== 0) process.exitCode = 1;
  console.log(`${service.name}: stopped with exit code ${code} after ${since(began)}`);
}

function fail(sentence: string): never {
  throw new Error(sentence);
}
