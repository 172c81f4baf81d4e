import type { CriterionResult, Decision } from '../compliance/decision.ts';
import { rankOf, type Scheme } from '../compliance/scheme.ts';
import type { Reader, Tx } from './database.ts';
import { dropped, lost, won } from './differing.ts';
import type { ListingState } from './listing.ts';
import type { Row } from './schema.ts';
import { endedKeys } from './status.ts';

/** One change of a label of this node, as answers give it. Times are ISO 8601 UTC. */
export interface LabelChange {
  scheme: string;
  at: string;
  /** Null where no level holds from then on. */
  level: string | null;
  /** The level until then. */
  former: string | null;
  basis: string;
  /** Digest of the label credential that holds from then on; and until when it does by its own date. */
  label: string | null;
  validUntil: string | null;
  /** Digest of the listing version it is about. */
  version: string;
  /** `L2 lost, L1 holds: the kontor:Certificate by did:web:... expired on 2027-01-31`. */
  reason: string;
}

/** A label that held at some time; `until` and `ended` where it holds no more. */
export interface FormerLabel extends Pick<LabelChange, 'scheme' | 'basis' | 'version'> {
  level: string;
  digest: string;
  since: string;
  until?: string;
  ended?: string;
}

/** So many criteria are named in a reason; the decision has all of them. */
const MAX_NAMED = 3;

type Before = Pick<Row<'decision'>, 'digest' | 'level' | 'label' | 'decision'> | undefined;

/** Notes that a label came, went or was renewed, and why, in the transaction that did it. */
export async function noteChange(
  tx: Tx,
  version: Pick<Row<'version'>, 'key' | 'digest' | 'valid_from'>,
  before: Before,
  after: Decision,
  scheme: Scheme,
  label: string | null,
  now: Date,
): Promise<void> {
  if ((before?.label ?? null) === label) return;
  await tx
    .insertInto('label_change')
    .values({
      key: version.key,
      scheme: after.scheme,
      at: now.toISOString(),
      version: version.digest,
      level: after.level,
      former: before?.level ?? null,
      basis: after.basis,
      label,
      reason: await reasonOf(tx, version, before, after, scheme, now),
    })
    .execute();
}

const ENDED: Partial<Record<ListingState, string>> = {
  withdrawn: 'the provider withdrew the listing',
  expired: 'the listing expired',
  revoked: 'its issuer revoked the listing',
  suspended: 'its issuer suspended the listing',
  'status-unknown': 'whether its issuer revoked the listing cannot be learned',
};

/** Notes that a listing which no longer counts has lost every label. */
export async function noteEnd(tx: Tx, key: string, state: ListingState, now: Date): Promise<void> {
  const rows = await tx
    .selectFrom('decision')
    .select(['scheme', 'digest', 'level'])
    .where('key', '=', key)
    .where('level', 'is not', null)
    .execute();
  const keys = await endedKeys(
    tx,
    rows.map(({ digest }) => digest),
  );
  const why = (digest: string) => {
    const ended = state === 'revoked' ? keys.get(digest) : undefined;
    return ended ? `the listing counts no more: ${ended}` : (ENDED[state] ?? `the listing is ${state}`);
  };
  await noteLost(tx, key, rows, why, now);
}

/** Notes that levels are lost, whatever was decided of them. */
export async function noteLost(
  tx: Tx,
  key: string,
  rows: Pick<Row<'decision'>, 'scheme' | 'digest' | 'level'>[],
  why: (version: string) => string,
  now: Date,
): Promise<void> {
  for (const { scheme, digest, level } of rows) {
    if (level === null) continue;
    await tx
      .insertInto('label_change')
      .values({
        key,
        scheme,
        at: now.toISOString(),
        version: digest,
        level: null,
        former: level,
        basis: 'unknown',
        label: null,
        reason: `${level} lost: ${why(digest)}`,
      })
      .execute();
  }
}

async function reasonOf(
  tx: Tx,
  version: Pick<Row<'version'>, 'digest' | 'valid_from'>,
  before: Before,
  after: Decision,
  scheme: Scheme,
  now: Date,
): Promise<string> {
  const was = before ? (JSON.parse(before.decision) as Decision) : undefined;
  if (!was || !before?.level) {
    const met = was ? gained(was, after, scheme) : [];
    return `${after.level} reached${met.length > 0 ? `: ${some(met)}` : ''}`;
  }
  const causes = [
    ...(was.schemeDigest === after.schemeDigest ? [] : [`the scheme is now edition ${after.edition}`]),
    ...(before.digest === version.digest
      ? []
      : [`the provider published a new version, valid from ${day(version.valid_from)}`]),
    ...(await gone(tx, was, after, [before.digest, version.digest], now)),
  ];
  if (before.level === after.level) return `${after.level} renewed: ${some(causes) || 'what it rests on has changed'}`;
  // Upwards the gain is the reason, downwards the loss; what ended explains a loss best.
  const upwards = after.level !== null && rankOf(scheme, after.level) > rankOf(scheme, before.level);
  const reasons = [...causes, ...(upwards ? gained(was, after, scheme) : lost(was, after).map(saidOf(scheme)))];
  if (upwards) return `${after.level} in place of ${before.level}: ${some(reasons)}`;
  return `${before.level} lost${after.level ? `, ${after.level} holds` : ''}: ${some(reasons) || 'what it rested on has ended'}`;
}

