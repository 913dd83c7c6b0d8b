import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { isMainThread, workerData } from 'node:worker_threads';
import { register } from '@medseg/backend-wasm';
import { Peer } from './process/peer.ts';
import { type Case, caseNamed, cases } from './training-step/cases.ts';
import { build } from './training-step/networks.ts';
import { learningRate, serve, type Variant } from './training-step/ours.ts';
import { formatProfile, type Profile } from './training-step/profile.ts';
import type { EndReport, StepReport } from './training-step/reports.ts';
import { serveShares } from './training-step/shares.ts';

// Ours against PyTorch on the CPU: same weights, same batch, a few steps each by turns.
// npm run bench -- training-step [--only NAME]… [--rounds N] [--warm-up N] [--backend native] [--workers N]…
//   [--variant simd128] [--profile | --profile-shapes]
// A quick look: --rounds 1 --warm-up 1.
// --workers are the threads of either side: PyTorch's, and on wasm our replicas, on native TensorFlow's own threads. By
// default one against one and, on wasm, two against two.

/** Steps that a side does one after another, as training does; the first finds its caches cold and is not timed. */
const TURN = 4;
/** Steps from the first on whose losses are compared. */
const COMPARED = 5;
/** Milliseconds between two turns: the threads of the side that has just had one spin for a while and then sleep. */
const PAUSE = 50;

/** What the native backend may take of PyTorch's time at most. */
const NATIVE_LIMIT = 0.9;

/** What a thread of our side is given. */
interface ShareData {
  readonly name: string;
  readonly variant: Variant;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '9' },
    'warm-up': { type: 'string', default: '8' },
    backend: { type: 'string', default: 'wasm' },
    workers: { type: 'string', multiple: true },
    variant: { type: 'string', default: 'auto' },
    profile: { type: 'boolean', default: false },
    'profile-shapes': { type: 'boolean', default: false },
  },
});

if (values.backend !== 'wasm' && values.backend !== 'native') {
  throw new RangeError(`training-step: --backend must be wasm or native, got ${values.backend}`);
}
const { backend } = values;
/** Turns before those that are timed: until V8 has compiled what runs in each thread. */
const warmUp = Number(values['warm-up']);

const variant: Variant = values.variant === 'simd128' ? 'simd128' : 'auto';
const workers = (values.workers ?? (backend === 'wasm' ? ['1', '2'] : ['1'])).map(Number);
for (const count of workers) {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`training-step: --workers must be a positive whole number, got ${values.workers}`);
  }
}

if (!isMainThread) {
  const share = workerData as ShareData;
  await register({ variant: share.variant });
  serveShares(build(caseNamed(share.name)));
} else if (positionals[0] === 'serve') {
  const name = positionals[2]!;
  const count = backend === 'wasm' ? workers[0]! - 1 : 0;
  const share = { count, script: new URL(import.meta.url), workerData: { name, variant } satisfies ShareData };
  await serve(positionals[1]!, name, { backend, variant, share });
} else {
  const chosen = cases.filter(({ name }) => values.only?.some((part) => name.includes(part)) ?? true);
  let missed = 0;
  for (const threads of workers) for (const wanted of chosen) if (!(await compare(wanted, threads))) missed++;
  process.exitCode = missed > 0 ? 1 : 0;
}

