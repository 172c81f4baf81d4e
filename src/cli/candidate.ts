import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  type Change,
  conditionsWith,
  type Files,
  heldBytes,
  heldDigest,
  idOf,
  type Parts,
  readParts,
} from '../catalogue/changes.ts';
import { openToRead } from '../catalogue/database.ts';
import type { Conditions, Outcome, Summary } from '../catalogue/outcomes.ts';
import { rehearse } from '../catalogue/rehearse.ts';
import { loadCompliance } from '../compliance/load.ts';
import { runCases } from '../compliance/scheme-cases.ts';
import { type Config, didOfUrl } from '../config.ts';
import { digestOf } from '../credentials/digest.ts';
import { loadContexts } from '../credentials/jsonld/contexts.ts';
import { readPolicy } from '../policy.ts';
import { Failure, wrongUsage } from './failure.ts';
import { parseCases } from './held-schemes.ts';
import { isUrl, readFileOrUrl } from './input.ts';
import type { Io } from './io.ts';
import { clean, count, shell } from './text.ts';

/** What a person would have in force. Sets of shapes are written NAME=FILE. */
export interface CandidateOptions {
  policy?: string;
  scheme?: string[];
  withoutScheme?: string[];
  shapes?: string[];
  ontology?: string[];
  withoutShapes?: string[];
}

/** The changes that were asked for, read and found usable; without those that are in force already. */
export interface Candidate {
  changes: Change[];
  files: Files;
  former: (change: Change) => Uint8Array | undefined;
  parts: Parts;
}

/** @throws Failure or ConfigError where something named cannot be had, or cannot be put in force */
export async function readCandidate(io: Io, config: Config, options: CandidateOptions): Promise<Candidate> {
  const content = new Map<string, Uint8Array>();
  const changes: Change[] = [];
  const add = (change: Omit<Change, 'was' | 'digest'>, bytes: Uint8Array | undefined): void => {
    const digest = bytes ? digestOf(bytes) : null;
    if (bytes) content.set(digest!, bytes);
    const { what, name } = change;
    if (changes.some((one) => one.what === what && one.name === name))
      throw wrongUsage(`${what === 'policy' ? 'The policy' : clean(name)} is named twice.`, 'Name it once.');
    changes.push({ ...change, digest, was: heldDigest(config, change) });
  };
  const schemeFiles = new Map<string, string>();
  const source = (from: string) => (isUrl(from) ? from : basename(from));

  if (options.policy !== undefined)
    add({ what: 'policy', name: 'policy', source: source(options.policy) }, await readFileOrUrl(io, options.policy));
  for (const from of options.scheme ?? []) {
    const bytes = await readFileOrUrl(io, from);
    const cases = isUrl(from) || from === '-' ? undefined : casesBeside(from, idOf(bytes));
    if (cases) content.set(digestOf(cases), cases);
    schemeFiles.set(idOf(bytes) ?? source(from), from);
    // The grammar says what is wrong with one that has no id.
    const beside = cases ? { cases: digestOf(cases) } : {};
    add({ what: 'scheme', name: idOf(bytes) ?? source(from), source: source(from), ...beside }, bytes);
  }
  for (const name of options.withoutScheme ?? []) add({ what: 'scheme', name }, undefined);
  for (const what of ['ontology', 'shapes'] as const)
    for (const given of options[what] ?? []) {
      const [, name, from] = /^([a-z0-9][a-z0-9.-]{0,62})=(.+)$/.exec(given) ?? [];
      if (!name || !from)
        throw wrongUsage(
          `"${clean(given)}" names no set.`,
          `Write --${what} NAME=FILE; a name has small letters, digits, dots and hyphens, with the version: gaia-x-25.11.`,
        );
      add({ what, name, source: source(from) }, await readFileOrUrl(io, from));
    }
  for (const name of options.withoutShapes ?? [])
    for (const what of ['shapes', 'ontology'] as const)
      if (what === 'shapes' || heldDigest(config, { what, name })) add({ what, name }, undefined);
  if (changes.length === 0)
    throw wrongUsage(
      'Nothing is named that would change.',
      'Name a policy, schemes or shapes: --policy FILE, --scheme FILE, --shapes NAME=FILE.',
    );

  for (const { what, name, digest, was } of changes) {
    if (digest === null && was === null)
      throw new Failure(
        1,
        'not-found',
        what === 'scheme' ? `No scheme ${clean(name)} was added here.` : `No shapes ${clean(name)} were added here.`,
        `kontor ${what === 'scheme' ? 'schemes' : 'shapes'} list shows what was; what is bundled stays.`,
      );
    if (what === 'shapes' && digest !== null && was !== null && was !== digest)
      throw new Failure(
        1,
        'conflict',
        `${clean(name)} is held with the digest ${was}.`,
        `Another edition is another set: give it a name of its own, and name the former with --without-shapes ${clean(name)}.`,
      );
  }
  const wanted = changes.filter(({ digest, was }) => digest !== was);
  const files: Files = (digest) => content.get(digest)!;
  const parts = readParts(config, wanted, files);
  for (const { name, count: targets } of parts.shapes.sets)
    if (targets === 0)
      throw new Failure(
        1,
        'malformed',
        `${clean(name)} holds no shape that applies to anything.`,
        'A shape says by sh:targetClass, or by being a class itself, what it applies to.',
      );
  for (const { name, cases } of wanted) if (cases) passCases(name, files(cases), parts, schemeFiles.get(name)!);
  return { changes: wanted, files, former: (change) => heldBytes(config, change), parts };
}

