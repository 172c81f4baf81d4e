import { parentPort, workerData } from 'node:worker_threads';
import { accepted, messageOf, refused, type Verdict } from '../../errors.ts';

/** What a pool gives each of its workers. */
export interface WorkerData<Setup = unknown> {
  /** Memory that both threads see; the places in it are named below. */
  progress: Float64Array;
  setup: Setup;
}

/** What a worker says first: that it can work. All else is an array of verdicts as JSON, one for each job of a message. */
export const READY = 'ready';

/** How many jobs the worker has come to. */
export const BEGUN = 0;
/** Set by the pool: up to which number jobs that were not begun are to be left out. */
export const WITHDRAWN = 1;
export const PLACES = 2;

/** The worker's end of `createPool`: does one job after the other, and notes which one it is at. */
export function answerJobs<Job, Outcome>(work: (job: Job) => Promise<Outcome>): void {
  const { progress } = workerData as WorkerData;
  const port = parentPort!;
  const one = async (job: Job): Promise<Verdict<Outcome>> => {
    // Decided before it counts as begun: from then on the pool takes it for the one that runs, and withdraws it no more.
    const withdrawn = progress[BEGUN]! < progress[WITHDRAWN]!;
    progress[BEGUN]!++;
    if (withdrawn) return refused('unavailable', 'It was handed to another worker');
    try {
      return accepted(await work(job));
    } catch (error) {
      return refused('internal', `Its verification failed, which is a fault of this node: ${messageOf(error)}`);
    }
  };
  let last: Promise<void> = Promise.resolve();
  port.on('message', (text: string) => {
    const jobs = JSON.parse(text) as Job[];
    last = last.then(async () => {
      const outcomes: Verdict<Outcome>[] = [];
      for (const job of jobs) outcomes.push(await one(job));
      // As text both ways: it costs half of what an object does, and the pool's thread has no time to spare.
      port.postMessage(JSON.stringify(outcomes));
    });
  });
  port.postMessage(READY);
}
