import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import { didDocument, type FormerKey } from '../../credentials/issuing/identity.ts';
import { leafFault, pathFault } from '../../credentials/keys/chain.ts';
import { didWebUrl } from '../../credentials/keys/did-web.ts';
import { readPemChain } from '../../credentials/keys/x509.ts';
import { parseDayOrTime } from '../../credentials/time.ts';
import { messageOf } from '../../errors.ts';
import { type ExitCode, Failure, wrongUsage } from '../failure.ts';
import { type Input, readFile, readInput } from '../input.ts';
import type { Io } from '../io.ts';
import { keyFile } from '../key.ts';
import { answer, say } from '../output.ts';
import { refusePrivateKey } from '../secrets.ts';
import { stopSignal } from '../stop-signal.ts';
import { clean, safeJson } from '../text.ts';

interface Options {
  serve?: boolean;
  expires?: string[];
  revoked?: string[];
  chain?: string;
  also?: string[];
}

export async function did(io: Io, files: string[], options: Options): Promise<ExitCode> {
  const ends = {
    expires: endings('expires', files, options, io.now()),
    revoked: endings('revoked', files, options, io.now()),
  };
  const keys = files.map((file) => {
    const { id, did, publicJwk } = keyFile(file);
    const [expires, revoked] = [ends.expires.get(file), ends.revoked.get(file)];
    return { id, did, publicJwk, ...(expires ? { expires } : {}), ...(revoked ? { revoked } : {}) };
  });
  const first = keys[0]!;
  const other = keys.find((key) => key.did !== first.did);
  if (other)
    throw wrongUsage(`These are keys of two DIDs, ${first.did} and ${other.did}.`, 'Print one document for each.');
  const twice = keys.find((key, at) => keys.findIndex((one) => one.id === key.id) !== at);
  if (twice)
    throw wrongUsage(`Two of these keys have the id ${twice.id}.`, 'Make the second one with another --fragment.');
  if (options.chain) io.err(putChain(keys, options.chain, io.now()));
  // A key that has ended stays listed, so that what it signed can be checked, but for no purpose.
  const now = io.now().toISOString();
  const isOver = ({ expires, revoked }: FormerKey) =>
    revoked !== undefined || (expires !== undefined && expires <= now);
  const document = didDocument(
    first.did,
    keys.filter((key) => !isOver(key)),
    {},
    keys.filter(isOver),
  );
  if (options.also && !options.serve) throw wrongUsage('--also is for --serve.', 'Add --serve, or leave --also out.');
  if (options.serve) return host(io, first.did, document, (options.also ?? []).map(besides));
  answer(io, document);
  return 0;
}

/**
 * Puts the certificates of a PEM file beside the key whose certificate comes first: as x5c, which a JWK alone has.
 *
 * @returns a warning where every node will find the chain broken, whomever it trusts; else nothing
 */
function putChain(keys: (Pick<FormerKey, 'publicJwk'> & { did: string })[], file: string, now: Date): string {
  const read = readPemChain(Buffer.from(readFile(file)).toString('latin1'));
  if (!read.ok) throw wrongUsage(`${file}: ${read.detail}.`, 'The certificate of the key comes first, in PEM form.');
  const chain = read.value;
  const key = keys.find(({ publicJwk }) =>
    createPublicKey({ key: publicJwk as never, format: 'jwk' }).equals(chain[0]!.key),
  );
  if (!key)
    throw wrongUsage(
      `${file} begins with a certificate of another key: ${chain[0]!.subject}.`,
      'Put the certificate of the key first, then that of its issuer, and so on.',
    );
  const { did, publicJwk } = key;
  key.publicJwk = { ...publicJwk, x5c: chain.map(({ x509 }) => x509.raw.toString('base64')) };
  const located = did.startsWith('did:web:') ? didWebUrl(did, true) : undefined;
  const host = located?.ok ? { host: new URL(located.value).hostname } : {};
  const fault = leafFault(chain[0]!, { jwk: publicJwk, ...host }) ?? pathFault(chain, now);
  return fault
    ? `Warning: the chain does not hold, at certificate ${fault.at + 1} of ${chain.length}: ${clean(fault.why)}. ${clean(fault.mend)}.\n`
    : '';
}

/** Key files with the end that was given to each: `FILE`, as of now, or `FILE=TIME`. */
function endings(name: 'expires' | 'revoked', files: string[], options: Options, now: Date): Map<string, string> {
  const ends = new Map<string, string>();
  for (const given of options[name] ?? []) {
    const file = files.find((one) => given === one || given.startsWith(`${one}=`));
    if (!file)
      throw wrongUsage(
        `--${name} ${given} names none of the keys.`,
        `Write it as KEY or KEY=TIME, where KEY is one of ${files.join(', ')}.`,
      );
    const text = given.slice(file.length + 1);
    const at = text ? parseDayOrTime(text) : now;
    if (!at)
      throw wrongUsage(
        `"${text}" is not a time.`,
        'Write it as 2026-11-21T09:14:00Z, or 2026-11-21 for the begin of that day (UTC), or leave it out for now.',
      );
    if (name === 'revoked' && at > now)
      throw wrongUsage(`${text} is still to come.`, 'A key is revoked from now on, or since a time that is past.');
    ends.set(file, at.toISOString());
  }
  return ends;
}

/** A file that may be shown to anybody; undefined where there is none. */
async function publicFile(io: Io, file: string): Promise<Input | undefined> {
  try {
    const input = await readInput(io, file);
    refusePrivateKey(input);
    return input;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** What `--also FILE=/PATH` says. */
function besides(given: string): { file: string; path: string } {
  const [, file, path] = /^(.+)=(\/[^\s?#]*)$/.exec(given) ?? [];
  if (file === undefined || path === undefined)
    throw wrongUsage(`--also ${given} is not FILE=/PATH.`, 'Write it as status-1.jwt=/status/1, for example.');
  return { file, path };
}

/**
 * Hosts a document where its did:web says, so that a first try needs no web server. Loopback only.
 *
 * @param also files to host beside it; each is read when it is asked for, so that it may be written anew
 */
async function host(io: Io, name: string, document: object, also: { file: string; path: string }[]): Promise<ExitCode> {
  const located = name.startsWith('did:web:') ? didWebUrl(name, true) : undefined;
  const url = located?.ok ? new URL(located.value) : undefined;
  if (url?.protocol !== 'http:') {
    throw wrongUsage(
      `${name} does not name this machine, so it cannot be hosted from here.`,
      'Print the document without --serve and put it on the web server of that name.',
    );
  }
  const body = safeJson(document);
  const server = createServer(async (request, response) => {
    const beside = also.find(({ path }) => path === request.url);
    const found =
      request.url === url.pathname
        ? { bytes: body, mediaType: 'application/did+json' }
        : beside && (await publicFile(io, beside.file));
    response
      .writeHead(found ? 200 : 404, { 'content-type': found?.mediaType ?? 'application/json' })
      .end(found?.bytes ?? '{}');
  });
  const stopped = stopSignal();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new Failure(
          1,
          'unavailable',
          `${url.host} cannot be used: ${messageOf(error)}.`,
          'Stop what listens there, or choose a DID with another port.',
        ),
      ),
    );
    server.listen(Number(url.port || 80), '127.0.0.1', resolve);
  });
  say(io, [
    `Hosting ${name} at ${url.href} until Ctrl-C`,
    ...also.map(({ file, path }) => `${clean(file)} at ${url.origin}${path}, as it is when asked for`),
  ]);
  await stopped;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return 0;
}
