import { join } from 'node:path';
import {
  cancelPlan,
  conflictsOf,
  enactPlan,
  MAX_PLANS,
  makePlan,
  type Plan,
  readPlans,
} from '../../catalogue/planned.ts';
import { type Config, readConfig } from '../../config.ts';
import { type CandidateOptions, readCandidate, rehearsed } from '../candidate.ts';
import { type ExitCode, Failure, wrongUsage } from '../failure.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { changeLine, createShown, rehearsalLines } from '../show-rehearsal.ts';
import { spoiledPlans } from '../spoiled-plans.ts';
import { clean, count, shell, time } from '../text.ts';

interface Options extends CandidateOptions {
  grace?: number;
  from?: Date;
  list?: boolean;
  cancel?: string;
  json?: boolean;
}

const DAY_MS = 86_400_000;
/** So many that are in force are listed, the newest first. */
const MAX_ENACTED = 5;

/** Rehearses other conditions and puts them in force: now, or on a day to come. */
export async function enact(io: Io, options: Options): Promise<ExitCode> {
  const config = readConfig(io.env);
  if (options.list) return list(io, config, options);
  if (options.cancel !== undefined) return cancel(io, config, options.cancel, options);
  const now = io.now();
  const from = options.from ?? (options.grace === undefined ? now : new Date(now.getTime() + options.grace * DAY_MS));
  if (options.from && options.grace !== undefined)
    throw wrongUsage('--grace and --from both say when.', 'Give one of them.');
  if (from < now)
    throw wrongUsage(`${time(from.toISOString())} is over.`, 'Give a day to come, or neither for at once.');
  const later = from > now;
  const waiting = readPlans(config).length;
  if (later && waiting >= MAX_PLANS)
    throw new Failure(
      1,
      'unavailable',
      `${count(waiting, 'plan')} wait for their day.`,
      'Cancel one: kontor enact --list',
    );
  const candidate = await readCandidate(io, config, options);
  const { changes, files, former } = candidate;
  if (changes.length === 0) {
    if (options.json) answer(io, { ok: true, changed: false, changes });
    else say(io, ['It is in force already, just so; nothing was changed.']);
    return 0;
  }
  const shown = createShown();
  const given = { from: from.toISOString(), created: now.toISOString(), changes };
  const plan = await makePlan(config, given, files, former, (tell) =>
    rehearsed(
      io,
      config,
      candidate,
      (outcome) => {
        shown.add(outcome);
        tell(outcome);
      },
      from,
    ),
  );
  const problems = later ? [] : enactPlan(config, plan, now);
  if (problems.length > 0) throw notDone(config, plan, problems);
  const { summary } = plan;
  const doubts = later ? rivals(config, plan) : spoiledPlans(config);
  const back = later ? undefined : wayBack(config, plan);
  if (options.json) answer(io, { ok: true, changed: !later, plan, doubts, ...(back ? { back } : {}) });
  else
    say(io, [
      ...rehearsalLines(io, { changes, shown: shown.list(), summary }),
      '',
      ...(later
        ? [
            `${io.paint('good', 'Planned')} ${plan.id}: in force from ${time(plan.from)}; until then the node shows it at /api/v1/planned.`,
            `Next: ./kontor enact --list; taken back by ./kontor enact --cancel ${shell(plan.id)}`,
          ]
        : [
            `${io.paint('good', 'In force')}. A running node takes it into account within seconds.`,
            ...(back ? [`The way back: ${back}`] : []),
          ]),
      ...doubts.map((doubt) => `${io.paint('attention', '!')}  ${clean(doubt)}.`),
    ]);
  return 0;
}

/** Plans for the same thing: once one is in force, the others are in conflict with it. */
const rivals = (config: Config, { id, changes }: Plan): string[] =>
  readPlans(config)
    .filter((other) => other.id !== id)
    .flatMap((other) =>
      changes
        .filter(({ what, name }) => other.changes.some((one) => one.what === what && one.name === name))
        .map(
          ({ what, name }) =>
            `${what === 'policy' ? 'The policy' : `${what} ${name}`} is changed by the plan ${other.id} too, from ${time(other.from)}: only one of them can be put in force`,
        ),
    );

