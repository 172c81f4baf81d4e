import { type Bundle, writeBundle } from '../../bundle/format.ts';
import { ask } from '../client.ts';
import type { ExitCode } from '../failure.ts';
import { findListing } from '../find-listing.ts';
import type { Io } from '../io.ts';
import { answer, deliver, say } from '../output.ts';
import { kontor } from '../printed-command.ts';
import { clean } from '../text.ts';

export async function bundle(
  io: Io,
  name: string,
  options: { out?: string; node?: string; issuer?: string; json?: boolean },
): Promise<ExitCode> {
  const { key, node } = await findListing(io, name, options);
  // There is one spelling, so what was read is written as the node sent it.
  const text = writeBundle(await ask<Bundle>(io, node, `/api/v1/listings/${key}/evidence`));
  const file = options.out ?? (io.terminal ? `${key}.bundle.json` : undefined);
  deliver(io, text, file);
  if (!file) return 0;
  const bytes = Buffer.byteLength(text);
  if (options.json) answer(io, { ok: true, file, bytes });
  else
    say(io, [
      `${io.paint('good', 'Written')} ${clean(file)}, ${bytes.toLocaleString('en')} bytes: everything that the labels of this listing rest on.`,
      `Next, on any machine, without a network: ${kontor('verify', file)}`,
    ]);
  return 0;
}