const casesPath = (file: string, id: string): string => join(dirname(file), 'cases', `${id}.json`);

function casesBeside(file: string, id: string | undefined): Uint8Array | undefined {
  if (id === undefined) return undefined;
  const path = casesPath(file, id);
  return existsSync(path) ? readFileSync(path) : undefined;
}

/** A scheme that does not hold in the cases beside it is not what its author meant. */
function passCases(id: string, bytes: Uint8Array, { schemes }: Parts, file: string): void {
  const failed = runCases(schemes.get(id)!, parseCases(bytes, casesPath(file, id), id));
  const [first] = failed;
  if (first)
    throw new Failure(
      1,
      'malformed',
      `${count(failed.length, 'case')} of ${clean(id)} failed, such as "${clean(first.name)}": ${clean(first.problem)}.`,
      `All of them: kontor schemes test ${shell(file)}`,
    );
}

/** Rehearses a candidate on what the node of this configuration holds, also while it runs. */
export async function rehearsed(
  io: Io,
  config: Config,
  { parts }: Pick<Candidate, 'parts'>,
  tell: (outcome: Outcome) => void,
  from?: Date,
): Promise<Summary> {
  if (!existsSync(config.database))
    throw wrongUsage(`There is no node in ${config.data} yet.`, 'KONTOR_DATA says where it is.');
  const compliance = loadCompliance(config.shapes, config.data);
  const before: Conditions = {
    policy: readPolicy(config.policy),
    schemes: compliance.schemes(),
    shapes: compliance.added(),
  };
  const added = join(config.data, 'contexts');
  const contexts = loadContexts(
    join(config.shapes, 'contexts'),
    ...(existsSync(join(added, 'index.json')) ? [added] : []),
  );
  const database = await openToRead(config.database);
  try {
    return await rehearse(
      {
        db: database.read,
        did: didOfUrl(config.url),
        before,
        after: conditionsWith(before, parts),
        now: io.now(),
        ...(from ? { from } : {}),
        vocabulary: compliance.vocabulary,
        contexts,
      },
      tell,
      progress(io),
    );
  } finally {
    await database.close();
  }
}

/** Every few seconds, for people who wait. */
function progress(io: Io): (looked: number, of: number) => void {
  let told = performance.now();
  return (looked, of) => {
    if (!io.terminal || performance.now() - told < 3_000) return;
    told = performance.now();
    io.err(`${looked.toLocaleString('en')} of ${count(of, 'listing')}\n`);
  };
}