/** Criteria have published numbers; the rules for certificates have none that would tell anybody anything. */
const saidOf =
  ({ kind }: Scheme) =>
  ({ id, why }: CriterionResult): string =>
    kind === 'certificates' ? why : `${id}: ${why}`;

const gained = (was: Decision, is: Decision, scheme: Scheme): string[] => [
  ...won(was, is).map(saidOf(scheme)),
  ...dropped(was, is).map(({ id }) => `${id} is not asked any more`),
];

const some = (reasons: string[]): string =>
  [
    ...reasons.slice(0, MAX_NAMED),
    ...(reasons.length > MAX_NAMED ? [`and ${reasons.length - MAX_NAMED} more`] : []),
  ].join('; ');

/** What the former decision rested on and this one does not: each with what became of it. */
async function gone(tx: Tx, was: Decision, is: Decision, own: string[], now: Date): Promise<string[]> {
  const rested = [...new Set(was.criteria.flatMap(({ evidence }) => evidence))];
  const digests = rested.filter((digest) => !is.evidence.includes(digest) && !own.includes(digest));
  const keys = await endedKeys(tx, digests);
  return (await witnesses(tx, digests)).map(({ digest, type, issuer, state, validUntil }) => {
    const what = `the ${type} by ${issuer}`;
    if (keys.has(digest)) return `${what} counts no more: ${keys.get(digest)}`;
    if (state === 'revoked' || state === 'suspended') return `${what} was ${state} by its issuer`;
    if (state === 'status-unknown') return `whether ${what} was revoked cannot be learned`;
    if (validUntil <= now.toISOString()) return `${what} expired on ${day(validUntil)}`;
    if (state === 'superseded') return `a newer version took the place of ${what}`;
    if (state !== 'current') return `${what} is ${state}`;
    return `${what} no longer counts here`;
  });
}

const day = (iso: string): string => iso.slice(0, 10);

/** A credential that a decision rests on. */
export interface Witness {
  digest: string;
  /** `claim`: a self-description; `evidence`: a statement about somebody. */
  kind: 'claim' | 'evidence';
  type: string;
  issuer: string;
  validUntil: string;
  state: string;
}

/** Credentials by their digests, in the order given; what is not held is left out. */
export async function witnesses(db: Pick<Reader, 'selectFrom'>, digests: string[]): Promise<Witness[]> {
  if (digests.length === 0) return [];
  const columns = ['digest', 'type', 'issuer', 'valid_until', 'state'] as const;
  const claims = await db.selectFrom('version').select(columns).where('digest', 'in', digests).execute();
  const evidence = await db.selectFrom('evidence').select(columns).where('digest', 'in', digests).execute();
  const found = new Map<string, Witness>();
  for (const [kind, rows] of [
    ['evidence', evidence],
    ['claim', claims],
  ] as const)
    for (const { valid_until: validUntil, ...row } of rows) found.set(row.digest, { ...row, kind, validUntil });
  return digests.flatMap((digest) => found.get(digest) ?? []);
}

/** Every change of a listing's labels, the oldest first. */
export async function labelChanges(db: Reader, key: string): Promise<LabelChange[]> {
  return db
    .selectFrom('label_change')
    .leftJoin('label', 'label.digest', 'label_change.label')
    .select((select) => [
      ...(['label_change.scheme', 'label_change.at', 'label_change.level', 'label_change.former'] as const),
      ...(['label_change.basis', 'label_change.label', 'label_change.version', 'label_change.reason'] as const),
      select.ref('label.valid_until').as('validUntil'),
    ])
    .where('key', '=', key)
    .orderBy('label_change.at')
    .orderBy('label_change.id')
    .execute();
}

/** The labels that held at a time, each with its end where it has ended since: by a change, or by its own date before that. */
export function labelsAt(changes: LabelChange[], at: Date, now: Date): FormerLabel[] {
  const time = at.toISOString();
  return [...new Set(changes.map(({ scheme }) => scheme))].sort().flatMap((scheme) => {
    const own = changes.filter((change) => change.scheme === scheme);
    const index = own.findLastIndex((change) => change.at <= time);
    const { level, label, at: since, basis, version, validUntil } = own[index] ?? {};
    if (!level || !label || (validUntil && validUntil <= time)) return [];
    const end = own[index + 1];
    const over = validUntil && validUntil <= (end?.at ?? now.toISOString());
    const ended = over
      ? { until: validUntil, ended: end?.reason ?? 'it was valid until then' }
      : end
        ? { until: end.at, ended: end.reason }
        : {};
    return [{ scheme, level, basis: basis!, digest: label, version: version!, since: since!, ...ended }];
  });
}
