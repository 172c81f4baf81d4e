import type { ListingDetail } from '../../catalogue/listing.ts';
import { ask } from '../client.ts';
import type { ExitCode } from '../failure.ts';
import { findListing } from '../find-listing.ts';
import type { Io } from '../io.ts';
import { levelsOf } from '../levels.ts';
import { answer, say } from '../output.ts';
import { kontor, kontorCheck, nodeOption } from '../printed-command.ts';
import { listingLines } from '../show-listing.ts';
import { cleanDeep } from '../text.ts';

export async function show(
  io: Io,
  name: string,
  options: { node?: string; issuer?: string; json?: boolean },
): Promise<ExitCode> {
  const { key, node } = await findListing(io, name, options);
  const listing = await ask<ListingDetail>(io, node, `/api/v1/listings/${key}`);
  if (options.json) answer(io, listing);
  else {
    say(io, [
      ...listingLines(io, cleanDeep(listing), levelsOf(io)),
      '',
      `Verify it yourself: ${kontorCheck(`${node}/listings/${key}`)}`,
      `Next: ${kontor('explain', key, ...nodeOption(io, node))}`,
    ]);
  }
  return 0;
}
