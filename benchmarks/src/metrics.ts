import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as m from '@medseg/metrics';

/** A pair of masks as large as a study's: a blob, and the same one shifted and with a rougher rim. */
function blobs(shape: readonly number[]): [Uint8Array, Uint8Array] {
  const size = shape.reduce((a, b) => a * b, 1);
  const draw = (shift: number, waves: number): Uint8Array => {
    const mask = new Uint8Array(size);
    for (let i = 0; i < size; i++) {
      let rest = i;
      let radius = 0;
      let angle = 0;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const extent = shape[axis]!;
        const at = ((rest % extent) - extent / 2 - shift) / extent;
        rest = Math.floor(rest / extent);
        radius += at * at;
        angle += (axis + 1) * at * 20;
      }
      if (Math.sqrt(radius) < 0.33 + 0.03 * Math.sin(angle * waves)) mask[i] = 1;
    }
    return mask;
  };
  return [draw(0, 1), draw(2, 1.7)];
}

/** 25 readers of one 256x256 truth, each wrong in its own way. */
function readers(truth: Uint8Array, count: number): Uint8Array[] {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, (_, j) => truth.map((v) => (random() < 0.02 + 0.004 * j ? 1 - v : v)));
}

/** The fastest of several runs in milliseconds, after one to warm up. */
function fastest(run: () => unknown, times: number): number {
  run();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const cases = [
  { name: '256x256', shape: [256, 256], spacing: [0.5, 0.5], times: 20 },
  { name: '192x192x96', shape: [192, 192, 96], spacing: [1, 1, 2.5], times: 5 },
];
const folder = mkdtempSync(join(tmpdir(), 'medseg-metrics-'));
const ours: Record<string, { milliseconds: number; values: number[] }> = {};
for (const { name, shape, spacing, times } of cases) {
  const [prediction, truth] = blobs(shape);
  writeFileSync(join(folder, `${name}.prediction`), prediction);
  writeFileSync(join(folder, `${name}.truth`), truth);
  const run = (): number[] => {
    const surfaces = m.surfaceDistances(prediction, truth, { shape, spacing });
    return [
      m.hausdorff(surfaces, { percentile: 95 }),
      m.surfaceDice(surfaces, { tolerance: 1 }),
      m.averageSymmetricSurfaceDistance(surfaces),
    ];
  };
  // How far the peak of the whole process rises in one run, code and garbage included.
  const before = process.memoryUsage().rss;
  const values = run();
  const rise = process.resourceUsage().maxRSS * 1024 - before;
  ours[name] = { milliseconds: fastest(run, times), values };
  const ratio = (rise / (prediction.length * 8)).toFixed(1);
  console.log(
    `${name}  HD95 + surface Dice + ASSD  ${ours[name].milliseconds.toFixed(1)} ms, memory rises by ${ratio} x the mask in float64`,
  );
}
const [, truth] = blobs([256, 256]);
const members = readers(truth, 25);
writeFileSync(join(folder, 'readers'), Buffer.concat(members));
const fused = m.staple(members);
ours.staple = { milliseconds: fastest(() => m.staple(members), 10), values: fused.sensitivity };
console.log(`25 x 256x256  STAPLE, ${fused.iterations} iterations  ${ours.staple.milliseconds.toFixed(1)} ms`);

// The libraries in Python, on the same arrays, where they are installed.
const python = process.env.MEDSEG_PYTHON ?? 'python3';
const script = fileURLToPath(new URL('../python/metrics.py', import.meta.url));
writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
const peer = spawnSync(python, [script, folder], { encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1' } });
if (peer.status === 0) {
  const theirs = JSON.parse(readFileSync(join(folder, 'python.json'), 'utf8')) as typeof ours;
  for (const [name, { milliseconds, values }] of Object.entries(theirs)) {
    const mine = ours[name]!;
    const apart = Math.max(...values.map((value, i) => Math.abs(value - mine.values[i]!) / Math.abs(value)));
    console.log(
      `${name}  ${name === 'staple' ? 'SimpleITK' : 'MONAI'} ${milliseconds.toFixed(1)} ms: ours is ${(milliseconds / mine.milliseconds).toFixed(1)} x as fast, values within ${apart.toExponential(1)}`,
    );
  }
} else
  console.log(
    `no comparison: ${python} cannot run ${script} (${peer.stderr?.trim().split('\n').at(-1) ?? 'not found'}); set MEDSEG_PYTHON`,
  );
rmSync(folder, { recursive: true });
