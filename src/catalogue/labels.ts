import { randomUUID } from 'node:crypto';
import type { Decision } from '../compliance/decision.ts';
import type { Scheme } from '../compliance/scheme.ts';
import { digestOf } from '../credentials/digest.ts';
import { statusEntry } from '../credentials/issuing/status-list.ts';
import type { Tx } from './database.ts';
import { noteChange, noteLost } from './label-history.ts';
import { drawPlace, endPlace, statusListUrl, takePlace } from './own-status.ts';
import type { Row } from './schema.ts';
import type { SettleDeps } from './settle.ts';

/**
 * Puts this node's decision into effect: a label credential where a level holds, and the end of the former one where it
 * changed. What the label says is signed anew only where that changed, or the key that signed it was revoked: settling again
 * costs nothing and logs nothing, and a criterion of the next level moves no label. A decision about which nothing is
 * said any more leaves no trace but the end of its label.
 */
export async function giveLabel(
  tx: Tx,
  version: Row<'version'>,
  decision: Decision,
  scheme: Scheme,
  deps: SettleDeps,
): Promise<void> {
  const text = JSON.stringify(decision);
  const where = { key: version.key, scheme: decision.scheme };
  const before = await tx
    .selectFrom('decision')
    .selectAll()
    .where('key', '=', where.key)
    .where('scheme', '=', where.scheme)
    .executeTakeFirst();
  const stands = before?.label
    ? await tx
        .selectFrom('label')
        .innerJoin('own_status', 'own_status.digest', 'label.digest')
        .select(['state', 'key_id'])
        .where('label.digest', '=', before.label)
        .executeTakeFirst()
    : undefined;
  const holds = stands?.state === 'current' && !deps.key.revoked.includes(stands.key_id);
  const same = before?.digest === version.digest;
  if (same && before.decision === text && (decision.level === null || holds)) return;
  const keeps = same && holds && saysTheSame(JSON.parse(before.decision) as Decision, decision, version);
  if (before?.label && !keeps)
    await endLabel(tx, before.label, before.level === decision.level ? 'superseded' : 'level-changed', deps);
  const label = keeps
    ? before.label
    : decision.level === null
      ? null
      : await issue(tx, version, decision, scheme, deps);
  const row = {
    digest: version.digest,
    level: decision.level,
    basis: decision.basis,
    decision: text,
    label,
    decided_at: deps.clock().toISOString(),
    valid_until: decision.validUntil,
  };
  if (decision.silent)
    await tx.deleteFrom('decision').where('key', '=', where.key).where('scheme', '=', where.scheme).execute();
  else
    await tx
      .insertInto('decision')
      .values({ ...where, ...row })
      .onConflict((conflict) => conflict.columns(['key', 'scheme']).doUpdateSet(row))
      .execute();
  await noteChange(tx, version, before, decision, scheme, label, deps.clock());
}

/** Whether a label about both would be the same. */
const saysTheSame = (one: Decision, other: Decision, version: Row<'version'>): boolean =>
  one.validUntil === other.validUntil &&
  JSON.stringify(labelSubject(version, one)) === JSON.stringify(labelSubject(version, other));

async function issue(
  tx: Tx,
  version: Row<'version'>,
  decision: Decision,
  scheme: Scheme,
  deps: SettleDeps,
): Promise<string> {
  const at = deps.clock().toISOString();
  const level = decision.level!;
  const id = `urn:uuid:${randomUUID()}`;
  const place = await drawPlace(tx);
  const status = statusEntry(statusListUrl(deps.url, place.list), place.idx);
  const jwt = Buffer.from(await deps.sign(labelDocument({ id, issuer: deps.did, at, status }, version, decision)));
  const digest = digestOf(jwt);
  await takePlace(tx, place, digest, deps.key.id);
  await tx
    .insertInto('object')
    .values({ digest, kind: 'label', media_type: 'application/vc+jwt', bytes: jwt, size: jwt.length, first_seen: at })
    .execute();
  const rank = scheme.levels.findIndex((one) => one.id === level) + 1;
  const row = {
    digest,
    about: version.digest,
    scheme: decision.scheme,
    level,
    rank,
    issuer: deps.did,
    basis: decision.basis,
    valid_until: decision.validUntil,
    state: 'current',
    at,
  };
  await tx.insertInto('label').values(row).execute();
  await deps.append(tx, [
    {
      op: 'put',
      kind: 'label',
      id,
      digest,
      about: version.digest,
      label: `${decision.scheme}:${level}`,
      validUntil: decision.validUntil,
      size: jwt.length,
    },
  ]);
  return digest;
}

