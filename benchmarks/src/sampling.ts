import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-layers';
import { register } from '@medseg/backend-wasm';
import { cosineSchedule, ddim } from '@medseg/diffusion';
import { segment } from '@medseg/inference';
import { AnchoredDiffusion } from '@medseg/models';
import { normalTensor } from '@medseg/ops';
import { createRandom } from '@medseg/random';
import type * as tf from '@tensorflow/tfjs-core';
import { Peer } from './process/peer.ts';

// One 64 x 64 image: our network, 3 steps x 5 members on wasm, against one sample of 100 DDPM steps of
// med-seg-diff-pytorch's network (dim 16) in PyTorch with one thread, by turns.

const LIMIT = 1 / 20;
const ROUNDS = 5;

await register();
const network = new AnchoredDiffusion({ seed: 1 });
const random = createRandom(7);
const image = normalTensor<tf.Rank.R4>(random, [1, 64, 64, 3]);
const scheduler = ddim(cosineSchedule({ steps: 1000 }), { predictionType: 'sample', timestepSpacing: 'trailing' });

async function ours(): Promise<number> {
  const start = performance.now();
  await segment(network, image, {
    scheduler,
    steps: 3,
    members: 5,
    noise: (i, member) => random.fork(i).fork(member),
  });
  return performance.now() - start;
}

const python = process.env.MEDSEG_PYTHON ?? 'python3';
const script = fileURLToPath(new URL('../python/sampling.py', import.meta.url));
const peer = new Peer(`${python} (set MEDSEG_PYTHON)`, python, [script], {
  OMP_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
});
try {
  const ratios: number[] = [];
  const [mine, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round++) await ours(); // compiles
  for (let round = 0; round < ROUNDS; round++) {
    const { milliseconds } = await peer.ask<{ milliseconds: number }>({ request: 'sample' });
    const own = await ours();
    mine.push(own);
    theirs.push(milliseconds);
    ratios.push(own / milliseconds);
  }
  const ratio = median(ratios);
  console.log(
    `${ratio <= LIMIT ? 'ok  ' : 'MISS'} ours, 3 steps x 5 members: ${median(mine).toFixed(0)} ms  PyTorch, 100 steps: ${median(theirs).toFixed(0)} ms  ratio 1/${(1 / ratio).toFixed(1)} (at most 1/${1 / LIMIT})`,
  );
  process.exitCode = ratio <= LIMIT ? 0 : 1;
} finally {
  peer.close();
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1]!;
}
