import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** Makes garbage in a process of its own; what V8 says of its marking. */
function marking(setup: string): string {
  const program = `
    ${setup}
    let kept = [];
    for (let i = 0; i < 400; i++) {
      kept.push(Array.from({ length: 2e4 }, (_, j) => ({ j })));
      if (i % 20 === 0) kept = [];
    }`;
  return execFileSync(process.execPath, ['--trace-incremental-marking', '--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
}

it('keeps V8 from marking beside the work', () => {
  const module = JSON.stringify(new URL('../dist/node.js', import.meta.url).href);
  expect(marking(`const { disableIncrementalMarking } = await import(${module});`)).toMatch(
    /IncrementalMarking\] Start/,
  );
  const without = marking(
    `const { disableIncrementalMarking } = await import(${module}); disableIncrementalMarking();`,
  );
  expect(without).not.toMatch(/IncrementalMarking\] Start/);
});
