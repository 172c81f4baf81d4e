import { createHash } from 'node:crypto';
import { type Code, messageOf } from '../../errors.ts';
import type { CheckDetails, Checks, FailDetails } from '../check.ts';
import type { JsonObject } from '../credential.ts';
import { type Http, HttpFault } from '../http.ts';
import { createSizedCache, type SizedCache } from '../sized-cache.ts';
import { soon } from '../soon.ts';
import type { TrustStore } from './anchors.ts';
import { anchored, type ChainFault, engineFault, leafFault, pathFault } from './chain.ts';
import { didWebUrl } from './did-web.ts';
import { createRevocationCheck, type Revocation } from './revocation.ts';
import { type Certificate, MAX_CHAIN_BYTES, organisationOf, readPemChain, readX5c } from './x509.ts';

/** Who stands behind a key, by certificates. */
export interface Anchored {
  /** Subject of the trust anchor. */
  anchor: string;
  /** Subject of the key's own certificate. */
  subject: string;
  /** Its organisation (O), where it names one. */
  organisation?: string;
  /** When the first certificate of the chain ends. */
  until: Date;
}

interface ChainCheckOptions {
  anchors: () => TrustStore;
  /** Whether a key counts only with a chain that leads to an anchor. */
  require: () => boolean;
  http: Http;
  clock: () => Date;
}

/** Judges the chain beside a key of a DID document; see createChainCheck. */
export type ChainCheck = (
  did: string,
  method: JsonObject,
  checks: Checks,
  budgetMs: number,
) => Promise<Anchored | undefined>;

/** What came of a chain, before the policy says what it means. */
type ChainOutcome =
  | { kind: 'anchored'; anchored: Anchored; revocation: 'good' | 'none' }
  | { kind: 'unanchored'; leaf: string; end: string }
  | { kind: 'broken'; why: string; details: FailDetails }
  /** `later`: trying again can help. */
  | { kind: 'unknown'; why: string; mend: string; later: boolean };

interface Looks {
  held: SizedCache<{ outcome: ChainOutcome; from: number; until: number }>;
  asking: Map<string, Promise<ChainOutcome>>;
}

/** Outcomes are used again without a new look, in milliseconds; unknown ones are soon asked again. */
const FRESH_MS = 60_000;
const UNKNOWN_MS = 5_000;
const BUNDLE_MS = 300_000;
const TIMEOUT_MS = 5_000;
const CACHE_BYTES = 8_000_000;

/**
 * Checks the X.509 chain beside a key (`x5c`, `x5u` of the JWK in the DID document, never of a JWT header) against the
 * operator's trust store, and writes `verify.chain`. Performed where the key has a chain and anchors are configured, or
 * where the policy requires a chain of every key.
 *
 * @returns who stands behind the key; undefined where that could not be established, or was not asked
 */
