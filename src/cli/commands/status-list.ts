import { existsSync } from 'node:fs';
import type { JsonObject } from '../../credentials/credential.ts';
import type { SigningKey } from '../../credentials/issuing/identity.ts';
import { signJwt } from '../../credentials/issuing/sign.ts';
import { LIST_SIZE, statusListDocument, TTL_MS } from '../../credentials/issuing/status-list.ts';
import { publicKeyOf } from '../../credentials/keys/public-key.ts';
import { verifies } from '../../credentials/proofs/suites.ts';
import { unpack } from '../../credentials/status/list.ts';
import { type ExitCode, wrongUsage } from '../failure.ts';
import { parseObject, readFile } from '../input.ts';
import type { Io } from '../io.ts';
import { signingKey } from '../key.ts';
import { answer, deliver, say } from '../output.ts';
import { kontor } from '../printed-command.ts';
import { clean, count, shell } from '../text.ts';

interface Options {
  key?: string;
  url?: string;
  revoke?: number[];
  days: number;
  json?: boolean;
}

const DAY_MS = 86_400_000;

/** Makes a provider's own status list, or signs the one in the file anew with other entries set. */
export async function statusList(io: Io, file: string, options: Options): Promise<ExitCode> {
  const key = signingKey(io, options.key);
  const now = io.now();
  const before = existsSync(file) ? readList(file, now) : undefined;
  const url = options.url ?? before?.url;
  if (!url || !URL.canParse(url) || url.includes('#'))
    throw wrongUsage(
      url ? `"${url}" is not the address of a list.` : 'A new list needs the address where it will be hosted.',
      'Give it with --url, for example --url https://cloud.example/status/1.',
    );
  // Whoever's key was lost makes another of the same name; that the host lists it still is for them to see to.
  if (before && before.keyId === key.id && !signedBy(key, before.compact))
    io.err(
      `Warning: ${clean(file)} was signed by another key that is called ${key.id}, too. Nodes take the new list only if your DID document lists the key that you give now.\n`,
    );
  if (before && (before.url !== url || before.issuer !== key.did))
    throw wrongUsage(
      `${file} is the list at ${clean(before.url)} of ${clean(before.issuer)}.`,
      'Name another file for another list, and sign with a key of its issuer.',
    );
  const set = new Set([...(before?.set ?? []), ...(options.revoke ?? [])]);
  const document = statusListDocument({ url, issuer: key.did, set, now, lifeMs: options.days * DAY_MS });
  deliver(io, await signJwt(document, key), file);
  const revoked = [...set].sort((one, other) => one - other);
  if (options.json) {
    answer(io, { ok: true, file, url, issuer: key.did, revoked, validUntil: document.validUntil });
    return 0;
  }
  say(io, [
    `${file}: ${count(revoked.length, 'entry', 'entries')} revoked${revoked.length > 0 ? ` (${revoked.slice(0, 20).join(', ')}${revoked.length > 20 ? ', ...' : ''})` : ''}, valid until ${String(document.validUntil)}.`,
    `Host it at ${url} as application/vc+jwt, and sign it anew before it ends: ${kontor('status-list', file, ...(options.key ? ['--key', options.key] : []))}`,
    ...(options.revoke
      ? [
          `Nodes keep a list for up to ${TTL_MS / 60_000} minutes: so long after you host it, all of them may still show the old state.`,
        ]
      : []),
    `Give each credential an entry of its own: ./kontor sign CLAIM.json --status ${shell(`${url}#INDEX`)}, where INDEX is below ${LIST_SIZE}.`,
  ]);
  return 0;
}

/** Whether a key made the signature of a JWT. */
function signedBy({ publicJwk, alg }: SigningKey, compact: string): boolean {
  const key = publicKeyOf({ type: 'JsonWebKey', publicKeyJwk: publicJwk });
  const dot = compact.lastIndexOf('.');
  const signature = Buffer.from(compact.slice(dot + 1), 'base64url');
  return key.ok && verifies(key.value, Buffer.from(compact.slice(0, dot)), signature, alg);
}

/** A list in a file that this command wrote. */
interface Before {
  compact: string;
  /** Key that its header names. */
  keyId: unknown;
  url: string;
  issuer: string;
  set: number[];
}

function readList(file: string, now: Date): Before {
  const compact = Buffer.from(readFile(file)).toString().trim();
  const [header = '', payload = ''] = compact.split('.');
  const { kid: keyId }: JsonObject = parseObject(Buffer.from(header, 'base64url'), file);
  const document: JsonObject = parseObject(Buffer.from(payload, 'base64url'), file);
  const [url, issuer] = [String(document.id), String(document.issuer)];
  const list = unpack({ issuer, document, issuedAt: now, validUntil: now }, url, now);
  if (!list.ok || list.value.bits.length * 8 !== LIST_SIZE)
    throw wrongUsage(
      `${file} is not a list of ${LIST_SIZE} entries${list.ok ? '' : `: ${list.detail}`}.`,
      'Name a list that this command made, or a new file.',
    );
  const { bits } = list.value;
  const set = Array.from(bits.keys())
    .filter((at) => bits[at] !== 0)
    .flatMap((at) => [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => bits[at]! & (0x80 >> bit)).map((bit) => at * 8 + bit));
  return { compact, keyId, url, issuer, set };
}
