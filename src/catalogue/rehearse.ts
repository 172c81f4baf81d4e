import { setImmediate } from 'node:timers/promises';
import type { Decision } from '../compliance/decision.ts';
import { evaluate } from '../compliance/evaluate.ts';
import type { Scheme } from '../compliance/scheme.ts';
import type { Vocabulary } from '../compliance/vocabulary.ts';
import type { Contexts } from '../credentials/jsonld/contexts.ts';
import type { Policy } from '../policy.ts';
import { askedOf, type Chain, chainOf } from './chain.ts';
import type { Reader } from './database.ts';
import {
  type Conditions,
  changeOf,
  find,
  type LabelOutcome,
  type Outcome,
  type Summary,
  same,
  Tally,
} from './outcomes.ts';
import { renewals } from './renewals.ts';
import type { Row } from './schema.ts';

/* What another policy, scheme or shape would do to everything that is held. Nothing is written here. */

export interface Rehearsal {
  db: Reader;
  /** DID of this node. */
  did: string;
  before: Conditions;
  after: Conditions;
  /** As of when it is rehearsed. */
  now: Date;
  /** The day for which it is planned: mandates are those that run then, all else is as it stands now. */
  from?: Date;
  vocabulary: Vocabulary;
  contexts: Contexts;
}

const BATCH = 100;
/** So long it works at a stretch, in milliseconds, before others have their turn. */
const STRETCH_MS = 20;

/**
 * Compares what holds of everything held under the conditions in force with what would hold under others. What cannot
 * change is not evaluated: a scheme matters to its own labels, a trust entry where there is evidence by its party.
 *
 * @param tell given each outcome, listings in the order in which they came, then evidence
 * @param progress given how many of how many listings were looked at
 */
export async function rehearse(
  given: Rehearsal,
  tell: (outcome: Outcome) => void | Promise<void>,
  progress: (looked: number, of: number) => void = () => {},
): Promise<Summary> {
  const rehearsal = atDay(given);
  const { db, now } = rehearsal;
  const differences = differencesOf(rehearsal);
  const tally = new Tally(rehearsal, differences.schemes.keys());
  const told = async (outcomes: Outcome[]): Promise<void> => {
    for (const outcome of outcomes) {
      tally.count(outcome);
      await tell(outcome);
    }
  };
  const current = db.selectFrom('listing').where('state', '=', 'current').where('valid_until', '>', now.toISOString());
  const { total } = await current
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const turns = createTurns();
  for (let last = 0, looked = 0; ; ) {
    const rows = await current.select(['id', 'key']).where('id', '>', last).orderBy('id').limit(BATCH).execute();
    if (rows.length === 0) break;
    last = rows.at(-1)!.id;
    const affected = await restingOn(db, differences.parties, rows);
    for (const { key } of rows) {
      await told(await outcomesOf(rehearsal, differences, key, affected.has(key), (sets) => tally.apply(sets)));
      await turns();
    }
    looked += rows.length;
    tally.looked.listings = looked;
    progress(looked, Number(total));
  }
  if (differences.renewals)
    for (let last = ''; ; ) {
      const rows = await db
        .selectFrom('evidence')
        .selectAll()
        .where('state', '=', 'current')
        .where('valid_until', '>', now.toISOString())
        .where('digest', '>', last)
        .orderBy('digest')
        .limit(BATCH)
        .execute();
      if (rows.length === 0) break;
      last = rows.at(-1)!.digest;
      for (const { digest, about: id, issuer, type } of rows) {
        const { why, applied } = await renewals(rehearsal, { kind: 'evidence', digest, subject: id, issuer });
        tally.apply(applied);
        await told(why.length > 0 ? [{ effect: 'refused', id, name: type, provider: issuer, digest, why }] : []);
        await turns();
      }
      tally.looked.evidence += rows.length;
    }
  return tally.summary();
}

/** What would become of one current listing; nothing where it is not held, or does not count. */
export async function rehearseListing(given: Rehearsal, key: string): Promise<Outcome[]> {
  const rehearsal = atDay(given);
  const differences = differencesOf(rehearsal);
  const affected = await restingOn(rehearsal.db, differences.parties, [{ key }]);
  return outcomesOf(rehearsal, differences, key, affected.has(key));
}

interface Differences {
  /** Schemes that differ, by id. */
  schemes: Map<string, { before?: Scheme; after?: Scheme }>;
  /** Parties whose entries on the trust list differ. */
  parties: string[];
  /** Nodes whose labels may count otherwise. */
  authorities: string[];
  /** Whether anything differs that what comes in is checked by. */
  renewals: boolean;
}

function differencesOf({ before, after }: Pick<Rehearsal, 'before' | 'after'>): Differences {
  const schemes: Differences['schemes'] = new Map();
  for (const { id } of [...before.schemes, ...after.schemes]) {
    const [was, is] = [before, after].map((one) => one.schemes.find((scheme) => scheme.id === id));
    if (was?.digest !== is?.digest) schemes.set(id, { ...(was ? { before: was } : {}), ...(is ? { after: is } : {}) });
  }
  return {
    schemes,
    parties: unlike(before.policy.trust, after.policy.trust),
    authorities: unlike(before.policy.authorities, after.policy.authorities),
    renewals:
      after.shapes.sets.length > 0 ||
      (['publishers', 'anchors', 'limits', 'trust'] as const).some(
        (member) => !same(before.policy[member], after.policy[member]),
      ),
  };
}

