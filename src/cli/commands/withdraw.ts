import type { ListingDetail } from '../../catalogue/listing.ts';
import { listingKey } from '../../catalogue/listing.ts';
import { signJwt } from '../../credentials/issuing/sign.ts';
import { completeClaim, KONTOR, VC } from '../claim.ts';
import { ask, nodeUrl, submit } from '../client.ts';
import { type ExitCode, Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { signingKey } from '../key.ts';
import { listingAt } from '../listing-name.ts';
import { answer, say } from '../output.ts';
import { judgementLines } from '../show-judgement.ts';
import { clean, cleanDeep, time } from '../text.ts';

interface Options {
  key?: string;
  node?: string;
  reason?: string;
  json?: boolean;
}

const YEAR_DAYS = 365;
const DAY_MS = 86_400_000;

export async function withdraw(io: Io, name: string, options: Options): Promise<ExitCode> {
  const signer = signingKey(io, options.key);
  const named = listingAt(name);
  const node = nodeUrl(io, options.node ?? named?.node);
  const listing = await ask<ListingDetail>(
    io,
    node,
    `/api/v1/listings/${named?.key ?? listingKey(name, signer.did)}`,
  ).catch((error: unknown) => {
    if (!(error instanceof Failure && error.code === 'not-found')) throw error;
    throw new Failure(
      1,
      'not-found',
      `${node} holds no listing ${name}${named ? '' : ` by ${signer.did}`}.`,
      'Name its subject id or its key, and sign with the key of its issuer.',
    );
  });
  if (listingKey(listing.id, signer.did) !== listing.key) {
    throw new Failure(
      1,
      'issuer',
      `${listing.id} was not published by ${signer.did}; only its issuer can withdraw it.`,
      'Sign with the key of its issuer.',
    );
  }
  if (listing.state === 'withdrawn') {
    const since = listing.versions.find(({ state }) => state === 'withdrawn')?.at;
    const { key, id, type, name } = listing;
    if (options.json)
      answer(io, { ok: true, known: true, kind: 'withdrawal', listing: { key, id, type, name }, since });
    else say(io, [`"${clean(name)}" was withdrawn already, on ${time(since)}; nothing was sent to ${node}.`]);
    return 0;
  }
  const now = io.now();
  // It must outlive what it ends, or the listing would come back.
  const left = Math.ceil((Date.parse(listing.validUntil) - now.getTime()) / DAY_MS) + 1;
  const claim = {
    '@context': [VC, KONTOR],
    type: ['VerifiableCredential', 'ListingWithdrawal'],
    credentialSubject: { id: listing.id, ...(options.reason ? { 'kontor:reason': options.reason } : {}) },
  };
  const signed = await signJwt(completeClaim(claim, signer.did, now, Math.max(YEAR_DAYS, left)), signer);
  const judgement = await submit(io, node, '/api/v1/credentials', {
    name,
    bytes: Buffer.from(signed),
    mediaType: 'application/vc+jwt',
  });
  if (options.json) answer(io, judgement);
  else {
    const title = clean(listing.name);
    say(io, [
      ...judgementLines(io, cleanDeep(judgement), title, {}),
      '',
      judgement.ok ? `"${title}" is withdrawn at ${node}; its history stays readable.` : `"${title}" is still listed.`,
    ]);
  }
  return judgement.ok ? 0 : 1;
}
