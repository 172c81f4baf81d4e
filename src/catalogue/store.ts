import { namesOf } from '../compliance/clearing-house.ts';
import type { Checks } from '../credentials/check.ts';
import type { Source, VerifiedCredential } from '../credentials/credential.ts';
import type { Tx } from './database.ts';
import { beyondMandate } from './evidence.ts';
import { isHeard, isTrusted } from './heard.ts';
import type { Judgement } from './judgement.ts';
import { keepSigner } from './key-check.ts';
import { knownJudgement, labelsOf, laterThan } from './known.ts';
import type { LogEntry } from './log-entry.ts';
import { heardAbout, keepNames, namesWithRoom } from './named.ts';
import { keepDocuments } from './provenance.ts';
import { newestFirst, type SettleDeps, settle, settleDependents } from './settle.ts';
import type { Shaped } from './shape.ts';
import { keepStatus } from './status.ts';

/** Statements about one subject by issuers that nobody named: kept for the day somebody does, up to so many. */
const MAX_UNHEARD = 50;

/** Statements about one subject by one issuer that counts for something and is not on the trust list, in force at once. */
const MAX_BY_ONE = 100;

type Kind<K extends Shaped['kind']> = Extract<Shaped, { kind: K }>;

/** One act of storing: what is stored, when and where from, and the steps that every kind shares. */
interface Act {
  tx: Tx;
  deps: SettleDeps;
  checks: Checks;
  verified: VerifiedCredential;
  source: Source;
  digest: string;
  issuer: string;
  key: string;
  subject: string;
  statement: string;
  at: string;
  validFrom: string;
  validUntil: string;
  size: number;
  /** Keys settled within this act. */
  settled: Set<string>;
  fail(code: 'outdated' | 'not-found' | 'untrusted', id: string, why: string, mend: string): Judgement;
  keepObject(): Promise<unknown>;
  /** Only what enters the federation here goes into this node's log; what came from a peer stands in that peer's. */
  log(entry: LogEntry): Promise<Pick<Judgement, 'entry'>>;
  /** Settles what rests on the ids, and gives the judgement. */
  done(ids: string[], judgement: Partial<Judgement>): Promise<Judgement>;
}

/** Stores one shaped credential, and settles what it changes. Writes nothing where it refuses. */
export async function store(
  tx: Tx,
  shaped: Shaped,
  deps: SettleDeps,
  checks: Checks,
  keep: boolean,
): Promise<Judgement> {
  const { verified, key, subject } = shaped;
  const { digest, issuer } = verified;
  const { bytes, mediaType, source } = verified.parsed.submission;
  const at = deps.clock().toISOString();
  const settled = new Set<string>();
  const already = await tx.selectFrom('object').select('digest').where('digest', '=', digest).executeTakeFirst();
  if (already) return knownJudgement(tx, digest, checks);
  const act: Act = {
    tx,
    deps,
    checks,
    verified,
    source,
    digest,
    issuer,
    key,
    subject,
    statement: verified.statement,
    at,
    validFrom: verified.validFrom.toISOString(),
    validUntil: verified.validUntil.toISOString(),
    size: bytes.length,
    settled,
    fail: (code, id, why, mend) => {
      checks.fail(code, id, why, { mend });
      return { ok: false, code, detail: why, digest, stage: 'commit', checks: checks.list };
    },
    keepObject: async () => {
      await tx
        .insertInto('object')
        .values({ digest, kind: shaped.kind, media_type: mediaType, bytes, size: bytes.length, first_seen: at })
        .execute();
      await keepDocuments(tx, verified);
    },
    log: async (entry) => {
      const [logged] = source.kind === 'peer' ? [] : await deps.append(tx, [entry]);
      return logged ? { entry: logged } : {};
    },
    done: async (ids, judgement) => {
      const inline = (owner: string) => owner === issuer || isTrusted(issuer, deps.policy());
      await settleDependents(tx, ids, settled, inline, deps);
      const stored =
        source.kind === 'peer' ? `Taken from ${source.origin}` : 'Stored, and entered in the log of this node';
      checks.pass('commit.stored', keep ? stored : 'It would be stored; this was a rehearsal, and nothing was kept');
      return { ok: true, digest, stage: 'commit', checks: checks.list, kind: shaped.kind, ...judgement };
    },
  };
  switch (shaped.kind) {
    case 'listing':
      return storeListing(act, shaped);
    case 'evidence':
      return storeEvidence(act, shaped);
    case 'withdrawal':
      return storeWithdrawal(act, shaped);
    case 'label':
      return storeLabel(act, shaped);
  }
}

/** A version of a listing: newer than what is held, unless a peer brings history. */
async function storeListing(act: Act, shaped: Kind<'listing'>): Promise<Judgement> {
  const {
    tx,
    deps,
    checks,
    source,
    digest,
    issuer,
    key,
    subject,
    statement,
    at,
    validFrom,
    validUntil,
    size,
    verified,
    fail,
    keepObject,
    log,
    settled,
    done,
  } = act;
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
    names: JSON.stringify(namesOf(verified.parsed.submission.bytes)),
    at,
    anchored: verified.anchored ? JSON.stringify(verified.anchored) : null,
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
      'commit.order',
      newer
        ? newer.valid_from === validFrom
          ? `Another version with the same start of validity, ${validFrom}, is already held`
          : `A newer version, valid from ${newer.valid_from}, is already held`
        : `The listing was withdrawn as of ${ended!.valid_from}`,
      laterThan(newer ? `One valid from ${newer.valid_from} is held` : `It was withdrawn as of ${ended!.valid_from}`),
    );
  }
  await keepObject();
  await tx.insertInto('version').values(version).execute();
  await keepStatus(tx, verified, at);
  await keepSigner(tx, verified, deps.clock());
  const entry = await log({
    op: 'put',
    kind: 'listing',
    id: subject,
    digest,
    type: description.type,
    validFrom,
    validUntil,
    size,
  });
  settled.add(key);
  const decisions = await settle(tx, key, deps);
  return done([subject], {
    listing: { key, id: subject, type: description.type, name: description.name },
    labels: await labelsOf(tx, key, decisions),
    ...entry,
  });
}

