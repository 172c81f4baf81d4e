import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { readAllowList } from './credentials/addresses.ts';

/** Everything a node is told from outside, checked once at start. See docs/quickstart-operator.md. */
export interface Config {
  /** Public base URL without trailing slash; gives the node its did:web. */
  url: string;
  /** Folder that holds keys, database, lock and policy. */
  data: string;
  /** Path of the SQLite file. */
  database: string;
  host: string;
  port: number;
  /** Path of the policy file; absent file means the default policy. */
  policy: string;
  log: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Lets DIDs and peers resolve to loopback and private addresses, over http: tests, demos and closed networks only. */
  allowPrivateNetwork: boolean;
  /** Hosts, and ranges of addresses, that may be private all the same, over https. */
  allowHosts: string[];
  /** Folder of shapes, contexts and schemes. */
  shapes: string;
  /** Threads that verify; 0 verifies in the main thread. */
  workers: number;
  /** An operator token to accept beside those made here: for containers that get their secrets from outside. */
  operatorToken?: string;
}

type Env = Record<string, string | undefined>;

const DEFAULT_SHAPES = resolve(import.meta.dirname, '../shapes');
/** One for each processor, as each takes some 60 MB; beyond four, the one thread that writes has no more to give. */
const DEFAULT_WORKERS = Math.min(availableParallelism(), 4);
const MAX_WORKERS = 64;
const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
const KNOWN = [
  'URL',
  'DATA',
  'DATABASE',
  'HOST',
  'PORT',
  'POLICY',
  'LOG',
  'ALLOW_PRIVATE_NETWORK',
  'ALLOW_HOSTS',
  'SHAPES',
  'WORKERS',
  'OPERATOR_TOKEN',
  'NODE',
  'TOKEN',
  'KEY',
  'DEMO_DATA',
  'DEMO_PORT',
];

/** All that is wrong with the environment, at once: one line a variable. */
export class ConfigError extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    super(`The configuration is not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads `KONTOR_*` variables.
 *
 * @throws ConfigError naming every bad value with what is accepted
 */
export function readConfig(env: Env): Config {
  const problems: string[] = [];
  for (const name of Object.keys(env)) {
    if (name.startsWith('KONTOR_') && !KNOWN.includes(name.slice(7))) {
      problems.push(`${name} is not known. Known: ${KNOWN.map((known) => `KONTOR_${known}`).join(', ')}`);
    }
  }
  const text = (name: string, fallback: string) => env[`KONTOR_${name}`] || fallback;

  const portText = text('PORT', '8080');
  const port = Number(portText);
  if (!/^\d{1,5}$/.test(portText) || port > 65535)
    problems.push(`KONTOR_PORT is "${portText}"; a number from 0 to 65535 is accepted`);

  const url = text('URL', `http://localhost:${portText}`).replace(/\/+$/, '');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (
    !parsed ||
    !['http:', 'https:'].includes(parsed.protocol) ||
    parsed.search ||
    parsed.hash ||
    parsed.username ||
    parsed.pathname !== '/'
  ) {
    problems.push(
      `KONTOR_URL is "${url}"; a base URL such as https://catalogue.example.org is accepted, without path, query or user`,
    );
  }

  const privateText = text('ALLOW_PRIVATE_NETWORK', 'false').toLowerCase();
  if (!['true', 'false', '1', '0'].includes(privateText))
    problems.push(`KONTOR_ALLOW_PRIVATE_NETWORK is "${privateText}"; true or false is accepted`);
  const allowHosts = text('ALLOW_HOSTS', '')
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
  const allowed = readAllowList(allowHosts);
  if (!allowed.ok) problems.push(`KONTOR_ALLOW_HOSTS: ${allowed.detail}. Separate entries by commas`);

  const log = text('LOG', 'info') as Config['log'];
  if (!LOG_LEVELS.includes(log)) problems.push(`KONTOR_LOG is "${log}"; one of ${LOG_LEVELS.join(', ')} is accepted`);

  const data = resolve(text('DATA', './data'));
  const database = text('DATABASE', `sqlite:${resolve(data, 'kontor.db')}`);
  if (!database.startsWith('sqlite:')) {
    problems.push(`KONTOR_DATABASE is "${database.replace(/:[^:@/]+@/, ':***@')}"; sqlite:PATH is accepted`);
  }
  const policyGiven = env.KONTOR_POLICY ? resolve(env.KONTOR_POLICY) : undefined;
  if (policyGiven && !existsSync(policyGiven))
    problems.push(`KONTOR_POLICY is "${policyGiven}", and no file is there: without it the node would be open to all`);
  const shapes = resolve(text('SHAPES', DEFAULT_SHAPES));
  if (!existsSync(resolve(shapes, 'contexts/index.json')))
    problems.push(
      `KONTOR_SHAPES is "${shapes}"; a folder with contexts, vocabulary, json, mappings and schemes is accepted`,
    );
  const workersText = text('WORKERS', String(DEFAULT_WORKERS));
  const workers = Number(workersText);
  if (!/^\d{1,2}$/.test(workersText) || workers > MAX_WORKERS)
    problems.push(
      `KONTOR_WORKERS is "${workersText}"; a whole number from 0 to ${MAX_WORKERS} is accepted, 0 for none beside the main thread`,
    );
  const token = env.KONTOR_OPERATOR_TOKEN;
  if (token && !/^\S{20,200}$/.test(token))
    problems.push('KONTOR_OPERATOR_TOKEN is too short or has spaces; 20 to 200 characters are accepted');
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    url,
    data,
    database: database.slice('sqlite:'.length),
    host: text('HOST', '127.0.0.1'),
    port,
    policy: resolve(text('POLICY', resolve(data, 'policy.yaml'))),
    log,
    allowPrivateNetwork: privateText === 'true' || privateText === '1',
    allowHosts,
    shapes,
    workers,
    ...(token ? { operatorToken: token } : {}),
  };
}

/** The did:web of a base URL (https://w3c-ccg.github.io/did-method-web/#method-specific-identifier). */
export function didOfUrl(url: string): string {
  return `did:web:${new URL(url).host.replace(':', '%3A')}`;
}
