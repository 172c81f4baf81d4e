import type { Judgement } from '../catalogue/judgement.ts';
import type { Check, Stage } from '../credentials/check.ts';
import { CODES, type Code } from '../errors.ts';
import { Failure, wrongUsage } from './failure.ts';
import { type Input, reason } from './input.ts';
import type { Io } from './io.ts';

/** Pages of a node, and its interface: what people copy from a browser in place of the base address. */
const PAGE = /^(.*?)\/(api|credentials|docs|federation|labels|listings|providers|publish)(\/.*)?$/;
const TIMEOUT_MS = 30_000;
export const DEFAULT_NODE = 'http://localhost:8080';

export interface Asked {
  method?: 'GET' | 'POST' | 'DELETE';
  query?: URLSearchParams;
  body?: Uint8Array | string;
  mediaType?: string;
  token?: string | undefined;
}

/** The node a command talks to: `--node`, else KONTOR_NODE, else this machine. */
export function nodeUrl(io: Io, given: string | undefined): string {
  const url = given ?? (io.env.KONTOR_NODE || DEFAULT_NODE);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) {
    throw wrongUsage(
      `"${url}" is not the address of a node.`,
      'Give one such as https://catalogue.example.org with --node or KONTOR_NODE.',
    );
  }
  const page = PAGE.exec(parsed.pathname);
  if (page) throw wrongUsage(`"${url}" is no node's base address.`, `Use ${parsed.origin}${page[1]}.`);
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`;
}

/**
 * Asks a node and reads its JSON answer.
 *
 * @throws Failure when no node answers, or when it answers with a problem document
 */
export async function ask<T>(io: Io, node: string, path: string, asked: Asked = {}): Promise<T> {
  const { status, body } = await call(io, node, path, asked);
  if (status < 400) return body as T;
  throw failureOf(body as ProblemDocument);
}

/** Posts a credential; a refusal is an answer here, not a failure. */
export async function submit(io: Io, node: string, path: string, input: Input): Promise<Judgement> {
  const { status, body } = await call(io, node, path, {
    method: 'POST',
    body: input.bytes,
    mediaType: input.mediaType,
  });
  if (status < 400) return body as Judgement;
  const problem = body as ProblemDocument;
  // A node that judged says so with its checks; anything else (a busy node, a proxy) judged nothing.
  if (!Array.isArray(problem.checks) && status >= 429) throw failureOf(problem);
  const { digest = '', checks = [], items } = problem;
  const stage = problem.stage ?? stageOf(checks);
  return { ok: false, code: problem.code, detail: problem.detail, digest, stage, checks, ...(items ? { items } : {}) };
}

interface ProblemDocument {
  status: number;
  title: string;
  detail: string;
  code: Code;
  mend?: string;
  digest?: string;
  stage?: Stage;
  checks?: Check[];
  items?: Judgement[];
}

function stageOf(checks: Check[]): Stage {
  const failed = checks.find((check) => check.result === 'fail') ?? checks.at(-1);
  return (failed?.id.split('.')[0] as Stage | undefined) ?? 'parse';
}

function failureOf(problem: ProblemDocument): Failure {
  const mends: Partial<Record<string, string>> = {
    unauthorized: 'Give the operator token with --token or KONTOR_TOKEN; `kontor init` printed it once.',
    'rate-limited': 'Wait a little and ask again.',
  };
  return new Failure(
    problem.code === 'bad-request' ? 2 : 1,
    problem.code,
    problem.detail || problem.title,
    problem.mend ?? mends[problem.code],
  );
}

async function call(io: Io, node: string, path: string, asked: Asked): Promise<{ status: number; body: unknown }> {
  const url = new URL(`${node}${path}`);
  if (asked.query) url.search = asked.query.toString();
  const headers: Record<string, string> = { accept: 'application/json, application/problem+json' };
  if (asked.mediaType) headers['content-type'] = asked.mediaType;
  if (asked.token) headers.authorization = `Bearer ${asked.token}`;
  let response: Response;
  let text: string;
  try {
    response = await io.fetch(url, {
      method: asked.method ?? 'GET',
      headers,
      body: asked.body as string,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    throw new Failure(
      1,
      'unavailable',
      `No node answers at ${node}: ${reason(error)}.`,
      'Start one with `kontor serve`, or name another with --node or KONTOR_NODE.',
    );
  }
  if (response.status === 204) return { status: 204, body: {} };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const problem = response.status >= 400;
  if (body === null || typeof body !== 'object' || (problem && !((body as ProblemDocument).code in CODES))) {
    throw new Failure(
      1,
      'unavailable',
      `${node} answers with status ${response.status}, but not as a Kontor node does.`,
      'Check that --node or KONTOR_NODE names the base address of a node, without a path.',
    );
  }
  return { status: response.status, body };
}