const TRUST_IT = 'Ask the operator to trust it for that scheme: kontor trust add DID --role ROLE --scheme SCHEME';

/** A statement about a subject. Whom nobody here listens to is kept, within bounds, and moves nothing. */
async function storeEvidence(act: Act, shaped: Kind<'evidence'>): Promise<Judgement> {
  const {
    tx,
    deps,
    checks,
    digest,
    issuer,
    subject,
    statement,
    at,
    validFrom,
    validUntil,
    size,
    verified,
    fail,
    keepObject,
    log,
    done,
  } = act;
  const row = { about: subject, issuer, statement };
  const same = await tx
    .selectFrom('evidence')
    .select('digest')
    .where('about', '=', row.about)
    .where('issuer', '=', row.issuer)
    .where('statement', '=', row.statement)
    .executeTakeFirst();
  if (same) return knownJudgement(tx, same.digest, checks);
  const policy = deps.policy();
  const { names } = shaped;
  const alone = async () => ((await isHeard(tx, subject, issuer, policy)) ? [subject] : []);
  const heard = names ? await heardAbout(tx, [subject, ...names], issuer, policy) : await alone();
  const kept = names && (await namesWithRoom(tx, names, heard, MAX_UNHEARD, at));
  const held = await tx
    .selectFrom('evidence')
    .select(['issuer', 'state'])
    .where('about', '=', subject)
    .where('valid_until', '>', at)
    .execute();
  const own = held.filter((one) => one.issuer === issuer && one.state !== 'revoked').length;
  const mend = 'Ask the owner to name the attester, or the operator to trust it';
  if (heard.length === 0) {
    const what = names ? 'what it names' : subject.slice(0, 200);
    const why = `${issuer} is not on this node's trust list, and the owner of ${what} does not name it under kontor:attester`;
    if (held.length >= MAX_UNHEARD || (names?.length && kept?.length === 0))
      return fail('untrusted', 'commit.weight', `${why}; no more such statements are kept`, mend);
    checks.warn('commit.weight', `It is kept and counts for nothing yet: ${why}`, { mend });
  } else if (own >= MAX_BY_ONE && !isTrusted(issuer, policy))
    return fail(
      'untrusted',
      'commit.weight',
      `${MAX_BY_ONE} statements of ${issuer} about ${subject.slice(0, 200)} are in force here; of an issuer that is not on this node's trust list no more are kept`,
      'Revoke what it replaces or wait until that ends, or say several things in one statement',
    );
  const beyond = beyondMandate(issuer, shaped, policy, deps.clock());
  if (beyond) checks.warn('commit.weight', `It is kept, and counts for no label: ${beyond}`, { mend: TRUST_IT });
  await keepObject();
  await tx
    .insertInto('evidence')
    .values({
      digest,
      ...row,
      key_id: verified.keyId,
      type: shaped.type,
      valid_from: validFrom,
      valid_until: validUntil,
      subjects: JSON.stringify(shaped.claims),
      state: 'current',
    })
    .execute();
  if (kept) await keepNames(tx, digest, subject, kept);
  await keepStatus(tx, verified, at);
  await keepSigner(tx, verified, deps.clock());
  const entry = await log({
    op: 'put',
    kind: 'evidence',
    id: subject,
    digest,
    type: shaped.type,
    validFrom,
    validUntil,
    size,
  });
  return done(heard, entry);
}

/** The end of a listing, on its own issuer's word. */
async function storeWithdrawal(act: Act, shaped: Kind<'withdrawal'>): Promise<Judgement> {
  const {
    tx,
    deps,
    source,
    digest,
    issuer,
    key,
    subject,
    validFrom,
    validUntil,
    size,
    fail,
    keepObject,
    log,
    settled,
    done,
  } = act;
  const listing = await tx
    .selectFrom('listing')
    .select(['state', 'name', 'type'])
    .where('key', '=', key)
    .executeTakeFirst();
  if (!listing && source.kind !== 'peer')
    return fail(
      'not-found',
      'commit.withdrawal',
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
    return fail(
      'outdated',
      'commit.withdrawal',
      `It was withdrawn already, as of ${before?.valid_from}`,
      'Nothing is left to do',
    );
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
  const entry = await log({ op: 'put', kind: 'withdrawal', id: subject, digest, size });
  settled.add(key);
  await settle(tx, key, deps);
  return done([subject], {
    ...(listing ? { listing: { key, id: subject, type: listing.type, name: listing.name } } : {}),
    ...entry,
  });
}

/** What another node found, from its own log. */
async function storeLabel(act: Act, shaped: Kind<'label'>): Promise<Judgement> {
  const { tx, deps, digest, issuer, at, validUntil, keepObject, done } = act;
  const { scheme, level, basis } = shaped.label;
  // It may be about another encoding of a statement that is shown here under its own digest.
  const alias = await tx.selectFrom('alias').select('of').where('digest', '=', shaped.label.about).executeTakeFirst();
  const about = alias?.of ?? shaped.label.about;
  const forked = await tx
    .selectFrom('log')
    .select('origin')
    .where('node_did', '=', issuer)
    .where('state', '=', 'forked')
    .executeTakeFirst();
  const rank =
    (deps
      .schemes()
      .find((one) => one.id === scheme)
      ?.levels.findIndex((one) => one.id === level) ?? -1) + 1;
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
