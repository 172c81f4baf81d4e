import type { ListingCertification, ListingDetail, ListingSummary } from '../catalogue/listing.ts';
import type { Io } from './io.ts';
import { criteria, type Levels } from './show-label.ts';
import { longLabels, shortLabels } from './show-labels.ts';
import { country, day, shortDigest, shorten, table, time, wrap } from './text.ts';

/** Whose law reaches a listing, in a few words; by what it states of itself. */
export function law({ exposure }: Pick<ListingSummary, 'exposure'>): string {
  if (exposure.outside.length > 0)
    return `law: ${exposure.outside.map(({ country: code, by }) => `${code} by ${by}`).join(', ')}`;
  return exposure.known ? 'law: EU/EEA only, as stated' : 'law: unknown';
}

/** A search hit in a few lines: name and provider, facts, labels, key. */
export function hitLines(io: Io, item: ListingSummary, levels: Levels): string[] {
  const from = item.provider.country ? ` (${item.provider.country})` : '';
  const facts = [
    ...(item.kind === 'participant'
      ? []
      : [item.countries.length > 0 ? `data in ${item.countries.join(', ')}` : 'data location unknown']),
    // A caution names the law in full.
    ...(item.caution ? [] : [law(item)]),
    ...item.certifications.map((certificate) => `${certificate.scheme} ${certificate.basis}`),
  ];
  return [
    `${io.paint('strong', shorten(item.name, 100))}  ${shorten(item.provider.name, 60)}${from}${item.state === 'current' ? '' : `  ${io.paint('attention', item.state)}`}`,
    `  ${wrap(facts.join('; '), io.width, 2)}`,
    ...(item.caution ? [`  ${wrap(`${io.paint('attention', 'Caution:')} ${item.caution}`, io.width, 2)}`] : []),
    `  ${item.labels.length > 0 ? shortLabels(io, item.labels, levels).join('; ') : io.paint('quiet', 'no label')}`,
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
    `${listing.state === 'current' ? io.paint('good', 'current') : io.paint('attention', listing.state)}, ${until}, signature and key verified ${time(listing.verifiedAt)}`,
  ];
  lines.push(listing.status ? wrap(statusLine(io, listing.status), io.width, 0) : 'names no status list');
  if (listing.caution) lines.push('', wrap(`${io.paint('attention', 'Caution:')} ${listing.caution}`, io.width, 0));
  if (listing.description) lines.push('', wrap(shorten(listing.description, 1000), io.width, 0));
  lines.push('', io.paint('strong', 'What buyers ask'), ...answerLines(io, listing));
  lines.push('', io.paint('strong', 'Labels'), ...labels(io, listing, levels));
  if (listing.certifications.length > 0) {
    lines.push('', io.paint('strong', 'Certificates'));
    lines.push(table(listing.certifications.map((one) => certificateRow(listing, one))));
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

/** Whether its issuer still stands behind it, by the status list that the credential names, or by its key. */
function statusLine(io: Io, status: NonNullable<ListingDetail['status']>): string {
  if (status.key !== undefined)
    return `${io.paint('attention', 'counts no more')}: its key ${shorten(status.key, 200)} was revoked on ${time(status.since)}`;
  const { state, since, checkedAt, reason } = status;
  if (state === 'good') return `not revoked, status list read ${time(checkedAt)}`;
  if (state !== 'unknown') return `${io.paint('attention', `${state} by its issuer`)}, seen ${time(since)}`;
  const why = reason ? `: ${shorten(reason, 200)}` : '';
  return `${io.paint('attention', `status unknown since ${time(since)}`)}, list last read ${time(checkedAt)}${why}`;
}

function answerLines(io: Io, { answers }: ListingDetail): string[] {
  const width = Math.max(0, ...answers.map((answer) => answer.question.length));
  const start = 2 + width + 2;
  return answers.map((answer) => {
    const said = answer.basis === 'unknown' ? io.paint('quiet', answer.value) : `${answer.value} (${answer.basis})`;
    return `  ${answer.question.padEnd(width)}  ${wrap(said, io.width, start)}`;
  });
}

function certificateRow({ evidence }: ListingDetail, one: ListingCertification): string[] {
  const body = evidence.find(({ digest }) => digest === one.digest)?.facts.body;
  return [
    [one.scheme, one.level].filter(Boolean).join(' '),
    one.basis,
    one.ended && one.ended !== 'expired' ? `${one.ended} by its issuer` : `until ${day(one.validUntil)}`,
    `${one.scope ? `for "${shorten(one.scope, 100)}", ` : ''}by ${body ? `${shorten(body, 80)} (${one.issuer})` : one.issuer}`,
  ];
}

/** Missing criteria shown where there is no label; `explain` has all. */
const MISSING = 3;

function labels(io: Io, listing: ListingDetail, levels: Levels): string[] {
  if (listing.labels.length > 0) {
    return longLabels(io, listing.labels, levels).map((line) => `  ${line}`);
  }
  const lacking = listing.decisions.flatMap(({ scheme, level, next }) =>
    level === null && next ? [{ name: `${scheme} ${next.level}`, missing: next.missing }] : [],
  );
  return [
    `  ${io.paint('quiet', 'none')}`,
    ...lacking.flatMap(({ name, missing }) => [
      `  Missing for ${name}${missing.length > MISSING ? ` (${MISSING} of ${missing.length})` : ''}`,
      ...criteria(io, missing.slice(0, MISSING), '    '),
    ]),
  ];
}

/** The chain is judged when a version is taken, and not again. */
function certifiedRow({ credential: { anchored } }: ListingDetail): string[][] {
  if (!anchored) return [];
  const { anchor, subject, until } = anchored;
  return [
    ['key certified by', `${anchor} (for ${subject}), until ${day(until)}; as it was when this version was taken`],
  ];
}

function credentialRows(io: Io, listing: ListingDetail): string[][] {
  return [
    ['key', listing.key],
    ['id', listing.id],
    ['type', listing.type],
    ['issuer', listing.provider.did],
    ['signed by', listing.credential.keyId],
    ...certifiedRow(listing),
    ...(listing.credential.keyReadAt ? [['key last read', time(listing.credential.keyReadAt)]] : []),
    ['signed at', time(listing.credential.issuedAt)],
    ['format', `${listing.credential.format}, ${listing.credential.size.toLocaleString('en')} bytes`],
    ['digest', io.terminal ? shortDigest(listing.digest) : listing.digest],
    ...listing.carriedBy.map(({ origin, index, at }) => ['carried by', `${origin}, entry ${index}, ${time(at)}`]),
  ];
}
