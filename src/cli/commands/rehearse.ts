import type { Outcome } from '../../catalogue/outcomes.ts';
import { readConfig } from '../../config.ts';
import { type CandidateOptions, readCandidate, rehearsed } from '../candidate.ts';
import { type ExitCode, wrongUsage } from '../failure.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { createShown, rehearsalLines } from '../show-rehearsal.ts';
import { safeJson, time } from '../text.ts';

/** Says what other conditions would do to everything that is held. Writes nothing. */
export async function rehearseCandidate(
  io: Io,
  options: CandidateOptions & { from?: Date; json?: boolean },
): Promise<ExitCode> {
  const config = readConfig(io.env);
  if (options.from && options.from < io.now())
    throw wrongUsage(`${time(options.from.toISOString())} is over.`, 'Give a day to come, or none for now.');
  const candidate = await readCandidate(io, config, options);
  const { changes } = candidate;
  if (changes.length === 0) {
    if (options.json) answer(io, { ok: true, changes, outcomes: [] });
    else say(io, ['It is in force already, just so: nothing changes.']);
    return 0;
  }
  if (options.json) {
    // Written as it comes: there may be more than memory holds.
    io.out(`{"ok":true,"changes":${safeJson(changes, 0)},"outcomes":[`);
    let first = true;
    const tell = (outcome: Outcome) => {
      io.out(`${first ? '' : ','}\n${safeJson(outcome, 0)}`);
      first = false;
    };
    const summary = await rehearsed(io, config, candidate, tell, options.from);
    io.out(`],\n"summary":${safeJson(summary, 0)}}\n`);
    return 0;
  }
  const shown = createShown();
  const summary = await rehearsed(io, config, candidate, shown.add, options.from);
  say(io, [
    ...rehearsalLines(io, { changes, shown: shown.list(), summary }),
    '',
    'Nothing was changed. Next: ./kontor enact with the same options, at once or with --grace DAYS',
  ]);
  return 0;
}
