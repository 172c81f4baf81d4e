import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { ConfigError } from './config.ts';

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
  /** Who may vouch for what: notaries, certification bodies. */
  trust: TrustRule[];
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
export interface TrustRule {
  did: string;
  name?: string;
  role: 'registration-number' | 'certificate';
  /** Certificate schemes the mandate covers; absent: all. */
  schemes?: string[];
  /** ISO dates of the mandate. */
  from?: string;
  until?: string;
}

export const DEFAULT_POLICY: Policy = {
  publishers: 'open',
  peers: [],
  authorities: [],
  trust: [],
  limits: { bodyBytes: 1_000_000, objectBytes: 262_144 },
};

const did = { type: 'string', pattern: '^did:([a-z0-9]+:.+|\\*)$', maxLength: 2048 };
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
            properties: { did, subjects: { type: 'array', items: { type: 'string' } } },
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
          role: { enum: ['registration-number', 'certificate'] },
          schemes: { type: 'array', items: { type: 'string' } },
          from: date,
          until: date,
        },
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

function sentence(error: ErrorObject): string {
  const place = error.instancePath || '/';
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys((error.parentSchema as { properties: object }).properties).join(', ');
    return `${place}: "${error.params.additionalProperty}" is not known. Known: ${known}`;
  }
  if (error.keyword === 'enum')
    return `${place}: "${error.data}" is not accepted. Accepted: ${error.params.allowedValues.join(', ')}`;
  return `${place}: ${error.message}`;
}

/**
 * Reads policy text (YAML 1.2, of which JSON is a part).
 *
 * @throws ConfigError with one line a fault: its place, what was found, what is accepted
 */
export function parsePolicy(text: string, name: string): Policy {
  let raw: unknown;
  try {
    raw = parse(text, { maxAliasCount: 50 }) ?? {};
  } catch (error) {
    throw new ConfigError([`${name}: ${(error as Error).message}`]);
  }
  if (!validate(raw))
    throw new ConfigError(
      (validate.errors ?? []).filter((error) => error.keyword !== 'anyOf').map((error) => `${name}${sentence(error)}`),
    );
  const given = raw as Partial<Policy>;
  return { ...DEFAULT_POLICY, ...given, limits: { ...DEFAULT_POLICY.limits, ...given.limits } };
}

/** Reads the policy file; a missing file is the default policy. */
export function readPolicy(path: string): Policy {
  return existsSync(path) ? parsePolicy(readFileSync(path, 'utf8'), path) : DEFAULT_POLICY;
}

/** Whether the issuer may publish here, and for which foreign subject ids. Undefined: not admitted. */
export function admission(policy: Policy, issuer: string): { subjects: string[] } | undefined {
  if (policy.publishers === 'open') return { subjects: [] };
  const rules = policy.publishers.filter((rule) => rule.did === issuer || rule.did === 'did:*');
  return rules.length === 0 ? undefined : { subjects: rules.flatMap((rule) => rule.subjects ?? []) };
}
