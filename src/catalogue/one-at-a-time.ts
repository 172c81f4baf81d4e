/** Work that is never done twice at once. */
export interface OneAtATime<T> {
  /** Does it, or gives the run that is under way. */
  run(): Promise<T>;
  /** Waits for the run that is under way, whatever becomes of it. */
  settled(): Promise<void>;
}

/** Timed work that may take longer than the time to its next turn. */
export function oneAtATime<T>(work: () => Promise<T>): OneAtATime<T> {
  let running: Promise<T> | undefined;
  return {
    run: () => {
      running ??= work().finally(() => {
        running = undefined;
      });
      return running;
    },
    settled: async () => {
      await running?.catch(() => {});
    },
  };
}
