import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Scheme } from '../../compliance/scheme.ts';
import { type CaseFailure, runCases } from '../../compliance/scheme-cases.ts';
import { readConfig } from '../../config.ts';
import { type ExitCode, Failure } from '../failure.ts';
import { type BrokenScheme, brokenNamed, casesOf, type HeldSchemes, openSchemes, usable } from '../held-schemes.ts';
import { readFile } from '../input.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { spoiledPlans } from '../spoiled-plans.ts';
import { makeFolder, opening } from '../start-fault.ts';
import { clean, count, shell } from '../text.ts';

/* The label schemes of a node: those bundled, and those that an operator adds in its data folder. */

const WITHIN = 'A running node reads it within seconds.';

interface Options {
  json?: boolean;
}

/** @returns 1 if a file cannot be used */
export function listSchemes(io: Io, { json }: Options): ExitCode {
  const { folder, held, broken } = openSchemes(io);
  const items = held.map(({ scheme: { id, name, edition, digest, levels }, added }) => ({
    id,
    name,
    edition,
    digest,
    levels: levels.map((level) => level.id),
    added,
  }));
  if (json)
    answer(io, { ok: broken.length === 0, ...(broken.length > 0 ? { code: 'malformed' } : {}), folder, items, broken });
  else
    say(io, [
      ...items.flatMap(({ id, name, edition, digest, levels, added }) => [
        `${io.paint('strong', clean(id))}  ${clean(name)}, edition ${clean(edition)}${added ? ', added here' : ''}`,
        `  ${clean(levels.join(', ') || 'no levels')}`,
        `  ${digest}`,
      ]),
      ...brokenLines(io, broken),
    ]);
  return broken.length === 0 ? 0 : 1;
}

/** Files that stand in the way, and the ways out. */
const brokenLines = (io: Io, broken: BrokenScheme[]): string[] =>
  broken.flatMap(({ file, problem }) => [
    `${io.paint('bad', '!')}  ${clean(problem)}`,
    '   A running node keeps the schemes it had; none starts with it. Mend the file, add another edition, or take it away:',
    `   ./kontor schemes remove ${shell(basename(file))}`,
  ]);

interface Tested {
  id: string;
  edition: string;
  cases: number;
  failures: number;
  failed: CaseFailure[];
}

function tested(scheme: Scheme, folder: string): Tested {
  const cases = casesOf(folder, scheme.id);
  const failed = cases ? runCases(scheme, cases) : [];
  return { id: scheme.id, edition: scheme.edition, cases: cases?.cases.length ?? 0, failures: failed.length, failed };
}

/**
 * @param given id of a scheme that is held, or a file with one that is not yet
 * @returns 1 if a case fails, or a file cannot be used
 */
export function testSchemes(io: Io, given: string | undefined, { json }: Options): ExitCode {
  const open = openSchemes(io);
  const isFile = given !== undefined && /[/\\]|\.json$/.test(given);
  const schemes = isFile ? [testedFile(open, given)] : testedHeld(open, given);
  const broken = given === undefined ? open.broken : [];
  const failures = schemes.reduce((sum, one) => sum + one.failures, 0);
  const ran = schemes.reduce((sum, one) => sum + one.cases, 0);
  const good = failures === 0 && broken.length === 0;
  if (json) answer(io, { ok: good, failures, schemes, broken });
  else
    say(io, [
      ...schemes.flatMap((one) => [
        `${one.failures > 0 ? io.paint('bad', 'no  ') : one.cases > 0 ? io.paint('good', 'good') : '    '}  ${clean(one.id)}  ${one.cases > 0 ? count(one.cases, 'case') : 'no cases'}`,
        ...failedLines(one.failed),
      ]),
      ...brokenLines(io, broken),
      failures > 0 ? `${count(failures, 'case')} failed.` : ran > 0 ? 'All hold.' : NO_CASES,
    ]);
  return good ? 0 : 1;
}

const NO_CASES = 'Nothing was tested: write cases beside it, in cases/ID.json (docs/writing-schemes.md).';

function testedHeld({ held }: HeldSchemes, id: string | undefined): Tested[] {
  const chosen = id === undefined ? held : held.filter(({ scheme }) => scheme.id === id);
  if (chosen.length === 0)
    throw new Failure(
      1,
      'not-found',
      `There is no scheme ${id}.`,
      'kontor schemes list shows them; a file is tested by its path: kontor schemes test ./our-scheme.json.',
    );
  return chosen.map(({ scheme, folder }) => tested(scheme, folder));
}

function testedFile({ read, held }: HeldSchemes, file: string): Tested {
  const beside = held.map(({ scheme }) => scheme);
  return tested(
    usable(() => read(readFile(file), basename(file), beside)),
    dirname(file),
  );
}

const failedLines = (failed: CaseFailure[]): string[] =>
  failed.flatMap(({ name, problem }) => [`      ${clean(name)}`, `        ${clean(problem)}`]);