/** DIDs of the entries that stand on one list and not on the other. */
function unlike(one: readonly { did: string }[], other: readonly { did: string }[]): string[] {
  const [texts, others] = [one, other].map((list) => new Set(list.map((entry) => JSON.stringify(entry))));
  const odd = [
    ...one.filter((entry) => !others!.has(JSON.stringify(entry))),
    ...other.filter((entry) => !texts!.has(JSON.stringify(entry))),
  ];
  return [...new Set(odd.map(({ did }) => did))];
}

/** Both conditions with the mandates that run on the day of the plan. */
function atDay({ before, after, from, ...rest }: Rehearsal): Rehearsal {
  if (!from || from <= rest.now) return { ...rest, before, after };
  const of = ({ policy, ...conditions }: Conditions): Conditions => ({
    ...conditions,
    policy: { ...policy, trust: policy.trust.map((entry) => ({ ...entry, asOf: from })) },
  });
  return { ...rest, before: of(before), after: of(after) };
}

/** Which of the listings rest on evidence by one of the parties. */
async function restingOn(db: Reader, parties: string[], rows: { key: string }[]): Promise<Set<string>> {
  if (parties.length === 0) return new Set();
  const found = await db
    .selectFrom('depends')
    .innerJoin('evidence', 'evidence.about', 'depends.on_id')
    .select('depends.key')
    .distinct()
    .where(
      'depends.key',
      'in',
      rows.map(({ key }) => key),
    )
    .where('evidence.issuer', 'in', parties)
    .execute();
  return new Set(found.map(({ key }) => key));
}

async function outcomesOf(
  rehearsal: Rehearsal,
  differences: Differences,
  key: string,
  affected: boolean,
  apply: (sets: string[]) => void = () => {},
): Promise<Outcome[]> {
  const { db, before, after, now } = rehearsal;
  const { schemes, authorities } = differences;
  const asked = [...before.schemes, ...after.schemes].map(({ id }) => id).filter((id) => affected || schemes.has(id));
  if (asked.length === 0 && authorities.length === 0 && !differences.renewals) return [];
  const version = await db
    .selectFrom('listing')
    .innerJoin('version', 'version.digest', 'listing.digest')
    .selectAll('version')
    .select('listing.name')
    .where('listing.key', '=', key)
    .where('listing.state', '=', 'current')
    .where('listing.valid_until', '>', now.toISOString())
    .executeTakeFirst();
  if (!version) return [];
  const who = { key, id: version.subject, name: version.name, provider: version.issuer };
  const outcomes: Outcome[] = [];
  if (asked.length > 0) {
    const was = await chainOf(db, version, before.policy, now);
    const is = affected ? await chainOf(db, version, after.policy, now) : was;
    for (const id of [...new Set(asked)].sort()) {
      const scheme = { before: find(before, id), after: find(after, id) };
      const decided = {
        before: scheme.before && decide(scheme.before, version, was, before.policy, now),
        after: scheme.after && decide(scheme.after, version, is, after.policy, now),
      };
      const change = changeOf(scheme, decided);
      if (change) outcomes.push({ ...change, ...who, scheme: id });
    }
  }
  if (authorities.length > 0) outcomes.push(...(await foreign(rehearsal, version, who, authorities)));
  if (differences.renewals) {
    const { digest, subject, issuer, anchored } = version;
    const held = { kind: 'listing' as const, digest, subject, issuer, anchored: anchored !== null };
    const { why, applied } = await renewals(rehearsal, held);
    apply(applied);
    if (why.length > 0) outcomes.push({ effect: 'refused', ...who, digest: version.digest, why });
  }
  return outcomes;
}

const decide = (scheme: Scheme, version: Row<'version'>, chain: Chain, policy: Policy, now: Date): Decision =>
  evaluate({ scheme, ...askedOf(version, chain, policy, now) });

/** Labels of other nodes, which count as the list of authorities says. */
async function foreign(
  { db, did, before, after, now }: Rehearsal,
  { digest }: Row<'version'>,
  who: Pick<LabelOutcome, 'key' | 'id' | 'name' | 'provider'>,
  authorities: string[],
): Promise<LabelOutcome[]> {
  const rows = await db
    .selectFrom('label')
    .select(['scheme', 'level', 'issuer'])
    .where('about', '=', digest)
    .where('issuer', 'in', authorities)
    .where('issuer', '!=', did)
    .where('state', '=', 'current')
    .where('valid_until', '>', now.toISOString())
    .orderBy('issuer')
    .orderBy('scheme')
    .execute();
  return rows.flatMap(({ scheme, level, issuer }) => {
    const counts = ({ policy }: Conditions) =>
      policy.authorities.some(
        (one) => one.did === issuer && (!one.labels || one.labels.includes(`${scheme}:${level}`)),
      );
    const [was, is] = [counts(before), counts(after)];
    if (was === is) return [];
    const standing = (accepted: boolean): LabelOutcome['from'] => ({ level, basis: accepted ? 'attested' : 'claimed' });
    const why = is ? 'This node would count its labels' : 'This node would count its labels no more';
    return {
      effect: is ? ('stronger' as const) : ('weaker' as const),
      ...who,
      scheme,
      by: issuer,
      from: standing(was),
      to: standing(is),
      why: [{ id: 'authorities', why }],
    };
  });
}

/** Lets others have their turn from time to time. */
function createTurns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < STRETCH_MS) return;
    await setImmediate();
    since = performance.now();
  };
}
