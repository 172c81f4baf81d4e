import { describe, expect, it } from 'vitest';
import { mended } from '../../../src/credentials/jsonld/jsonld.ts';
import { corpus } from './corpus.ts';
import { compare, ourOpinion } from './differ.ts';

/* A sample of what `node test/credentials/differential/run.ts` does with 100,000 documents. */

describe('our proof verification and that of @digitalbazaar', () => {
  it('run with jsonld mended, and as it is published', () => {
    expect(mended).toBe(true);
  });

  it('give the same verdict, and the same class of reason, on changed documents', async () => {
    const { differences, verified, runs } = await compare(600, 20_261_121);
    expect(differences).toEqual([]);
    // Some changes mean nothing, so some documents still verify; else the comparison would prove little.
    expect(verified).toBeGreaterThan(20);
    expect(verified).toBeLessThan(runs / 2);
  }, 60_000);

  it('verify what was signed, with every suite', async () => {
    for (const job of await corpus()) expect(await ourOpinion(job)).toEqual({ verdict: 'verified', why: '' });
  });
});
