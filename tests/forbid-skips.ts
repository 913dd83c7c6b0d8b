import type { Reporter, TestModule } from 'vitest/node';

/** Where every part must be there (CI), a test that was skipped is a failure. Prints the totals on a line of their own. */
export default class ForbidSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state]++;
        if (state === 'skipped') process.stderr.write(`skipped: ${module.moduleId} > ${test.fullName}\n`);
      }
    }
    process.stdout.write(`${count.passed} passed, ${count.failed + count.skipped + count.pending} failed\n`);
    if (count.skipped + count.pending > 0) process.exitCode = 1;
  }
}
