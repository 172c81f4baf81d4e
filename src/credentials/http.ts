import { isIP } from 'node:net';
import { getCACertificates } from 'node:tls';
import { Agent, buildConnector, type Response, fetch as undiciFetch } from 'undici';
import { messageOf } from '../errors.ts';
import { isLoopbackName, isPublicAddress, neighbourhood, readAllowList, unbracketed } from './addresses.ts';
import { createNames } from './names.ts';
import { createTurns } from './turns.ts';

/**
 * The one way out: every request of a node to anybody else goes through a client made here.
 *
 * @throws HttpFault whenever there is no whole answer within the rules and caps
 */
export type Http = (url: string, options?: HttpOptions) => Promise<HttpAnswer>;

export interface HttpOptions {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  accept?: string;
  /** Media types taken, without parameters, in lower case; a good answer of another type is refused unread. */
  types?: readonly string[];
  /**
   * How many redirects a GET follows; each is checked by all rules and shares the time. Default 0: the answer is the
   * redirect itself. Only for what a digest or signature proves; a DID document must stand where its name says.
   */
  redirects?: number;
  /** Largest answer in bytes, after decompression. Default 1 MB. */
  maxBytes?: number;
  /** From start to last byte, waiting for a turn and redirects included, in milliseconds. Default 5,000. */
  timeoutMs?: number;
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
}

/** A request was not sent, or its answer not taken. `kind` tells whether trying again can help: only `network`. */
export class HttpFault extends Error {
  readonly kind: 'refused' | 'network' | 'limit';
  constructor(kind: HttpFault['kind'], message: string) {
    super(message);
    this.name = 'HttpFault';
    this.kind = kind;
  }
}

const ONE_MACHINE = 'for a try on one machine: KONTOR_ALLOW_PRIVATE_NETWORK=true';
const DEFAULT_MAX_BYTES = 1_000_000;
const DEFAULT_TIMEOUT_MS = 5_000;
const MAX_URL = 2_048;
const AT_ONCE_PER_HOST = 6;
const TURNS = {
  perKey: AT_ONCE_PER_HOST,
  perGroup: 12,
  total: 64,
  waitingPerKey: 64,
  waitingPerGroup: 96,
  waiting: 512,
};

export interface HttpClientOptions {
  /** Also loopback and private addresses, and http: tests, demos, closed networks. */
  allowPrivateNetwork: boolean;
  /** Hosts and address ranges that may be private all the same, as `readAllowList` reads them. They need https. */
  allow?: readonly string[];
  userAgent: string;
  /** Names that are known without asking DNS, as in a hosts file: for closed networks and tests. */
  hosts?: Record<string, { address: string; port: number }>;
  /** PEM certificates trusted beside those of the system. */
  ca?: string;
  /** Name servers to ask instead of those of the machine, as `address:port`. */
  nameServers?: readonly string[];
}

/**
 * A client that reaches public addresses only, over https: names are resolved once and the connection goes to the
 * address that was checked, so a name that changes its answer (rebinding) gains nothing. One host gets 6 requests at
 * once, the hosts of one neighbourhood 12, and all hosts 64; the others wait.
 *
 * @throws Error when an entry of `allow` cannot be read
 */
