import type { Decision } from '../compliance/decision.ts';
import type { Description } from '../compliance/description.ts';
import type { Checks } from '../credentials/check.ts';
import { controls, isUnowned } from '../credentials/control.ts';
import { statementOf } from '../credentials/parse.ts';
import type { Database, Tx } from './database.ts';
import type { JudgedLabel, Judgement } from './judgement.ts';
import type { LogEntry } from './log-entry.ts';
import { newestFirst, type SettleDeps, settle, settleDependents } from './settle.ts';
import type { Shaped } from './shape.ts';

export interface CommitDeps extends SettleDeps {
  database: Database;
}

/** Statements about one subject by issuers that nobody named: kept for the day somebody does, up to so many. */
const MAX_UNHEARD = 50;
/** Listings looked at to learn whether their owners name an attester. */
const MAX_ASKED = 200;

/** Thrown to leave a transaction without a trace and with a result. */
class RollBack extends Error {
  readonly judgement: Judgement;
  constructor(judgement: Judgement) {
    super('rolled back');
    this.judgement = judgement;
  }
}

/**
 * Object, listing, labels and log entries in one transaction. With `keep` false the same work is done and undone, so
 * that a rehearsal gives exactly the verdict of the real run.
 */
export async function commit(shaped: Shaped, deps: CommitDeps, keep: boolean, checks: Checks): Promise<Judgement> {
  const quiet: CommitDeps = keep ? deps : { ...deps, append: async () => [] };
  try {
    return await deps.database.transaction(async (tx) => {
      const judgement = await store(tx, shaped, quiet, checks, keep);
      if (!keep || !judgement.ok) throw new RollBack(judgement);
      return judgement;
    });
  } catch (error) {
    if (error instanceof RollBack)
      return keep
        ? error.judgement
        : { ...error.judgement, stage: error.judgement.ok ? 'label' : error.judgement.stage };
    throw error;
  }
}

