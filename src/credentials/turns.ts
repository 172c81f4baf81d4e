/** How many may be under way at once, and how many may wait. */
interface TurnLimits {
  /** At once for one key, for all keys of one group, and in all. */
  perKey: number;
  perGroup: number;
  total: number;
  /** Waiting for one key, for one group, and in all. */
  waitingPerKey: number;
  waitingPerGroup: number;
  waiting: number;
}

/**
 * Waits for a turn and gives the function that ends it; undefined when already too many wait.
 *
 * @throws the signal's reason when it is aborted before the turn comes
 */
type TakeTurn = (key: string, group: string, signal: AbortSignal) => Promise<(() => void) | undefined>;

/** First come, first served, except that a key or group which has its share does not keep the others waiting. */
export function createTurns(limits: TurnLimits): TakeTurn {
  const keys = new Map<string, number>();
  const groups = new Map<string, number>();
  let all = 0;
  const queue: { key: string; group: string; start: () => void }[] = [];

  const free = (key: string, group: string) =>
    all < limits.total && (keys.get(key) ?? 0) < limits.perKey && (groups.get(group) ?? 0) < limits.perGroup;
  const full = (key: string, group: string) =>
    queue.length >= limits.waiting ||
    queue.filter((one) => one.key === key).length >= limits.waitingPerKey ||
    queue.filter((one) => one.group === group).length >= limits.waitingPerGroup;
  const end = (key: string, group: string) => {
    all--;
    add(keys, key, -1);
    add(groups, group, -1);
    const next = queue.findIndex((one) => free(one.key, one.group));
    if (next >= 0) queue.splice(next, 1)[0]!.start();
  };
  const begin = (key: string, group: string) => {
    all++;
    add(keys, key, 1);
    add(groups, group, 1);
    let ended = false;
    return () => {
      if (!ended) end(key, group);
      ended = true;
    };
  };

  return async (key, group, signal) => {
    signal.throwIfAborted();
    if (free(key, group)) return begin(key, group);
    if (full(key, group)) return undefined;
    return new Promise((resolve, reject) => {
      const entry = {
        key,
        group,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve(begin(key, group));
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

function add(counts: Map<string, number>, name: string, more: 1 | -1): void {
  const count = (counts.get(name) ?? 0) + more;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
