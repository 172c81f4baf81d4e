import { existsSync, readFileSync, statSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { Logger } from 'pino';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigError } from './config.ts';
import type { AnchorsRule } from './credentials/keys/anchors.ts';
import { messageOf, whyNot } from './errors.ts';

/**
 * The operator's policy: one file, read at start and again when it changes. Peers carry, authorities vouch, the two
 * are never mixed. Reads and searches apply it at query time, so a change needs no new sync.
 */
export interface Policy {
  /** Who may publish here. `open` admits every issuer whose signature holds. */
  publishers: 'open' | PublisherRule[];
  /** Where we pull from. Needs no trust. */
  peers: PeerRule[];
  /** Whose labels count here beside our own. */
  authorities: AuthorityRule[];
  /** Who may vouch for what: notaries, certification and assessment bodies, clearing houses. */
  trust: TrustRule[];
  /** Certificate authorities that may stand behind keys, and whether one must; absent: chains are not looked at. */
  anchors?: AnchorsRule;
  /** What is done about status lists: whether a credential was revoked or suspended. */
  status: StatusRule;
  limits: { bodyBytes: number; objectBytes: number };
}

export interface PublisherRule {
  did: string;
  /** Subject ids (or prefixes ending in `*`) this publisher may speak for beyond its own domain. */
  subjects?: string[];
}
export interface PeerRule {
  url: string;
  /** Seconds between pulls. */
  pull: number;
}
export interface AuthorityRule {
  did: string;
  /** `scheme:level` values accepted; absent: all. */
  labels?: string[];
}
/**
 * What a party may vouch for: `registration-number` (notaries), `certificate` (certification bodies), `assessment-body`
 * (accredited conformity assessment bodies; counts wherever `certificate` does), `clearing-house` (of
 * Gaia-X: its labels and compliance credentials, and nothing else).
 */
export const TRUST_ROLES = ['registration-number', 'certificate', 'assessment-body', 'clearing-house'] as const;
export type TrustRole = (typeof TRUST_ROLES)[number];
export interface TrustRule {
  did: string;
  name?: string;
  role: TrustRole;
  /** Certificate schemes the mandate covers, of bodies; absent: all. */
  schemes?: string[];
  /** ISO dates of the mandate. */
  from?: string;
  until?: string;
}

export interface StatusRule {
  /** A submission whose status list cannot be had: `hold` keeps it and tries again, `refuse` sends it back. */
  unknown: 'hold' | 'refuse';
  /** Seconds between two looks at the status of what is listed, where its list names no time to live. */
  recheckSeconds: number;
  /** Seconds for which a listing stays shown while its list cannot be had. */
  keepSeconds: number;
}

export const DEFAULT_POLICY: Policy = {
  publishers: 'open',
  peers: [],
  authorities: [],
  trust: [],
  status: { unknown: 'hold', recheckSeconds: 300, keepSeconds: 86_400 },
  limits: { bodyBytes: 1_000_000, objectBytes: 262_144 },
};

/** https://www.w3.org/TR/did-core/#did-syntax */
const DID = 'did:[a-z0-9]+:(?:(?:[\\w.-]|%[0-9A-Fa-f]{2})*:)*(?:[\\w.-]|%[0-9A-Fa-f]{2})+';
const did = { type: 'string', pattern: `^${DID}$`, maxLength: 2048 };
export const isDid = (text: string): boolean => new RegExp(did.pattern).test(text);
/** Publishers may be everybody, too. */
const publisher = { ...did, pattern: `^(${DID}|did:\\*)$` };
const date = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}(T.*)?$' };
const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    publishers: {
      anyOf: [
        { const: 'open' },
        {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['did'],
            properties: { did: publisher, subjects: { type: 'array', items: { type: 'string' } } },
          },
        },
      ],
    },
    peers: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['url'],
        properties: {
          url: { type: 'string', pattern: '^https?://[^/]+$' },
          pull: { type: 'number', minimum: 0.2, default: 60 },
        },
      },
    },
    authorities: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['did'],
        properties: { did, labels: { type: 'array', items: { type: 'string', pattern: '^[a-z0-9-]+:.+' } } },
      },
    },
    trust: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['did', 'role'],
        properties: {
          did,
          name: { type: 'string' },
          role: { enum: TRUST_ROLES },
          schemes: { type: 'array', items: { type: 'string' } },
          from: date,
          until: date,
        },
      },
    },
    anchors: {
      type: 'object',
      additionalProperties: false,
      properties: {
        files: { type: 'array', items: { type: 'string', minLength: 1 } },
        registry: { type: 'string', pattern: '^https?://[^/]+(/.*)?$' },
        require: { type: 'boolean' },
      },
    },
    status: {
      type: 'object',
      additionalProperties: false,
      properties: {
        unknown: { enum: ['hold', 'refuse'] },
        recheckSeconds: { type: 'number', minimum: 1, maximum: 86_400 },
        keepSeconds: { type: 'number', minimum: 0, maximum: 31_536_000 },
      },
    },
    limits: {
      type: 'object',
      additionalProperties: false,
      properties: {
        bodyBytes: { type: 'integer', minimum: 1024, maximum: 16_000_000 },
        objectBytes: { type: 'integer', minimum: 1024, maximum: 16_000_000 },
      },
    },
  },
};

