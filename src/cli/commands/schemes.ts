import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { loadSchemes, type Scheme, schemeReader } from '../../compliance/scheme.ts';
import { type CaseFailure, runCases, type SchemeCases } from '../../compliance/scheme-cases.ts';
import { readConfig } from '../../config.ts';
import { digestOf } from '../../credentials/digest.ts';
import { messageOf } from '../../errors.ts';
import { type ExitCode, Failure } from '../failure.ts';
import { readFile } from '../input.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { makeFolder, opening } from '../start-fault.ts';
import { clean, count, shell } from '../text.ts';

/* The label schemes of a node: those bundled, and those that an operator adds in its data folder. */

const WITHIN = 'A running node reads it within seconds.';

interface Options {
  json?: boolean;
}

interface Held {
  scheme: Scheme;
  /** Where its cases may be: `cases/<id>.json` beside it. */
  folder: string;
  added: boolean;
  /** One of that id comes along; another edition may stand in its place. */
  bundled: boolean;
}

/** @throws Failure naming the file and place of a scheme that is not usable */
function open(io: Io): { grammar: string; folder: string; held: Held[] } {
  const { data, shapes } = readConfig(io.env);
  const bundled = join(shapes, 'schemes');
  const folder = join(data, 'schemes');
  return usable(() => {
    const own = new Map(loadSchemes(bundled).map(({ id, digest }) => [id, digest]));
    const all = loadSchemes(bundled, ...(existsSync(folder) ? [folder] : []));
    return {
      grammar: join(shapes, 'scheme.schema.json'),
      folder,
      held: all.map((scheme) => {
        const added = own.get(scheme.id) !== scheme.digest;
        return { scheme, folder: added ? folder : bundled, added, bundled: own.has(scheme.id) };
      }),
    };
  });
}

function usable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Failure(
      1,
      'malformed',
      `A scheme is not usable. ${messageOf(error)}.`,
      'Its grammar is shapes/scheme.schema.json.',
    );
  }
}

/** The cases beside a scheme, if there are any. */
function casesOf(folder: string, id: string): SchemeCases | undefined {
  const path = join(folder, 'cases', `${id}.json`);
  if (!existsSync(path)) return undefined;
  const cases = usable(() => JSON.parse(readFileSync(path, 'utf8')) as SchemeCases);
  if (
    cases.scheme !== id ||
    !Array.isArray(cases.cases) ||
    typeof cases.base !== 'object' ||
    !Array.isArray(cases.trust)
  )
    throw new Failure(
      1,
      'malformed',
      `${path} is not a file of cases of ${id}.`,
      'It has scheme, now, trust, base and cases.',
    );
  return cases;
}

export function listSchemes(io: Io, { json }: Options): ExitCode {
  const { folder, held } = open(io);
  const items = held.map(({ scheme: { id, name, edition, digest, levels }, added }) => ({
    id,
    name,
    edition,
    digest,
    levels: levels.map((level) => level.id),
    added,
  }));
  if (json) answer(io, { ok: true, folder, items });
  else
    say(
      io,
      items.flatMap(({ id, name, edition, digest, levels, added }) => [
        `${io.paint('strong', clean(id))}  ${clean(name)}, edition ${clean(edition)}${added ? ', added here' : ''}`,
        `  ${clean(levels.join(', ') || 'no levels')}`,
        `  ${digest}`,
      ]),
    );
  return 0;
}

/** @returns 1 if a case fails */
export function testSchemes(io: Io, id: string | undefined, { json }: Options): ExitCode {
  const all = open(io).held;
  const chosen = id === undefined ? all : all.filter(({ scheme }) => scheme.id === id);
  if (chosen.length === 0)
    throw new Failure(1, 'not-found', `There is no scheme ${id}.`, 'kontor schemes list shows them.');
  const schemes = chosen.map(({ scheme, folder }) => {
    const cases = casesOf(folder, scheme.id);
    const failed = cases ? runCases(scheme, cases) : [];
    return { id: scheme.id, edition: scheme.edition, cases: cases?.cases.length ?? 0, failures: failed.length, failed };
  });
  const failures = schemes.reduce((sum, one) => sum + one.failures, 0);
  if (json) answer(io, { ok: failures === 0, failures, schemes });
  else
    say(io, [
      ...schemes.flatMap((one) => [
        `${one.failures > 0 ? io.paint('bad', 'no  ') : one.cases > 0 ? io.paint('good', 'good') : '    '}  ${clean(one.id)}  ${one.cases > 0 ? count(one.cases, 'case') : 'no cases'}`,
        ...failedLines(one.failed),
      ]),
      failures === 0 ? 'All hold.' : `${count(failures, 'case')} failed.`,
    ]);
  return failures === 0 ? 0 : 1;
}

