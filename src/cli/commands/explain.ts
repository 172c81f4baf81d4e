import type { ExplainedDecision, ExplainedLabel } from '../../catalogue/explain.ts';
import type { LabelChange } from '../../catalogue/label-history.ts';
import type { ListingDetail } from '../../catalogue/listing.ts';
import type { PlannedOutcome } from '../../catalogue/planned.ts';
import type { CriterionResult, Decision } from '../../compliance/decision.ts';
import { ask } from '../client.ts';
import { type ExitCode, Failure } from '../failure.ts';
import { findListing } from '../find-listing.ts';
import type { Io } from '../io.ts';
import { levelsOf } from '../levels.ts';
import { answer, say } from '../output.ts';
import { kontor, nodeOption } from '../printed-command.ts';
import { criteria, type Levels, mark } from '../show-label.ts';
import { outcomeLines } from '../show-rehearsal.ts';
import { cleanDeep, count, day, time, wrap } from '../text.ts';

export async function explain(
  io: Io,
  name: string,
  options: { scheme?: string; at?: Date; node?: string; issuer?: string; json?: boolean },
): Promise<ExitCode> {
  const { key, node } = await findListing(io, name, options);
  const query = new URLSearchParams(options.scheme ? { scheme: options.scheme } : {});
  if (options.at) return explainAt(io, node, key, options.at, query, options);
  const decisions = await ask<ExplainedDecision[]>(io, node, `/api/v1/listings/${key}/explain`, { query });
  if (options.scheme && decisions.length === 0) {
    throw new Failure(
      1,
      'not-found',
      `${node} has no decision under the scheme "${options.scheme}" for this listing.`,
      'Leave --scheme out to see all.',
    );
  }
  const ended = options.json ? undefined : endedLine(await ask<ListingDetail>(io, node, `/api/v1/listings/${key}`));
  const changes = options.json ? [] : await changesOf(io, node, key, options.scheme);
  const planned = options.json || ended ? [] : await plannedOf(io, node, key, options.scheme);
  if (options.json) answer(io, decisions);
  else if (ended)
    say(io, [ended, ...historyLines(io, changes), '', `Next: ${kontor('show', key, ...nodeOption(io, node))}`]);
  else {
    const levels = levelsOf(io);
    const decided = decisions.some(isComplete) ? await decidedLevels(io, node) : {};
    say(io, [
      ...(decisions.length === 0
        ? ['No scheme of this node grades listings of this kind.']
        : cleanDeep(decisions).flatMap((decision, at) => [
            ...(at > 0 ? [''] : []),
            ...lines(io, decision, levels, decided[decision.scheme]),
          ])),
      ...plannedLines(io, planned),
      ...historyLines(io, changes),
    ]);
  }
  return 0;
}

/** Which labels of the node held at a time, by what, and how each ended. */
async function explainAt(
  io: Io,
  node: string,
  key: string,
  at: Date,
  query: URLSearchParams,
  { json }: { json?: boolean },
): Promise<ExitCode> {
  query.set('at', at.toISOString());
  const labels = await ask<ExplainedLabel[]>(io, node, `/api/v1/listings/${key}/explain`, { query });
  if (json) answer(io, labels);
  else {
    const levels = levelsOf(io);
    say(
      io,
      labels.length === 0
        ? [`This node gave no label that held at ${time(at.toISOString())}.`]
        : cleanDeep(labels).flatMap((label, place) => [
            ...(place > 0 ? [''] : []),
            `${mark(io, levels, label as Parameters<typeof mark>[2])} (since ${time(label.since)}${label.edition ? `, edition ${label.edition}` : ''})`,
            label.ended ? `Ended ${time(label.until)}: ${label.ended}` : 'It holds still.',
            ...label.criteria.map(
              ({ id, result, basis, by }) =>
                `  ${wrap(`${id}  ${result}${result === 'met' ? ` (${basis})` : ''}${by.length > 0 ? `, by ${by.map(witness).join('; ')}` : ''}`, io.width, 6, 2)}`,
            ),
          ]),
    );
  }
  return 0;
}

const witness = ({ type, issuer, validUntil }: ExplainedLabel['criteria'][number]['by'][number]): string =>
  `${type} by ${issuer} until ${day(validUntil)}`;

