import type { ListingDetail } from '../../catalogue/listing.ts';
import { ask, nodeUrl } from '../client.ts';
import type { ExitCode } from '../failure.ts';
import type { Io } from '../io.ts';
import { levelsOf } from '../levels.ts';
import { requireListing } from '../listing-name.ts';
import { answer, say } from '../output.ts';
import { listingLines } from '../show-listing.ts';
import { cleanDeep, shell } from '../text.ts';

export async function show(io: Io, name: string, options: { node?: string; json?: boolean }): Promise<ExitCode> {
  const { key, node: named } = requireListing(name);
  const node = nodeUrl(io, options.node ?? named);
  const listing = await ask<ListingDetail>(io, node, `/api/v1/listings/${key}`);
  if (options.json) answer(io, listing);
  else {
    say(io, [
      ...listingLines(io, cleanDeep(listing), levelsOf(io)),
      '',
      `Verify it yourself: kontor check ${shell(`${node}/listings/${key}`)}`,
      `Next: kontor explain ${shell(key)} --node ${shell(node)}`,
    ]);
  }
  return 0;
}
