import { afterEach, describe, expect, it } from 'vitest';
import { forged, GX, V2 } from '../../../test/support/hostile.ts';
import { contexts } from '../../../test/support/verifying.ts';
import { Checks } from '../check.ts';
import type { JsonObject } from '../credential.ts';
import { didDocument, generateKey } from '../issuing/identity.ts';
import { signDataIntegrity, signJwt } from '../issuing/sign.ts';
import { parse } from '../parse.ts';
import { readProofs } from '../proofs/claim.ts';
import { createProver, type ProofJob } from '../proofs/prove.ts';
import { createProverPool, type ProverPool } from './prover-pool.ts';

const DID = 'did:web:provider.example';
const key = generateKey('EdDSA', DID);
const [method] = didDocument(DID, [key]).verificationMethod as JsonObject[];
const about = (claims: JsonObject): JsonObject => ({
  '@context': [V2, GX],
  type: ['VerifiableCredential'],
  issuer: DID,
  validFrom: '2026-11-01T00:00:00Z',
  credentialSubject: { id: DID, ...claims },
});
const job = (document: JsonObject, compact?: string): ProofJob => {
  const body = Buffer.from(compact ?? JSON.stringify(document));
  const mediaType = compact ? 'application/vc+jwt' : 'application/vc';
  const parsed = parse(
    { bytes: body, mediaType, source: { kind: 'provider' } },
    { objectBytes: 1_000_000 },
    new Checks(),
  );
  const signed = parsed?.kind === 'credential' ? parsed.credential : { document };
  const [claim] = readProofs(signed, 'assertionMethod', new Checks())!;
  return {
    document: signed.document,
    ...(compact ? { compact } : {}),
    proofs: [{ claim: claim!, method: method! }],
    claims: true,
  };
};
/** No parser would let this through. */
const huge = () => {
  const document = about({ 'gx:to': Array.from({ length: 100_000 }, (_, at) => ({ 'gx:z': at })) });
  return job({ ...document, proof: forged(key) });
};

let pool: ProverPool;
afterEach(() => pool.close());

describe('provers in threads of their own', () => {
  it('say the same as one in this thread, of good documents and bad', async () => {
    pool = createProverPool(contexts, { size: 2 });
    const good = await signDataIntegrity(about({ 'gx:name': 'Fjordsky AS' }), key, contexts);
    const jwt = await signJwt(about({ 'gx:name': 'Fjordsky AS' }), key);
    const jobs = [
      job(good),
      job({ ...good, credentialSubject: { id: DID, 'gx:name': 'Somebody else' } }),
      job({ ...good, credentialSubject: { id: DID, unheardOf: 1 } }),
      job(about({}), jwt),
      job(about({}), `${jwt.slice(0, -8)}AAAAAAAA`),
      job(about({}), await signJwt(about({ 'gx:name': { unheardOf: 1, id: 'no:such name' } }), key)),
    ];
    const here = await Promise.all(jobs.map(createProver(contexts)));
    expect(await Promise.all(jobs.map(pool.prove))).toEqual(here);
    expect(here.map(({ expanded }) => expanded !== undefined)).toEqual([true, false, false, true, false, false]);
  });

  it('refuse a document that takes too long, with the reason, and go on', async () => {
    pool = createProverPool(contexts, { size: 1, deadlineMs: 300 });
    const good = job(about({}), await signJwt(about({ 'gx:name': 'Fjordsky AS' }), key));
    const [costly, next] = await Promise.all([pool.prove(huge()), pool.prove(good)]);
    expect(costly).toEqual({
      proofs: [],
      checks: [
        {
          id: 'verify.work',
          result: 'fail',
          why: 'Verifying it takes more than 300 ms of processor time',
          mend: expect.any(String),
        },
      ],
      failure: { code: 'too-large', detail: 'Verifying it takes more than 300 ms of processor time' },
    });
    expect(next.expanded).toBeDefined();
    expect(pool.stats().lost).toBe(1);
  });
});
