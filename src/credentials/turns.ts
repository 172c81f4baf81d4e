/** How many may be under way at once, and how many may wait. */
interface TurnLimits {
  /** At once for one key. */
  perKey: number;
  /** At once in all. */
  total: number;
  /** Waiting for one key, and in all. */
  waitingPerKey: number;
  waiting: number;
}

/**
 * Waits for a turn and gives the function that ends it; undefined when already too many wait.
 *
 * @throws the signal's reason when it is aborted before the turn comes
 */
type TakeTurn = (key: string, signal: AbortSignal) => Promise<(() => void) | undefined>;

/** First come, first served, except that a key which has its share does not keep the others waiting. */
export function createTurns({ perKey, total, waitingPerKey, waiting }: TurnLimits): TakeTurn {
  const running = new Map<string, number>();
  let all = 0;
  const queue: { key: string; start: () => void }[] = [];

  const free = (key: string) => all < total && (running.get(key) ?? 0) < perKey;
  const end = (key: string) => {
    all--;
    const left = running.get(key)! - 1;
    if (left > 0) running.set(key, left);
    else running.delete(key);
    const next = queue.findIndex((one) => free(one.key));
    if (next >= 0) queue.splice(next, 1)[0]!.start();
  };
  const begin = (key: string) => {
    all++;
    running.set(key, (running.get(key) ?? 0) + 1);
    let ended = false;
    return () => {
      if (!ended) end(key);
      ended = true;
    };
  };

  return async (key, signal) => {
    signal.throwIfAborted();
    if (free(key)) return begin(key);
    if (queue.length >= waiting || queue.filter((one) => one.key === key).length >= waitingPerKey) return undefined;
    return new Promise((resolve, reject) => {
      const entry = {
        key,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve(begin(key));
        },
      };
      const leave = () => {
        queue.splice(queue.indexOf(entry), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(entry);
    });
  };
}
