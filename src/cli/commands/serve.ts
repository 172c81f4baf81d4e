import { existsSync } from 'node:fs';
import { type Config, readConfig } from '../../config.ts';
import { createNode } from '../../node.ts';
import { type ExitCode, Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { addressDoubts, policyLine } from '../node-facts.ts';
import { say } from '../output.ts';
import { opening } from '../start-fault.ts';
import { stopSignal } from '../stop-signal.ts';
import { clean } from '../text.ts';

export async function serve(io: Io): Promise<ExitCode> {
  const config = readConfig(io.env);
  // Listened for from here on, so that a stop during the start is not lost.
  const stopped = stopSignal();
  const isNew = !existsSync(config.database);
  const node = await opening(config, () => createNode(config));
  try {
    const server = await node.listen().catch((error: unknown) => {
      throw notListening(error, config);
    });
    await opening(config, () => node.start()).catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
    const token = await node.firstToken();
    say(io, [
      `Kontor listens on ${config.host.includes(':') ? `[${config.host}]` : config.host}:${server.port}`,
      `  address ${config.url}`,
      `  node    ${node.did}`,
      `  data    ${config.data}`,
      ...(isNew ? [`  new node: nothing stood in ${config.data}`] : []),
      `  policy  ${policyLine(config.policy, node.policy())}`,
      ...(token ? [`  token   ${token}  (operator; shown only this once)`] : []),
    ]);
    for (const doubt of addressDoubts(config, node.did, server.port)) io.err(`Warning: ${clean(doubt)}\n`);
    await stopped;
    await server.close();
  } finally {
    await node.close();
  }
  return 0;
}

function notListening(error: unknown, { host, port }: Config): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new Failure(
        1,
        'unavailable',
        `Port ${port} on ${host} is in use.`,
        'Stop what runs there, or choose another port with KONTOR_PORT; it is part of the name of the node unless KONTOR_URL is set.',
      );
    case 'EACCES':
      return new Failure(
        1,
        'unavailable',
        `Port ${port} on ${host} may not be used.`,
        'Ports below 1024 need rights of the system. Choose a higher one with KONTOR_PORT and put a reverse proxy in front.',
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Failure(
        1,
        'unavailable',
        `${host} is no address of this machine.`,
        'Set KONTOR_HOST to 127.0.0.1, or to 0.0.0.0 for all addresses.',
      );
    default:
      return error;
  }
}