export function createHttp(options: HttpClientOptions): Http & { close(): Promise<void> } {
  const allowed = readAllowList(options.allow ?? []);
  if (!allowed.ok) throw new Error(allowed.detail);
  const mayBePrivate = (host: string, port: string, protocol: string) =>
    options.allowPrivateNetwork || allowed.value.host(host, Number(port || (protocol === 'https:' ? 443 : 80)));

  const addressesOf = createNames(options.nameServers);
  const resolve = async (host: string, anywhere: boolean): Promise<{ address: string; family: number }[]> => {
    const known = isLoopbackName(host) ? '127.0.0.1' : options.hosts?.[host]?.address;
    const found = known ? [{ address: known, family: isIP(known) }] : await addressesOf(host);
    const usable = found.filter(
      ({ address }) => anywhere || isPublicAddress(address) || allowed.value.address(address),
    );
    if (usable.length === 0) throw new HttpFault('refused', `${host} is at no public address ${toAllow(host)}`);
    return usable;
  };
  const connectorTo = (anywhere: boolean) =>
    buildConnector({
      timeout: DEFAULT_TIMEOUT_MS,
      // Said here, as NODE_TLS_REJECT_UNAUTHORIZED would otherwise decide for the whole program.
      rejectUnauthorized: true,
      allowH2: false,
      ...(options.ca ? { ca: [...getCACertificates(), options.ca] } : {}),
      lookup: (host, wanted, done) => {
        resolve(host, anywhere).then(
          (found) => (wanted.all ? done(null, found as never) : done(null, found[0]!.address, found[0]!.family)),
          (error) => done(error, '', 4),
        );
      },
    });
  const anywhere = connectorTo(true);
  const guarded = connectorTo(false);
  const connect: typeof guarded = (target, done) => {
    const port = String(options.hosts?.[target.hostname]?.port ?? target.port);
    const free = mayBePrivate(target.hostname, target.port, target.protocol);
    (free ? anywhere : guarded)({ ...target, port }, done);
  };
  const agent = new Agent({ connections: AT_ONCE_PER_HOST, keepAliveTimeout: 10_000, allowH2: false, connect });
  const takeTurn = createTurns(TURNS);

  const check = (text: string): URL => {
    if (text.length > MAX_URL)
      throw new HttpFault('refused', `A URL of ${text.length} characters is not used; up to ${MAX_URL} are`);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url) throw new HttpFault('refused', `${text.slice(0, 200)} is not a URL`);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && options.allowPrivateNetwork))
      throw new HttpFault('refused', `${url.protocol}// is not used here; https only (${ONE_MACHINE})`);
    if (url.username || url.password) throw new HttpFault('refused', 'A URL with a user name in it is not used');
    const host = unbracketed(url.hostname);
    // Literal addresses never reach `lookup`, so they are checked here, in the one spelling that URL gives them.
    const reachable =
      isPublicAddress(host) || mayBePrivate(host, url.port, url.protocol) || allowed.value.address(host);
    if (isIP(host) && !reachable)
      throw new HttpFault('refused', `${host} is not a public address ${toAllow(url.hostname)}`);
    return url;
  };

  const send = async (url: URL, given: HttpOptions, hop: number, signal: AbortSignal): Promise<HttpAnswer | URL> => {
    const { method = 'GET', headers = {}, body, accept, maxBytes = DEFAULT_MAX_BYTES, redirects = 0 } = given;
    const end = await takeTurn(url.host, neighbourhood(url.host), signal);
    if (!end) throw new HttpFault('network', `${url.host} was not asked: too many requests are waiting`);
    let response: Response | undefined;
    try {
      response = await undiciFetch(url, {
        method,
        headers: { 'user-agent': options.userAgent, ...(accept ? { accept } : {}), ...headers },
        ...(body === undefined ? {} : { body }),
        redirect: 'manual',
        dispatcher: agent,
        signal,
      });
      const location = response.headers.get('location');
      if (method === 'GET' && redirects > 0 && REDIRECTS.has(response.status) && location !== null) {
        if (hop >= redirects)
          throw new HttpFault('refused', `${url.host} redirects once more; ${redirects} are followed`);
        const next = check(URL.canParse(location, url.href) ? new URL(location, url.href).href : location);
        if (url.protocol === 'https:' && next.protocol !== 'https:')
          throw new HttpFault('refused', `${url.host} redirects from https to ${next.protocol}//${next.host}`);
        return next;
      }
      inspect(response, url, given.types, maxBytes);
      return {
        status: response.status,
        headers: response.headers as never,
        bytes: await readAll(response.body, maxBytes, url),
      };
    } finally {
      // What was not read is not waited for: this ends the connection, and does nothing to an answer read whole.
      if (response?.body && !response.bodyUsed) response.body.cancel().catch(() => {});
      end();
    }
  };

  const http: Http = async (text, given = {}) => {
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = given;
    const signal = AbortSignal.timeout(timeoutMs);
    const first = check(text);
    let url = first;
    for (let hop = 0; ; hop++) {
      try {
        // Headers were meant for the host that was asked, not for one it names.
        const answer = await send(url, url.origin === first.origin ? given : { ...given, headers: {} }, hop, signal);
        if (!(answer instanceof URL)) return answer;
        url = answer;
      } catch (error) {
        throw faultOf(error, url, signal.aborted ? timeoutMs : undefined);
      }
    }
  };
  return Object.assign(http, { close: () => agent.destroy() });
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

const toAllow = (host: string) => `(in a closed network: KONTOR_ALLOW_HOSTS=${host}; ${ONE_MACHINE})`;

/** The media type of an answer in lower case, without parameters; empty when it names none. */
export const mediaTypeOf = (headers: { get(name: string): string | null }): string =>
  (headers.get('content-type') ?? '').split(';', 1).join().trim().toLowerCase();

/** What the headers of an answer already tell against it. */
function inspect(
  { ok, headers }: Response,
  { host }: URL,
  types: readonly string[] | undefined,
  maxBytes: number,
): void {
  const type = mediaTypeOf(headers);
  if (ok && types && !types.includes(type))
    throw new HttpFault('refused', `${host} answered with ${type || 'no media type'}; taken is ${types.join(', ')}`);
  const coding = headers.get('content-encoding');
  // Compressed twice, a small answer keeps the node busy for long before its first byte can be counted.
  if (coding?.includes(',')) throw new HttpFault('refused', `${host} sent an answer that is compressed twice`);
  if (!coding && Number(headers.get('content-length')) > maxBytes) throw tooLong(host, maxBytes);
}

const tooLong = (host: string, maxBytes: number) => new HttpFault('limit', `${host} sent more than ${maxBytes} bytes`);

async function readAll(body: AsyncIterable<Uint8Array> | null, maxBytes: number, url: URL): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > maxBytes) throw tooLong(url.host, maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function faultOf(error: unknown, url: URL, timedOutAfter: number | undefined): HttpFault {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  for (const candidate of [error, cause]) if (candidate instanceof HttpFault) return candidate;
  if (timedOutAfter !== undefined)
    return new HttpFault('network', `${url.host} did not answer within ${timedOutAfter} ms`);
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return new HttpFault('limit', `${url.host} sent too many headers`);
  // Where several addresses were tried, the error has a code and no message.
  return new HttpFault('network', `${url.host} could not be reached: ${messageOf(cause) || code}`);
}
