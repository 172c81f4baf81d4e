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
import { clean, count, shell, time } from '../text.ts';

interface Options extends CandidateOptions {
  grace?: number;
  from?: Date;
  list?: boolean;
  cancel?: string;
  json?: boolean;
}

const DAY_MS = 86_400_000;

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
  const problems = later ? [] : enactPlan(config, plan);
  if (problems.length > 0) throw notDone(config, plan, problems);
  const { summary } = plan;
  if (options.json) answer(io, { ok: true, changed: !later, plan });
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
            `What was replaced is kept in ${config.data}/enacted/${plan.id}, by its digest.`,
          ]),
    ]);
  return 0;
}

function notDone(config: Config, { id }: Plan, problems: string[]): Failure {
  cancelPlan(config, id);
  return new Failure(1, 'conflict', `Nothing was put in force: ${problems.join('; ')}.`, 'Rehearse it again.');
}

function list(io: Io, config: Config, { json }: Options): ExitCode {
  const items = readPlans(config).map((plan) => ({ ...plan, conflicts: conflictsOf(config, plan) }));
  const enacted = readPlans(config, 'enacted');
  if (json) {
    answer(io, { ok: true, items, enacted });
    return 0;
  }
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
          ...enacted.slice(-5).flatMap((plan) => [`  ${clean(plan.id)}`, ...planLines(plan, '    ')]),
        ]
      : []),
  ]);
  return 0;
}

function planLines({ changes, summary }: Plan, indent = '  '): string[] {
  const sum = (effect: 'gains' | 'loses') => summary.schemes.reduce((all, one) => all + one[effect], 0);
  return [
    ...changes.map((change) => `${indent}${changeLine(change)}`),
    `${indent}${sum('gains').toLocaleString('en')} gain, ${sum('loses').toLocaleString('en')} lose, ${(summary.refused.listings + summary.refused.evidence).toLocaleString('en')} could not be renewed`,
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
