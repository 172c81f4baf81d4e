import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { buyerCommands } from './buyer-commands.ts';
import { type ExitCode, Failure } from './failure.ts';
import type { Io } from './io.ts';
import { operatorCommands } from './operator-commands.ts';
import { examples } from './options.ts';
import { providerCommands } from './provider-commands.ts';
import { trustCommands } from './trust-commands.ts';

/*
 * What there is to call, and how. The commands themselves are loaded when called, so that help and completion stay
 * fast: nothing here may import a part of the node.
 */

/**
 * Runs one command line.
 *
 * @param args without the program's name
 * @returns see ExitCode
 */
export async function run(args: string[], io: Io): Promise<ExitCode> {
  let exit: ExitCode = 0;
  const json = args.includes('--json');
  const program = build(
    io,
    (code) => {
      exit = code;
    },
    json,
  );
  try {
    await program.parseAsync(keysLast(args), { from: 'user' });
    return exit;
  } catch (error) {
    return await report(error, io, json);
  }
}

const MEND = 'Run the command with --help to see what it takes.';

/** One key of a listing in 64 begins with a hyphen and is no option: such go last, behind `--`. */
function keysLast(args: string[]): string[] {
  const isKey = (arg: string) => /^-[\w-]{21}$/.test(arg);
  if (args.includes('--') || !args.some(isKey)) return args;
  return [...args.filter((arg) => !isKey(arg)), '--', ...args.filter(isKey)];
}

async function report(error: unknown, io: Io, json: boolean): Promise<ExitCode> {
  // Commander has printed its own, but for programs; help and version come as errors with exit code 0.
  if (error instanceof CommanderError && (error.exitCode === 0 || !json)) return error.exitCode === 0 ? 0 : 2;
  const { clean, safeJson } = await import('./text.ts');
  if (error instanceof CommanderError) {
    const detail = error.code === 'commander.help' ? 'A command is missing' : error.message.replace(/^error: /, '');
    io.out(`${safeJson({ ok: false, code: 'usage', detail, mend: MEND })}\n`);
    return 2;
  }
  const { ConfigError } = await import('../config.ts');
  if (error instanceof ConfigError) {
    if (json)
      io.out(
        `${safeJson({ ok: false, code: 'config', detail: error.problems.join('; '), problems: error.problems })}\n`,
      );
    else io.err(`The configuration is not usable.\n${error.problems.map((line) => `  ${clean(line)}\n`).join('')}`);
    return 2;
  }
  if (error instanceof Failure) {
    const { code, message, mend } = error;
    if (json) io.out(`${safeJson({ ok: false, code, detail: message, ...(mend ? { mend } : {}) })}\n`);
    else io.err(`${clean(message)}\n${mend ? `${clean(mend)}\n` : ''}`);
    return error.exit;
  }
  const { message, stack } = error as Error;
  io.err(`The command failed: ${clean(message)}\n`);
  io.err(io.env.KONTOR_LOG === 'debug' ? `${stack}\n` : 'Set KONTOR_LOG=debug to see where.\n');
  return 1;
}

function build(io: Io, end: (code: ExitCode) => void, json: boolean): Command {
  const program = new Command('kontor')
    .description('A federated catalogue node: signed self-descriptions in, labels with their reasons out.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => json || io.err(text) })
    .showHelpAfterError(MEND)
    .helpOption('-h, --help', 'show what a command takes, with examples')
    .helpCommand('help [command]', 'show what a command takes, with examples')
    .version(manifest.version, '-V, --version', 'show the version')
    .addHelpText(
      'after',
      `\nExit codes: 0 good, 1 refused, 2 wrong usage; of verify 3: intact, and less by your list or time.\n${examples('kontor serve', 'kontor check offer.jwt', 'kontor search kubernetes --country NO --label gaia-x:SC')}`,
    );
  operatorCommands(program, io, end);
  trustCommands(program, io, end);
  providerCommands(program, io, end);
  buyerCommands(program, io, end);
  return program;
}
