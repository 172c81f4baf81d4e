import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type Body, freePort } from './node.ts';

const root = resolve(import.meta.dirname, '../..');

/** A node in a process of its own, as an operator starts it. */
export interface NodeProcess {
  url: string;
  data: string;
  start: () => Promise<void>;
  stop: () => Promise<void>;
  get: (path: string) => Promise<Body>;
  post: (jwt: string) => Promise<{ status: number; body: Body }>;
}

export async function nodeProcess(policy: object, port?: number): Promise<NodeProcess> {
  const at = port ?? (await freePort());
  const url = `http://localhost:${at}`;
  const data = mkdtempSync(join(tmpdir(), 'kontor-process-'));
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'policy.yaml'), stringify(policy));
  let child: ChildProcess | undefined;
  let output = '';
  return {
    url,
    data,
    start: async () => {
      const env = {
        ...process.env,
        KONTOR_DATA: data,
        KONTOR_PORT: String(at),
        KONTOR_URL: url,
        KONTOR_ALLOW_PRIVATE_NETWORK: 'true',
        KONTOR_LOG: 'error',
      };
      child = spawn(process.execPath, ['src/main.ts', 'serve'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text) => (output += text));
      for (let tries = 0; tries < 150; tries++) {
        if (child.exitCode !== null) throw new Error(`the node ended: ${output}`);
        const ready = await fetch(`${url}/readyz`).then(
          (response) => response.ok,
          () => false,
        );
        if (ready) return;
        await new Promise((done) => setTimeout(done, 100));
      }
      throw new Error(`the node did not become ready: ${output}`);
    },
    stop: () =>
      new Promise((done) => {
        if (!child || child.exitCode !== null) return done();
        child.once('exit', () => done());
        child.kill('SIGTERM');
      }),
    get: async (path) => (await fetch(url + path)).json(),
    post: async (jwt) => {
      const response = await fetch(`${url}/api/v1/credentials`, {
        method: 'POST',
        headers: { 'content-type': 'application/vc+jwt' },
        body: jwt,
      });
      return { status: response.status, body: await response.json() };
    },
  };
}
