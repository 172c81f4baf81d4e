import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Check } from '../../src/credentials/check.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { type Contexts, loadContexts } from '../../src/credentials/jsonld/contexts.ts';
import { HARBOURS } from './cases.ts';
import { type ConformanceServer, startConformance } from './server.ts';

export interface Answer {
  status: number;
  verified?: boolean;
  code?: string;
  verifiableCredential?: JsonObject;
  checks?: Check[];
}

/** A server for the tests of one file, with a context that only its operator added. */
export function conformance() {
  const contextsDir = mkdtempSync(join(tmpdir(), 'kontor-conformance-'));
  const context = JSON.stringify({ '@context': { Harbour: 'https://terms.example/#Harbour' } });
  writeFileSync(join(contextsDir, 'harbours.jsonld'), context);
  const index = { [HARBOURS]: { file: 'harbours.jsonld', digest: digestOf(Buffer.from(context)) } };
  writeFileSync(join(contextsDir, 'index.json'), JSON.stringify(index));
  const contexts: Contexts = loadContexts(resolve(import.meta.dirname, '../../shapes/contexts'), contextsDir);

  let server: ConformanceServer;
  beforeAll(async () => {
    server = await startConformance({ contextsDir });
  });
  afterAll(async () => {
    await server?.close();
    rmSync(contextsDir, { recursive: true });
  });

  const post = async (path: string, body: unknown, url = server.url): Promise<Answer> => {
    const response = await fetch(`${url}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { ...((await response.json()) as object), status: response.status };
  };
  const issue = (credential: unknown, issuer = 'eddsa-rdfc-2022') =>
    post(`${issuer}/credentials/issue`, { credential });
  return {
    contexts,
    issuers: () => server.issuers,
    post,
    issue,
    /** What was issued; a refusal ends the test. */
    issued: async (credential: JsonObject, issuer?: string): Promise<JsonObject> => {
      const answer = await issue(credential, issuer);
      expect(answer, JSON.stringify(answer)).toMatchObject({ status: 201 });
      return answer.verifiableCredential!;
    },
    verify: (verifiableCredential: unknown, options: object = {}) =>
      post('credentials/verify', { verifiableCredential, options }),
    verifyVp: (verifiablePresentation: unknown, options: object = {}) =>
      post('presentations/verify', { verifiablePresentation, options }),
  };
}

export const failures = ({ checks = [] }: Answer): Check[] =>
  checks.filter(({ result }) => result === 'fail' || result === 'unknown');

export const taken = (answer: Answer) =>
  expect([answer.status, answer.verified, failures(answer)]).toEqual([200, true, []]);

/** Refused with its reasons, whether it was to be verified or to be issued. */
export const refused = (answer: Answer) => {
  expect([answer.status, answer.verified]).toEqual([400, false]);
  expect(failures(answer)).not.toEqual([]);
};
