import { createHash } from 'node:crypto';
import type { Database } from '../catalogue/database.ts';
import { isLoopbackName } from '../credentials/http.ts';
import { type DidDocument, findMethod, type ResolveDid } from '../credentials/keys/did.ts';
import { publicKeyOf } from '../credentials/keys/keys.ts';
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

/** The Ed25519 keys a node may sign checkpoints with: those its DID document lists for assertions. */
function checkpointKeys(document: DidDocument): Uint8Array[] {
  const listed = Array.isArray(document.assertionMethod) ? document.assertionMethod : [];
  return listed.slice(0, 20).flatMap((entry: unknown) => {
    const id = typeof entry === 'string' ? entry : (entry as { id?: unknown } | null)?.id;
    const method = typeof id === 'string' ? findMethod(document, id, 'assertionMethod') : undefined;
    const found = method?.ok ? publicKeyOf(method.value) : undefined;
    return found?.alg === 'EdDSA' ? [Buffer.from(found.key.export({ format: 'jwk' }).x!, 'base64url')] : [];
  });
}

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

  const keep = async (did: string, keys: Uint8Array[]): Promise<void> => {
    const value = JSON.stringify({
      at: clock().toISOString(),
      keys: keys.map((key) => Buffer.from(key).toString('base64')),
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

  const kept = async (did: string): Promise<Uint8Array[]> => {
    const row = await database.read
      .selectFrom('meta')
      .select('value')
      .where('name', '=', nameOf(did))
      .executeTakeFirst();
    const { at, keys } = row ? (JSON.parse(row.value) as { at: string; keys: string[] }) : { at: '', keys: [] };
    const age = clock().getTime() - Date.parse(at);
    return age < KEPT_DAYS * 86_400_000 ? keys.map((key) => Buffer.from(key, 'base64')) : [];
  };

  const keysOf = async (did: string, fresh: boolean): Promise<Verdict<Uint8Array[]>> => {
    const document = await resolveDid(did, { fresh });
    if (document.ok) {
      const keys = checkpointKeys(document.value);
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
      const opened = openCheckpoint(note, origin.origin, keys.value, clock());
      if (opened.ok || opened.code !== 'untrusted') return opened;
      const renewed = await keysOf(origin.did, true);
      return renewed.ok ? openCheckpoint(note, origin.origin, renewed.value, clock()) : opened;
    },
  };
}
