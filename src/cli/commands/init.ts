import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDatabase } from '../../catalogue/database.ts';
import { newToken } from '../../catalogue/tokens.ts';
import { type Config, readConfig } from '../../config.ts';
import { createNode } from '../../node.ts';
import { type ExitCode, wrongUsage } from '../failure.ts';
import type { Io } from '../io.ts';
import { addressDoubts, isLocal } from '../node-facts.ts';
import { answer, say } from '../output.ts';
import { PRIVATE } from '../printed-command.ts';
import { makeFolder, opening } from '../start-fault.ts';
import { clean, shell, table } from '../text.ts';

interface Options {
  url?: string;
  data?: string;
  newToken?: boolean;
  json?: boolean;
}

/** Makes what is missing and leaves what stands, so that it can be run again. */
export async function init(io: Io, options: Options): Promise<ExitCode> {
  const given = {
    ...(options.url ? { KONTOR_URL: options.url } : {}),
    ...(options.data ? { KONTOR_DATA: options.data } : {}),
  };
  const config: Config = { ...readConfig({ ...io.env, ...given }), log: 'error' };
  if (options.newToken) return oneMoreToken(io, config, options);
  const newPolicy = await opening(config, () => makeFiles(config));
  const node = await opening(config, () => createNode(config));
  const token = await node.firstToken();
  await node.close();
  const { did, key } = node;
  const doubts = isLocal(config.url) ? [] : addressDoubts(config, did, config.port);
  if (options.json) {
    const { url, data, database, policy } = config;
    answer(io, { did, keyId: key.id, url, data, database, policy, ...(token ? { token } : {}), doubts });
    return 0;
  }
  say(io, [
    `This node is ${did}, at ${config.url}`,
    table([
      ['data', config.data],
      ['key', `${config.data}/identity.json (keep it secret, and keep a copy)`],
      ['policy', `${config.policy} (${newPolicy ? 'written with comments; edit it' : 'stood already; left as it is'})`],
      [
        'token',
        token ? `${token} (operator; shown only this once)` : 'shown when it was made; init --new-token makes another',
      ],
    ]),
    ...doubts.map((doubt) => `  ${io.paint('attention', '!')}  ${clean(doubt)}`),
    '',
    `Next: ${[...toServe(config, { ...io.env, ...given }), './kontor serve'].join(' ')}`,
  ]);
  return 0;
}

/** What `serve` must be told to become the node that was made just now: names and values as a shell takes them. */
function toServe({ url, port, allowPrivateNetwork }: Config, env: Io['env']): string[] {
  const given = (name: string) => (env[name] ? [`${name}=${shell(env[name])}`] : []);
  const named = isLocal(url) ? new URL(url).port : '';
  const listens = named && Number(named) !== port ? [`KONTOR_PORT=${named}`] : given('KONTOR_PORT');
  const open = allowPrivateNetwork || isLocal(url) ? [PRIVATE] : [];
  return [...given('KONTOR_URL'), ...listens, ...open, ...given('KONTOR_DATA')];
}

/** One more operator token, also while the node runs: nothing but the database is opened. */
async function oneMoreToken(io: Io, config: Config, { json }: Options): Promise<ExitCode> {
  if (!existsSync(config.database))
    throw wrongUsage(`There is no node in ${config.data} yet.`, 'Run kontor init without --new-token first.');
  const database = await opening(config, () => openDatabase(config.database));
  try {
    const token = await newToken({ database, clock: () => io.now() }, `init ${io.now().toISOString()}`);
    if (json) answer(io, { token });
    else {
      // The token alone, so that KONTOR_TOKEN=$(kontor init --new-token) works.
      say(io, [token]);
      io.err('An operator token, shown only this once.\n');
    }
  } finally {
    await database.close();
  }
  return 0;
}

/** @returns whether the policy file is new */
function makeFiles(config: Config): boolean {
  if (existsSync(config.policy)) return false;
  makeFolder(dirname(config.policy));
  writeFileSync(config.policy, POLICY);
  return true;
}

/** Everything commented out is an example; what stands is the default. */
const POLICY = `# The policy of this node. It is read again when it changes; \`kontor policy check\` says what it means.

# Who may publish here: open (everyone whose signature holds), or a list. It says nothing about what peers bring.
publishers: open
# publishers:
#   - did: did:web:cloud.example
#   - did: did:web:broker.example
#     subjects: ["https://customer.example/*"]   # ids it may speak for beyond its own

# Nodes this one pulls from. A peer carries and needs no trust: everything it brings is verified here.
peers: []
# peers:
#   - url: https://node-b.example
#     pull: 60          # seconds between pulls

# Other nodes whose labels count here beside this node's own.
authorities: []
# authorities:
#   - did: did:web:node-b.example
#     labels: ["gaia-x:SC"]       # left out: all

# Who may vouch for what. They need not be publishers: papers of theirs may be handed in by anyone. Without them nothing counts as verified by a third party.
trust: []
# trust:
#   - did: did:web:notary.example
#     name: Company register
#     role: registration-number
#   - did: did:web:auditor.example
#     name: Certification body
#     role: certificate
#     schemes: [iso-27001]        # left out: all
#     until: 2027-12-31
#   - did: did:web:assessor.example
#     role: assessment-body       # an accredited one; the fourth role is clearing-house

# Certificate authorities that may stand behind the keys of publishers (x5c, x5u). Without them chains are not looked at.
# anchors:
#   files: [anchors]              # PEM files or folders, relative to this file; revocation lists of theirs too
#   registry: https://registry.example/anchors.pem
#   require: true                 # a key counts only with a chain that leads to an anchor

limits:
  bodyBytes: 1000000     # largest request
  objectBytes: 262144    # largest credential
`;
