import { Problem } from '../errors.ts';

/** Bundles that may wait for their turn. */
const MAX_WAITING = 32;
const MAX_REST_MS = 1_000;
const RETRY_SECONDS = 5;

/**
 * Makes one thing at a time, and rests after each for as long as it took, so that whoever asks, and for how many, takes half
 * of the node's time at most. Who asks for the same before its turn has come is given the same.
 *
 * @throws Problem `unavailable` when too many wait
 */
export function inTurn<T>(make: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const waiting = new Map<string, Promise<T>>();
  let last: Promise<void> = Promise.resolve();
  return async (key) => {
    const same = waiting.get(key);
    if (same) return same;
    if (waiting.size >= MAX_WAITING)
      throw new Problem('unavailable', `${MAX_WAITING} bundles are asked for already; ask again shortly`, {
        retryAfter: RETRY_SECONDS,
      });
    let rest = 0;
    const made = last.then(async () => {
      waiting.delete(key);
      const began = performance.now();
      try {
        return await make(key);
      } finally {
        rest = Math.min(performance.now() - began, MAX_REST_MS);
      }
    });
    waiting.set(key, made);
    last = made.then(
      () => resting(rest),
      () => resting(rest),
    );
    return made;
  };
}

const resting = (ms: number) =>
  new Promise<void>((done) => {
    setTimeout(done, ms).unref();
  });