const failedLines = (failed: CaseFailure[]): string[] =>
  failed.flatMap(({ name, problem }) => [`      ${clean(name)}`, `        ${clean(problem)}`]);

/** Takes a scheme that follows the grammar and holds in every case beside it; another edition replaces the one added before. */
export async function addScheme(io: Io, file: string, { json }: Options): Promise<ExitCode> {
  const bytes = readFile(file);
  const { grammar, folder, held } = open(io);
  const scheme = usable(() => schemeReader(grammar)(bytes, basename(file)));
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
  await opening(readConfig(io.env), () => {
    makeFolder(folder);
    if (cases) {
      mkdirSync(dirname(kept), { recursive: true });
      put(kept, readFile(join(dirname(file), 'cases', `${id}.json`)));
    } else rmSync(kept, { force: true });
    put(join(folder, `${id}.json`), bytes);
  });
  const changed = before?.scheme.digest !== digest;
  const replaced = changed && before ? { replaced: before.scheme.edition } : {};
  const doubts = cases ? [] : [`It has no cases: none are in cases/${id}.json beside it`];
  if (json)
    answer(io, {
      ok: true,
      changed,
      id,
      edition,
      digest,
      cases: cases?.cases.length ?? 0,
      ...replaced,
      folder,
      doubts,
    });
  else
    say(io, [
      changed ? `Added: ${clean(name)}, edition ${clean(edition)}` : `${clean(id)} is held already, just so.`,
      `  ${digest}  ${join(folder, `${id}.json`)}`,
      ...(before && changed ? [`  It replaces edition ${clean(before.scheme.edition)}.`] : []),
      ...(cases ? [`  ${count(cases.cases.length, 'case')} hold.`] : []),
      ...doubts.map((doubt) => `  ${io.paint('attention', '!')}  ${clean(doubt)}.`),
      ...(changed ? [WITHIN] : []),
      ...(before && changed
        ? ['What the edition before has decided is decided anew, and labels that differ are replaced.']
        : []),
      'Next: ./kontor schemes list',
    ]);
  return 0;
}

/** Takes away a scheme that was added, and its cases. */
export function removeScheme(io: Io, id: string, { json }: Options): ExitCode {
  const { folder, held } = open(io);
  const one = held.find(({ scheme }) => scheme.id === id);
  if (!one) throw new Failure(1, 'not-found', `There is no scheme ${id}.`, 'kontor schemes list shows them.');
  if (!one.added)
    throw new Failure(
      1,
      'bad-request',
      `${id} is bundled with Kontor, and cannot be removed.`,
      'Only what kontor schemes add has added can be: kontor schemes list marks it "added here".',
    );
  const { name, edition, digest } = one.scheme;
  // A file may have another name than the id of its scheme, if somebody has put it there by hand.
  const path = readdirSync(folder)
    .map((file) => join(folder, file))
    .find((file) => file.endsWith('.json') && digestOf(readFileSync(file)) === digest);
  for (const gone of [path!, join(folder, 'cases', `${id}.json`)]) rmSync(gone, { force: true });
  if (json) answer(io, { ok: true, removed: { id, edition, digest }, folder });
  else
    say(io, [
      `Removed: ${clean(name)}, edition ${clean(edition)}.`,
      `${WITHIN} ${one.bundled ? 'The bundled edition counts again then.' : 'Its labels end then: each is dropped in the log, and revoked in the status list of the node.'}`,
    ]);
  return 0;
}

/** At once, so that a node never meets half of it. */
function put(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}
