import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** A process of the demo, known by its own id. */
export interface Child {
  name: string;
  process: ChildProcess;
  logPath: string;
}

export interface Children {
  /** Starts `node` with these arguments; what it prints goes to the log file. */
  start(name: string, args: string[], options: { env?: Record<string, string>; logPath: string }): Child;
  /** Rejects as soon as a child ends that nobody stopped, with its last words. */
  died: Promise<never>;
  /** Stops all: asks first, insists after three seconds. */
  stop(): Promise<void>;
}

const LAST_LINES = 8;
const GRACE_MS = 3_000;

export function createChildren(root: string): Children {
  const children: Child[] = [];
  let stopping = false;
  let report: (error: Error) => void = () => {};
  const died = new Promise<never>((_, reject) => {
    report = reject;
  });
  died.catch(() => {});

  return {
    died,
    start: (name, args, { env = {}, logPath }) => {
      const log = openSync(logPath, 'w');
      // Standard input is a pipe that this process holds: the demo's own helpers end when it closes. The nodes, which
      // do not read it, see the channel close. So nothing lingers, even when this process is killed without a word.
      const child = spawn(process.execPath, args, { cwd: root, env: cleanEnv(env), stdio: ['pipe', log, log, 'ipc'] });
      closeSync(log);
      child.once('error', (error) => report(new Error(`${name} could not be started: ${error.message}`)));
      child.once('exit', (code, signal) => {
        if (!stopping)
          report(
            new Error(
              `${name} ended by itself (${signal ?? `exit code ${code}`}). Its last lines:\n${lastLines(logPath)}`,
            ),
          );
      });
      const started = { name, process: child, logPath };
      children.push(started);
      return started;
    },
    stop: async () => {
      stopping = true;
      await Promise.all(children.map(({ process: child }) => end(child)));
    },
  };
}

/** The demo's own settings must not reach its nodes; the rest of the environment does. */
function cleanEnv(extra: Record<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('KONTOR_'));
  return { ...Object.fromEntries(kept), ...extra };
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const insist = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    child.once('exit', () => {
      clearTimeout(insist);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

export function lastLines(path: string): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LAST_LINES);
  // A first start prints the operator token, which is nobody else's to read.
  return lines.map((line) => `  ${line.slice(0, 300).replace(/kontor_[\w-]{8,}/, 'kontor_...')}`).join('\n');
}

/** The first of these ports that somebody else listens on, if any. */
export async function takenPort(wanted: number[]): Promise<number | undefined> {
  for (const port of wanted) {
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (!free) return port;
  }
  return undefined;
}

const ASK_EVERY_MS = 60;

/** Waits until the address answers 200. @throws when it does not within the time */
export async function answers(name: string, url: string, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    const ok = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.ok;
      },
      () => false,
    );
    if (ok) return;
    await sleep(ASK_EVERY_MS);
  }
  throw new Error(`${name} did not answer at ${url} within ${timeoutMs / 1000} seconds`);
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
