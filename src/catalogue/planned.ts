import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Compliance } from '../compliance/load.ts';
import { ConfigError } from '../config.ts';
import { digestOf, hasDigest } from '../credentials/digest.ts';
import type { Contexts } from '../credentials/jsonld/contexts.ts';
import { messageOf } from '../errors.ts';
import type { Policy } from '../policy.ts';
import {
  type Change,
  conditionsWith,
  type Files,
  heldCases,
  heldDigest,
  type Parts,
  type Places,
  put,
  readParts,
  writeWhole,
} from './changes.ts';
import type { Database } from './database.ts';
import type { Conditions, Outcome, Summary } from './outcomes.ts';
import { rehearseListing } from './rehearse.ts';

/**
 * A change of conditions for a day to come. It lies in `planned/<id>` of the data folder, with its files by digest, those
 * that they replace, and what was rehearsed; once in force, in `enacted/<id>`. Where it lies is its state.
 */
export interface Plan {
  id: string;
  /** When it is put in force. */
  from: string;
  created: string;
  changes: Change[];
  summary: Summary;
  /** When it was put in force. */
  enacted?: string;
}

const PLANNED = 'planned';
const ENACTED = 'enacted';
const PLAN = 'plan.json';
const OUTCOMES = 'outcomes.jsonl';
export const MAX_PLANS = 20;

const folderOf = ({ data }: Places, state: string, id = ''): string => join(data, state, id);

/**
 * The plans that wait for their day, or those in force, by their day.
 *
 * @param unreadable is told of each that cannot be read: it is left out, and stands in the way of no other
 */
export function readPlans(
  places: Places,
  state: 'planned' | 'enacted' = PLANNED,
  unreadable: (id: string, why: string) => void = () => {},
): Plan[] {
  return idsOf(places, state).flatMap((id) => {
    try {
      return readPlan(join(folderOf(places, state, id), PLAN), id);
    } catch (error) {
      unreadable(id, messageOf(error));
      return [];
    }
  });
}

/** Names of the plans that are there whole, readable or not. */
function idsOf(places: Places, state: string): string[] {
  const folder = folderOf(places, state);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((id) => !id.startsWith('.') && existsSync(join(folder, id, PLAN)))
    .sort();
}

/** @throws Error where the file is not the plan of this name */
function readPlan(path: string, id: string): Plan {
  const plan = JSON.parse(readFileSync(path, 'utf8')) as Plan | null;
  const isPlan =
    plan?.id === id &&
    Number.isFinite(Date.parse(plan.from)) &&
    Array.isArray(plan.changes) &&
    Array.isArray(plan.summary?.schemes);
  if (!isPlan) throw new Error(`${path} is not the plan ${id}`);
  return plan;
}

/** A file of a plan. @throws ConfigError where it is not what was planned */
const filesOf =
  (places: Places, id: string): Files =>
  (digest) => {
    const path = join(folderOf(places, PLANNED, id), digest);
    const bytes = readFileSync(path);
    if (!hasDigest(bytes, digest))
      throw new ConfigError([`${path} is not what was planned. Cancel the plan, and make it anew`]);
    return bytes;
  };

/**
 * Keeps a plan. It is there whole or not at all; the same plan made twice is one.
 *
 * @param rehearse does the rehearsal, and tells each outcome
 * @param former what the changes take the place of
 */