/** The command that puts back what a plan replaced; undefined where no command can. */
function wayBack({ data }: Config, { id, changes }: Plan): string | undefined {
  const options = changes.map(({ what, name, digest, was }) => {
    const file = was && join(data, 'enacted', id, was);
    if (what === 'policy') return file && `--policy ${shell(file)}`;
    if (what === 'scheme') return file ? `--scheme ${shell(file)}` : `--without-scheme ${name}`;
    if (was !== null) return `--${what} ${shell(`${name}=${file}`)}`;
    // A set is taken away with its ontology.
    if (digest && changes.some((one) => one.what === 'shapes' && one.name === name && one.was === null))
      return what === 'shapes' ? `--without-shapes ${name}` : '';
    return null;
  });
  return options.includes(null) ? undefined : `./kontor enact ${options.filter(Boolean).join(' ')}`;
}

function notDone(config: Config, { id }: Plan, problems: string[]): Failure {
  cancelPlan(config, id);
  return new Failure(1, 'conflict', `Nothing was put in force: ${problems.join('; ')}.`, 'Rehearse it again.');
}

function list(io: Io, config: Config, { json }: Options): ExitCode {
  const items = readPlans(config).map((plan) => ({ ...plan, conflicts: conflictsOf(config, plan) }));
  const enacted = readPlans(config, 'enacted').sort((one, other) => (since(one) < since(other) ? 1 : -1));
  if (json) {
    answer(io, { ok: true, items, enacted });
    return 0;
  }
  const back = enacted[0] && wayBack(config, enacted[0]);
  say(io, [
    ...(items.length === 0 ? ['Nothing is planned.'] : []),
    ...items.flatMap((plan) => [
      `${io.paint('strong', clean(plan.id))}  from ${time(plan.from)}, planned ${time(plan.created)}`,
      ...planLines(plan),
      ...plan.conflicts.map((conflict) => `  ${io.paint('bad', '!')}  ${clean(conflict)}`),
      ...(plan.conflicts.length > 0
        ? ['  It will not be put in force so. Put back what was there, or cancel it and plan anew what is meant now.']
        : []),
    ]),
    ...(enacted.length > 0
      ? [
          '',
          io.paint('strong', 'In force'),
          ...enacted
            .slice(0, MAX_ENACTED)
            .flatMap((plan) => [`  ${clean(plan.id)}  since ${time(since(plan))}`, ...planLines(plan, '    ')]),
          ...(back ? [`The way back from ${clean(enacted[0]!.id)}: ${back}`] : []),
        ]
      : []),
  ]);
  return 0;
}

/** When a plan came into force. */
const since = ({ enacted, from }: Plan): string => enacted ?? from;

function planLines({ changes, summary }: Plan, indent = '  '): string[] {
  const sum = (effect: 'gains' | 'loses') => summary.schemes.reduce((all, one) => all + one[effect], 0);
  return [
    ...changes.map((change) => `${indent}${changeLine(change)}`),
    `${indent}${count(sum('gains'), 'listing gains', 'listings gain')}, ${count(sum('loses'), 'listing loses', 'listings lose')}, ${(summary.refused.listings + summary.refused.evidence).toLocaleString('en')} could not be renewed`,
  ];
}

function cancel(io: Io, config: Config, id: string, { json }: Options): ExitCode {
  if (!cancelPlan(config, id))
    throw new Failure(
      1,
      'not-found',
      `Nothing of the name ${clean(id)} is planned.`,
      'kontor enact --list shows what is.',
    );
  if (json) answer(io, { ok: true, cancelled: id });
  else say(io, [`Cancelled: ${clean(id)}. What is in force stays.`]);
  return 0;
}