export function createChainCheck({ anchors, require, http, clock }: ChainCheckOptions): ChainCheck {
  const bundles = createSizedCache<{ chain: Certificate[]; at: number }>(CACHE_BYTES);
  /** By store, so that what an anchor stood behind ends with the anchor. */
  const looks = new WeakMap<TrustStore, Looks>();
  const revocationOf = createRevocationCheck({ http, clock });

  const fetchChain = async (url: string): Promise<Certificate[] | ChainOutcome> => {
    const now = clock().getTime();
    const cached = bundles.get(url);
    if (cached && Math.abs(now - cached.at) < BUNDLE_MS) return cached.chain;
    const lost = (why: string, later: boolean): ChainOutcome => ({
      kind: 'unknown',
      why: `The certificates at x5u ${clip(url)} could not be fetched: ${why}`,
      mend: 'Serve the chain in PEM form under the x5u of the key, over https, or put it into the key as x5c',
      later,
    });
    try {
      const accept = 'application/pem-certificate-chain, application/x-pem-file';
      const { status, bytes } = await http(url, {
        accept,
        redirects: 2,
        maxBytes: MAX_CHAIN_BYTES,
        timeoutMs: TIMEOUT_MS,
      });
      if (status !== 200) return lost(`the host answers ${status}`, status >= 500);
      const read = readPemChain(Buffer.from(bytes).toString('latin1'));
      if (!read.ok) return broken(`x5u ${clip(url)}: ${read.detail}`);
      bundles.set(url, { chain: read.value, at: now }, bytes.length * 4);
      return read.value;
    } catch (error) {
      if (error instanceof HttpFault && error.kind === 'limit')
        return broken(`x5u ${clip(url)}: ${error.message}; a chain has at most ${MAX_CHAIN_BYTES}`);
      return lost(messageOf(error), error instanceof HttpFault && error.kind === 'network');
    }
  };

  const judge = async (did: string, jwk: JsonObject, store: TrustStore): Promise<ChainOutcome> => {
    const { x5c, x5u } = jwk;
    let chain: Certificate[];
    if (x5c !== undefined) {
      const read = readX5c(x5c);
      if (!read.ok) return broken(read.detail);
      chain = read.value;
    } else {
      const found = typeof x5u === 'string' ? await fetchChain(x5u) : broken('x5u is no URL');
      if (!Array.isArray(found)) return found;
      chain = found;
    }
    const host = hostOf(did);
    return judgeChain(chain, { jwk, ...(host === undefined ? {} : { host }) }, store, clock(), revocationOf);
  };

  /** One look at a key at a time; what came of it is kept for whoever asks next. */
  const outcomeOf = (did: string, jwk: JsonObject, store: TrustStore): Promise<ChainOutcome> | ChainOutcome => {
    const key = createHash('sha256')
      .update(`${did} ${JSON.stringify(jwk)}`)
      .digest('base64');
    const { held, asking } = looks.get(store) ?? { held: createSizedCache(CACHE_BYTES), asking: new Map() };
    looks.set(store, { held, asking });
    const known = held.get(key);
    const now = clock().getTime();
    if (known && now >= known.from && now < known.until) return known.outcome;
    const asked =
      asking.get(key) ??
      judge(did, jwk, store)
        .then((outcome) => {
          const ends = outcome.kind === 'anchored' ? outcome.anchored.until.getTime() : Number.POSITIVE_INFINITY;
          const until = Math.min(now + (outcome.kind === 'unknown' ? UNKNOWN_MS : FRESH_MS), ends);
          held.set(key, { outcome, from: now, until }, 1_000);
          return outcome;
        })
        .finally(() => asking.delete(key));
    asking.set(key, asked);
    return asked;
  };

  return async (did, method, checks, budgetMs) => {
    const store = anchors();
    const must = require();
    const jwk = method.publicKeyJwk as JsonObject | undefined;
    const given = jwk !== null && typeof jwk === 'object' && (jwk.x5c !== undefined || jwk.x5u !== undefined);
    if (!given && !must) return undefined;
    if (given && !must && !store.configured) return undefined;
    const outcome = given ? await soon(outcomeOf(did, jwk, store), budgetMs, () => LATE) : NO_CHAIN;
    return reportChain(outcome, typeof method.id === 'string' ? method.id : did, must, checks);
  };
}

const broken = (why: string, details: CheckDetails = {}): ChainOutcome => ({
  kind: 'broken',
  why,
  details: { mend: 'Publish the whole chain: the certificate of the key, then its issuer, and so on', ...details },
});

const NO_CHAIN = broken('The key has no certificate chain, and this node asks for one', {
  allowed: 'x5c or x5u in the publicKeyJwk, leading to a trust anchor of this node',
  mend: 'Put the chain of the key into the DID document as x5c, or its address as x5u',
});

const LATE: ChainOutcome = {
  kind: 'unknown',
  why: 'The certificates of the key could not be checked in time',
  mend: 'Submit again in a moment',
  later: true,
};

const clip = (text: string) => (text.length > 160 ? `${text.slice(0, 157)}...` : text);

/** The host that a certificate has to name; undefined for DIDs that name none: did:key, did:jwk. */
function hostOf(did: string): string | undefined {
  if (!did.startsWith('did:web:')) return undefined;
  const located = didWebUrl(did, true);
  // A host that is none is named by no certificate.
  return located.ok ? new URL(located.value).hostname : '';
}

