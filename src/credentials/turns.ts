/** How many may be under way at once, and how many may wait. */
interface TurnLimits {
  /** At once for one key. */
  perKey: number;
  /** At once for the keys of one group. */
  perGroup: number;
  /** At once in all. */
  total: number;
  /** Waiting for the keys of one group, and in all. */
  waitingPerGroup: number;
  waiting: number;
}

interface Turn {
  key: string;
  group: string;
}

/**
 * Waits for a turn and gives the function that ends it; undefined when already too many wait.
 *
 * @throws the signal's reason when it is aborted before the turn comes
 */
type TakeTurn = (key: string, group: string, signal: AbortSignal) => Promise<(() => void) | undefined>;

/** First come, first served, except that a key or group which has its share does not keep the others waiting. */
export function createTurns({ perKey, perGroup, total, waitingPerGroup, waiting }: TurnLimits): TakeTurn {
  const running = new Set<Turn>();
  const queue: (Turn & { start: () => void })[] = [];

  const free = ({ key, group }: Turn) => {
    if (running.size >= total) return false;
    const near = [...running].filter((one) => one.group === group);
    return near.length < perGroup && near.filter((one) => one.key === key).length < perKey;
  };
  const begin = (turn: Turn) => {
    running.add(turn);
    return () => {
      if (!running.delete(turn)) return;
      const next = queue.findIndex(free);
      if (next >= 0) queue.splice(next, 1)[0]!.start();
    };
  };

  return async (key, group, signal) => {
    signal.throwIfAborted();
    const turn = { key, group };
    if (free(turn)) return begin(turn);
    if (queue.length >= waiting || queue.filter((one) => one.group === group).length >= waitingPerGroup)
      return undefined;
    return new Promise((resolve, reject) => {
      const entry = {
        ...turn,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve(begin(turn));
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
