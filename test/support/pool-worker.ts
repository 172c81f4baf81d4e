import { threadId, workerData } from 'node:worker_threads';
import { answerJobs, type WorkerData } from '../../src/credentials/workers/worker.ts';

/** What the worker of the pool's tests does for a job. */
export type TestJob =
  | { kind: 'echo'; text: string }
  /** Uses the processor for so many ms. */
  | { kind: 'work'; ms: number }
  /** Waits without using the processor. */
  | { kind: 'wait'; ms: number }
  | { kind: 'hang' | 'hang in promises' | 'hang in a pattern' | 'wait for ever' }
  | { kind: 'fill the memory' | 'exit' | 'fail' | 'fail later' };

export interface TestOutcome {
  text: string;
  thread: number;
  setup: [string, number][];
}

const work = async (job: TestJob): Promise<TestOutcome> => {
  switch (job.kind) {
    case 'work': {
      const start = process.threadCpuUsage();
      const used = () => process.threadCpuUsage(start);
      while (used().user + used().system < job.ms * 1_000);
      break;
    }
    case 'wait':
      await new Promise((resolve) => setTimeout(resolve, job.ms));
      break;
    case 'wait for ever':
      await new Promise(() => setInterval(() => {}, 1_000));
      break;
    case 'hang':
      for (;;);
    case 'hang in promises':
      for (;;) await null;
    case 'hang in a pattern':
      /^(a+)+$/.test(`${'a'.repeat(60)}b`);
      break;
    case 'fill the memory': {
      const kept: unknown[] = [];
      for (;;) kept.push(Array.from({ length: 1_000 }, () => ({})));
    }
    case 'exit':
      return process.exit(7);
    case 'fail':
      throw new Error('nothing works');
    case 'fail later':
      setTimeout(() => {
        throw new Error('nobody caught this');
      });
      await new Promise(() => {});
  }
  return {
    text: 'text' in job ? job.text : job.kind,
    thread: threadId,
    setup: [...((workerData as WorkerData<Map<string, number>>).setup ?? [])],
  };
};

answerJobs(work);