const validate = new Ajv2020({ allErrors: true, useDefaults: true, verbose: true }).compile(SCHEMA);

/** What is accepted, for members whose pattern says nothing to people. */
const ACCEPTED: Record<string, string> = {
  did: 'a DID such as did:web:cloud.example (a port is written %3A)',
  url: 'scheme and host, such as https://peer.example, without a path',
  from: 'a date such as 2027-01-31',
  until: 'a date such as 2027-12-31',
  labels: 'scheme and level, such as gaia-x:SC',
  publishers: 'open, or a list of "- did: did:web:..."',
  peers: 'a list of "- url: https://peer.example"',
  authorities: 'a list of "- did: did:web:..."',
  trust: 'a list of "- did: did:web:..." with a role',
  files: 'a list of PEM files or folders, such as "- anchors/eu.pem"',
  registry: 'an address that serves a PEM bundle, such as https://registry.example/anchors.pem',
  require: 'true or false',
  anchors: 'files, registry, require',
};

function sentence(error: ErrorObject): string {
  const path = error.instancePath.split('/').slice(1);
  const place = path.join('.') || 'the policy';
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys((error.parentSchema as { properties: object }).properties).join(', ');
    return `${place}: "${error.params.additionalProperty}" is not known. Known: ${known}`;
  }
  if (error.keyword === 'required') return `${place}: "${error.params.missingProperty}" is missing`;
  if (error.keyword === 'enum')
    return `${place}: "${error.data}" is not accepted. Accepted: ${error.params.allowedValues.join(', ')}`;
  const field = path.findLast((part) => part in ACCEPTED && !/^\d+$/.test(part));
  const found = JSON.stringify(error.data)?.slice(0, 80);
  if (field && ['pattern', 'type', 'const'].includes(error.keyword))
    return `${place} is ${found}; accepted: ${ACCEPTED[field]}`;
  return `${place} is ${found}: ${error.message}`;
}

/** Branches of an `anyOf` that the value was not meant for say nothing to anybody. */
function telling(error: ErrorObject): boolean {
  if (error.keyword === 'anyOf') return false;
  return !(error.instancePath === '/publishers' && (error.keyword === 'const' ? Array.isArray(error.data) : false));
}

/**
 * Reads policy text (YAML 1.2, of which JSON is a part).
 *
 * @throws ConfigError with one line a fault: file and line, what was found, what is accepted
 */
export function parsePolicy(text: string, name: string): Policy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) throw new ConfigError(document.errors.map((error) => `${name}: ${error.message}`));
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 50 }) ?? {};
  } catch (error) {
    throw new ConfigError([`${name}: ${(error as Error).message}`]);
  }
  if (typeof raw === 'object' && !Array.isArray(raw)) {
    // A heading whose entries are all commented out is an empty list.
    for (const [key, value] of Object.entries(raw as object))
      if (value === null) delete (raw as Record<string, unknown>)[key];
    const { peers } = raw as { peers?: { url?: unknown }[] };
    for (const peer of Array.isArray(peers) ? peers : [])
      if (typeof peer?.url === 'string') peer.url = peer.url.replace(/\/$/, '');
  }
  if (!validate(raw)) {
    const placed = (error: ErrorObject): string => {
      const path = error.instancePath
        .split('/')
        .slice(1)
        .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
      const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined;
      const line = node?.range ? `:${lines.linePos(node.range[0]).line}` : '';
      return `${name}${line}: ${sentence(error)}`;
    };
    throw new ConfigError([...new Set((validate.errors ?? []).filter(telling).map(placed))]);
  }
  const given = raw as Partial<Policy>;
  return {
    ...DEFAULT_POLICY,
    ...given,
    status: { ...DEFAULT_POLICY.status, ...given.status },
    limits: { ...DEFAULT_POLICY.limits, ...given.limits },
  };
}

