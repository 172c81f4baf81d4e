import type { ListingDetail, ListingSummary } from '../catalogue/listing.ts';
import type { Io } from './io.ts';
import { type Levels, mark } from './show-label.ts';
import { country, day, shortDigest, shorten, table, time, wrap } from './text.ts';

/** Whose law reaches a listing, in a few words. */
export function law({ exposure }: Pick<ListingSummary, 'exposure'>): string {
  if (exposure.outside.length > 0)
    return `law: ${exposure.outside.map(({ country: code, by }) => `${code} by ${by}`).join(', ')}`;
  return exposure.known ? 'law: EU/EEA only' : 'law: unknown';
}

/** A search hit in a few lines: name and provider, facts, labels, key. */
export function hitLines(io: Io, item: ListingSummary, levels: Levels): string[] {
  const from = item.provider.country ? ` (${item.provider.country})` : '';
  const facts = [
    ...(item.kind === 'participant'
      ? []
      : [item.countries.length > 0 ? `data in ${item.countries.join(', ')}` : 'data location unknown']),
    law(item),
    ...item.certifications.map((certificate) => `${certificate.scheme} ${certificate.basis}`),
  ];
  return [
    `${io.paint('strong', shorten(item.name, 100))}  ${shorten(item.provider.name, 60)}${from}${item.state === 'current' ? '' : `  ${io.paint('attention', item.state)}`}`,
    `  ${wrap(facts.join('; '), io.width, 2)}`,
    `  ${item.labels.length > 0 ? item.labels.map((label) => mark(io, levels, label)).join('; ') : io.paint('quiet', 'no label')}`,
    `  ${io.paint('quiet', `key ${item.key}`)}`,
  ];
}

/** All of one listing for people. */
export function listingLines(io: Io, listing: ListingDetail, levels: Levels): string[] {
  const until =
    listing.state === 'current'
      ? `valid until ${time(listing.validUntil)}`
      : `was valid until ${time(listing.validUntil)}`;
  const lines = [
    io.paint('strong', shorten(listing.name, 200)),
    `${shorten(listing.provider.name, 100)}${listing.provider.country ? `, ${country(listing.provider.country)}` : ''}`,
    `${listing.state === 'current' ? io.paint('good', 'current') : io.paint('attention', listing.state)}, ${until}, verified ${time(listing.verifiedAt)}`,
  ];
  if (listing.caution) lines.push('', wrap(`${io.paint('attention', 'Caution:')} ${listing.caution}`, io.width, 0));
  if (listing.description) lines.push('', wrap(shorten(listing.description, 1000), io.width, 0));
  lines.push('', io.paint('strong', 'What buyers ask'), ...answerLines(io, listing));
  lines.push('', io.paint('strong', 'Labels'), ...labels(io, listing, levels));
  if (listing.certifications.length > 0) {
    lines.push('', io.paint('strong', 'Certificates'));
    lines.push(
      table(
        listing.certifications.map((one) => [
          one.scheme,
          one.level ?? '',
          one.basis,
          `until ${day(one.validUntil)}`,
          `by ${one.issuer}`,
        ]),
      ),
    );
  }
  lines.push('', io.paint('strong', 'Credential'), table(credentialRows(io, listing)));
  if (listing.versions.length > 1 || listing.state !== 'current') {
    lines.push(
      '',
      io.paint('strong', 'History'),
      ...listing.versions.map((version) => `  ${time(version.at)}  ${wrap(version.sentence, io.width, 25)}`),
    );
  }
  return lines;
}

function answerLines(io: Io, { answers }: ListingDetail): string[] {
  const width = Math.max(0, ...answers.map((answer) => answer.question.length));
  const start = 2 + width + 2;
  return answers.map((answer) => {
    const said = answer.basis === 'unknown' ? io.paint('quiet', answer.value) : `${answer.value} (${answer.basis})`;
    return `  ${answer.question.padEnd(width)}  ${wrap(said, io.width, start)}`;
  });
}

function labels(io: Io, listing: ListingDetail, levels: Levels): string[] {
  if (listing.labels.length === 0) return [`  ${io.paint('quiet', 'none')}`];
  return listing.labels.map((label) => `  ${mark(io, levels, label)}, by ${label.by}, until ${day(label.validUntil)}`);
}

function credentialRows(io: Io, listing: ListingDetail): string[][] {
  return [
    ['key', listing.key],
    ['id', listing.id],
    ['type', listing.type],
    ['issuer', listing.provider.did],
    ['signed by', listing.credential.keyId],
    ['signed at', time(listing.credential.issuedAt)],
    ['format', `${listing.credential.format}, ${listing.credential.size.toLocaleString('en')} bytes`],
    ['digest', io.terminal ? shortDigest(listing.digest) : listing.digest],
    ...listing.carriedBy.map(({ origin, index, at }) => ['carried by', `${origin}, entry ${index}, ${time(at)}`]),
  ];
}
