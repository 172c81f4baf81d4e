import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Config, readConfig } from '../../config.ts';
import { messageOf } from '../../errors.ts';
import { createNode, type Node, tokenHash } from '../../node.ts';
import { type ExitCode, wrongUsage } from '../failure.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { table } from '../text.ts';

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
  const newPolicy = makeFiles(config);
  const node = await createNode(config);
  try {
    const token = node.firstToken ?? (options.newToken ? await addToken(node) : undefined);
    if (options.json) {
      const { did, key } = node;
      answer(io, {
        did,
        keyId: key.id,
        url: config.url,
        data: config.data,
        database: config.database,
        policy: config.policy,
        ...(token ? { token } : {}),
      });
    } else {
      say(io, [
        `This node is ${node.did}, at ${config.url}`,
        table([
          ['data', config.data],
          ['key', `${config.data}/identity.json (keep it secret, and keep a copy)`],
          [
            'policy',
            `${config.policy} (${newPolicy ? 'written with comments; edit it' : 'stood already; left as it is'})`,
          ],
          [
            'token',
            token
              ? `${token} (operator; shown only this once)`
              : 'was shown when it was made; init --new-token makes another',
          ],
        ]),
        '',
        `Next: ${[...Object.entries(given).map(([name, value]) => `${name}=${value}`), 'kontor serve'].join(' ')}`,
      ]);
    }
  } finally {
    await node.close();
  }
  return 0;
}

/** @returns whether the policy file is new */
function makeFiles(config: Config): boolean {
  try {
    mkdirSync(config.data, { recursive: true, mode: 0o700 });
    if (existsSync(config.policy)) return false;
    mkdirSync(dirname(config.policy), { recursive: true });
    writeFileSync(config.policy, POLICY);
    return true;
  } catch (error) {
    throw wrongUsage(
      `The data folder cannot be made: ${messageOf(error)}.`,
      'Choose another with --data or KONTOR_DATA.',
    );
  }
}

async function addToken({ database, clock }: Node): Promise<string> {
  const token = `kontor_${randomBytes(24).toString('base64url')}`;
  const at = clock().toISOString();
  await database.transaction((tx) =>
    tx
      .insertInto('token')
      .values({ hash: tokenHash(token), role: 'operator', name: `init ${at}`, at })
      .execute(),
  );
  return token;
}

/** Everything commented out is an example; what stands is the default. */
const POLICY = `# The policy of this node. It is read again when it changes; \`kontor policy check\` says what it means.

# Who may publish here: open (everyone whose signature holds), or a list.
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

# Who may vouch for what. Without them nothing counts as verified by a third party.
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

limits:
  bodyBytes: 1000000     # largest request
  objectBytes: 262144    # largest credential
`;
