/**
 * The first of Ctrl-C and a supervisor's stop; the second one ends the process at once, as it would without us. A
 * program that started this process over a channel of its own (Node's `ipc`) and is gone counts as a stop.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    if (!process.send) return;
    if (!process.connected) resolve();
    process.once('disconnect', () => resolve());
    // Listening must not keep the process from ending.
    process.channel?.unref();
  });
}
