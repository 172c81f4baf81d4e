import { workerData } from 'node:worker_threads';
import type { Contexts } from '../jsonld/contexts.ts';
import { createProver } from '../proofs/prove.ts';
import { answerJobs, type WorkerData } from './worker.ts';

// The thread of a prover pool: a prover over the contexts that the main thread holds.
answerJobs(createProver((workerData as WorkerData<Contexts>).setup));
