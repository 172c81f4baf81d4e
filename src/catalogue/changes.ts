import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type AddedFile,
  type AddedShapes,
  compileAdded,
  readAddedFile,
  readAddedShapes,
} from '../compliance/added-shapes.ts';
import { loadSchemes, type Scheme, schemeReader } from '../compliance/scheme.ts';
import { slipsBeside } from '../compliance/scheme-slips.ts';
import { type Config, ConfigError } from '../config.ts';
import { digestOf } from '../credentials/digest.ts';
import { messageOf } from '../errors.ts';
import { type Policy, parsePolicy } from '../policy.ts';
import type { Conditions } from './outcomes.ts';

/* The conditions of a node are files; a change of them is a file in place of another. */

/** Where they are: the policy file, the data folder, and the folder of what is bundled. */
export type Places = Pick<Config, 'policy' | 'data' | 'shapes'>;

/** One file put in place of another, or taken away. */
export interface Change {
  what: 'policy' | 'scheme' | 'shapes' | 'ontology';
  /** Id of the scheme, or name of the set; `policy`. */
  name: string;
  /** digestMultibase of the file; null where one is taken away. */
  digest: string | null;
  /** That of the file it takes the place of; null where there is none. */
  was: string | null;
  /** Where the file was taken from, as people know it. */
  source?: string;
  /** Of a scheme: digest of the cases that are kept beside it. */
  cases?: string;
}

/** Content by digest. */
export type Files = (digest: string) => Uint8Array;

/** Digest of what is there now. */
export function heldDigest(places: Places, { what, name }: Pick<Change, 'what' | 'name'>): string | null {
  if (what === 'shapes' || what === 'ontology') return addedFile(places, what, name)?.digest ?? null;
  const path = pathOf(places, what, name);
  return existsSync(path) ? digestOf(readFileSync(path)) : null;
}

/** What is there now, if anything is. */
export function heldBytes(places: Places, { what, name }: Pick<Change, 'what' | 'name'>): Uint8Array | undefined {
  if (what === 'shapes' || what === 'ontology') {
    const file = addedFile(places, what, name);
    return file && Buffer.from(readAddedFile(shapesOf(places), file));
  }
  const path = pathOf(places, what, name);
  return existsSync(path) ? readFileSync(path) : undefined;
}

/** The cases that are kept beside a scheme that was added. */
export function heldCases(places: Places, scheme: string): Uint8Array | undefined {
  const path = join(schemesOf(places), 'cases', `${scheme}.json`);
  return existsSync(path) ? readFileSync(path) : undefined;
}

const shapesOf = ({ data }: Places): string => join(data, 'shapes');
const schemesOf = ({ data }: Places): string => join(data, 'schemes');

const addedFile = (places: Places, kind: AddedFile['kind'], name: string): AddedFile | undefined =>
  readAddedShapes(shapesOf(places)).find((one) => one.name === name && one.kind === kind);

function pathOf(places: Places, what: 'policy' | 'scheme', name: string): string {
  if (what === 'policy') return places.policy;
  const folder = schemesOf(places);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
  const found = files.find((file) => idOf(readFileSync(join(folder, file))) === name);
  return join(folder, found ?? `${name}.json`);
}