/** Path, anchor, policies, revocation of a chain in hand. */
export async function judgeChain(
  chain: Certificate[],
  leaf: { jwk?: JsonObject; host?: string },
  store: TrustStore,
  now: Date,
  revocationOf: ReturnType<typeof createRevocationCheck>,
): Promise<ChainOutcome> {
  const stop = (fault: ChainFault, path: Certificate[]): ChainOutcome => {
    const { at, why, found, allowed, mend } = fault;
    const name = path[at]!.subject;
    const place = at < chain.length ? `Certificate ${at + 1} of ${chain.length} in the chain` : 'The trust anchor';
    return broken(`${place} (${name}): ${why}`, { ...(found ? { found } : {}), ...(allowed ? { allowed } : {}), mend });
  };
  const { jwk, ...names } = leaf;
  const fault = pathFault(chain, now) ?? (jwk ? leafFault(chain[0]!, { jwk, ...names }) : undefined);
  if (fault) return stop(fault, chain);
  const found = anchored(chain, store.bySubject);
  if (!found) return { kind: 'unanchored', leaf: chain[0]!.subject, end: chain.at(-1)!.issuer };
  const { path, anchor } = found;
  const late = pathFault(path, now) ?? (await engineFault(path, now));
  if (late) return stop(late, path);
  const revocation = await revocationOf(path, store.crls);
  if (revocation.result === 'revoked') return stop(revokedFault(revocation), path);
  if (revocation.result === 'unknown')
    return {
      kind: 'unknown',
      why: `Whether ${path[revocation.at]!.subject} was revoked is not known: ${revocation.why}`,
      mend: 'Make the revocation list reachable over https, or ask the operator to keep a copy beside the trust anchors',
      later: true,
    };
  const { subject } = chain[0]!;
  const organisation = organisationOf(chain[0]!);
  const until = new Date(Math.min(...[...chain, ...path].map((one) => one.until.getTime())));
  return {
    kind: 'anchored',
    anchored: { anchor: anchor.certificate.subject, subject, ...(organisation ? { organisation } : {}), until },
    revocation: revocation.result,
  };
}

const revokedFault = ({ at, since }: Extract<Revocation, { result: 'revoked' }>): ChainFault => ({
  at,
  why: `It was revoked by its issuer${since ? ` on ${since.toISOString()}` : ''}`,
  mend: 'Use a new key with a new certificate',
});

/** Says what came of it under the policy. */
export function reportChain(outcome: ChainOutcome, where: string, must: boolean, checks: Checks): Anchored | undefined {
  const id = 'verify.chain';
  const refuse = (code: Code, why: string, details: FailDetails) => checks.fail(code, id, why, { where, ...details });
  switch (outcome.kind) {
    case 'anchored': {
      const { anchor, subject, until } = outcome.anchored;
      const looked = outcome.revocation === 'good' ? 'not revoked, ' : '';
      checks.pass(id, `The key is certified for ${subject} by ${anchor}, ${looked}until ${until.toISOString()}`, {
        where,
      });
      return outcome.anchored;
    }
    case 'broken':
      refuse('untrusted', outcome.why, outcome.details);
      return undefined;
    case 'unanchored': {
      const why = `The certificates of the key (${outcome.leaf}) hold, but end at ${outcome.end}, whom this node does not trust`;
      const details = { found: outcome.end, mend: "Use a certificate of an authority among this node's trust anchors" };
      if (must) refuse('untrusted', why, details);
      else checks.warn(id, why, { where, ...details });
      return undefined;
    }
    case 'unknown': {
      const { why, mend, later } = outcome;
      if (!must) checks.unknown(id, why, { where, mend });
      else {
        refuse(later ? 'key-unavailable' : 'untrusted', `Who stands behind the key could not be established: ${why}`, {
          mend,
        });
        checks.list.at(-1)!.result = 'unknown';
      }
      return undefined;
    }
  }
}
