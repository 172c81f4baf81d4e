import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  verbose: boolean;
  exit: boolean;
  /** Generated listings beside the samples. */
  seedListings: number;
  basePort: number;
  data: string;
}

const HELP = `npm run demo [-- OPTIONS]

Three federated nodes on this machine, twenty sample providers, and one peer that lies.

  --verbose          say more of what happens
  --seed-listings N  publish N generated listings beside the samples (0 to 100000)
  --exit             end once the nodes agree: exit code 0, or 1 when they do not

  KONTOR_DEMO_PORT   first port (default 8080); about fifty ports above it are used
  KONTOR_DEMO_DATA   data folder (default .demo), made afresh at each start
`;

/** Reads the command line. @returns a text to print and an exit code instead, when there is nothing to run */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options | { text: string; code: number } {
  let values: { verbose?: boolean; exit?: boolean; help?: boolean; 'seed-listings'?: string };
  try {
    ({ values } = parseArgs({
      args,
      options: {
        verbose: { type: 'boolean' },
        exit: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        'seed-listings': { type: 'string' },
      },
    }));
  } catch (error) {
    return { text: `${(error as Error).message}\n\n${HELP}`, code: 2 };
  }
  if (values.help) return { text: HELP, code: 0 };
  const seedText = values['seed-listings'] ?? '0';
  const portText = env.KONTOR_DEMO_PORT || '8080';
  const faults = [
    ...(/^\d{1,6}$/.test(seedText) && Number(seedText) <= 100_000
      ? []
      : [`--seed-listings is "${seedText}"; a number from 0 to 100000 is accepted`]),
    ...(/^\d{4,5}$/.test(portText) && Number(portText) >= 1024 && Number(portText) <= 65_000
      ? []
      : [`KONTOR_DEMO_PORT is "${portText}"; a number from 1024 to 65000 is accepted`]),
  ];
  if (faults.length > 0) return { text: `${faults.join('\n')}\n`, code: 2 };
  return {
    verbose: values.verbose ?? false,
    exit: values.exit ?? false,
    seedListings: Number(seedText),
    basePort: Number(portText),
    data: resolve(env.KONTOR_DEMO_DATA || '.demo'),
  };
}
