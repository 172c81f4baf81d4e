import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The real command and real nodes, as people start them. */

export const ROOT = resolve(import.meta.dirname, '../..');
export const KONTOR = join(ROOT, 'kontor');
export const CLAIMS = join(ROOT, 'examples/claims');

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

type Env = Record<string, string>;

/** Only what a command needs of the environment of the tests: none of their KONTOR_* variables, none of their colour. */
const environment = (env: Env): Env => ({ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env });

/** Runs `./kontor` to its end. */
export async function kontor(args: string[], options: { cwd?: string; env?: Env; input?: string } = {}): Promise<Ran> {
  const child = spawn(KONTOR, args, { cwd: options.cwd, env: environment(options.env ?? {}) });
  const ran = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ran.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ran.stderr += text;
  });
  child.stdin.on('error', () => {}).end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...ran };
}

export interface Background {
  /** What it printed up to the awaited line. */
  output: string;
  stop(): Promise<number | null>;
}

/** Starts a command that keeps running, and waits for a line that it prints when it is ready. */
export async function background(
  args: string[],
  ready: string,
  options: { cwd?: string; env?: Env } = {},
): Promise<Background> {
  const child = spawn(KONTOR, args, {
    cwd: options.cwd,
    env: environment(options.env ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const output = await untilReady(child, ready);
  return {
    output,
    stop: async () => {
      child.kill('SIGTERM');
      return (await exited)[0];
    },
  };
}

function untilReady(child: ChildProcess, ready: string): Promise<string> {
  return new Promise((done, failed) => {
    let output = '';
    const take = (text: Buffer) => {
      output += text.toString();
      if (output.includes(ready) && output.endsWith('\n')) done(output);
    };
    child.stdout!.on('data', take);
    child.stderr!.on('data', take);
    child.once('exit', (code) => failed(new Error(`It ended with ${code} before it said "${ready}":\n${output}`)));
  });
}

/** A node of its own: a free port, a fresh folder. */
export async function startNode(
  folder: string,
  env: Env = {},
  ready = 'Kontor listens on',
): Promise<Background & { url: string; token: string }> {
  const port = String(await freePort());
  const url = `http://localhost:${port}`;
  const node = await background(['serve'], ready, {
    cwd: folder,
    env: {
      KONTOR_PORT: port,
      KONTOR_DATA: join(folder, 'data'),
      KONTOR_ALLOW_PRIVATE_NETWORK: 'true',
      KONTOR_LOG: 'warn',
      ...env,
    },
  });
  return { ...node, url, token: /kontor_[\w-]+/.exec(node.output)?.[0] ?? '' };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export function temporary(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'kontor-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