async function store(tx: Tx, shaped: Shaped, deps: CommitDeps, checks: Checks, keep: boolean): Promise<Judgement> {
  const { verified, key, subject } = shaped;
  const { digest, issuer } = verified;
  const { bytes, mediaType, source } = verified.parsed.submission;
  const at = deps.clock().toISOString();
  const validFrom = verified.validFrom.toISOString();
  const validUntil = verified.validUntil.toISOString();
  const statement = statementOf(verified.parsed);
  const already = await tx.selectFrom('object').select('digest').where('digest', '=', digest).executeTakeFirst();
  if (already) return knownJudgement(tx, digest, checks);

  const fail = (code: 'outdated' | 'not-found' | 'untrusted', why: string, mend: string): Judgement => {
    checks.fail(code, 'commit.order', why, { mend });
    return { ok: false, code, detail: why, digest, stage: 'commit', checks: checks.list };
  };
  const keepObject = () =>
    tx
      .insertInto('object')
      .values({ digest, kind: shaped.kind, media_type: mediaType, bytes, size: bytes.length, first_seen: at })
      .execute();
  /** Only what enters the federation here goes into this node's log; what came from a peer stands in that peer's. */
  const log = (entry: LogEntry) => (source.kind === 'peer' ? Promise.resolve([]) : deps.append(tx, [entry]));
  const settled = new Set<string>();
  const done = async (ids: string[], judgement: Partial<Judgement>): Promise<Judgement> => {
    const inline = (owner: string) => owner === issuer || isTrusted(issuer, deps);
    await settleDependents(tx, ids, settled, inline, deps);
    const stored =
      source.kind === 'peer' ? `Taken from ${source.origin}` : 'Stored, and entered in the log of this node';
    checks.pass('commit.stored', keep ? stored : 'It would be stored; this was a rehearsal, and nothing was kept');
    return { ok: true, digest, stage: 'commit', checks: checks.list, kind: shaped.kind, ...judgement };
  };

  switch (shaped.kind) {
    case 'listing': {
      const { description } = shaped;
      const versions = await tx.selectFrom('version').selectAll().where('key', '=', key).execute();
      const same = versions.find((version) => version.statement === statement);
      if (same) return knownJudgement(tx, same.digest, checks);
      const version = {
        digest,
        key,
        subject,
        issuer,
        key_id: verified.keyId,
        statement,
        format: verified.format,
        type: description.type,
        valid_from: validFrom,
        valid_until: validUntil,
        issued_at: verified.issuedAt.toISOString(),
        verified_at: at,
        state: 'pending',
        description: JSON.stringify(description),
        refs: JSON.stringify(shaped.references),
        at,
      };
      const newer = versions.find((one) => newestFirst(one, version) < 0);
      const ended = await tx
        .selectFrom('withdrawal')
        .select('valid_from')
        .where('key', '=', key)
        .where('valid_from', '>=', validFrom)
        .executeTakeFirst();
      if (source.kind !== 'peer' && (newer || ended)) {
        return fail(
          'outdated',
          newer
            ? newer.valid_from === validFrom
              ? `Another version with the same start of validity, ${validFrom}, is already held`
              : `A newer version, valid from ${newer.valid_from}, is already held`
            : `The listing was withdrawn as of ${ended!.valid_from}`,
          'Issue it again with a later validFrom',
        );
      }
      await keepObject();
      await tx.insertInto('version').values(version).execute();
      const entries = await log({
        op: 'put',
        kind: 'listing',
        id: subject,
        digest,
        type: description.type,
        validFrom,
        validUntil,
        size: bytes.length,
      });
      settled.add(key);
      const decisions = await settle(tx, key, deps);
      return done([subject], {
        listing: { key, id: subject, type: description.type, name: description.name },
        labels: await labelsOf(tx, key, decisions),
        ...(entries[0] ? { entry: entries[0] } : {}),
      });
    }
    case 'evidence': {
      const row = { about: subject, issuer, statement };
      const same = await tx
        .selectFrom('evidence')
        .select('digest')
        .where('about', '=', row.about)
        .where('issuer', '=', row.issuer)
        .where('statement', '=', row.statement)
        .executeTakeFirst();
      if (same) return knownJudgement(tx, same.digest, checks);
      const heard = await isHeard(tx, subject, issuer, deps);
      if (!heard) {
        const { count } = await tx
          .selectFrom('evidence')
          .select((select) => select.fn.countAll<number>().as('count'))
          .where('about', '=', subject)
          .where('valid_until', '>', at)
          .executeTakeFirstOrThrow();
        const why = `${issuer} is not on this node's trust list, and the owner of ${subject.slice(0, 200)} does not name it under kontor:attester`;
        if (Number(count) >= MAX_UNHEARD)
          return fail(
            'untrusted',
            `${why}; no more such statements are kept`,
            'Ask the owner to name the attester, or the operator to trust it',
          );
        checks.warn('commit.weight', `It is kept and counts for nothing yet: ${why}`, {
          mend: 'Ask the owner to name the attester, or the operator to trust it',
        });
      }
      await keepObject();
      await tx
        .insertInto('evidence')
        .values({
          digest,
          ...row,
          type: shaped.type,
          valid_from: validFrom,
          valid_until: validUntil,
          subjects: JSON.stringify(shaped.claims),
          state: 'current',
        })
        .execute();
      const entries = await log({
        op: 'put',
        kind: 'evidence',
        id: subject,
        digest,
        type: shaped.type,
        validFrom,
        validUntil,
        size: bytes.length,
      });
      return done(heard ? [subject] : [], entries[0] ? { entry: entries[0] } : {});
    }
    case 'withdrawal': {
      const listing = await tx
        .selectFrom('listing')
        .select(['state', 'name', 'type'])
        .where('key', '=', key)
        .executeTakeFirst();
      if (!listing && source.kind !== 'peer')
        return fail(
          'not-found',
          `Nothing by ${issuer} is held about ${subject}`,
          'Withdraw with the same issuer and the same subject id as the listing',
        );
      const before = await tx
        .selectFrom('withdrawal')
        .select('valid_from')
        .where('key', '=', key)
        .orderBy('valid_from', 'desc')
        .executeTakeFirst();
      if (listing?.state === 'withdrawn' && source.kind !== 'peer')
        return fail('outdated', `It was withdrawn already, as of ${before?.valid_from}`, 'Nothing is left to do');
      const until =
        (
          await tx
            .selectFrom('version')
            .select('valid_until')
            .where('key', '=', key)
            .orderBy('valid_until', 'desc')
            .executeTakeFirst()
        )?.valid_until ?? validUntil;
      await keepObject();
      await tx
        .insertInto('withdrawal')
        .values({ digest, key, subject, issuer, valid_from: validFrom, until, reason: shaped.reason })
        .execute();
      const entries = await log({ op: 'put', kind: 'withdrawal', id: subject, digest, size: bytes.length });
      settled.add(key);
      await settle(tx, key, deps);
      return done([subject], {
        ...(listing ? { listing: { key, id: subject, type: listing.type, name: listing.name } } : {}),
        ...(entries[0] ? { entry: entries[0] } : {}),
      });
    }
    case 'label': {
      const { scheme, level, basis } = shaped.label;
      // It may be about another encoding of a statement that is shown here under its own digest.
      const alias = await tx
        .selectFrom('alias')
        .select('of')
        .where('digest', '=', shaped.label.about)
        .executeTakeFirst();
      const about = alias?.of ?? shaped.label.about;
      const forked = await tx
        .selectFrom('log')
        .select('origin')
        .where('node_did', '=', issuer)
        .where('state', '=', 'forked')
        .executeTakeFirst();
      const rank =
        (deps.schemes.find((one) => one.id === scheme)?.levels.findIndex((one) => one.id === level) ?? -1) + 1;
      await keepObject();
      await tx
        .insertInto('label')
        .values({
          digest,
          about,
          scheme,
          level,
          rank,
          issuer,
          basis,
          valid_until: validUntil,
          state: forked ? 'suspended' : 'current',
          at,
        })
        .execute();
      return done([], {});
    }
  }
}