/** The id that a scheme gives itself; undefined where the file is none. */
export function idOf(bytes: Uint8Array): string | undefined {
  try {
    const { id } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** What changes put in place of what is in force. */
export interface Parts {
  policy?: Policy;
  /** By id; undefined where a scheme ends. */
  schemes: Map<string, Scheme | undefined>;
  /** Sets that are new, or read with other ontologies than now. */
  shapes: AddedShapes;
}

/**
 * Reads what changes would put in force.
 *
 * @throws ConfigError with one line a fault: file and line, what was found, what is accepted
 */
export function readParts(places: Places, changes: readonly Change[], files: Files): Parts {
  const read = schemeReader(join(places.shapes, 'scheme.schema.json'));
  const bundled = changes.some(({ what, digest }) => what === 'scheme' && digest === null)
    ? loadSchemes(join(places.shapes, 'schemes'))
    : [];
  const parts: Parts = { schemes: new Map(), shapes: shapesAfter(places, changes, files) };
  for (const { what, name, digest, source = name } of changes) {
    if (what === 'policy' && digest) parts.policy = parsePolicy(Buffer.from(files(digest)).toString('utf8'), source);
    if (what !== 'scheme') continue;
    if (digest === null)
      parts.schemes.set(
        name,
        bundled.find(({ id }) => id === name),
      );
    else
      try {
        parts.schemes.set(name, read(files(digest), source));
      } catch (error) {
        const said = messageOf(error);
        throw new ConfigError([said.startsWith(source) ? said : `${source}: ${said}`]);
      }
  }
  const clashes = changes.flatMap(({ what, name, source = name }) => {
    const scheme = what === 'scheme' ? parts.schemes.get(name) : undefined;
    return scheme ? slipsBeside(scheme, schemesAfter(places, parts)).map((slip) => `${source}: ${slip}`) : [];
  });
  if (clashes.length > 0) throw new ConfigError(clashes);
  return parts;
}

/** The schemes that would be in force together. */
function schemesAfter(places: Places, { schemes }: Parts): Scheme[] {
  const own = schemesOf(places);
  const held = loadSchemes(join(places.shapes, 'schemes'), ...(existsSync(own) ? [own] : []));
  const put = [...schemes.values()].flatMap((one) => one ?? []);
  return [...held.filter(({ id }) => !schemes.has(id)), ...put];
}

/** The sets that would judge otherwise than those in force: new ones, and all where an ontology changes. */
function shapesAfter(places: Places, changes: readonly Change[], files: Files): AddedShapes {
  const own = changes.filter(({ what }) => what === 'shapes' || what === 'ontology');
  if (own.length === 0) return compileAdded([], ({ name }) => name);
  const isFor = ({ name, kind }: AddedFile) => own.some((change) => change.name === name && change.what === kind);
  const kept = readAddedShapes(shapesOf(places)).filter((file) => !isFor(file));
  const put = own.flatMap((change) => (change.digest ? [fileOf(change, change.digest, '')] : []));
  const reread = own.some(({ what }) => what === 'ontology');
  return compileAdded(
    [
      ...kept
        .filter(({ kind }) => reread || kind === 'ontology')
        .map((file) => ({ file, text: readAddedFile(shapesOf(places), file) })),
      ...put.map((file) => ({ file, text: Buffer.from(files(file.digest)).toString('utf8') })),
    ],
    ({ source }) => source,
  );
}

/** What is in force with the parts in place of what they replace. */
export function conditionsWith(now: Conditions, { policy, schemes, shapes }: Parts): Conditions {
  const kept = now.schemes.filter(({ id }) => !schemes.has(id));
  const put = [...schemes.values()].filter((scheme) => scheme !== undefined);
  return { policy: policy ?? now.policy, schemes: [...kept, ...put], shapes };
}

/** As `kontor shapes add` keeps it. */
const fileOf = ({ what, name, source }: Change, digest: string, added: string): AddedFile => ({
  name,
  kind: what as AddedFile['kind'],
  file: `${name}.${what}-${digest.slice(-8)}.ttl`,
  digest,
  source: source ?? name,
  added,
});

/** Puts a change in force. Each file is there whole or not at all, and doing it twice does nothing more. */
export function put(places: Places, change: Change, files: Files, at: string): void {
  const { what, name, digest, cases } = change;
  if (what === 'shapes' || what === 'ontology') putShapes(places, change, files, at);
  else if (what === 'policy') writeWhole(places.policy, files(digest!));
  else {
    const path = pathOf(places, what, name);
    const beside = join(schemesOf(places), 'cases', `${name}.json`);
    if (cases) writeWhole(beside, files(cases));
    else rmSync(beside, { force: true });
    if (digest) writeWhole(path, files(digest));
    else rmSync(path, { force: true });
  }
}

function putShapes(places: Places, change: Change, files: Files, at: string): void {
  const folder = shapesOf(places);
  const held = readAddedShapes(folder);
  const former = held.filter(({ name, kind }) => name === change.name && kind === change.what);
  const file = change.digest ? fileOf(change, change.digest, at) : undefined;
  if (file) writeWhole(join(folder, file.file), files(file.digest));
  const index = [...held.filter((one) => !former.includes(one)), ...(file ? [file] : [])];
  writeWhole(join(folder, 'index.json'), Buffer.from(`${JSON.stringify({ files: index }, null, 2)}\n`));
  for (const one of former) if (one.file !== file?.file) rmSync(join(folder, one.file), { force: true });
}

/** Writes a file at once, so that nobody ever meets half of it, also after a loss of power. A link stays one. */
export function writeWhole(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const real = existsSync(path) ? realpathSync(path) : path;
  const next = `${real}.${process.pid}.new`;
  const file = openSync(next, 'w', existsSync(real) ? statSync(real).mode : 0o600);
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, real);
}
