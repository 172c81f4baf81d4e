import { CERTIFICATE, mandateRuns, mayVouch } from '../compliance/basis.ts';
import type { TrustEntry } from '../compliance/decision.ts';
import type { Scheme } from '../compliance/scheme.ts';
import type { Database, Tx } from './database.ts';
import type { SettleDeps } from './settle.ts';

/**
 * What decides the worth of evidence and the level of a listing beside the credentials: the trust list, with the mandates
 * that run at the time; the schemes; and by which former keys of this node no label may stand.
 */
interface Conditions {
  /** Each entry as JSON, with whether its mandate runs. */
  trust: string[];
  /** Digests by id. */
  schemes: Record<string, string>;
  revoked: string[];
}

/** What differs between two of them. */
interface Changes {
  /** Entries that came, went, began or ended. */
  trust: TrustEntry[];
  /** Ids of schemes that came, went or are another edition. */
  schemes: string[];
  /** Keys that are revoked now. */
  keys: string[];
}

const SETTLED_WITH = 'settled-with';
const NOTHING: Conditions = { trust: [], schemes: {}, revoked: [] };

function conditionsOf({ policy, schemes, clock, key }: SettleDeps): Conditions {
  const now = clock();
  return {
    trust: policy()
      .trust.map((entry) => JSON.stringify({ ...entry, runs: mandateRuns(entry, now) }))
      .sort(),
    schemes: Object.fromEntries(schemes().map(({ id, digest }) => [id, digest])),
    revoked: key.revoked,
  };
}

function changesFrom(before: Conditions, now: Conditions): Changes {
  const only = (one: string[], other: string[]) => one.filter((text) => !other.includes(text));
  const ids = [...new Set([...Object.keys(before.schemes), ...Object.keys(now.schemes)])];
  return {
    trust: [...only(before.trust, now.trust), ...only(now.trust, before.trust)].map((text) => JSON.parse(text)),
    schemes: ids.filter((id) => before.schemes[id] !== now.schemes[id]).sort(),
    keys: only(now.revoked, before.revoked),
  };
}

/**
 * Has settled, soon, what is affected by a change of the trust list, of a mandate, of a scheme or of a revoked key, also
 * one that came while the node was down; and nothing else.
 */
export async function settleAfterChange(database: Database, deps: SettleDeps): Promise<boolean> {
  const now = conditionsOf(deps);
  const value = JSON.stringify(now);
  const row = await database.read
    .selectFrom('meta')
    .select('value')
    .where('name', '=', SETTLED_WITH)
    .executeTakeFirst();
  if (row?.value === value) return false;
  // A former Kontor kept a digest here, which tells nothing of what changed.
  const before: Conditions = row?.value.startsWith('{') ? JSON.parse(row.value) : NOTHING;
  const changes = changesFrom(before, now);
  await database.transaction(async (tx) => {
    await markAffected(tx, changes, deps.schemes());
    await tx
      .insertInto('meta')
      .values({ name: SETTLED_WITH, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute();
  });
  return true;
}

/** Makes due what rests on what has changed. */
async function markAffected(tx: Tx, { trust, schemes, keys }: Changes, all: readonly Scheme[]): Promise<void> {
  const due = tx.insertInto('due').columns(['key']);
  const nothingTwice = <T extends ReturnType<typeof due.expression>>(insert: T) =>
    insert.onConflict((conflict) => conflict.doNothing()).execute();
  if (schemes.length > 0) {
    // What a scheme says of a listing is not known before it was asked: all are affected by that one.
    await nothingTwice(due.expression(tx.selectFrom('listing').select('key').where('state', '=', 'current')));
    await rankLabels(
      tx,
      all.filter(({ id }) => schemes.includes(id)),
    );
    return;
  }
  if (trust.length > 0) {
    const dids = [...new Set(trust.map(({ did }) => did))];
    const signed = tx
      .selectFrom('evidence')
      .innerJoin('depends', 'depends.on_id', 'evidence.about')
      .select('depends.key')
      .distinct()
      .where('evidence.issuer', 'in', dids);
    await nothingTwice(due.expression(signed));
    // Decisions about certificates name whom one could ask, and whether anybody at all can grant a level yet.
    const named = all.filter(
      (scheme) =>
        scheme.kind === 'certificates' &&
        trust.some(
          ({ role, schemes: covered }) =>
            mayVouch(role, scheme.evidence ?? CERTIFICATE) &&
            (!covered || covered.includes(scheme.certificate ?? scheme.id)),
        ),
    );
    if (named.length > 0)
      await nothingTwice(
        due.expression(
          tx
            .selectFrom('decision')
            .select('key')
            .distinct()
            .where(
              'scheme',
              'in',
              named.map(({ id }) => id),
            ),
        ),
      );
  }
  if (keys.length > 0)
    await nothingTwice(
      due.expression(
        tx
          .selectFrom('own_status')
          .innerJoin('label', 'label.digest', 'own_status.digest')
          .innerJoin('version', 'version.digest', 'label.about')
          .select('version.key')
          .distinct()
          .where('own_status.key_id', 'in', keys)
          .where('label.state', '=', 'current'),
      ),
    );
}

/** Levels of a scheme may stand in another order now; labels of other nodes are compared by it, too. */
async function rankLabels(tx: Tx, schemes: readonly Scheme[]): Promise<void> {
  for (const { id, levels } of schemes)
    for (const [at, level] of levels.entries())
      await tx
        .updateTable('label')
        .set({ rank: at + 1 })
        .where('scheme', '=', id)
        .where('level', '=', level.id)
        .where('rank', '!=', at + 1)
        .execute();
}
