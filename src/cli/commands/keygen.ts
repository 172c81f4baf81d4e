import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { didDocument, generateDidKey, generateKey, writeKey } from '../../credentials/issuing/identity.ts';
import { didWebUrl } from '../../credentials/keys/did-web.ts';
import type { Alg } from '../../credentials/keys/keys.ts';
import { messageOf } from '../../errors.ts';
import { type ExitCode, wrongUsage } from '../failure.ts';
import type { Io } from '../io.ts';
import { answer } from '../output.ts';
import { shell } from '../text.ts';

interface Options {
  did: string;
  alg: Alg;
  out: string;
  fragment: string;
  json?: boolean;
}

export async function keygen(io: Io, { did, alg, out, fragment, json }: Options): Promise<ExitCode> {
  const hosted = did.startsWith('did:web:') ? didWebUrl(did, true) : undefined;
  if (hosted && !hosted.ok)
    throw wrongUsage(
      `${hosted.detail}.`,
      'Write a port as %3A, for example did:web:localhost%3A8200, and a path with colons, did:web:example.org:cloud.',
    );
  if (!hosted && did !== 'did:key')
    throw wrongUsage(
      `"${did}" is not a DID this node can resolve.`,
      'Give did:web:HOST, or did:key for one that needs no hosting.',
    );
  if (!hosted && (alg === 'PS256' || alg === 'RS256'))
    throw wrongUsage(
      'A did:key holds no RSA key.',
      'Choose --alg EdDSA, ES256 or ES384, or host the key under a did:web.',
    );
  if (!/^[\w.-]{1,64}$/.test(fragment))
    throw wrongUsage(`"${fragment}" is not a name for a key.`, 'Use letters, digits, dots and hyphens.');
  if (existsSync(out))
    throw wrongUsage(`${out} exists already; a key is never overwritten.`, 'Choose another file with --out.');
  const key = hosted ? generateKey(alg, did, fragment) : generateDidKey(alg);
  try {
    writeKey(out, key);
  } catch (error) {
    throw wrongUsage(`${out} cannot be written: ${messageOf(error)}.`);
  }
  const mistaken = /^did:web:([^:]+):(\d+)$/.exec(did);
  if (mistaken)
    io.err(
      `Warning: ${did} names the path "${mistaken[2]}", not a port. A port is written %3A: did:web:${mistaken[1]}%3A${mistaken[2]}\n`,
    );
  const document = didDocument(key.did, [key]);
  if (json) {
    answer(io, {
      did: key.did,
      keyId: key.id,
      alg,
      file: resolve(out),
      didDocument: document,
      ...(hosted ? { host: hosted.value } : {}),
    });
    return 0;
  }
  answer(io, document);
  io.err(`The private key of ${key.id} is in ${out}; only you may read it. Keep a copy in a safe place.\n`);
  if (hosted) io.err(`Host the document above at ${hosted.value}.\n`);
  else io.err('A did:key carries its own public key; nothing has to be hosted.\n');
  if (hosted?.value.startsWith('http:')) io.err(`To try things out here: ./kontor did ${shell(out)} --serve\n`);
  io.err(`Next: ./kontor sign CLAIM.json --key ${shell(out)}\n`);
  return 0;
}
