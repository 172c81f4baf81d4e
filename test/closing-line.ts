import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line that any program can read: how many passed, failed and were skipped. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    // An error outside every test fails the run, so it is counted, too.
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state === 'pending' ? 'failed' : state]++;
        tests++;
      }
      if (tests === 0 && !module.ok()) count.failed++;
    }
    process.stdout.write(
      `\n${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}\n`,
    );
  }
}
