import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector, fetch as undiciFetch } from 'undici';
import { messageOf } from '../errors.ts';

/** The one way out: every request of a node to anybody else goes through a client made here. */
export type Http = (url: string, options?: HttpOptions) => Promise<HttpAnswer>;

export interface HttpOptions {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  accept?: string;
  /** Largest answer in bytes, after decompression. Default 1 MB. */
  maxBytes?: number;
  /** From start to last byte, in milliseconds. Default 5,000. */
  timeoutMs?: number;
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
}

/** A request was not sent, or its answer not taken. `kind` tells whether trying again can help. */
export class HttpFault extends Error {
  readonly kind: 'refused' | 'network' | 'limit';
  constructor(kind: HttpFault['kind'], message: string) {
    super(message);
    this.name = 'HttpFault';
    this.kind = kind;
  }
}

const ONE_MACHINE = ' (for a try on one machine: KONTOR_ALLOW_PRIVATE_NETWORK=true)';
const DEFAULT_MAX_BYTES = 1_000_000;
const DEFAULT_TIMEOUT_MS = 5_000;

/** Whether an address belongs to the public internet; mapped IPv4 counts as IPv4. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

export const isLoopbackName = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost');

export interface HttpClientOptions {
  /** Also loopback and private addresses, and http: tests, demos, closed networks. */
  allowPrivateNetwork: boolean;
  userAgent: string;
  /** Names that are known without asking DNS, as in a hosts file: for closed networks and tests. */
  hosts?: Record<string, { address: string; port: number }>;
  /** PEM certificates trusted beside those of the system. */
  ca?: string;
}

/**
 * A client that reaches public addresses only, over https: names are resolved once and the connection goes to the
 * address that was checked, so a name that changes its answer (rebinding) gains nothing. Redirects are not followed.
 */
export function createHttp(options: HttpClientOptions): Http & { close(): Promise<void> } {
  const resolve = async (host: string): Promise<{ address: string; family: number }[]> => {
    const known = isLoopbackName(host) ? '127.0.0.1' : options.hosts?.[host]?.address;
    const found = known ? [{ address: known, family: isIP(known) }] : await dnsLookup(host, { all: true });
    const usable = options.allowPrivateNetwork ? found : found.filter(({ address }) => isPublicAddress(address));
    if (usable.length === 0) throw new HttpFault('refused', `${host} is at no public address${ONE_MACHINE}`);
    return usable;
  };
  const connector = buildConnector({
    timeout: DEFAULT_TIMEOUT_MS,
    ...(options.ca ? { ca: [...rootCertificates, options.ca] } : {}),
    lookup: (host, wanted, done) => {
      resolve(host).then(
        (found) => (wanted.all ? done(null, found as never) : done(null, found[0]!.address, found[0]!.family)),
        (error) => done(error, '', 4),
      );
    },
  });
  const connect: typeof connector = (target, done) =>
    connector({ ...target, port: String(options.hosts?.[target.hostname]?.port ?? target.port) }, done);
  const agent = new Agent({ connections: 16, keepAliveTimeout: 10_000, connect });

  const check = (text: string): URL => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url) throw new HttpFault('refused', `${text.slice(0, 200)} is not a URL`);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && options.allowPrivateNetwork)) {
      throw new HttpFault('refused', `${url.protocol}// is not used here; https only${ONE_MACHINE}`);
    }
    if (url.username || url.password) throw new HttpFault('refused', 'A URL with a user name in it is not used');
    const host = url.hostname.replace(/^\[|\]$/g, '');
    // Literal addresses never reach `lookup`, so they are checked here.
    if (isIP(host) && !options.allowPrivateNetwork && !isPublicAddress(host))
      throw new HttpFault('refused', `${host} is not a public address${ONE_MACHINE}`);
    return url;
  };

  const http: Http = async (
    text,
    { method = 'GET', headers = {}, body, accept, maxBytes = DEFAULT_MAX_BYTES, timeoutMs = DEFAULT_TIMEOUT_MS } = {},
  ) => {
    const url = check(text);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await undiciFetch(url, {
        method,
        headers: { 'user-agent': options.userAgent, ...(accept ? { accept } : {}), ...headers },
        ...(body === undefined ? {} : { body }),
        redirect: 'manual',
        dispatcher: agent,
        signal,
      });
      return {
        status: response.status,
        headers: response.headers as never,
        bytes: await readAll(response.body, maxBytes, url),
      };
    } catch (error) {
      throw faultOf(error, url, signal.aborted ? timeoutMs : undefined);
    }
  };
  return Object.assign(http, { close: () => agent.destroy() });
}

async function readAll(body: AsyncIterable<Uint8Array> | null, maxBytes: number, url: URL): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > maxBytes) throw new HttpFault('limit', `${url.host} sent more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function faultOf(error: unknown, url: URL, timedOutAfter: number | undefined): HttpFault {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  for (const candidate of [error, cause]) if (candidate instanceof HttpFault) return candidate;
  if (timedOutAfter !== undefined)
    return new HttpFault('network', `${url.host} did not answer within ${timedOutAfter} ms`);
  return new HttpFault('network', `${url.host} could not be reached: ${messageOf(cause)}`);
}
