import { expect, it } from 'vitest';
import { Checks } from '../../src/credentials/check.ts';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { signDataIntegrity, signJwt } from '../../src/credentials/issuing/sign.ts';
import { parse } from '../../src/credentials/parse.ts';
import { contexts, NOW, verifier } from '../support/verifying.ts';

/* A presentation need not say when it holds; what it says must be so. */

const key = generateDidKey('EdDSA');
const document = {
  '@context': ['https://www.w3.org/ns/credentials/v2'],
  type: ['VerifiablePresentation'],
  holder: key.did,
  verifiableCredential: [],
};
const seconds = (text: string) => Date.parse(text) / 1000;

async function judge(body: string, mediaType: string) {
  const checks = new Checks();
  const submission = { bytes: Buffer.from(body), mediaType, source: { kind: 'provider' as const } };
  const parsed = parse(submission, { objectBytes: 100_000 }, checks);
  if (parsed?.kind !== 'presentation') throw new Error(JSON.stringify(checks.list));
  return {
    ok: await verifier.presentation(parsed, checks),
    failed: checks.list.find(({ result }) => result === 'fail'),
  };
}

it('without any time, and with times that hold, is taken', async () => {
  const claims = { nbf: seconds('2026-11-01T00:00:00Z'), exp: seconds('2026-12-01T00:00:00Z') };
  for (const one of [document, { ...document, ...claims }])
    expect((await judge(await signJwt(one, key, 'vp'), 'application/vp+jwt')).ok).toBe(true);
});

it.each([
  ['exp that has passed (H-061)', { exp: seconds('2020-01-02T00:00:00Z') }, 'jwt:payload/exp'],
  ['nbf that has not come (H-061)', { nbf: seconds('2096-01-01T00:00:00Z') }, 'jwt:payload/nbf'],
  ['iat in the future (H-076)', { iat: seconds('2030-01-01T00:00:00Z') }, 'jwt:payload/iat'],
])('with %s is refused', async (_, claims, where) => {
  const { ok, failed } = await judge(await signJwt({ ...document, ...claims }, key, 'vp'), 'application/vp+jwt');
  expect([ok, failed]).toEqual([false, expect.objectContaining({ id: 'verify.validity', where })]);
});

it.each([
  ['created in the future (H-076)', { now: new Date('2030-01-01T00:00:00Z') }, '/proof/created'],
  ['a proof that has ended (H-077)', { now: NOW, expires: '2020-01-02T00:00:00Z' }, '/proof/expires'],
])('with %s is refused', async (_, options, where) => {
  const signed = await signDataIntegrity(document, key, contexts, { purpose: 'authentication', ...options });
  const { ok, failed } = await judge(JSON.stringify(signed), 'application/vp');
  expect([ok, failed]).toEqual([false, expect.objectContaining({ id: 'verify.validity', where })]);
});
