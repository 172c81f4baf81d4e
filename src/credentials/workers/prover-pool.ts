import type { Contexts } from '../jsonld/contexts.ts';
import type { ProofJob, ProofOutcome, Prover } from '../proofs/prove.ts';
import { decodeUtf8 } from '../strict-json.ts';
import { createPool, type PoolStats } from './pool.ts';

export interface ProverPool {
  /** As `createProver`, in another thread. Where the job could not be done, the check `verify.work` says why. */
  prove: Prover;
  stats(): PoolStats;
  close(): Promise<void>;
}

/** Together with asking a slow host, below the time within which a submission is answered. */
const DEADLINE_MS = 600;
const PATIENCE_MS = 6_000;
/** Some seconds of work for two threads; whoever comes then is better told to come again. */
const MAX_QUEUE = 5_000;
const MEMORY_MB = 256;

/**
 * Provers in threads of their own, so that no document holds up the node, and every processor works.
 *
 * @param contexts copied to each thread when it starts
 * @param size threads at most, from 1
 */
export function createProverPool(
  contexts: Contexts,
  { size, deadlineMs = DEADLINE_MS }: { size: number; deadlineMs?: number },
): ProverPool {
  const options = {
    size,
    deadlineMs,
    patienceMs: PATIENCE_MS,
    maxQueue: MAX_QUEUE,
    memoryMb: MEMORY_MB,
    setup: contexts,
  };
  const pool = createPool<ProofJob, ProofOutcome>(new URL('./prover-worker.ts', import.meta.url), options, write);
  return {
    prove: async (job) => {
      const verdict = await pool.run(job);
      if (verdict.ok) return verdict.value;
      const { code, detail } = verdict;
      const mend =
        code === 'too-large' ? 'Say less in one credential, and sign it with one proof' : 'Send it again later';
      return {
        proofs: [],
        checks: [{ id: 'verify.work', result: 'fail', why: detail, mend }],
        failure: { code, detail },
      };
    },
    stats: pool.stats,
    close: pool.close,
  };
}

/** The document goes as it came, where its text is at hand. */
function write({ bytes, document, ...rest }: ProofJob): string {
  return `{"document":${bytes ? decodeUtf8(bytes) : JSON.stringify(document)},${JSON.stringify(rest).slice(1)}`;
}
