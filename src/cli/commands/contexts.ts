import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../config.ts';
import { digestOf } from '../../credentials/digest.ts';
import { type Contexts, loadContexts, type Pin, readPinned, readPins } from '../../credentials/jsonld/contexts.ts';
import { expand } from '../../credentials/jsonld/rdf.ts';
import { messageOf } from '../../errors.ts';
import { type ExitCode, Failure, wrongUsage } from '../failure.ts';
import { parseObject, readFile } from '../input.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { makeFolder, opening } from '../start-fault.ts';
import { clean, cleanDeep } from '../text.ts';

/* The JSON-LD contexts that an operator adds, pinned by their digests in the data folder of a node. */

interface Options {
  json?: boolean;
}

const CREDENTIALS = 'https://www.w3.org/ns/credentials/v2';
const RESTART = 'A running node takes it into account from its next start.';

/** What is bundled, what was added, and where. */
function open(io: Io): { dir: string; bundled: Contexts; pins: Record<string, Pin> } {
  const { data, shapes } = readConfig(io.env);
  const dir = join(data, 'contexts');
  return {
    dir,
    bundled: loadContexts(join(shapes, 'contexts')),
    pins: existsSync(join(dir, 'index.json')) ? readPins(dir) : {},
  };
}

export function listContexts(io: Io, { json }: Options): ExitCode {
  const { dir, bundled, pins } = open(io);
  const added = Object.entries(pins).map(([url, pin]) => {
    const context = readPinned(dir, url, pin);
    const problem = context.ok ? {} : { problem: context.detail };
    return { url, ...pin, ...problem, doubts: context.ok ? doubtsAbout(context.value) : [] };
  });
  const good = added.every((one) => !('problem' in one));
  if (json) {
    answer(io, { ok: good, folder: dir, added, bundled: [...bundled.keys()] });
    return good ? 0 : 1;
  }
  say(io, [
    io.paint('strong', 'Added'),
    ...(added.length === 0 ? ['  none; add one with kontor contexts add URL FILE'] : []),
    ...cleanDeep(added).flatMap(({ url, file, digest, problem, doubts }) => [
      `  ${url}`,
      `    ${digest}  ${join(dir, file)}`,
      ...(problem ? [`    ${io.paint('bad', 'no')}  ${problem}`] : []),
      ...doubts.map((doubt) => `    ${io.paint('attention', '!')}  ${doubt}`),
    ]),
    '',
    io.paint('strong', 'Bundled'),
    ...[...bundled.keys()].map((url) => `  ${url}`),
  ]);
  return good ? 0 : 1;
}

export async function addContext(io: Io, url: string, file: string, { json }: Options): Promise<ExitCode> {
  if (!URL.canParse(url) || /[\s<>"]/.test(url))
    throw wrongUsage(`${url} is no URL.`, 'Name the context as credentials do, such as https://vocabulary.example/v1.');
  const bytes = readFile(file);
  const context = parseObject(bytes, file);
  if (context['@context'] === undefined)
    throw wrongUsage(
      `${file} has no "@context".`,
      'Save the context itself: a JSON object with the member "@context".',
    );
  const { dir, bundled, pins } = open(io);
  const digest = digestOf(bytes);
  if (bundled.has(url))
    throw new Failure(1, 'conflict', `${url} is bundled, and cannot be replaced.`, 'kontor contexts list shows them.');
  const held = pins[url];
  if (held && held.digest !== digest)
    throw new Failure(
      1,
      'conflict',
      `${url} is held with the digest ${held.digest}; ${file} has ${digest}.`,
      'What is signed under it may change its meaning. If that is meant, remove it first: kontor contexts remove URL.',
    );
  const doubts = [...doubtsAbout(context), ...(await triedOut(url, context, file, { dir, bundled, pins }))];
  const pin = held ?? { file: fileName(url, digest), digest };
  const broken = held && !readPinned(dir, url, held).ok;
  if (!held || broken) {
    await opening(readConfig(io.env), () => makeFolder(dir));
    writeFileSync(join(dir, pin.file), bytes);
    writeIndex(dir, { ...pins, [url]: pin });
  }
  if (json) answer(io, { ok: true, changed: !held || broken, url, ...pin, folder: dir, doubts });
  else
    say(io, [
      held && !broken
        ? `${clean(url)} is held already, just so; nothing was changed.`
        : `${broken ? 'Its copy was damaged; put back' : 'Added'}: ${clean(url)}`,
      `  ${digest}  ${join(dir, pin.file)}`,
      ...doubts.map((doubt) => `  ${io.paint('attention', '!')}  ${clean(doubt)}.`),
      ...(held ? [] : [RESTART]),
      'Next: ./kontor contexts list',
    ]);
  return 0;
}

export function removeContext(io: Io, url: string, { json }: Options): ExitCode {
  const { dir, pins } = open(io);
  const { [url]: gone, ...rest } = pins;
  if (!gone) throw new Failure(1, 'not-found', `${url} was not added here.`, 'kontor contexts list shows what was.');
  writeIndex(dir, rest);
  if (!Object.values(rest).some(({ file }) => file === gone.file)) rmSync(join(dir, gone.file), { force: true });
  if (json) answer(io, { ok: true, removed: url, ...gone, folder: dir });
  else say(io, [`Removed: ${clean(url)}. What names it is refused.`, RESTART]);
  return 0;
}

/** Whether JSON-LD can read it. @throws Failure where no credential could name it @returns what is hardly meant */
async function triedOut(
  url: string,
  context: object,
  file: string,
  { dir, bundled, pins }: ReturnType<typeof open>,
): Promise<string[]> {
  const held = new Map([...bundled, [url, context]]);
  for (const [other, pin] of Object.entries(pins)) {
    const found = readPinned(dir, other, pin);
    if (found.ok) held.set(other, found.value);
  }
  const fault = (contexts: string[]) =>
    expand({ '@context': contexts, '@id': 'urn:uuid:0', 'urn:x': '' }, held).then(
      () => undefined,
      (error) => messageOf(error).replace(/^Invalid JSON-LD syntax; |\.$/g, ''),
    );
  const alone = await fault([url]);
  if (alone)
    throw new Failure(1, 'malformed', `${file} is not a context that can be used: ${alone}.`, 'Nothing was changed.');
  const beside = await fault([CREDENTIALS, url]);
  return beside ? [`It cannot stand beside the context of VC 2.0: ${beside}`] : [];
}

/** What makes a context weaker than it looks. */
const doubtsAbout = (context: object): string[] =>
  hasVocab(context) ? ['It has @vocab, which swallows every word: under it no misspelt term is ever found'] : [];

function hasVocab(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false;
  return Object.entries(value).some(([key, inner]) => (key === '@vocab' && inner !== null) || hasVocab(inner));
}

/** Readable, and another name for another content. */
const fileName = (url: string, digest: string): string =>
  `${url
    .replace(/^[a-z]+:\/*/i, '')
    .replace(/[^a-z0-9.]+/gi, '-')
    .slice(0, 80)
    .replace(/^[-.]+|[-.]+$/g, '')}-${digest.slice(-8)}.jsonld`;

/** At once, so that a node never meets half of it. */
function writeIndex(dir: string, pins: Record<string, Pin>): void {
  const path = join(dir, 'index.json');
  writeFileSync(`${path}.new`, `${JSON.stringify(pins, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}
