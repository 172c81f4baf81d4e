import { Worker } from 'node:worker_threads';
import { messageOf, type Refusal, refused, type Verdict } from '../../errors.ts';
import { BEGUN, PLACES, READY, WITHDRAWN, type WorkerData } from './worker.ts';

/*
 * Threads that take jobs and may be lost: a job that hangs, or brings its thread down, costs itself and one start of a
 * thread. docs/decisions/012 tells why this is no package, and how jobs are sent and timed.
 */

export interface PoolOptions {
  /** Threads at most. They are started when there is work for them, and kept. */
  size: number;
  /**
   * Processor time that one job may take after its first 200 ms, in ms; waiting in the queue or for a processor does not
   * count.
   */
  deadlineMs: number;
  /** Time after which a running job is given up, whatever it waits for: several times its deadline. */
  patienceMs: number;
  /** Jobs that may wait; one more is refused at once. */
  maxQueue: number;
  /** Heap that one thread may fill, in MB. */
  memoryMb: number;
  /** Handed to each worker as `workerData.setup`. */
  setup?: unknown;
}

export interface PoolStats {
  /** Threads that are started, and how many of them have work. */
  workers: number;
  busy: number;
  /** Jobs that wait. */
  queued: number;
  /** Threads that ended, or were ended, with a job. */
  lost: number;
}

export interface Pool<Job, Outcome> {
  /**
   * What the worker makes of a job, or a refusal: `too-large` when it takes more time or memory than a job may have,
   * `internal` when it failed or brought its thread down, `unavailable` when it cannot be done now. A job that cost a
   * thread is never tried again.
   */
  run(job: Job): Promise<Verdict<Outcome>>;
  stats(): PoolStats;
  /** Ends all threads; jobs without answer are refused. */
  close(): Promise<void>;
}

interface Task<Job, Outcome> {
  job: Job;
  settle: (verdict: Verdict<Outcome>) => void;
}

/** A thread with the tasks it was sent and has not answered, in order. */
interface Member<Job, Outcome> {
  worker: Worker;
  ready: boolean;
  progress: Float64Array;
  /** A task that was handed to another member leaves its place empty. */
  tasks: (Task<Job, Outcome> | undefined)[];
  messages: number;
  answered: number;
  /** How often in a row a look found it at one and the same job, and its processor time at the second, in ms. */
  looks: number;
  seen: number;
  cpuMs: number | undefined;
}

/**
 * A message costs both sides 50 us together, an eighth of a job, and a worker that waits for one stands still. So
 * while many jobs wait, several go into one message, and the next message goes out before the last is answered.
 */
const BATCH = 32;
const AHEAD = 2;
const LOOK_MS = 100;
const START_MS = 30_000;
/** When a worker cannot start, no other is started for this long. */
const PAUSE_MS = 5_000;

/**
 * A pool of threads that run the module `url`, which calls `answerJobs`. Jobs and outcomes are plain JSON.
 *
 * @param write a job as JSON text, where that can be had for less
 */
