import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core
import '@tensorflow/tfjs-backend-cpu';
import { register } from '@medseg/backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { openCasePage } from './backends/browser.ts';
import { allCases } from './backends/cases/all.ts';
import { operationsWithoutCase, watchKernels } from './backends/coverage.ts';
import { defectOf } from './backends/defects.ts';
import { type Finding, judge, LIMITS, type Verdict } from './backends/judge.ts';
import { expectedOf } from './backends/reference.ts';
import { type Outcome, runCase } from './backends/run-case.ts';
import { type Cell, isRight, summarise, tableOf } from './backends/table.ts';

// `npm run backends [-- WORD …]`: every operation (whose name or size holds a WORD) on every backend against its
// definition in float64 and the derivative of that. Exits with 1 where one is wrong without having refused.

const words = process.argv.slice(2);
const cases = allCases
  .map((testCase, index) => ({ testCase, index }))
  .filter(
    ({ testCase }) => words.length === 0 || words.some((w) => `${testCase.operation} ${testCase.detail}`.includes(w)),
  );
if (cases.length === 0) {
  console.error(`backends: no case matches ${words.join(', ')}`);
  process.exit(2);
}

const expected = cases.map(({ testCase }) => expectedOf(testCase));
const page = await openCasePage();
let unused: () => string[] = () => [];

const backends: { name: string; start(): Promise<void>; run(place: number): Promise<Outcome> }[] = [
  { name: 'cpu', start: async () => void (await tf.setBackend('cpu')), run: (i) => runCase(cases[i]!.testCase) },
  {
    name: 'wasm SIMD128',
    start: async () => {
      await register({ variant: 'simd128' });
      unused = watchKernels();
    },
    run: (i) => runCase(cases[i]!.testCase),
  },
  {
    name: 'wasm FMA',
    start: () => register({ variant: 'relaxed-simd' }),
    run: (i) => runCase(cases[i]!.testCase),
  },
  ...['webgl', 'webgpu'].map((name) => ({
    name,
    start: () => page.start(name),
    run: (i: number) => page.run(cases[i]!.index),
  })),
];

const verdicts: Verdict[][] = cases.map(() => []);
let missing: string[] = [];
for (const { name, start, run } of backends) {
  const started = performance.now();
  await start();
  for (const i of cases.keys()) verdicts[i]!.push(judge(expected[i]!, await run(i)));
  if (name === 'wasm SIMD128' && words.length === 0) missing = unused();
  console.error(`${name}: ${cases.length} cases in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
await page.close();

const names = [...new Set(cases.map(({ testCase }) => testCase.operation))];
const rows = names.map((operation) => {
  const own = [...cases.keys()].filter((i) => cases[i]!.testCase.operation === operation);
  const cells = backends.map((_, b) => summarise(own.map((i) => verdicts[i]![b]!)));
  return { operation, count: own.length, cells };
});
console.log(
  tableOf(
    backends.map(({ name }) => name),
    rows,
  ),
);
console.log(
  `\nLargest error of the value against float64 (limit ${LIMITS.value}) and of the gradient against finite differences of the definition in float64 (limit ${LIMITS.gradient}), each relative to the largest number expected. ! is above the limit, – has no gradient.`,
);

const list = (title: string, lines: readonly string[]): void => {
  if (lines.length > 0) console.log(`\n${title}:\n${[...new Set(lines)].map((line) => `  ${line}`).join('\n')}`);
};
const reasonsOf = (cells: readonly Cell[]): string[] => [...new Set(cells.flatMap((cell) => cell.refusals))];
list(
  'Refused',
  rows.flatMap(({ operation, cells }) =>
    reasonsOf(cells).map((reason) => {
      const where = backends.filter((_, b) => cells[b]!.refusals.includes(reason)).map(({ name }) => name);
      return `${operation} on ${where.length === backends.length ? 'every backend' : where.join(', ')}: ${reason}`;
    }),
  ),
);
const failing = cases.flatMap(({ testCase }, i) =>
  verdicts[i]!.flatMap((verdict, b) => (isRight(verdict) ? [] : [{ testCase, verdict, backend: backends[b]!.name }])),
);
const stock = failing.filter(({ testCase, backend }) => defectOf(testCase, backend) !== undefined);
const wrong = failing.filter((failure) => !stock.includes(failure));
list(
  "Wrong in tfjs's own kernels, which the networks do not use there",
  stock.map(({ testCase, backend }) => `${testCase.operation} on ${backend}: ${defectOf(testCase, backend)}`),
);
list(
  'Wrong',
  wrong.map(({ testCase, verdict, backend }) => {
    return `${testCase.operation} ${testCase.detail} on ${backend}: value ${text(verdict.value)}, gradient ${text(verdict.gradient)}`;
  }),
);
const uncovered = words.length > 0 ? [] : [...operationsWithoutCase(allCases), ...missing];
if (uncovered.length > 0) console.log(`\nWithout a case: ${uncovered.join(', ')}`);
console.log(
  `\n${cases.length} cases on ${backends.length} backends: ${wrong.length} wrong, ${stock.length} wrong in tfjs's own kernels`,
);
process.exitCode = wrong.length > 0 || uncovered.length > 0 ? 1 : 0;

function text(finding: Finding): string {
  if (finding === null) return 'none';
  return typeof finding === 'number' ? finding.toExponential(1) : `refused (${finding.refused})`;
}