/** Takes a scheme that follows the grammar and holds in every case beside it; another edition replaces the one added before. */
export async function addScheme(io: Io, file: string, { json }: Options): Promise<ExitCode> {
  const bytes = readFile(file);
  const { read, folder, held, broken } = openSchemes(io);
  const beside = held.map(({ scheme }) => scheme);
  const scheme = usable(() => read(bytes, basename(file), beside));
  const { id, name, edition, digest } = scheme;
  const before = held.find((one) => one.scheme.id === id);
  if (before?.bundled)
    throw new Failure(
      1,
      'bad-request',
      `${id} is bundled, and is not replaced without a rehearsal.`,
      `Give yours an id of its own, or see what it would do: kontor rehearse --scheme ${shell(file)}`,
    );
  const cases = casesOf(dirname(file), id);
  const failed = cases ? runCases(scheme, cases) : [];
  if (failed.length > 0) {
    if (json) answer(io, { ok: false, code: 'malformed', detail: `${count(failed.length, 'case')} failed`, failed });
    else say(io, [`${count(failed.length, 'case')} failed; nothing was added.`, ...failedLines(failed)]);
    return 1;
  }
  const kept = join(folder, 'cases', `${id}.json`);
  // A file may have another name than the id of its scheme, if somebody has put it there by hand.
  const path = join(folder, before?.file ?? `${id}.json`);
  await opening(readConfig(io.env), () => {
    makeFolder(folder);
    if (cases) {
      mkdirSync(dirname(kept), { recursive: true });
      put(kept, readFile(join(dirname(file), 'cases', `${id}.json`)));
    } else rmSync(kept, { force: true });
    put(path, bytes);
  });
  const changed = before?.scheme.digest !== digest;
  const replaced = changed && before ? { replaced: before.scheme.edition } : {};
  const ran = cases?.cases.length ?? 0;
  const doubts = [
    ...(ran > 0 ? [] : [`It has no cases: none are in cases/${id}.json beside it`]),
    ...broken.filter(({ file }) => file !== path).map(({ problem }) => `No node starts with ${problem}`),
    ...spoiledPlans(readConfig(io.env)),
  ];
  if (json)
    answer(io, {
      ok: true,
      changed,
      id,
      edition,
      digest,
      cases: ran,
      ...replaced,
      folder,
      doubts,
    });
  else
    say(io, [
      changed ? `Added: ${clean(name)}, edition ${clean(edition)}` : `${clean(id)} is held already, just so.`,
      `  ${digest}  ${path}`,
      ...(before && changed ? [`  It replaces edition ${clean(before.scheme.edition)}.`] : []),
      ...(ran > 0 ? [`  ${count(ran, 'case holds', 'cases hold')}.`] : []),
      ...doubts.map((doubt) => `  ${io.paint('attention', '!')}  ${clean(doubt)}.`),
      ...(changed ? [WITHIN] : []),
      ...(before && changed
        ? ['What the edition before has decided is decided anew, and labels that differ are replaced.']
        : []),
      'Next: ./kontor schemes list',
    ]);
  return 0;
}

/**
 * Takes away a scheme that was added, and its cases.
 *
 * @param name its id; of one that cannot be used, the name of its file
 */
export function removeScheme(io: Io, name: string, { json }: Options): ExitCode {
  const { folder, held, broken } = openSchemes(io);
  const bad = brokenNamed(broken, name);
  const one = held.find(({ scheme, file }) => scheme.id === name || file === name);
  if (!bad && !one) throw new Failure(1, 'not-found', `There is no scheme ${name}.`, 'kontor schemes list shows them.');
  if (!bad && !one?.file)
    throw new Failure(
      1,
      'bad-request',
      `${name} is bundled with Kontor, and cannot be removed.`,
      'Only what kontor schemes add has added can be: kontor schemes list marks it "added here".',
    );
  const path = bad?.file ?? join(folder, one!.file!);
  const id = bad ? basename(path, '.json') : one!.scheme.id;
  for (const gone of [path, join(folder, 'cases', `${id}.json`)]) rmSync(gone, { force: true });
  const spoiled = spoiledPlans(readConfig(io.env));
  const warned = spoiled.map((plan) => `${io.paint('attention', '!')}  ${clean(plan)}.`);
  if (bad || !one) {
    if (json) answer(io, { ok: true, removed: { file: path }, folder, doubts: spoiled });
    else say(io, [`Removed: ${clean(path)}, which no node could use.`, ...warned, 'Next: ./kontor schemes list']);
    return 0;
  }
  const { edition, digest } = one.scheme;
  if (json) answer(io, { ok: true, removed: { id, edition, digest }, folder, doubts: spoiled });
  else
    say(io, [
      `Removed: ${clean(one.scheme.name)}, edition ${clean(edition)}.`,
      `${WITHIN} ${one.bundled ? 'The bundled edition counts again then.' : 'Its labels end then: each is dropped in the log, and revoked in the status list of the node.'}`,
      ...warned,
    ]);
  return 0;
}

/** At once, so that a node never meets half of it. */
function put(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}
