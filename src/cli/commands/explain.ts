import type { ExplainedDecision, ExplainedLabel } from '../../catalogue/explain.ts';
import type { LabelChange } from '../../catalogue/label-history.ts';
import type { ListingDetail } from '../../catalogue/listing.ts';
import type { PlannedOutcome } from '../../catalogue/planned.ts';
import { issuerWords } from '../../compliance/evidence-words.ts';
import type { Scheme } from '../../compliance/scheme.ts';
import { ask } from '../client.ts';
import { type ExitCode, Failure } from '../failure.ts';
import { findListing } from '../find-listing.ts';
import type { Io } from '../io.ts';
import { levelsOf } from '../levels.ts';
import { trustOf } from '../listed.ts';
import { answer, say } from '../output.ts';
import { kontor, nodeOption } from '../printed-command.ts';
import { decisionLines, type Said, witnessWords } from '../show-decision.ts';
import { mark } from '../show-label.ts';
import { outcomeLines } from '../show-rehearsal.ts';
import { cleanDeep, day, time, wrap } from '../text.ts';

export async function explain(
  io: Io,
  name: string,
  options: { scheme?: string; at?: Date; node?: string; issuer?: string; json?: boolean },
): Promise<ExitCode> {
  const { key, node } = await findListing(io, name, options);
  const query = new URLSearchParams(options.scheme ? { scheme: options.scheme } : {});
  if (options.at) return explainAt(io, node, key, options.at, query, options);
  const decisions = await ask<ExplainedDecision[]>(io, node, `/api/v1/listings/${key}/explain`, { query });
  const none = options.scheme !== undefined && decisions.length === 0;
  if (options.json && !none) {
    answer(io, decisions);
    return 0;
  }
  const listing = await ask<ListingDetail>(io, node, `/api/v1/listings/${key}`);
  const said = await saidOf(io, node, listing);
  const ended = endedLine(listing);
  if (none && !ended) throw nothingSaid(options.scheme!, cleanDeep(listing), said);
  if (ended && options.json) throw new Failure(1, 'not-found', ended);
  const changes = await changesOf(io, node, key, options.scheme);
  if (ended)
    say(io, [ended, ...historyLines(io, changes), '', `Next: ${kontor('show', key, ...nodeOption(io, node))}`]);
  else {
    const planned = await plannedOf(io, node, key, options.scheme);
    say(io, [
      ...(decisions.length === 0
        ? ['No scheme of this node grades listings of this kind.']
        : cleanDeep(decisions).flatMap((decision, at) => [
            ...(at > 0 ? [''] : []),
            ...decisionLines(io, decision, said),
          ])),
      ...plannedLines(io, planned),
      ...historyLines(io, changes),
    ]);
  }
  return 0;
}

/** What the node calls its schemes and those whom it trusts. */
async function saidOf(io: Io, node: string, { evidence }: ListingDetail): Promise<Said> {
  const [{ items: schemes }, trust = []] = await Promise.all([
    ask<{ items: Scheme[] }>(io, node, '/api/v1/schemes'),
    trustOf(io, node),
  ]);
  return { levels: levelsOf(io), names: cleanDeep({ schemes, trust }), evidence: cleanDeep(evidence) };
}

/** Why a scheme decides nothing about a listing. Of certificates one may have been held once. */
function nothingSaid(id: string, { name, certifications }: ListingDetail, { names }: Said): Failure {
  const scheme = names.schemes.find((one) => one.id === id)!;
  const about = `Nothing is decided about "${name}" under ${scheme.name} (${id})`;
  const why = () => {
    if (scheme.kind === 'answers')
      return 'nobody has answered its questions. The listing holds no kontor:sealAssessment, and no assessment by others is held';
    if (scheme.kind !== 'certificates') return scheme.notApplicable.replace(/\.$/, '');
    const none = `no ${scheme.document} is held that is about it or its provider and in force`;
    const outlook = scheme.never ?? scheme.readiness;
    const lapsed = certifications
      .filter((one) => one.scheme === (scheme.certificate ?? id) && one.basis === 'lapsed')
      .map(({ scope, issuer, validUntil, ended }) => {
        const how = !ended || ended === 'expired' ? `lapsed on ${day(validUntil)}` : `was ${ended} by its issuer`;
        return `One ${how}: ${scope ? `for "${scope}", ` : ''}by ${issuerWords(issuer, names)}`;
      });
    return [none, ...lapsed, ...(outlook ? [outlook.replace(/\.$/, '')] : [])].join('. ');
  };
  return new Failure(1, 'not-found', `${about}: ${why()}.`, 'Leave --scheme out to see what is decided.');
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
    const said = await saidOf(io, node, await ask<ListingDetail>(io, node, `/api/v1/listings/${key}`));
    say(
      io,
      labels.length === 0
        ? [`This node gave no label that held at ${time(at.toISOString())}.`]
        : cleanDeep(labels).flatMap((label, place) => [
            ...(place > 0 ? [''] : []),
            `${mark(io, said.levels, label as Parameters<typeof mark>[2])} (since ${time(label.since)}${label.edition ? `, edition ${label.edition}` : ''})`,
            label.ended ? `Ended ${time(label.until)}: ${label.ended}` : 'It holds still.',
            ...label.criteria.map(
              ({ id, result, basis, by }) =>
                `  ${wrap(`${id}  ${result}${result === 'met' ? ` (${basis})` : ''}${by.length > 0 ? `, by ${by.map((one) => witnessWords(one, said)).join('; ')}` : ''}`, io.width, 6, 2)}`,
            ),
          ]),
    );
  }
  return 0;
}

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