/** What is allowed in a policy and is hardly meant: one sentence each. */
export function doubtsAbout(
  policy: Policy,
  now: Date,
  schemes: { id: string; levels: { id: string }[] }[] = [],
): string[] {
  const doubts: string[] = [];
  const dids = [...policy.authorities, ...policy.trust, ...(policy.publishers === 'open' ? [] : policy.publishers)];
  for (const { did } of dids)
    if (/^did:web:[^:]+:\d+$/.test(did))
      doubts.push(`${did} names a path, not a port; a port is written %3A, as in ${did.replace(/:(\d+)$/, '%3A$1')}`);
  for (const url of policy.peers.map((peer) => peer.url).filter((one, at, all) => all.indexOf(one) !== at))
    doubts.push(`The peer ${url} stands twice`);
  for (const { did, role, from, until, schemes: covered } of policy.trust) {
    const [begin, end] = [from, until].map((date) => (date ? Date.parse(date) : undefined));
    if (Number.isNaN(begin) || Number.isNaN(end)) doubts.push(`The mandate of ${did} has a date that no calendar has`);
    else if (end !== undefined && end < now.getTime())
      doubts.push(`The mandate of ${did} ended on ${until}: what it vouches for counts as attested only`);
    else if (begin !== undefined && end !== undefined && begin > end)
      doubts.push(`The mandate of ${did} begins after it ends`);
    if (covered && (role === 'registration-number' || role === 'clearing-house'))
      doubts.push(
        `"schemes" of ${did} has no meaning for ${role === 'clearing-house' ? 'clearing houses' : 'registration numbers'}`,
      );
  }
  const { files = [], registry, require } = policy.anchors ?? {};
  if (require && files.length === 0 && !registry)
    doubts.push('"anchors" requires a certificate chain of every key, and names no anchors: no key can count');
  if (registry?.startsWith('http:'))
    doubts.push(`The registry ${registry} is not asked over https: who stands between may name other anchors`);
  for (const label of policy.authorities.flatMap((authority) => authority.labels ?? [])) {
    const [scheme, level] = label.split(':');
    const known = schemes.find((one) => one.id === scheme);
    if (schemes.length > 0 && !known?.levels.some((one) => one.id === level))
      doubts.push(`No scheme here has the label ${label}`);
  }
  return doubts;
}

/** Reads the policy file; a missing file is the default policy. */
export function readPolicy(path: string): Policy {
  if (!existsSync(path)) return DEFAULT_POLICY;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`The policy file ${path} cannot be read: ${whyNot(error)}`]);
  }
  return parsePolicy(text, path);
}

/**
 * The policy as of now: read again when the file changed. A broken edit, or a file that is gone, leaves the former
 * policy in force: a node must not open itself, or take labels back, because a file was moved.
 */
export function watchedPolicy(path: string, log: Logger, clock: () => Date): () => Policy {
  let policy = readPolicy(path);
  const stamp = () => (existsSync(path) ? statSync(path).mtimeMs : 0);
  let seen = stamp();
  let looked = clock().getTime();
  return () => {
    if (Math.abs(clock().getTime() - looked) < 1_000) return policy;
    looked = clock().getTime();
    const current = stamp();
    if (current === seen) return policy;
    seen = current;
    try {
      if (current === 0) throw new Error(`${path} is gone`);
      if (readFileSync(path, 'utf8').trim() === '') throw new Error(`${path} is empty`);
      policy = readPolicy(path);
      log.info({ policy: path }, 'the policy was read again');
    } catch (error) {
      log.error({ error: messageOf(error) }, 'the policy file is not usable; the former policy stays in force');
    }
    return policy;
  };
}

/** Whether the issuer may publish here, and for which foreign subject ids. Undefined: not admitted. */
export function admission(policy: Policy, issuer: string): { subjects: string[] } | undefined {
  if (policy.publishers === 'open') return { subjects: [] };
  const rules = policy.publishers.filter((rule) => rule.did === issuer || rule.did === 'did:*');
  return rules.length === 0 ? undefined : { subjects: rules.flatMap((rule) => rule.subjects ?? []) };
}
