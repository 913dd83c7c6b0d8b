import { register } from '@medseg/backend-wasm';
import {
  cosineSchedule,
  ddim,
  ddpm,
  dpmSolver,
  euler,
  eulerAncestral,
  flowMatching,
  heun,
  lcm,
  type Scheduler,
  sample,
  unipc,
} from '@medseg/diffusion';
import { DeepmancerUNet } from '@medseg/models';
import { normalTensor } from '@medseg/ops';
import { createRandom } from '@medseg/random';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

// What one step of each scheduler costs beside a forward pass of deepmancer/medseg-diffusion's network (two
// levels, 16 channels), both at 16 x 32 x 32 x 1 on wasm.

const limit = 0.02;
await register();
const shape = [16, 32, 32, 1] as const;
const random = createRandom(1);
const deepmancer = new DeepmancerUNet({ imageSize: 32, channels: 16, linearAttention: [true, false] });
const images = normalTensor<tf.Rank.R4>(random, [16, 32, 32, 3]);
const times = tf.tensor1d(
  Array.from({ length: 16 }, (_, i) => i * 60),
  'int32',
);
const noisy = normalTensor<tf.Rank.R4>(random, [...shape]);
const forward = (): void => {
  tf.tidy(() => void deepmancer.denoise(noisy, times, { images }).dataSync());
};
const milliseconds = async (work: () => Promise<number> | number): Promise<number> => {
  await work(); // warm
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    const units = await work();
    times.push((performance.now() - start) / units);
  }
  return times.sort((a, b) => a - b)[2]!;
};
const network = await milliseconds(() => {
  forward();
  return 1;
});
console.log(`network: ${network.toFixed(1)} ms a call`);

const schedule = cosineSchedule();
const schedulers: Scheduler[] = [
  ddpm(schedule),
  ddim(schedule, { eta: 1 }),
  ddim(schedule, { thresholding: true }),
  dpmSolver(schedule, { order: 3 }),
  dpmSolver(schedule, { order: 3, algorithm: 'sde-dpmsolver++' }),
  unipc(schedule, { order: 3 }),
  euler(schedule),
  eulerAncestral(schedule),
  heun(schedule),
  lcm(schedule),
  flowMatching(),
];
let worst = 0;
for (const scheduler of schedulers) {
  const idle = (x: tf.Tensor4D): tf.Tensor4D => tf.clone(x);
  const cost = await milliseconds(async () => {
    let calls = 0;
    for await (const _ of sample(idle, scheduler, { shape, condition: null, steps: 20, random })) calls++;
    return calls;
  });
  worst = Math.max(worst, cost / network);
  const share = `${((100 * cost) / network).toFixed(2)} %`;
  const { thresholding = false } = scheduler.options as { thresholding?: boolean };
  const name = thresholding ? `${scheduler.name}, thresholding` : scheduler.name;
  console.log(`${name.padEnd(20)} ${cost.toFixed(2).padStart(6)} ms a step ${share.padStart(8)}`);
}
console.log(
  `${worst <= limit ? 'ok' : 'FALLS SHORT'}: at most ${(100 * worst).toFixed(2)} % of the network, limit ${100 * limit} %`,
);
process.exit(worst <= limit ? 0 : 1);