/** What a node says to bytes it holds already. */
export async function known(deps: CommitDeps, digest: string): Promise<Judgement | undefined> {
  const held = await deps.database.read
    .selectFrom('object')
    .select('digest')
    .where('digest', '=', digest)
    .executeTakeFirst();
  return held && knownJudgement(deps.database.read as Tx, digest, undefined);
}

/**
 * Whether anybody here listens to this issuer about the subject: the operator, whoever owns the subject, or the owner of
 * a listing that rests on it and names the issuer as attester, there or in its own self-description.
 */
async function isHeard(tx: Tx, subject: string, issuer: string, deps: CommitDeps): Promise<boolean> {
  if (isTrusted(issuer, deps) || (!isUnowned(subject) && controls(issuer, subject))) return true;
  const resting = await tx
    .selectFrom('depends')
    .innerJoin('listing', 'listing.key', 'depends.key')
    .select(['listing.key', 'listing.issuer'])
    .where('depends.on_id', '=', subject)
    .limit(MAX_ASKED)
    .execute();
  if (resting.length === 0) return false;
  if (resting.some((one) => one.issuer === issuer)) return true;
  const rows = await tx
    .selectFrom('version')
    .innerJoin('listing', 'listing.digest', 'version.digest')
    .select('version.description')
    .where('version.state', '=', 'current')
    .where((where) =>
      where.or([
        where(
          'version.key',
          'in',
          resting.map((one) => one.key),
        ),
        where.and([
          where('listing.kind', '=', 'participant'),
          where(
            'version.issuer',
            'in',
            resting.map((one) => one.issuer),
          ),
        ]),
      ]),
    )
    .limit(MAX_ASKED)
    .execute();
  return rows.some((row) => (JSON.parse(row.description) as Description).attesters?.includes(issuer));
}

const isTrusted = (issuer: string, deps: CommitDeps): boolean =>
  deps.policy().trust.some((entry) => entry.did === issuer);

async function knownJudgement(tx: Tx, given: string, checks: Checks | undefined): Promise<Judgement> {
  const alias = await tx.selectFrom('alias').select('of').where('digest', '=', given).executeTakeFirst();
  const digest = alias?.of ?? given;
  const version = await tx
    .selectFrom('version')
    .innerJoin('listing', 'listing.key', 'version.key')
    .select(['version.key', 'version.subject', 'version.state', 'version.valid_from', 'listing.name', 'listing.type'])
    .where('version.digest', '=', digest)
    .executeTakeFirst();
  const entry = await tx
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
    const last = { id: 'commit.known', result: 'fail' as const, why, mend: 'Issue it again with a later validFrom' };
    return {
      ...judgement,
      ok: false,
      code: 'outdated',
      detail: why,
      listing: { key, id: subject, type, name },
      checks: [...(checks?.list ?? []), last],
    };
  }
  const rows = await tx.selectFrom('decision').select('decision').where('key', '=', key).orderBy('scheme').execute();
  const decisions = rows.map((row) => JSON.parse(row.decision) as Decision);
  return {
    ...judgement,
    kind: 'listing',
    listing: { key, id: subject, type, name },
    labels: await labelsOf(tx, key, decisions),
  };
}

async function labelsOf(tx: Tx, key: string, decisions: Decision[]): Promise<JudgedLabel[]> {
  const rows = await tx.selectFrom('decision').select(['scheme', 'label']).where('key', '=', key).execute();
  return decisions.map(({ scheme, level, basis, criteria, next }) => ({
    scheme,
    level,
    basis,
    digest: rows.find((row) => row.scheme === scheme)?.label ?? null,
    criteria,
    next,
  }));
}