export async function makePlan(
  places: Places,
  { from, created, changes }: Pick<Plan, 'from' | 'created' | 'changes'>,
  files: Files,
  former: (change: Change) => Uint8Array | undefined,
  rehearse: (tell: (outcome: Outcome) => void) => Promise<Summary>,
): Promise<Plan> {
  const id = `${from.slice(0, 10)}-${digestOf(Buffer.from(JSON.stringify([from, changes]))).slice(-8)}`;
  const folder = folderOf(places, PLANNED, id);
  const next = folderOf(places, PLANNED, `.${id}.${process.pid}`);
  mkdirSync(next, { recursive: true, mode: 0o700 });
  try {
    for (const change of changes) {
      for (const digest of [change.digest, change.cases]) if (digest) writeWhole(join(next, digest), files(digest));
      const bytes = former(change);
      if (bytes) writeWhole(join(next, digestOf(bytes)), bytes);
      // Where they are looked for beside that file, so that the way back brings them back too.
      const cases = change.what === 'scheme' ? heldCases(places, change.name) : undefined;
      if (cases) writeWhole(join(next, 'cases', `${change.name}.json`), cases);
    }
    const report = openSync(join(next, OUTCOMES), 'w', 0o600);
    let summary: Summary;
    try {
      summary = await rehearse((outcome) => void writeSync(report, `${JSON.stringify(outcome)}\n`));
    } finally {
      closeSync(report);
    }
    const plan: Plan = { id, from, created, changes, summary };
    writeWhole(join(next, PLAN), Buffer.from(`${JSON.stringify(plan, null, 2)}\n`));
    rmSync(folder, { recursive: true, force: true });
    renameSync(next, folder);
    return plan;
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

/** @returns whether there was one */
export function cancelPlan(places: Places, id: string): boolean {
  if (!idsOf(places, PLANNED).includes(id)) return false;
  const gone = folderOf(places, PLANNED, `.${id}.cancelled`);
  renameSync(folderOf(places, PLANNED, id), gone);
  rmSync(gone, { recursive: true, force: true });
  return true;
}

const NAMES = { policy: 'the policy', scheme: 'the scheme', shapes: 'the shapes', ontology: 'the ontology' };
const nameOf = ({ what, name }: Change): string => (what === 'policy' ? NAMES[what] : `${NAMES[what]} ${name}`);

/** What changed since the plan was made, or of it is gone, in sentences: then it is not put in force. */
export const conflictsOf = (places: Places, { id, changes }: Plan): string[] =>
  changes.flatMap((change) => {
    const gone = [change.digest, change.cases].find(
      (digest) => digest && !existsSync(join(folderOf(places, PLANNED, id), digest)),
    );
    if (gone) return `${nameOf(change)} that was planned is gone: there is no file ${gone} in the folder of the plan`;
    try {
      const held = heldDigest(places, change);
      return held === change.was || held === change.digest
        ? []
        : `${nameOf(change)} was changed since: ${held ?? 'nothing'} is there, and ${change.was ?? 'nothing'} was expected`;
    } catch (error) {
      return `What is there now cannot be read: ${messageOf(error)}`;
    }
  });

/**
 * Puts a plan in force, now. What was begun and cut off is finished; what is there already is left as it is.
 *
 * @returns why not, where it is not done: nothing was written then
 */
export function enactPlan(places: Places, plan: Plan, now: Date): string[] {
  const done = join(folderOf(places, ENACTED, plan.id), PLAN);
  const conflicts = conflictsOf(places, plan);
  if (conflicts.length > 0) return existsSync(done) && !existsSync(folderOf(places, PLANNED, plan.id)) ? [] : conflicts;
  const files = filesOf(places, plan.id);
  try {
    readParts(places, plan.changes, files);
    for (const change of plan.changes)
      if (heldDigest(places, change) !== change.digest) put(places, change, files, plan.created);
    mkdirSync(folderOf(places, ENACTED), { recursive: true, mode: 0o700 });
    renameSync(folderOf(places, PLANNED, plan.id), folderOf(places, ENACTED, plan.id));
    writeWhole(done, Buffer.from(`${JSON.stringify({ ...plan, enacted: now.toISOString() }, null, 2)}\n`));
  } catch (error) {
    // Another process may have done it meanwhile: a command, while the node runs.
    if (existsSync(done)) return [];
    return error instanceof ConfigError ? error.problems : [messageOf(error)];
  }
  return [];
}

/** What a plan would do to a listing, and when. */
export type PlannedOutcome = Outcome & { plan: Pick<Plan, 'id' | 'from'> };

/** A plan as the world may see it. */
export interface ShownPlan extends Plan {
  /** Why it would not be put in force as things stand. */
  conflicts: string[];
}

/** The plans of a running node. */
export interface Planned {
  plans(): ShownPlan[];
  /**
   * What was rehearsed for a plan, so many outcomes from a place on, and the place where the next begin; undefined where
   * there is no such plan.
   */
  outcomes(id: string, at: number, limit: number): { items: Outcome[]; next?: number } | undefined;
  /** What plans would do to a listing as it stands now; without those that would not be put in force as things stand. */
  of(key: string): Promise<PlannedOutcome[]>;
  /** Puts in force what is due. @returns whether anything was */
  enactDue(): Promise<boolean>;
}

export interface PlannedDeps {
  places: Places;
  database: Database;
  did: string;
  clock: () => Date;
  policy: () => Policy;
  compliance: Pick<Compliance, 'schemes' | 'added' | 'vocabulary'>;
  contexts: Contexts;
  log: { info(details: object, message: string): void; error(details: object, message: string): void };
}

export function createPlanned(deps: PlannedDeps): Planned {
  const { places, database, did, clock, policy, compliance, contexts, log } = deps;
  /** By id: plans do not change once they are made. */
  let known = new Map<string, { plan: Plan; parts?: Parts; told?: string }>();
  let stamp = 0;
  const current = () => {
    const folder = folderOf(places, PLANNED);
    const seen = existsSync(folder) ? statSync(folder).mtimeMs : 0;
    if (seen !== stamp) {
      stamp = seen;
      known = new Map(
        readPlans(places, PLANNED, (plan, error) => log.error({ plan, error }, 'a plan cannot be read'))
          .slice(0, MAX_PLANS)
          .map((plan) => [plan.id, known.get(plan.id) ?? { plan }]),
      );
    }
    return [...known.values()];
  };
  return {
    plans: () => current().map(({ plan }) => ({ ...plan, conflicts: conflictsOf(places, plan) })),
    outcomes: (id, at, limit) =>
      current().some(({ plan }) => plan.id === id) ? readOutcomes(places, id, at, limit) : undefined,
    of: async (key) => {
      const found: PlannedOutcome[] = [];
      for (const one of current()) {
        const { id, from, changes } = one.plan;
        if (conflictsOf(places, one.plan).length > 0) continue;
        try {
          one.parts ??= readParts(places, changes, filesOf(places, id));
        } catch (error) {
          // Why it cannot be put in force is told where it is tried.
          log.error({ plan: id, error: messageOf(error) }, 'a plan cannot be read');
          continue;
        }
        const before: Conditions = { policy: policy(), schemes: compliance.schemes(), shapes: compliance.added() };
        const after = conditionsWith(before, one.parts);
        const given = {
          db: database.read,
          did,
          before,
          after,
          now: clock(),
          from: new Date(from),
          vocabulary: compliance.vocabulary,
          contexts,
        };
        for (const outcome of await rehearseListing(given, key)) found.push({ ...outcome, plan: { id, from } });
      }
      return found;
    },
    enactDue: async () => {
      const now = clock().toISOString();
      let done = false;
      for (const one of current().filter(({ plan }) => plan.from <= now)) {
        const { plan } = one;
        const problems = enactPlan(places, plan, clock());
        if (problems.length === 0) {
          done = true;
          log.info({ plan: plan.id, changes: plan.changes.map(nameOf) }, 'a plan was put in force');
        } else if (one.told !== problems.join('; ')) {
          one.told = problems.join('; ');
          log.error(
            { plan: plan.id, problems },
            'a plan is due and was not put in force; `kontor enact --list` says more',
          );
        }
      }
      return done;
    },
  };
}

const CHUNK = 65_536;

/** Lines from a place in the file on: it may be long, and is not read whole. */
function readOutcomes(places: Places, id: string, at: number, limit: number): { items: Outcome[]; next?: number } {
  const file = openSync(join(folderOf(places, PLANNED, id), OUTCOMES), 'r');
  try {
    let bytes = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.alloc(CHUNK);
      const read = readSync(file, chunk, 0, CHUNK, at + bytes.length);
      bytes = Buffer.concat([bytes, chunk.subarray(0, read)]);
      const ends = lineEnds(bytes, limit);
      if (read > 0 && ends.length < limit) continue;
      const end = ends.at(-1) ?? 0;
      const lines = bytes.subarray(0, end).toString('utf8').split('\n').filter(Boolean);
      const next = ends.length === limit ? { next: at + end } : {};
      return { items: lines.map((line) => JSON.parse(line) as Outcome), ...next };
    }
  } finally {
    closeSync(file);
  }
}

/** Places behind the first line breaks. */
function lineEnds(bytes: Buffer, limit: number): number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf(10); at >= 0 && ends.length < limit; at = bytes.indexOf(10, at + 1)) ends.push(at + 1);
  return ends;
}
