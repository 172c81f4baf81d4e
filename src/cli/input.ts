import { readFileSync } from 'node:fs';
import { readConfig } from '../config.ts';
import { messageOf } from '../errors.ts';
import { Failure, wrongUsage } from './failure.ts';
import { wordsFor } from './fault-words.ts';
import type { Io } from './io.ts';

/** What a person named on the command line: the bytes, and the media type they most likely have. */
export interface Input {
  name: string;
  bytes: Uint8Array;
  mediaType: string;
}

const LIMIT = 16_000_000;
const TIMEOUT_MS = 20_000;

export const isUrl = (name: string): boolean => /^https?:\/\//i.test(name);

/**
 * Reads a file, a URL or, for `-`, the standard input.
 *
 * @throws Failure saying why it could not be read
 */
export async function readInput(io: Io, name: string): Promise<Input> {
  if (name === '-') return named('-', await io.stdin());
  if (isUrl(name)) return fetchInput(io, name);
  return named(name, readFile(name));
}

/** @throws Failure when the file cannot be read */
export function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw wrongUsage(`There is no file ${path}.`, 'Check the name, or use - to read the standard input.');
    if (code === 'EISDIR') throw wrongUsage(`${path} is a folder; a file is needed.`);
    throw wrongUsage(`${path} cannot be read: ${messageOf(error)}.`);
  }
}

const MAX_FILE = 20_000_000;

/** Reads a file, what a URL leads to, or for `-` the standard input, as it is. @throws Failure when it cannot be had */
export async function readFileOrUrl(io: Io, from: string): Promise<Uint8Array> {
  if (from === '-') return io.stdin();
  if (!isUrl(from)) return readFile(from);
  const { allowPrivateNetwork, allowHosts } = readConfig(io.env);
  const { createHttp } = await import('../credentials/http.ts');
  const http = createHttp({ allowPrivateNetwork, allow: allowHosts, userAgent: 'kontor' });
  try {
    const { status, bytes } = await http(from, { maxBytes: MAX_FILE, timeoutMs: 30_000, redirects: 3 });
    if (status !== 200) throw new Error(`it answered ${status}`);
    return bytes;
  } catch (error) {
    const mend = 'Save it to a file, and name that.';
    throw new Failure(1, 'unavailable', `${from} could not be fetched: ${messageOf(error)}.`, mend);
  } finally {
    await http.close();
  }
}

async function fetchInput(io: Io, url: string): Promise<Input> {
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await io.fetch(url, {
      headers: {
        accept:
          'application/vc+jwt, application/vp+jwt, application/vc, application/vp, application/ld+json;q=0.8, */*;q=0.5',
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    bytes = await read(response, url);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      1,
      'unavailable',
      `${url} could not be fetched: ${reason(error)}.`,
      'Check the address, or save the credential to a file and name that.',
    );
  }
  if (!response.ok) {
    throw new Failure(
      1,
      response.status === 404 ? 'not-found' : 'unavailable',
      `${url} answered with status ${response.status}.`,
      'Check the address: it must lead to the credential itself.',
    );
  }
  const declared = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  const input = named(url, bytes);
  return declared && /^application\/(v[cp](\+jwt)?)$/.test(declared) ? { ...input, mediaType: declared } : input;
}

async function read(response: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > LIMIT) throw new Failure(1, 'too-large', `${url} is larger than ${LIMIT / 1e6} MB.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Why a fetch failed, in words: the cause says more than "fetch failed". */
export function reason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} seconds`;
  const cause = (error as { cause?: NodeJS.ErrnoException })?.cause;
  switch (cause?.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is not known';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection was cut';
    default:
      return wordsFor(`${cause?.code} ${cause?.message}`) ?? (cause?.message || messageOf(error));
  }
}

const JWT = /^[\w-]+\.[\w-]*\.[\w-]*$/;

/**
 * A JWT is compared and signed without the line break an editor puts at its end, so that one credential keeps one
 * digest; JSON is taken byte for byte.
 */
function named(name: string, bytes: Uint8Array): Input {
  const text = Buffer.from(bytes).toString('latin1').trim();
  if (JWT.test(text)) return { name, bytes: Buffer.from(text, 'latin1'), mediaType: jwtType(text) };
  return {
    name,
    bytes,
    mediaType: /"type"\s*:\s*(\[[^\]]*)?"VerifiablePresentation"/.test(text) ? 'application/vp' : 'application/vc',
  };
}

/** By what it holds; where that says nothing, by its `typ`, which may be wrong: then the node says so. */
function jwtType(jwt: string): string {
  const [header, payload] = jwt.split('.').map(part);
  const types = [payload?.type ?? []].flat();
  const presents = types.includes('VerifiablePresentation')
    ? true
    : !types.includes('VerifiableCredential') && /^(application\/)?vp\+jwt$/i.test(String(header?.typ));
  return presents ? 'application/vp+jwt' : 'application/vc+jwt';
}

function part(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    // The node that judges it says what is wrong with it.
    return undefined;
  }
}

/** @throws Failure when the file is not a JSON object */
export function parseObject(bytes: Uint8Array, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw wrongUsage(`${name} is not JSON: ${messageOf(error)}.`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw wrongUsage(`${name} must hold one JSON object.`);
  return value as Record<string, unknown>;
}