export function createPool<Job, Outcome>(
  url: URL,
  options: PoolOptions,
  write: (job: Job) => string = JSON.stringify,
): Pool<Job, Outcome> {
  const { size, deadlineMs, patienceMs, maxQueue, memoryMb, setup } = options;
  const members = new Set<Member<Job, Outcome>>();
  const queue: Task<Job, Outcome>[] = [];
  let lost = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let broken: { until: number; why: string } | undefined;

  const start = (): void => {
    const progress = new Float64Array(new SharedArrayBuffer(PLACES * Float64Array.BYTES_PER_ELEMENT));
    const workerData: WorkerData = { progress, setup };
    let worker: Worker;
    try {
      worker = new Worker(url, { workerData, resourceLimits: { maxOldGenerationSizeMb: memoryMb } });
    } catch (error) {
      fails(error); // The system gives no more threads.
      return;
    }
    const member = {
      worker,
      ready: false,
      progress,
      tasks: [],
      messages: 0,
      answered: 0,
      looks: 0,
      seen: 0,
      cpuMs: undefined,
    };
    members.add(member);
    let fault: unknown;
    worker.on('error', (error) => {
      fault = error;
    });
    worker.on('exit', (code) => lose(member, fault ?? new Error(`the thread ended with code ${code}`)));
    worker.on('message', (told: string) => {
      if (!members.has(member)) return;
      if (told === READY) begin(member);
      else answer(member, JSON.parse(told) as Verdict<Outcome>[]);
      pump();
    });
  };

  const fails = (error: unknown): void => {
    broken = { until: performance.now() + PAUSE_MS, why: messageOf(error) };
  };

  const begin = (member: Member<Job, Outcome>): void => {
    member.ready = true;
    member.looks = 0;
    member.worker.unref();
    broken = undefined;
  };

  const answer = (member: Member<Job, Outcome>, verdicts: Verdict<Outcome>[]): void => {
    const tasks = member.tasks.splice(0, verdicts.length);
    member.messages--;
    member.answered += verdicts.length;
    member.looks = 0;
    if (member.messages === 0) member.worker.unref();
    for (const [at, task] of tasks.entries()) task?.settle(verdicts[at]!);
  };

  /** Gives waiting tasks to members, and starts members for what is left. */
  const pump = (): void => {
    // Idle members first; and nothing is sent ahead to one that is at a slow job.
    for (let sent = 0; sent < AHEAD; sent++) {
      for (const member of members) {
        if (!member.ready || member.messages > sent || (sent > 0 && member.looks > 0) || queue.length === 0) continue;
        send(member, queue.splice(0, Math.min(BATCH, Math.ceil(queue.length / (size * AHEAD)))));
      }
    }
    const starting = [...members].filter(({ ready }) => !ready).length;
    const resting = () => broken !== undefined && broken.until > performance.now();
    for (let more = queue.length - starting; more > 0 && members.size < size && !resting(); more--) start();
    if (broken && members.size === 0) {
      const refusal = refused('unavailable', `This node cannot verify anything now: ${broken.why}`);
      for (const task of queue.splice(0)) task.settle(refusal);
    }
  };

  const send = (member: Member<Job, Outcome>, tasks: Task<Job, Outcome>[]): void => {
    if (member.messages++ === 0) member.worker.ref();
    member.tasks.push(...tasks);
    member.worker.postMessage(`[${tasks.map(({ job }) => write(job)).join()}]`);
  };

  /** Puts the tasks behind `place` back at the head of the queue. */
  const takeBack = (member: Member<Job, Outcome>, place: number): void => {
    queue.unshift(...member.tasks.slice(place).filter((task) => task !== undefined));
    member.tasks.fill(undefined, place);
    member.progress[WITHDRAWN] = member.answered + member.tasks.length;
  };

  /** The place of the task that a member is at. Those before it are done, but their answer has not come. */
  const placeOf = ({ progress, answered }: Member<Job, Outcome>): number =>
    Math.max(0, progress[BEGUN]! - answered - 1);

  /** Ends a member; only the task that it was at is refused. */
  const drop = (member: Member<Job, Outcome>, refusal: Refusal): void => {
    if (!members.delete(member)) return;
    lost++;
    const [guilty] = member.tasks.splice(placeOf(member), 1);
    takeBack(member, 0);
    guilty?.settle(refusal);
    void member.worker.terminate();
    pump();
  };

  const lose = (member: Member<Job, Outcome>, error: unknown): void => {
    if (!member.ready) fails(error);
    const full = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
    drop(
      member,
      full
        ? refused('too-large', `Verifying it takes more than ${memoryMb} MB of memory`)
        : refused('internal', `Verifying it failed, which is a fault of this node: ${messageOf(error)}`),
    );
  };

  /**
   * Finds the jobs that run for long. Looks are counted, not time: after this thread itself was held up, or the whole
   * machine slept, the answer may be waiting.
   */
  const look = (): void => {
    for (const member of members) {
      const begun = member.progress[BEGUN]!;
      if (member.ready && begun === member.answered) continue;
      if (member.seen !== begun) {
        member.looks = 0;
        member.cpuMs = undefined;
      }
      member.seen = begun;
      const ms = ++member.looks * LOOK_MS;
      if (!member.ready) {
        if (ms > START_MS) lose(member, new Error('a thread does not start'));
      } else if (ms > LOOK_MS) judge(member, begun, ms);
    }
    if (queue.length > 0 || [...members].some(({ messages, ready }) => messages > 0 || !ready)) return;
    clearInterval(timer);
    timer = undefined;
  };

  const judge = (member: Member<Job, Outcome>, begun: number, ms: number): void => {
    takeBack(member, placeOf(member) + 1);
    pump();
    if (ms > patienceMs) {
      drop(member, refused('unavailable', 'This node is too busy to verify it now; send it again later'));
      return;
    }
    member.worker.cpuUsage().then(
      ({ user, system }) => {
        if (member.progress[BEGUN] !== begun || member.answered >= begun) return;
        const cpuMs = (user + system) / 1_000;
        // Counted from the second look on: asking at the begin of each job would cost as much as sending it.
        member.cpuMs ??= cpuMs;
        if (cpuMs - member.cpuMs > deadlineMs)
          drop(member, refused('too-large', `Verifying it takes more than ${deadlineMs} ms of processor time`));
      },
      () => {}, // The thread has just ended, and says so by its exit.
    );
  };

  return {
    run: (job) =>
      new Promise((settle) => {
        if (closed) return settle(refused('unavailable', 'This node is stopping'));
        if (queue.length >= maxQueue)
          return settle(refused('unavailable', `${queue.length} documents wait to be verified; send it again later`));
        queue.push({ job, settle });
        timer ??= setInterval(look, LOOK_MS).unref();
        pump();
      }),
    stats: () => ({
      workers: members.size,
      busy: [...members].filter(({ messages }) => messages > 0).length,
      queued: queue.length,
      lost,
    }),
    close: async () => {
      closed = true;
      clearInterval(timer);
      const workers = [...members].map((member) => {
        takeBack(member, 0);
        return member.worker;
      });
      members.clear();
      for (const task of queue.splice(0)) task.settle(refused('unavailable', 'This node is stopping'));
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
