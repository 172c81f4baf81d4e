import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Checks } from '../../../src/credentials/check.ts';
import { readProofs } from '../../../src/credentials/proofs/claim.ts';
import { createProver } from '../../../src/credentials/proofs/prove.ts';
import { CONTEXTS_DIR, contexts, corpus } from './corpus.ts';
import type { Job, Opinion } from './job.ts';
import { mutate, numbers } from './mutate.ts';

/** A document about which the two opinions differ. */
export interface Difference {
  job: Job;
  ours: Opinion;
  theirs: Opinion;
}

export interface Result {
  runs: number;
  verified: number;
  /** Differences that are not explained. */
  differences: Difference[];
  /** How often each explained difference came up. */
  explained: Record<string, number>;
}

const prover = createProver(contexts);

/** Our opinion: what the prover makes of the document. */
export async function ourOpinion({ document, method }: Job): Promise<Opinion> {
  const checks = new Checks();
  const claims = readProofs({ document }, 'assertionMethod', checks, { anyKeyId: true });
  if (!claims) return { verdict: 'proof', why: checks.failure!.detail };
  if (claims.some(({ keyId }) => keyId !== method.id)) return { verdict: 'proof', why: 'another key' };
  const outcome = await prover({ document, proofs: claims.map((claim) => ({ claim, method })), claims: false });
  if (outcome.failure) return { verdict: 'jsonld', why: outcome.failure.detail };
  const bad = outcome.proofs.find((one) => !one.ok);
  if (!bad || bad.ok) return { verdict: 'verified', why: '' };
  return { verdict: /was not made by/.test(bad.detail) ? 'signature' : 'proof', why: bad.detail };
}

/** Other opinions, from a process where jsonld is as published. */
export function startOracle(): { ask: (job: Job) => Promise<Opinion>; end: () => Promise<void> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'oracle.ts'), CONTEXTS_DIR], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: ((opinion: Opinion) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()!(JSON.parse(line) as Opinion));
  return {
    ask: (job) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${JSON.stringify(job)}\n`);
      }),
    end: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

/** Changes signed documents and compares both opinions of each: the same verdict, and the same class of reason. */
export async function compare(runs: number, seed: number, told: (done: number) => void = () => {}): Promise<Result> {
  const random = numbers(seed);
  const originals = await corpus();
  const oracle = startOracle();
  const result: Result = { runs, verified: 0, differences: [], explained: {} };
  const one = async (job: Job) => {
    // Through text, as it would come: what JSON cannot say is not compared.
    const text = JSON.stringify(job.document);
    const again = { ...job, document: JSON.parse(text) as Job['document'] };
    const [ours, theirs] = await Promise.all([ourOpinion(again), oracle.ask(job)]);
    if (ours.verdict === 'verified') result.verified++;
    if (ours.verdict === theirs.verdict) return;
    const rule = explain(again, ours, theirs);
    if (rule) result.explained[rule] = (result.explained[rule] ?? 0) + 1;
    else result.differences.push({ job: again, ours, theirs });
  };
  for (let done = 0; done < runs; done += 8) {
    await Promise.all(
      Array.from({ length: Math.min(8, runs - done) }, (_, at) => {
        const job = originals[(done + at) % originals.length]!;
        return one(done + at < originals.length ? job : { ...job, document: mutate(job.document, random) });
      }),
    );
    told(done);
  }
  await oracle.end();
  return result;
}

/** Why two opinions may differ: never that we accept what the other refuses. */
function explain({ document }: Job, ours: Opinion, theirs: Opinion): string | undefined {
  if (ours.verdict === 'verified') return undefined;
  // What a proof must say is read before anything is computed, and more strictly than the other does it.
  if (ours.verdict === 'proof') return 'the form of the proof is refused before any computation';
  // The other compares contexts written into the document by identity, so two equal ones are never the same to it.
  if (/does not start with proof\.@context/.test(theirs.why))
    return 'a context written into a document that JCS signed';
  // The other is content with one proof that holds; here all of them must (H-070).
  if (theirs.verdict === 'verified' && Array.isArray(document.proof) && document.proof.length > 1)
    return 'a set of proofs of which one does not hold';
  // The other tells what is wrong with each proof of a set; here the first that does not hold decides.
  if (ours.verdict === 'signature' && /Invalid signature/.test(theirs.why))
    return 'a set of proofs of which several do not hold';
  // The other adds the context of its suite to a proof whose document does not define proofs.
  if (![document['@context']].flat().some((one) => one === V2))
    return 'a proof that no context of the document defines';
  // jsonld itself threw up on the input, in both processes: no class of reason of its own.
  if (ours.verdict === 'jsonld' && /TypeError/.test(theirs.why)) return 'jsonld fails within';
  return undefined;
}

const V2 = 'https://www.w3.org/ns/credentials/v2';
