import { availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os';
import { findInstall, type Install, NativeError, type ProbeResult, probe, whyNoCard } from '@medseg/backend-native';
import { register, type Variant } from '@medseg/backend-wasm';
import { type BackendReport, chooseBackend } from '@medseg/ops';
import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core
import { output } from '../terminal/output.ts';
import { commandWords } from '../terminal/shell-command.ts';
import { describeDevice } from './native.ts';

/** Something that this machine could do better, and how. */
interface Advice {
  readonly missing: string;
  readonly remedy: string;
}

const called = commandWords().join(' ');

const VARIANTS: readonly [Variant, string][] = [
  ['relaxed-simd', 'wasm, fused multiply-add'],
  ['simd128', 'wasm, SIMD128'],
];

/** `medseg doctor`: what this machine computes with, how fast, and what would make it faster. Exits with 1 where nothing works. */
export async function runDoctor(): Promise<void> {
  const variants = [];
  for (const [variant, title] of VARIANTS) variants.push({ variant, title, report: await inspect(variant) });
  const used = variants.find(({ report }) => report.usable);
  const rows = variants.map(({ title, report, variant }) => [
    title,
    report.gflops === undefined ? 'does not run' : `${report.gflops.toFixed(1)} GFLOP/s`,
    variant === used?.variant ? 'in use' : report.usable ? 'available' : report.reason,
  ]);
  output.result(linesOf([...machineRows(), [], ['backend', 'speed of one thread', ''], ...rows]));
  const native = await inspectNative();
  output.result(native.line);
  output.result(
    'Speed: a 3x3 convolution of 32 channels with both its gradients, at its best; Winograd counts as the plain sum.',
  );
  output.result(
    'WebGL and WebGPU are used in a browser; this command computes on the processor, or with --backend native on a graphics card of NVIDIA.',
  );
  const advice = [...adviceFor(variants.map(({ report }) => report)), ...native.advice];
  output.result();
  if (advice.length === 0) output.result('Nothing is missing.');
  for (const { missing, remedy } of advice) output.result([`missing: ${missing}`, `    add: ${remedy}`]);
  if (used === undefined) process.exitCode = 1;
}

async function inspect(variant: Variant): Promise<BackendReport> {
  try {
    await register({ variant });
    return (await chooseBackend({ candidates: ['wasm'], budget: 400 })).backends[0]!;
  } catch (error) {
    return { name: 'wasm', usable: false, reason: (error as Error).message };
  }
}

/** TensorFlow's own library as it is installed, what it computes on, and what a graphics card would need. */
async function inspectNative(): Promise<{ line: string; advice: Advice[] }> {
  const install = findInstall();
  const result = install && (await probeOf(install));
  const cardIdle = whyNoCard() === undefined && !(result && 'gpu' in result && result.gpu);
  const advice: Advice[] = [];
  if (cardIdle && !install?.gpu) {
    const missing = 'a library for the graphics card, which computes nothing yet';
    advice.push({ missing, remedy: `${called} native install --gpu (several GB), then --backend native` });
  }
  if (install === undefined || result === undefined) {
    return { line: `native: not installed (${called} native install)`, advice };
  }
  const state = 'message' in result ? result.message : `TensorFlow ${result.tensorflow}, ${describeDevice(result)}`;
  return { line: `native (--backend native): ${install.folder}: ${state}`, advice };
}

async function probeOf(install: Install): Promise<ProbeResult | NativeError> {
  try {
    return await probe(install);
  } catch (error) {
    if (error instanceof NativeError) return error;
    throw error;
  }
}

function machineRows(): string[][] {
  const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;
  const shared = typeof SharedArrayBuffer === 'undefined' ? 'no' : 'yes';
  return [
    ['system', `${platform()} ${release()}`],
    ['Node', process.version],
    ['processor', cpus()[0]?.model.trim() || 'unknown'],
    ['threads', `${availableParallelism()}: ${called} train uses as many unless --workers says otherwise`],
    ['shared memory', shared],
    ['memory', `${gigabytes(totalmem())}, ${gigabytes(freemem())} free`],
    ['graphics card', cardText()],
  ];
}

function cardText(): string {
  const why = whyNoCard();
  return why === undefined ? 'of NVIDIA, with its driver' : `none for --backend native: ${why}`;
}

function adviceFor([fused, plain]: readonly BackendReport[]): Advice[] {
  const advice: Advice[] = [];
  if (!plain!.usable) {
    advice.push({
      missing: 'WebAssembly with SIMD, without which nothing runs',
      remedy: 'a Node of version 20.19 or later, https://nodejs.org',
    });
  } else if (!fused!.usable) {
    advice.push({
      missing: 'fused multiply-add, which trains faster',
      remedy: 'a Node of version 22 or later: npx node@22 node_modules/.bin/medseg',
    });
  }
  if (availableParallelism() === 1) {
    advice.push({ missing: 'a second core', remedy: 'more cores for this container or machine, if it has them' });
  }
  return advice;
}

/** Rows as aligned columns; the last cell of a row may be as long as it likes. */
function linesOf(rows: readonly (readonly string[])[]): string[] {
  const widthOf = (column: number): number =>
    Math.max(0, ...rows.map((row) => (column < row.length - 1 ? row[column]!.length : 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widthOf(i)))
      .join('  ')
      .trimEnd(),
  );
}
