import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type AddedFile,
  compileSet,
  loadAddedShapes,
  readAddedFile,
  readAddedShapes,
} from '../../compliance/added-shapes.ts';
import { readSubclasses } from '../../compliance/shacl/classes.ts';
import { loadShapes } from '../../compliance/shapes.ts';
import { loadVocabulary } from '../../compliance/vocabulary.ts';
import { readConfig } from '../../config.ts';
import { digestOf } from '../../credentials/digest.ts';
import { messageOf } from '../../errors.ts';
import { type ExitCode, Failure, wrongUsage } from '../failure.ts';
import { isUrl, readFileOrUrl } from '../input.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { makeFolder, opening } from '../start-fault.ts';
import { clean, count } from '../text.ts';

/* The SHACL shapes and ontologies that an operator adds, pinned by their digests in the data folder of a node. */

interface Options {
  json?: boolean;
  ontology?: boolean;
}

const RESTART =
  'A running node reads it within seconds; what is listed stands until its version ends (docs/rehearsal.md).';

const folderOf = (io: Io): string => join(readConfig(io.env).data, 'shapes');

export function listShapes(io: Io, { json }: Options): ExitCode {
  const { shapes } = readConfig(io.env);
  const dir = folderOf(io);
  const bundled = loadShapes(join(shapes, 'json'), loadVocabulary(join(shapes, 'vocabulary'))).list();
  const files = readAddedShapes(dir);
  const { sets } = loadAddedShapes(dir);
  if (json) {
    answer(io, { ok: true, folder: dir, added: files, sets, bundled });
    return 0;
  }
  say(io, [
    io.paint('strong', 'Added'),
    ...(files.length === 0 ? ['  none; add some with kontor shapes add NAME FILE'] : []),
    ...files.flatMap((file) => {
      const set = sets.find(({ name }) => file.kind === 'shapes' && name === file.name);
      return [
        `  ${clean(file.name)}  ${file.kind}, ${file.added.slice(0, 10)}, from ${clean(file.source)}`,
        `    ${file.digest}  ${join(dir, file.file)}`,
        ...(set ? aboutSet(io, set) : []),
      ];
    }),
    '',
    `${io.paint('strong', 'Bundled')}  ${count(bundled.length, 'JSON Schema')}, one for each type; --json lists them`,
  ]);
  return 0;
}

export async function addShapes(io: Io, name: string, from: string, options: Options): Promise<ExitCode> {
  if (!/^[a-z0-9][a-z0-9.-]{0,62}$/.test(name))
    throw wrongUsage(
      `"${name}" is no name of a set.`,
      'Use small letters, digits, dots and hyphens, with the version: gaia-x-25.11.',
    );
  const kind = options.ontology ? 'ontology' : 'shapes';
  const bytes = await readFileOrUrl(io, from);
  const dir = folderOf(io);
  const files = readAddedShapes(dir);
  const digest = digestOf(bytes);
  const held = files.find((one) => one.name === name && one.kind === kind);
  if (held && held.digest !== digest)
    throw new Failure(
      1,
      'conflict',
      `${name} is held with the digest ${held.digest}; ${from} has ${digest}.`,
      'Another edition is another set: give it a name of its own, or remove the former first: kontor shapes remove NAME.',
    );
  const file: AddedFile = {
    name,
    kind,
    file: `${name}.${kind}-${digest.slice(-8)}.ttl`,
    digest,
    source: isUrl(from) ? from : basename(from),
    added: io.now().toISOString(),
  };
  const text = Buffer.from(bytes).toString('utf8');
  const ontologies = files.filter((one) => one.kind === 'ontology').map((one) => readAddedFile(dir, one));
  const set = tried(from, () =>
    kind === 'shapes' ? compileSet(file, text, ontologies)[0] : void readSubclasses(text).length,
  );
  if (set && set.count === 0)
    throw new Failure(
      1,
      'malformed',
      `${from} holds no shape that applies to anything.`,
      'A shape says by sh:targetClass, or by being a class itself, what it applies to. Nothing was changed.',
    );
  if (!held) {
    await opening(readConfig(io.env), () => makeFolder(dir));
    writeFileSync(join(dir, file.file), bytes);
    writeIndex(dir, [...files, file]);
  }
  if (options.json) answer(io, { ok: true, changed: !held, ...(held ?? file), folder: dir, ...(set ? { set } : {}) });
  else
    say(io, [
      held ? `${name} is held already, just so; nothing was changed.` : `Added: ${name}, ${kind}`,
      `  ${digest}  ${join(dir, (held ?? file).file)}`,
      ...(set ? aboutSet(io, set) : []),
      ...(held ? [] : [RESTART]),
      'Next: ./kontor shapes list',
    ]);
  return 0;
}

export function removeShapes(io: Io, name: string, { json }: Options): ExitCode {
  const dir = folderOf(io);
  const files = readAddedShapes(dir);
  const gone = files.filter((one) => one.name === name);
  if (gone.length === 0)
    throw new Failure(1, 'not-found', `${name} was not added here.`, 'kontor shapes list shows what was.');
  writeIndex(
    dir,
    files.filter((one) => one.name !== name),
  );
  for (const { file } of gone) rmSync(join(dir, file), { force: true });
  if (json) answer(io, { ok: true, removed: gone, folder: dir });
  else say(io, [`Removed: ${name}.`, RESTART]);
  return 0;
}

/** What an operator has to know of a set before trusting in it. */
function aboutSet(io: Io, { count: shapes, uncompiled, imports }: ReturnType<typeof compileSet>[0]): string[] {
  const mark = io.paint('attention', '!');
  return [
    `    ${count(shapes, 'shape')} with a target`,
    ...uncompiled
      .slice(0, 10)
      .map(
        ({ shape, reason, engine }) =>
          `    ${mark}  ${clean(shape)}: ${clean(reason)}; ${engine ? 'checked by the slower engine' : 'what it applies to is refused'}`,
      ),
    ...(uncompiled.length > 10 ? [`    ${mark}  and ${uncompiled.length - 10} more; --json lists them`] : []),
    ...imports.map((one) => `    ${mark}  It imports ${clean(one)}, which is not followed: add it by hand`),
  ];
}

function tried<T>(from: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Failure(1, 'malformed', `${from} is not Turtle: ${messageOf(error)}.`, 'Nothing was changed.');
  }
}

/** At once, so that a node never meets half of it. */
function writeIndex(dir: string, files: AddedFile[]): void {
  const path = join(dir, 'index.json');
  writeFileSync(`${path}.new`, `${JSON.stringify({ files }, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}
