import type { ListingDetail } from '../../catalogue/listing.ts';
import type { CriterionResult, Decision } from '../../compliance/decision.ts';
import { ask } from '../client.ts';
import { type ExitCode, Failure } from '../failure.ts';
import { findListing } from '../find-listing.ts';
import type { Io } from '../io.ts';
import { levelsOf } from '../levels.ts';
import { answer, say } from '../output.ts';
import { kontor, nodeOption } from '../printed-command.ts';
import { criteria, type Levels, mark } from '../show-label.ts';
import { cleanDeep, count, time } from '../text.ts';

export async function explain(
  io: Io,
  name: string,
  options: { scheme?: string; node?: string; issuer?: string; json?: boolean },
): Promise<ExitCode> {
  const { key, node } = await findListing(io, name, options);
  const query = new URLSearchParams(options.scheme ? { scheme: options.scheme } : {});
  const decisions = await ask<Decision[]>(io, node, `/api/v1/listings/${key}/explain`, { query });
  if (options.scheme && decisions.length === 0) {
    throw new Failure(
      1,
      'not-found',
      `${node} has no decision under the scheme "${options.scheme}" for this listing.`,
      'Leave --scheme out to see all.',
    );
  }
  const ended = options.json ? undefined : endedLine(await ask<ListingDetail>(io, node, `/api/v1/listings/${key}`));
  if (options.json) answer(io, decisions);
  else if (ended) say(io, [ended, `Next: ${kontor('show', key, ...nodeOption(io, node))}`]);
  else {
    const levels = levelsOf(io);
    const decided = decisions.some(isComplete) ? await decidedLevels(io, node) : {};
    say(
      io,
      decisions.length === 0
        ? ['No scheme of this node grades listings of this kind.']
        : cleanDeep(decisions).flatMap((decision, at) => [
            ...(at > 0 ? [''] : []),
            ...lines(io, decision, levels, decided[decision.scheme]),
          ]),
    );
  }
  return 0;
}

/** What was decided of a listing says nothing any more once its provider or issuer ended it, or its time did. */
function endedLine({ state, status, validUntil, versions }: ListingDetail): string | undefined {
  if (state === 'expired') return `Expired on ${time(validUntil)}; no label counts.`;
  const ended = {
    revoked: 'Revoked by its issuer',
    suspended: 'Suspended by its issuer',
    'status-unknown': 'Status unknown',
  };
  if (state in ended && status)
    return `${ended[state as keyof typeof ended]}, seen ${time(status.since)}; no label counts.`;
  if (state !== 'withdrawn') return undefined;
  const at = versions.filter((version) => version.state === 'withdrawn').map((version) => version.at);
  return `Withdrawn on ${time(at.sort().at(-1))}; no label counts.`;
}

const open = ({ result }: CriterionResult) => result === 'unmet' || result === 'unknown';

const isComplete = ({ level, next }: Decision) => level !== null && next === null;

/** The levels that this node can decide, by scheme. */
async function decidedLevels(io: Io, node: string): Promise<Record<string, string[]>> {
  type Schemes = { items: { id: string; levels: { id: string; decided: boolean }[] }[] };
  const { items } = cleanDeep(await ask<Schemes>(io, node, '/api/v1/schemes'));
  return Object.fromEntries(
    items.map(({ id, levels }) => [id, levels.filter(({ decided }) => decided).map((level) => level.id)]),
  );
}

/** What is missing comes first: it is what people came for. */
function lines(io: Io, decision: Decision, levels: Levels, decided: string[] = []): string[] {
  const { scheme, edition, level, basis, next, validUntil } = decision;
  const until = level ? `; holds until ${time(validUntil)}` : '';
  const missing = next?.missing ?? decision.criteria.filter(open);
  const rest = decision.criteria.filter((one) => !missing.some((other) => other.id === one.id));
  return [
    `${mark(io, levels, { scheme, level, basis })} (edition ${edition}${until})`,
    ...(missing.length > 0
      ? [
          '',
          io.paint(
            'strong',
            `Missing for ${next?.level ?? 'a level'}: ${count(missing.length, 'criterion', 'criteria')}`,
          ),
          ...criteria(io, missing),
        ]
      : []),
    ...(isComplete(decision)
      ? ['', `Nothing is missing for the levels this node can decide (${decided.join(', ')}).`]
      : []),
    ...(rest.length > 0
      ? ['', io.paint('strong', level ? `Criteria of ${level}` : 'Other criteria'), ...criteria(io, rest)]
      : []),
  ];
}
