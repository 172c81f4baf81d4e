import { createHash } from 'node:crypto';
import type { Database } from '../catalogue/database.ts';
import { isLoopbackName } from '../credentials/addresses.ts';
import type { DidDocument, ResolveDid } from '../credentials/keys/did.ts';
import { publicKeyOf } from '../credentials/keys/public-key.ts';
import { findMethod } from '../credentials/keys/verification-method.ts';
import { accepted, refused, type Verdict } from '../errors.ts';
import { type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';

/** The identity of one log: `host[:port]/catalogue/<epoch>`. Its node is the did:web of the host. */
export interface Origin {
  origin: string;
  host: string;
  epoch: number;
  did: string;
}

const ORIGIN =
  /^((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::[1-9]\d{0,4})?)\/catalogue\/([1-9]\d{0,8})$/;

export function parseOrigin(origin: string): Origin | undefined {
  const match = origin.length <= 300 ? ORIGIN.exec(origin) : null;
  if (!match) return undefined;
  const host = match[1]!;
  return { origin, host, epoch: Number(match[2]), did: `did:web:${host.replace(':', '%3A')}` };
}

/** The name a mirror serves a log under (https://c2sp.org/tlog-mirror): SHA-256 of the origin in hex. */
export const mirrorName = (origin: string): string => createHash('sha256').update(origin).digest('hex');

/** Where the node of an origin answers: https, or http on loopback where that is allowed, as for its did:web. */
export function originUrl({ host }: Origin, allowPrivateNetwork: boolean): string {
  const name = host.replace(/:\d+$/, '');
  const local = isLoopbackName(name) || /^127(\.\d+){3}$/.test(name);
  return `${local && allowPrivateNetwork ? 'http' : 'https'}://${host}`;
}

/** A key that verifies checkpoints; `until`, in ISO 8601, for one that was replaced then. */
interface CheckpointKey {
  publicKey: Uint8Array;
  until?: string;
}

const MAX_KEYS = 40;

/**
 * The Ed25519 keys by which checkpoints of a node are believed: those its DID document lists for assertions, and those it has replaced
 * in good order, for what they signed before. A revoked key is none of them.
 */
function checkpointKeys(document: DidDocument, now: Date): CheckpointKey[] {
  const listed = [document.assertionMethod, document.verificationMethod].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  );
  const ids = listed.map((one) => (typeof one === 'string' ? one : (one as { id?: unknown } | null)?.id));
  const texts = [...new Set(ids)].filter((id) => typeof id === 'string').slice(0, MAX_KEYS);
  return texts.flatMap((id) => {
    const current = findMethod(document, id, 'assertionMethod', { issuedAt: now, now });
    const method = current.ok ? current : findMethod(document, id, 'assertionMethod', { issuedAt: new Date(0), now });
    const found = method.ok ? publicKeyOf(method.value) : undefined;
    if (!method.ok || !found?.ok || found.value.kind !== 'Ed25519') return [];
    const publicKey = Buffer.from(found.value.key.export({ format: 'jwk' }).x!, 'base64url');
    return current.ok ? [{ publicKey }] : [{ publicKey, until: String(method.value.expires) }];
  });
}

/** Verifies a checkpoint by a present key, else by a former one if it is from its time. */
function openWith(keys: CheckpointKey[], note: string, { origin }: Origin, now: Date): Verdict<OpenedCheckpoint> {
  const present = keys.filter(({ until }) => until === undefined).map(({ publicKey }) => publicKey);
  const opened = openCheckpoint(note, origin, present, now);
  if (opened.ok || opened.code !== 'untrusted') return opened;
  for (const { publicKey, until } of keys) {
    if (until === undefined) continue;
    const before = openCheckpoint(note, origin, [publicKey], now);
    if (before.ok && before.value.time !== null && before.value.time * 1000 < Date.parse(until)) return before;
  }
  return opened;
}

/** Verifies a checkpoint by a DID document of its node as it was at some time. */
export const openByDocument = (document: DidDocument, note: string, origin: Origin, now: Date) =>
  openWith(checkpointKeys(document, now), note, origin, now);

export interface OriginKeys {
  /**
   * Verifies a checkpoint with the keys of its log's node. A key that is not known makes the DID document be asked for
   * once more; while its host cannot be reached, the keys met last serve for up to 30 days, so that mirrors carry the
   * log of a node that is down. `key-unavailable` when no key can be had now.
   */
  open(note: string, origin: Origin): Promise<Verdict<OpenedCheckpoint>>;
}

const KEPT_DAYS = 30;

export function createOriginKeys(deps: { database: Database; resolveDid: ResolveDid; clock(): Date }): OriginKeys {
  const { database, resolveDid, clock } = deps;
  const nameOf = (did: string) => `checkpoint-keys:${did}`;

  const keep = async (did: string, keys: CheckpointKey[]): Promise<void> => {
    const value = JSON.stringify({
      at: clock().toISOString(),
      keys: keys.map(({ publicKey, until }) =>
        [Buffer.from(publicKey).toString('base64'), until ?? []].flat().join(' '),
      ),
    });
    const kept = await database.read
      .selectFrom('meta')
      .select('value')
      .where('name', '=', nameOf(did))
      .executeTakeFirst();
    const before = kept && (JSON.parse(kept.value) as { at: string; keys: string[] });
    const recent = before && clock().getTime() - Date.parse(before.at) < 86_400_000;
    if (recent && JSON.stringify(before.keys) === JSON.stringify((JSON.parse(value) as { keys: string[] }).keys))
      return;
    await database.transaction(async (tx) => {
      await tx
        .insertInto('meta')
        .values({ name: nameOf(did), value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute();
    });
  };

  const kept = async (did: string): Promise<CheckpointKey[]> => {
    const row = await database.read
      .selectFrom('meta')
      .select('value')
      .where('name', '=', nameOf(did))
      .executeTakeFirst();
    const { at, keys } = row ? (JSON.parse(row.value) as { at: string; keys: string[] }) : { at: '', keys: [] };
    const age = clock().getTime() - Date.parse(at);
    if (age >= KEPT_DAYS * 86_400_000) return [];
    return keys.map((text) => {
      const [key = '', until] = text.split(' ');
      return { publicKey: Buffer.from(key, 'base64'), ...(until ? { until } : {}) };
    });
  };

  const keysOf = async (did: string, fresh: boolean): Promise<Verdict<CheckpointKey[]>> => {
    const document = await resolveDid(did, { fresh });
    if (document.ok) {
      const keys = checkpointKeys(document.value, clock());
      await keep(did, keys);
      return accepted(keys);
    }
    const keys = document.code === 'key-unavailable' ? await kept(did) : [];
    return keys.length > 0 ? accepted(keys) : refused('key-unavailable', document.detail);
  };

  return {
    open: async (note, origin) => {
      const keys = await keysOf(origin.did, false);
      if (!keys.ok) return keys;
      const opened = openWith(keys.value, note, origin, clock());
      if (opened.ok || opened.code !== 'untrusted') return opened;
      const renewed = await keysOf(origin.did, true);
      return renewed.ok ? openWith(renewed.value, note, origin, clock()) : opened;
    },
  };
}
