/** Keeps values up to a total size; the ones not used for longest go first. Nobody can fill the memory through it. */
export interface SizedCache<T> {
  get(key: string): T | undefined;
  /** @param size of the value, in bytes or anything proportional */
  set(key: string, value: T, size: number): void;
}

/** What a key and its bookkeeping cost beside the value. */
const OVERHEAD = 500;

export function createSizedCache<T>(maxSize: number): SizedCache<T> {
  const entries = new Map<string, { value: T; size: number }>();
  let total = 0;
  const drop = (key: string) => {
    total -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  };
  return {
    get: (key) => {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set: (key, value, given) => {
      drop(key);
      const size = given + OVERHEAD;
      entries.set(key, { value, size });
      total += size;
      for (const oldest of entries.keys()) {
        if (total <= maxSize) break;
        drop(oldest);
      }
    },
  };
}