/** The changes of the labels, of one scheme where one is named. */
async function changesOf(io: Io, node: string, key: string, scheme: string | undefined): Promise<LabelChange[]> {
  const { items } = await ask<{ items: LabelChange[] }>(io, node, `/api/v1/listings/${key}/labels/changes`);
  return items.filter((change) => !scheme || change.scheme === scheme);
}

/** What the operator of the node has planned, as far as it changes something for the listing. */
async function plannedOf(io: Io, node: string, key: string, scheme: string | undefined): Promise<PlannedOutcome[]> {
  const { items } = await ask<{ items: PlannedOutcome[] }>(io, node, `/api/v1/listings/${key}/planned`);
  return items.filter((one) => !scheme || one.effect === 'refused' || one.scheme === scheme);
}

function plannedLines(io: Io, planned: PlannedOutcome[]): string[] {
  if (planned.length === 0) return [];
  return [
    '',
    io.paint('strong', 'Planned by the operator of this node'),
    ...cleanDeep(planned).flatMap((one) => [`  from ${time(one.plan.from)}:`, ...outcomeLines(io, one, '    ', true)]),
  ];
}

const MAX_CHANGES = 10;

function historyLines(io: Io, changes: LabelChange[]): string[] {
  if (changes.length === 0) return [];
  const shown = cleanDeep(changes).toReversed().slice(0, MAX_CHANGES);
  return [
    '',
    io.paint('strong', 'History of labels'),
    ...shown.map(({ at, scheme, reason }) => `  ${wrap(`${time(at)}  ${scheme}: ${reason}`, io.width, 6, 2)}`),
    ...(changes.length > shown.length ? [`  and ${changes.length - shown.length} before`] : []),
  ];
}

/** What was decided of a listing says nothing any more once its provider or issuer ended it, or its time did. */
function endedLine({ state, status, validUntil, versions }: ListingDetail): string | undefined {
  if (state === 'expired') return `Expired on ${time(validUntil)}; no label counts.`;
  const ended = {
    revoked: 'Revoked by its issuer',
    suspended: 'Suspended by its issuer',
    'status-unknown': 'Status unknown',
  };
  if (status?.key !== undefined)
    return `Ended with its key ${status.key}, which was revoked on ${time(status.since)}; no label counts.`;
  if (state in ended && status)
    return `${ended[state as keyof typeof ended]}, seen ${time(status.since)}; no label counts.`;
  if (state !== 'withdrawn') return undefined;
  const at = versions.filter((version) => version.state === 'withdrawn').map((version) => version.at);
  return `Withdrawn on ${time(at.sort().at(-1))}; no label counts.`;
}

const open = ({ result }: CriterionResult) => result === 'unmet' || result === 'unknown';

const isComplete = ({ level, next }: Pick<Decision, 'level' | 'next'>) => level !== null && next === null;

/** The levels that this node can decide, by scheme. */
async function decidedLevels(io: Io, node: string): Promise<Record<string, string[]>> {
  type Schemes = { items: { id: string; levels: { id: string; decided: boolean }[] }[] };
  const { items } = cleanDeep(await ask<Schemes>(io, node, '/api/v1/schemes'));
  return Object.fromEntries(
    items.map(({ id, levels }) => [id, levels.filter(({ decided }) => decided).map((level) => level.id)]),
  );
}

/** What others vouch for is said with its end; the provider's own claims end with the listing. */
const withWitnesses = (one: ExplainedDecision['criteria'][number]): CriterionResult => {
  const vouched = one.by.filter(({ kind }) => kind === 'evidence');
  return vouched.length === 0 ? one : { ...one, why: `${one.why} [${vouched.map(witness).join('; ')}]` };
};

/** What is missing comes first: it is what people came for. */
function lines(io: Io, decision: ExplainedDecision, levels: Levels, decided: string[] = []): string[] {
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
          ...criteria(io, missing.map(withWitnesses)),
        ]
      : []),
    ...(isComplete(decision)
      ? ['', `Nothing is missing for the levels this node can decide (${decided.join(', ')}).`]
      : []),
    ...(rest.length > 0
      ? [
          '',
          io.paint('strong', level ? `Criteria of ${level}` : 'Other criteria'),
          ...criteria(io, rest.map(withWitnesses)),
        ]
      : []),
  ];
}
