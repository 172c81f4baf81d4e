import { join } from 'node:path';
import { stringify } from 'yaml';
import { loopbackDid, loopbackUrl } from './build/identity.ts';
import { answers, type Children } from './children.ts';
import { write } from './folder.ts';
import { ISSUERS, issuerDid, ports } from './issuers.ts';
import type { HonestNode } from './model.ts';

export interface DemoNode {
  name: HonestNode | 'mallory';
  url: string;
  did: string;
  /** Its data folder. */
  data: string;
  hostile?: true;
}

export const HONEST: readonly HonestNode[] = ['alpha', 'beta', 'gamma'];

export function demoNodes(base: number, folder: string): DemoNode[] {
  const at = (name: DemoNode['name'], port: number): DemoNode => ({
    name,
    url: loopbackUrl(port),
    did: loopbackDid(port),
    data: join(folder, name),
  });
  return [
    ...HONEST.map((name, index) => at(name, ports(base).node(index))),
    { ...at('mallory', ports(base).hostile), hostile: true },
  ];
}

/**
 * The policy of one node. Peers carry and need no trust, so mallory is a peer like any other; trust is given to those
 * who vouch, by name and role.
 */
export function policyOf(node: DemoNode, nodes: DemoNode[], base: number): string {
  const others = nodes.filter(({ name }) => name !== node.name);
  const policy = {
    publishers: 'open',
    // Often, so that one who watches sees a certificate taken back.
    status: { recheckSeconds: 5 },
    peers: [...others]
      .sort((a, b) => Number(b.hostile ?? false) - Number(a.hostile ?? false))
      .map(({ url }) => ({ url, pull: 1 })),
    trust: ISSUERS.filter(({ trusted }) => trusted).map(({ id, name, role, schemes }) => ({
      did: issuerDid(base, id),
      name,
      role,
      ...(schemes ? { schemes } : {}),
    })),
  };
  return `# Made by npm run demo for ${node.name}.\n${stringify(policy)}`;
}

/** Starts the honest nodes as anybody would: \`kontor serve\` with its settings in the environment. */
export async function startNodes(children: Children, nodes: DemoNode[], base: number): Promise<void> {
  const honest = nodes.filter(({ hostile }) => !hostile);
  for (const node of honest) {
    write(join(node.data, 'policy.yaml'), policyOf(node, nodes, base));
    const env = {
      KONTOR_URL: node.url,
      KONTOR_DATA: node.data,
      KONTOR_PORT: new URL(node.url).port,
      KONTOR_POLICY: join(node.data, 'policy.yaml'),
      KONTOR_ALLOW_PRIVATE_NETWORK: 'true',
      KONTOR_LOG: 'warn',
      // Four nodes share one machine here.
      KONTOR_WORKERS: '1',
    };
    children.start(node.name, ['src/main.ts', 'serve'], { env, logPath: join(node.data, 'output.log') });
  }
  await Promise.all(honest.map((node) => answers(node.name, `${node.url}/api/v1/listings?limit=1`)));
}
