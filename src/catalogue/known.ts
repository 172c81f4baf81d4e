import type { Decision } from '../compliance/decision.ts';
import type { Checks } from '../credentials/check.ts';
import type { Reader } from './database.ts';
import type { JudgedLabel, Judgement } from './judgement.ts';
import type { Row } from './schema.ts';

/** What a node says to bytes it holds already; undefined where it does not. */
export async function known(db: Reader, digest: string): Promise<Judgement | undefined> {
  const held = await db.selectFrom('object').select('digest').where('digest', '=', digest).executeTakeFirst();
  return held && knownJudgement(db, digest, undefined);
}

/** The judgement of a statement that is held, under its own digest or that of another encoding. */
export async function knownJudgement(db: Reader, given: string, checks: Checks | undefined): Promise<Judgement> {
  const alias = await db.selectFrom('alias').select('of').where('digest', '=', given).executeTakeFirst();
  const digest = alias?.of ?? given;
  const version = await db
    .selectFrom('version')
    .innerJoin('listing', 'listing.key', 'version.key')
    .select(['version.key', 'version.subject', 'version.state', 'version.valid_until', 'listing.name', 'listing.type'])
    .where('version.digest', '=', digest)
    .executeTakeFirst();
  const entry = await db
    .selectFrom('entry')
    .innerJoin('log', 'log.origin', 'entry.origin')
    .select(['entry.origin', 'entry.idx'])
    .where('entry.digest', '=', digest)
    .where('log.own', '=', 1)
    .executeTakeFirst();
  const judgement: Judgement = {
    ok: true,
    known: true,
    digest,
    stage: 'commit',
    checks: [
      ...(checks?.list ?? []),
      { id: 'commit.known', result: 'pass', why: 'This node holds it already; nothing changed' },
    ],
    ...(entry ? { entry: { origin: entry.origin, index: entry.idx } } : {}),
  };
  if (!version) return judgement;
  const { key, subject, name, type, state } = version;
  if (state !== 'current') {
    const why = `This node holds it already, and it no longer counts: it is ${state}`;
    const mend = await mendOf(db, version);
    const last = { id: 'commit.known', result: 'fail' as const, why, mend };
    return {
      ...judgement,
      ok: false,
      code: 'outdated',
      detail: why,
      listing: { key, id: subject, type, name },
      checks: [...(checks?.list ?? []), last],
    };
  }
  const rows = await db.selectFrom('decision').select('decision').where('key', '=', key).orderBy('scheme').execute();
  const decisions = rows.map((row) => JSON.parse(row.decision) as Decision);
  return {
    ...judgement,
    kind: 'listing',
    listing: { key, id: subject, type, name },
    labels: await labelsOf(db, key, decisions),
  };
}

/** What to do about a version that counts no more. */
async function mendOf(
  db: Reader,
  { key, state, valid_until: end }: Pick<Row<'version'>, 'key' | 'state' | 'valid_until'>,
) {
  const newest = (table: 'version' | 'withdrawal') =>
    db.selectFrom(table).select('valid_from').where('key', '=', key).orderBy('valid_from', 'desc').executeTakeFirst();
  if (state === 'superseded')
    return laterThan(`A newer one, valid from ${(await newest('version'))?.valid_from}, is held`);
  if (state === 'withdrawn') return laterThan(`It was withdrawn as of ${(await newest('withdrawal'))?.valid_from}`);
  if (state === 'expired')
    return `It ended at ${end}: sign it again with a later validUntil, and a validFrom after the one it has`;
  return 'Sign it again with a later validFrom and a key that was not revoked; where it names a status list, with an entry that has not ended';
}

/** How to bring a claim before what is held: by its date. */
export const laterThan = (what: string): string =>
  `${what}: give this one a validFrom after that, and sign it again. Without a validFrom, it is the time of signing`;

/** Decisions as answers give them, each with the digest of its label. */
export async function labelsOf(db: Reader, key: string, decisions: Decision[]): Promise<JudgedLabel[]> {
  const rows = await db.selectFrom('decision').select(['scheme', 'label']).where('key', '=', key).execute();
  return decisions.map(({ scheme, level, basis, criteria, next }) => ({
    scheme,
    level,
    basis,
    digest: rows.find((row) => row.scheme === scheme)?.label ?? null,
    criteria,
    next,
  }));
}