/** The label as a credential: bound to one version of the listing, with the result of every criterion it rests on. */
function labelDocument(
  { id, issuer, at, status }: { id: string; issuer: string; at: string; status: object },
  version: Row<'version'>,
  decision: Decision,
): object {
  return {
    '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/kontor/v1'],
    id,
    type: ['VerifiableCredential', 'TrustLabelCredential'],
    issuer,
    validFrom: at,
    validUntil: decision.validUntil,
    credentialStatus: status,
    credentialSubject: labelSubject(version, decision),
  };
}

/** What a label says: which version it is about, and the decision. */
export function labelSubject(
  { subject, digest }: Pick<Row<'version'>, 'subject' | 'digest'>,
  decision: Decision,
): object {
  return {
    id: subject,
    'kontor:about': digest,
    'kontor:scheme': decision.scheme,
    'kontor:edition': decision.edition,
    'kontor:schemeDigest': decision.schemeDigest,
    'kontor:level': decision.level,
    'kontor:basis': decision.basis,
    'kontor:criterion': decision.criteria.map((one) => ({
      'kontor:criterionId': one.id,
      'kontor:result': one.result,
      'kontor:basis': one.basis,
      ...(one.evidence.length > 0 ? { 'kontor:evidence': one.evidence } : {}),
    })),
  };
}

/** Ends this node's labels about listing versions that are no longer current. */
export async function dropLabels(tx: Tx, versions: string[], reason: string, deps: SettleDeps): Promise<void> {
  if (versions.length === 0) return;
  const rows = await tx
    .selectFrom('label')
    .select('digest')
    .where('about', 'in', versions)
    .where('issuer', '=', deps.did)
    .where('state', '=', 'current')
    .execute();
  for (const { digest } of rows) await endLabel(tx, digest, reason, deps);
}

/** Ends what was decided of a listing by schemes that this node decides by no more. */
export async function dropDecisions(tx: Tx, key: string, schemes: string[], deps: SettleDeps): Promise<void> {
  if (schemes.length === 0) return;
  const rows = await tx
    .selectFrom('decision')
    .select(['scheme', 'digest', 'level', 'label'])
    .where('key', '=', key)
    .where('scheme', 'in', schemes)
    .execute();
  for (const { label } of rows) if (label) await endLabel(tx, label, 'scheme-ended', deps);
  await noteLost(tx, key, rows, () => 'this node decides by that scheme no more', deps.clock());
  await tx.deleteFrom('decision').where('key', '=', key).where('scheme', 'in', schemes).execute();
}

async function endLabel(tx: Tx, digest: string, reason: string, deps: SettleDeps): Promise<void> {
  const ended = await tx
    .updateTable('label')
    .set({ state: reason })
    .where('digest', '=', digest)
    .where('state', '=', 'current')
    .executeTakeFirst();
  if (ended.numUpdatedRows === 0n) return;
  await endPlace(tx, digest);
  await deps.append(tx, [{ op: 'drop', kind: 'label', digest, reason }]);
}

/** Another node's log says that it takes a label back: only its own labels, and only on its own word. */
export async function dropForeignLabel(tx: Tx, digest: string, issuer: string): Promise<void> {
  await tx
    .updateTable('label')
    .set({ state: 'dropped' })
    .where('digest', '=', digest)
    .where('issuer', '=', issuer)
    .execute();
}

/**
 * A node proved to show different histories to different readers: its labels prove nothing until the operator accepts
 * its next epoch. Listings it carried stand, because their providers signed them.
 */
export async function suspendLabels(tx: Tx, issuer: string): Promise<void> {
  await tx
    .updateTable('label')
    .set({ state: 'suspended' })
    .where('issuer', '=', issuer)
    .where('state', '=', 'current')
    .execute();
}
