import { ask } from '../client.ts';
import { type ExitCode, Failure } from '../failure.ts';
import { findListing } from '../find-listing.ts';
import { readInput } from '../input.ts';
import type { Io } from '../io.ts';
import { answer, deliver, say } from '../output.ts';
import { kontor } from '../printed-command.ts';
import { clean } from '../text.ts';

export async function label(
  io: Io,
  name: string,
  options: { out?: string; node?: string; issuer?: string; json?: boolean },
): Promise<ExitCode> {
  const { key, node } = await findListing(io, name, options);
  const path = `/api/v1/listings/${key}/labels/gaia-x.jwt`;
  const { bytes } = await readInput(io, `${node}${path}`).catch((error: unknown) => {
    // What is no credential is a problem document, whose words are those to tell.
    if (error instanceof Failure && error.code !== 'too-large') return ask<never>(io, node, path);
    throw error;
  });
  const file = options.out ?? (io.terminal ? `${key}.gaia-x.jwt` : undefined);
  deliver(io, Buffer.from(bytes).toString('utf8'), file);
  if (!file) return 0;
  if (options.json) answer(io, { ok: true, file, bytes: bytes.length });
  else
    say(io, [
      `${io.paint('good', 'Written')} ${clean(file)}: the Gaia-X label that ${node} gives this listing, as a gx:LabelCredential.`,
      `Next: ${kontor('check', file)}`,
    ]);
  return 0;
}
