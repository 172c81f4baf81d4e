import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { createNode, type Node, type Overrides } from '../../src/node.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/policy.ts';

/** Bodies of answers are looked into by the tests, which know what they expect. */
// biome-ignore lint/suspicious/noExplicitAny: a test states the shape it expects where it looks.
export type Body = any;

export interface TestNode extends Node {
  url: string;
  /** POSTs a signed credential over real HTTP. */
  post: (
    body: string | Uint8Array,
    mediaType?: string,
    path?: string,
  ) => Promise<{ status: number; body: Body; headers: Headers }>;
  get: (
    path: string,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; body: Body; headers: Headers; text: string }>;
  end: () => Promise<void>;
}

/** A free port of this machine. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** A whole node in this process: real SQLite file, real HTTP on loopback. */
export async function testNode(
  /** `policyFile`: the policy is the file in the data folder, as an operator has it. */
  options: { policy?: Partial<Policy>; policyFile?: true; data?: string; port?: number; workers?: number } & Omit<
    Overrides,
    'policy'
  > = {},
): Promise<TestNode> {
  const { policy, policyFile, data: given, port: wanted, workers = 0, ...overrides } = options;
  const data = given ?? mkdtempSync(join(tmpdir(), 'kontor-test-'));
  const port = wanted ?? (await freePort());
  const config = readConfig({
    KONTOR_DATA: data,
    KONTOR_PORT: String(port),
    KONTOR_ALLOW_PRIVATE_NETWORK: 'true',
    KONTOR_LOG: 'error',
    KONTOR_WORKERS: String(workers),
  });
  const node = await createNode(
    config,
    policyFile ? overrides : { ...overrides, policy: { ...DEFAULT_POLICY, ...policy } },
  );
  const listening = await node.listen();
  node.start();
  const url = `http://localhost:${port}`;
  const read = async (response: Response) => {
    const text = await response.text();
    let body: unknown = text;
    try {
      body = JSON.parse(text);
    } catch {
      // Not JSON: the text is the body.
    }
    return { status: response.status, body: body as Body, headers: response.headers, text };
  };
  return Object.assign(node, {
    url,
    post: async (body: string | Uint8Array, mediaType = 'application/vc+jwt', path = '/api/v1/credentials') =>
      read(
        await fetch(url + path, {
          method: 'POST',
          headers: { 'content-type': mediaType },
          body: body as Uint8Array<ArrayBuffer>,
        }),
      ),
    get: async (path: string, headers: Record<string, string> = {}) => read(await fetch(url + path, { headers })),
    end: async () => {
      await listening.close();
      await node.close();
      if (!given) rmSync(data, { recursive: true, force: true });
    },
  });
}
