import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadSchemes, type Scheme, schemeReader } from '../compliance/scheme.ts';
import type { SchemeCases } from '../compliance/scheme-cases.ts';
import { namesTaken } from '../compliance/scheme-slips.ts';
import { readConfig } from '../config.ts';
import { messageOf } from '../errors.ts';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';

/** The schemes of a node as its folders hold them, those that cannot be used among them. */

export interface HeldScheme {
  scheme: Scheme;
  /** Where it is; its cases may be in `cases/<id>.json` beside it. */
  folder: string;
  /** Name of the file of one that was added. */
  file?: string;
  added: boolean;
  /** One of that id comes along; another edition may stand in its place. */
  bundled: boolean;
}

/** A file among those added that no node starts with. */
export interface BrokenScheme {
  file: string;
  /** With the name of the file. */
  problem: string;
}

export interface HeldSchemes {
  read: ReturnType<typeof schemeReader>;
  folder: string;
  held: HeldScheme[];
  broken: BrokenScheme[];
}

/** @throws Failure where a bundled scheme is not usable */
export function openSchemes(io: Io): HeldSchemes {
  const { data, shapes } = readConfig(io.env);
  const from = join(shapes, 'schemes');
  const folder = join(data, 'schemes');
  const read = schemeReader(join(shapes, 'scheme.schema.json'));
  const bundled = usable(() => loadSchemes(from));
  const own = new Map<string, HeldScheme>();
  const broken: BrokenScheme[] = [];
  for (const file of jsonIn(folder)) {
    const path = join(folder, file);
    try {
      const scheme = read(readFileSync(path), path);
      const before = own.get(scheme.id);
      const wrong = before
        ? [`there is a scheme ${scheme.id} already, in ${before.file}`]
        : namesTaken(scheme, [...bundled, ...[...own.values()].map((one) => one.scheme)]);
      if (wrong.length > 0) throw new Error(`${path}: ${wrong.join('; ')}`);
      const shipped = bundled.find(({ id }) => id === scheme.id);
      const added = shipped?.digest !== scheme.digest;
      own.set(scheme.id, { scheme, folder, file, added, bundled: shipped !== undefined });
    } catch (error) {
      broken.push({ file: path, problem: messageOf(error) });
    }
  }
  const others = bundled.filter(({ id }) => !own.has(id));
  const held = [
    ...others.map((scheme) => ({ scheme, folder: from, added: false, bundled: true })),
    ...own.values(),
  ].sort((one, other) => (one.scheme.id < other.scheme.id ? -1 : 1));
  return { read, folder, held, broken };
}

const jsonIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .sort()
    : [];

/** What certificates may state as their scheme, for one that is held to count them. */
export const statable = (held: HeldScheme[]): string[] => [
  ...new Set(
    held.flatMap(({ scheme }) => {
      if (scheme.kind === 'certificates') return [scheme.id, scheme.certificate ?? scheme.id];
      if (scheme.kind === 'answers' || !scheme.certification) return [scheme.id];
      const { standards, assessor } = scheme.certification;
      return [scheme.id, ...Object.keys(standards), assessor.scheme];
    }),
  ),
];

/** The broken file that a person means by its name, or by the id that its scheme would have. */
export const brokenNamed = (broken: BrokenScheme[], name: string): BrokenScheme | undefined =>
  broken.find(({ file }) => [file, basename(file), basename(file, '.json')].includes(name));

/** @throws Failure saying what is wrong with a scheme, and where */
export function usable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Failure(
      1,
      'malformed',
      `A scheme is not usable. ${messageOf(error)}.`,
      'Its grammar is shapes/scheme.schema.json; docs/writing-schemes.md has examples.',
    );
  }
}

/** The cases beside a scheme, if there are any. */
export function casesOf(folder: string, id: string): SchemeCases | undefined {
  const path = join(folder, 'cases', `${id}.json`);
  return existsSync(path) ? parseCases(readFileSync(path), path, id) : undefined;
}

/** @throws Failure where that is no file of cases of the scheme */
export function parseCases(bytes: Uint8Array, path: string, id: string): SchemeCases {
  let cases: SchemeCases | null;
  try {
    cases = JSON.parse(Buffer.from(bytes).toString('utf8')) as SchemeCases | null;
  } catch (error) {
    throw new Failure(1, 'malformed', `${path} is no JSON: ${messageOf(error)}.`);
  }
  if (
    cases?.scheme !== id ||
    !Array.isArray(cases.cases) ||
    typeof cases.base !== 'object' ||
    !Array.isArray(cases.trust)
  )
    throw new Failure(
      1,
      'malformed',
      `${path} is not a file of cases of ${id}.`,
      'It has scheme, now, trust, base and cases: docs/writing-schemes.md.',
    );
  return cases;
}
