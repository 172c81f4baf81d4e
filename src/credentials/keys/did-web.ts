import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { accepted, type Code, messageOf, refused, type Verdict } from '../../errors.ts';
import { isLoopbackName } from '../addresses.ts';
import { type Http, HttpFault } from '../http.ts';
import { decodeUtf8, parseObject } from '../strict-json.ts';
import type { DidDocument } from './did.ts';
import { lookAlike } from './look-alike.ts';

const MAX_BYTES = 65_536;
const LONGEST_DID = 2048;

const clip = (text: string) => (text.length > 120 ? `${text.slice(0, 117)}...` : text);

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** A name of RFC 1123 section 2.1, and a port whose colon is percent-encoded. */
const HOST = new RegExp(`^((?:${LABEL}\\.)*${LABEL})(?:%3A([1-9]\\d{0,4}))?$`, 'i');

/**
 * The URL of a did:web's document (https://w3c-ccg.github.io/did-method-web/#read-resolve). Names
 * beyond ASCII are written in punycode, nothing is percent-encoded that need not be, and an address stands for a name
 * only where the private network is allowed. http is used on loopback alone.
 *
 * @returns `issuer` when the DID names no host in this way
 */
export function didWebUrl(did: string, allowPrivateNetwork: boolean): Verdict<string> {
  const fail = (why: string) => refused('issuer', `${clip(did)} ${why}`);
  const [first = '', ...path] = did.slice('did:web:'.length).split(':');
  if (did.length > LONGEST_DID)
    return fail(`is not a did:web that names a host: it is longer than ${LONGEST_DID} characters`);
  const match = HOST.exec(first);
  const [, name = '', port] = match ?? [];
  if (!match || name.length > 253 || Number(port ?? 0) > 65_535) {
    const given = decoded(first)?.replace(/:\d+$/, '') ?? '';
    const ascii = domainToASCII(given);
    return /^[\0-\x7f]*$/.test(given) || !ascii
      ? fail('is not a did:web that names a host')
      : fail(`writes its host in other letters than ASCII; in ASCII it is ${clip(ascii)}`);
  }
  const host = name.toLowerCase();
  const local = isLoopbackName(host) || /^127(\.\d+){3}$/.test(host);
  const url = `${local && allowPrivateNetwork ? 'http' : 'https'}://${host}${port ? `:${port}` : ''}`;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.hostname !== host || (isIP(host) && !allowPrivateNetwork))
    return fail('names an address; a did:web names a host');
  // What is no punycode comes back unchanged.
  if (host.split('.').some((label) => label.startsWith('xn--') && domainToUnicode(label) === label))
    return fail('has a part that begins with xn-- and is no name in punycode');
  const segments = path.map(decoded);
  const wrong = path.find((part, at) => !segments[at] || encodeURIComponent(segments[at]) !== upperHex(part));
  if (wrong !== undefined || segments.some((part) => !/^(?!\.+$)[\p{L}\p{M}\p{N}._~-]+$/u.test(part!)))
    return fail('has a path that a did:web cannot have: names parted by colons, encoded only where they are not ASCII');
  return accepted(path.length > 0 ? `${url}/${path.join('/')}/did.json` : `${url}/.well-known/did.json`);
}

const upperHex = (part: string) => part.replace(/%../g, (code) => code.toUpperCase());

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/**
 * What a reader must know of a DID's name before it is taken for another: sentences about host names in letters that
 * look like Latin ones, with the name as it shows. Empty for most.
 */
export function didWarnings(did: string): string[] {
  const first = did.startsWith('did:web:') ? did.slice('did:web:'.length).split(':')[0]! : '';
  const host = HOST.exec(first)?.[1]?.toLowerCase() ?? '';
  return host.split('.').flatMap((label) => {
    const shown = label.startsWith('xn--') ? domainToUnicode(label) : '';
    const why = lookAlike(shown);
    return why ? [`The name "${shown}" in ${clip(did)} (written ${label}) ${why}`] : [];
  });
}

/** Fetches and reads the document; whatever else a host answers is told apart. */
export async function fetchDidWeb(http: Http, did: string, url: string): Promise<Verdict<DidDocument>> {
  const fail = (code: Code, why: string) => refused(code, `The DID document of ${did} at ${url} ${why}`);
  try {
    const { status, bytes } = await http(url, {
      accept: 'application/did+json, application/json',
      maxBytes: MAX_BYTES,
      timeoutMs: 5_000,
    });
    if (status >= 300 && status < 400)
      return fail('issuer', `answers with a redirect (${status}); a DID document must stand where its name says`);
    if (status === 404 || status === 410) return fail('issuer', `does not exist (${status})`);
    if (status !== 200) return fail('key-unavailable', `cannot be had now (${status})`);
    const document = parseObject(decodeUtf8(bytes));
    if (document.id !== did) return fail('issuer', `has the id ${clip(String(document.id))} instead`);
    const { id, verificationMethod, assertionMethod, authentication } = document as DidDocument;
    return accepted({ id, verificationMethod, assertionMethod, authentication });
  } catch (error) {
    const temporary = error instanceof HttpFault && error.kind === 'network';
    return fail(temporary ? 'key-unavailable' : 'issuer', `cannot be used: ${messageOf(error)}`);
  }
}
