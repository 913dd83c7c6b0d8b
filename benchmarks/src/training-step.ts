import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { Peer } from './process/peer.ts';
import { type Case, cases } from './training-step/cases.ts';
import { type EndReport, learningRate, type StepReport, serve } from './training-step/ours.ts';
import { formatProfile, type Profile } from './training-step/profile.ts';

// Ours against PyTorch on the CPU: same weights, same batch, one step each by turns.
// npm run bench -- training-step [--only NAME]… [--rounds N] [--backend native] [--threads N] [--variant simd128]
//   [--profile | --profile-shapes]
// --threads is for PyTorch and for native; a step on wasm takes one.

/** What the native backend may take of PyTorch's time at most. */
const NATIVE_LIMIT = 0.9;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '9' },
    backend: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: '1' },
    variant: { type: 'string', default: 'auto' },
    profile: { type: 'boolean', default: false },
    'profile-shapes': { type: 'boolean', default: false },
  },
});

if (values.backend !== 'wasm' && values.backend !== 'native') {
  throw new RangeError(`training-step: --backend must be wasm or native, got ${values.backend}`);
}
const { backend } = values;

if (positionals[0] === 'serve') {
  const variant = values.variant === 'simd128' ? 'simd128' : 'auto';
  await serve(positionals[1]!, positionals[2]!, { backend, variant });
} else {
  const chosen = cases.filter(({ name }) => values.only?.some((part) => name.includes(part)) ?? true);
  let missed = 0;
  for (const wanted of chosen) if (!(await compare(wanted))) missed++;
  process.exitCode = missed > 0 ? 1 : 0;
}

/** Whether one case keeps to its limits. */
async function compare(wanted: Case): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'medseg-training-step-'));
  const self = fileURLToPath(import.meta.url);
  const options = ['--backend', backend, '--variant', values.variant];
  const ours = new Peer('our side', process.execPath, [self, 'serve', folder, wanted.name, ...options], {
    TF_NUM_INTRAOP_THREADS: values.threads,
    TF_NUM_INTEROP_THREADS: '1',
  });
  const peers: Peer[] = [ours];
  try {
    await ours.ask({ request: 'ready' });
    const formats: { format: string; peer: Peer }[] = [];
    for (const format of ['channels-first', 'channels-last']) {
      const peer = pytorch(folder, wanted, format);
      peers.push(peer);
      formats.push({ format, peer });
    }
    const theirs: StepReport[][] = [[], []];
    const mine: StepReport[] = [];
    const rounds = Number(values.rounds);
    for (let round = 0; round < rounds + 5; round++) {
      mine.push(await ours.ask<StepReport>({ request: 'step' }));
      for (const [i, { peer }] of formats.entries()) theirs[i]!.push(await peer.ask<StepReport>({ request: 'step' }));
    }
    // The first five steps warm both sides up and show that they compute the same.
    const times = theirs.map((list) => median(list.slice(5).map((step) => step.milliseconds)));
    const faster = times[0]! <= times[1]! ? 0 : 1;
    const ratio = median(mine.slice(5).map((step, i) => step.milliseconds / theirs[faster]![i + 5]!.milliseconds));
    const apart = Math.max(
      ...mine.slice(0, 5).map(({ loss }, i) => Math.abs(loss - theirs[faster]![i]!.loss) / theirs[faster]![i]!.loss),
    );
    const end = await ours.ask<EndReport>({ request: 'end' });
    const { peakBytes } = await formats[faster]!.peer.ask<EndReport>({ request: 'end' });
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
    const limit = backend === 'native' ? NATIVE_LIMIT : wanted.limit;
    const kept = ratio <= limit && apart <= 1e-3 && end.peakBytes <= peakBytes;
    console.log(
      [
        `${kept ? 'ok  ' : 'MISS'} ${wanted.name}, batch ${wanted.batch}`,
        `ours (${end.variant}) ${median(mine.slice(5).map((s) => s.milliseconds)).toFixed(0)} ms`,
        `PyTorch (${formats[faster]!.format}) ${times[faster]!.toFixed(0)} ms`,
        `ratio ${ratio.toFixed(2)} (at most ${limit})`,
        `losses within ${apart.toExponential(1)}`,
        `peak memory ${megabytes(end.peakBytes)} against ${megabytes(peakBytes)}`,
      ].join('  '),
    );
    for (const request of ['profile', 'profile-shapes'] as const) {
      if (values[request]) console.log(formatProfile(await ours.ask<Profile>({ request })));
    }
    return kept;
  } finally {
    for (const peer of peers) peer.close();
    rmSync(folder, { recursive: true });
  }
}

/** PyTorch on the weights and the batch in a folder. */
function pytorch(folder: string, { network }: Case, format: string): Peer {
  const python = process.env.MEDSEG_PYTHON ?? 'python3';
  const script = fileURLToPath(new URL('../python/training_step.py', import.meta.url));
  const args = [script, folder, JSON.stringify({ network, format, learningRate, threads: Number(values.threads) })];
  return new Peer(`${python} (set MEDSEG_PYTHON)`, python, args, {
    OMP_NUM_THREADS: values.threads,
    MKL_NUM_THREADS: values.threads,
  });
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
