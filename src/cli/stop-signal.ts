/** The first of Ctrl-C and a supervisor's stop; the second one ends the process at once, as it would without us. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