/** Whether one case keeps to its limits, with so many threads on either side. */
async function compare(wanted: Case, threads: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'medseg-training-step-'));
  const self = fileURLToPath(import.meta.url);
  const options = ['--backend', backend, '--variant', variant, '--workers', String(threads)];
  const ours = new Peer('our side', process.execPath, [self, 'serve', folder, wanted.name, ...options], {
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: '1',
  });
  const peers: Peer[] = [ours];
  try {
    await ours.ask({ request: 'ready' });
    const formats: { format: string; peer: Peer }[] = [];
    const hasPeer = wanted.network.kind !== 'v2';
    for (const format of hasPeer ? ['channels-first', 'channels-last'] : []) {
      const peer = pytorch(folder, wanted, { format, threads });
      peers.push(peer);
      formats.push({ format, peer });
    }
    const theirs: StepReport[][] = [[], []];
    const mine: StepReport[] = [];
    const rounds = Number(values.rounds);
    const turn = async (peer: Peer, reports: StepReport[]): Promise<void> => {
      await setTimeout(PAUSE);
      for (let i = 0; i < TURN; i++) reports.push(await peer.ask<StepReport>({ request: 'step' }));
    };
    for (let round = 0; round < warmUp + rounds; round++) {
      await turn(ours, mine);
      for (const [i, { peer }] of formats.entries()) await turn(peer, theirs[i]!);
    }
    const [own, ...others] = [mine, ...theirs].map(turnsOf) as [number[], number[], number[]];
    if (!hasPeer) {
      console.log(await alone(wanted, { ours, threads, milliseconds: median(own) }));
      await printProfiles(ours);
      return true;
    }
    const times = others.map(median);
    const faster = times[0]! <= times[1]! ? 0 : 1;
    const ratio = median(own.map((milliseconds, i) => milliseconds / others[faster]![i]!));
    const apart = Math.max(
      ...mine
        .slice(0, COMPARED)
        .map(({ loss }, i) => Math.abs(loss - theirs[faster]![i]!.loss) / theirs[faster]![i]!.loss),
    );
    const end = await ours.ask<EndReport>({ request: 'end' });
    const { peakBytes } = await formats[faster]!.peer.ask<EndReport>({ request: 'end' });
    const limit = backend === 'native' ? NATIVE_LIMIT : wanted.limit;
    // With shares of a batch, batch normalisation sees only the share, so that losses differ by definition.
    const compared = !(wanted.network.kind === 'official-new' && backend === 'wasm' && threads > 1);
    const kept = ratio <= limit && (!compared || apart <= 1e-3) && end.peakBytes <= peakBytes;
    console.log(
      [
        `${kept ? 'ok  ' : 'MISS'} ${wanted.name}, batch ${wanted.batch}, ${threads} on ${threads}`,
        `ours (${end.variant}) ${median(own).toFixed(0)} ms`,
        `PyTorch (${formats[faster]!.format}) ${times[faster]!.toFixed(0)} ms`,
        `ratio ${ratio.toFixed(2)} (at most ${limit})`,
        compared ? `losses within ${apart.toExponential(1)}` : 'losses of shares not compared',
        `peak memory ${megabytes(end.peakBytes)} against ${megabytes(peakBytes)}`,
      ].join('  '),
    );
    await printProfiles(ours);
    return kept;
  } finally {
    for (const peer of peers) peer.close();
    rmSync(folder, { recursive: true });
  }
}

/** What is said of a network that PyTorch does not have. */
async function alone(
  { name, batch }: Case,
  { ours, threads, milliseconds }: { ours: Peer; threads: number; milliseconds: number },
): Promise<string> {
  const { variant: own, peakBytes } = await ours.ask<EndReport>({ request: 'end' });
  return [
    `     ${name}, batch ${batch}, ${threads} on ${threads}`,
    `ours (${own}) ${milliseconds.toFixed(0)} ms`,
    'no PyTorch to compare with',
    `peak memory ${megabytes(peakBytes)}`,
  ].join('  ');
}

async function printProfiles(ours: Peer): Promise<void> {
  for (const request of ['profile', 'profile-shapes'] as const) {
    if (values[request]) console.log(formatProfile(await ours.ask<Profile>({ request })));
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** PyTorch on the weights and the batch in a folder. */
function pytorch(folder: string, { network }: Case, { format, threads }: { format: string; threads: number }): Peer {
  const python = process.env.MEDSEG_PYTHON ?? 'python3';
  const script = fileURLToPath(new URL('../python/training_step.py', import.meta.url));
  const args = [script, folder, JSON.stringify({ network, format, learningRate, threads })];
  return new Peer(`${python} (set MEDSEG_PYTHON)`, python, args, {
    OMP_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
  });
}

/** The median step of each turn that counts. */
function turnsOf(reports: readonly StepReport[]): number[] {
  const turns: number[] = [];
  for (let at = warmUp * TURN; at < reports.length; at += TURN) {
    turns.push(median(reports.slice(at + 1, at + TURN).map(({ milliseconds }) => milliseconds)));
  }
  return turns;
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
