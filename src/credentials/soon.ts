/** The least time that an answer gets, in milliseconds: what is at hand is taken however late it is. */
const LEAST_MS = 50;

/**
 * The answer, or `late()` when it does not come in time. The work itself goes on, so that its answer can be kept for
 * whoever asks next.
 *
 * @param ms how long to wait, in milliseconds; less than 50 counts as 50
 */
export async function soon<T>(work: Promise<T> | T, ms: number, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late()), Math.max(LEAST_MS, ms));
  });
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}
