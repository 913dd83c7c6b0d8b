import * as tf from '@tensorflow/tfjs-core';
import { flopsOf } from './flops.ts';

interface KernelTime {
  readonly name: string;
  readonly count: number;
  readonly milliseconds: number;
  /** Of convolutions and products, by their definition; 0 for other kernels. */
  readonly flops: number;
}

export interface Profile {
  readonly milliseconds: number;
  /** Kernels by the time spent inside them, longest first; the rest of the step is tfjs's dispatch, tape and tidies. */
  readonly kernels: readonly KernelTime[];
}

/** Runs `work` once with a clock around every kernel of the current backend. */
export function profile(work: () => void, byShape: boolean): Profile {
  const times = new Map<string, { count: number; milliseconds: number; flops: number }>();
  const originals = tf
    .getKernelsForBackend(tf.getBackend())
    .map((config) => ({ config, kernelFunc: config.kernelFunc }));
  let depth = 0;
  for (const { config, kernelFunc } of originals) {
    config.kernelFunc = (args) => {
      if (depth > 0) return kernelFunc(args); // counted with the kernel that called it
      depth++;
      const start = performance.now();
      try {
        const result = kernelFunc(args);
        const milliseconds = performance.now() - start;
        const shapes = Object.values(args.inputs as Record<string, tf.TensorInfo>).map(({ shape }) => shape);
        const name = byShape
          ? [config.kernelName, ...shapes.map((shape) => shape.join('x'))].join(' ')
          : config.kernelName;
        const entry = times.get(name) ?? { count: 0, milliseconds: 0, flops: 0 };
        entry.count++;
        entry.milliseconds += milliseconds;
        entry.flops += flopsOf(
          config.kernelName,
          shapes,
          [result].flat().map(({ shape }) => shape),
        );
        times.set(name, entry);
        return result;
      } finally {
        depth--;
      }
    };
  }
  const start = performance.now();
  try {
    work();
  } finally {
    for (const { config, kernelFunc } of originals) config.kernelFunc = kernelFunc;
  }
  const kernels = [...times].map(([name, entry]) => ({ name, ...entry }));
  kernels.sort((a, b) => b.milliseconds - a.milliseconds);
  return { milliseconds: performance.now() - start, kernels };
}

/** A profile as lines of text, what takes less than half a percent left out. */
export function formatProfile({ milliseconds, kernels }: Profile): string {
  const inKernels = kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
  const count = kernels.reduce((sum, kernel) => sum + kernel.count, 0);
  const outside = milliseconds - inKernels;
  return [
    `  profiled step ${milliseconds.toFixed(1)} ms: ${count} kernels ${inKernels.toFixed(1)} ms, outside them ${outside.toFixed(1)} ms (${((1000 * outside) / count).toFixed(0)} us each)`,
    ...kernels
      .filter((kernel) => kernel.milliseconds > milliseconds / 200)
      .map(
        (k) => `  ${k.milliseconds.toFixed(1).padStart(8)} ms ${String(k.count).padStart(5)} x ${k.name}${speed(k)}`,
      ),
  ].join('\n');
}

function speed({ flops, milliseconds }: KernelTime): string {
  return flops > 0 ? `  ${(flops / 1e9).toFixed(2)} GFLOP, ${(flops / milliseconds / 1e6).toFixed(1)} GFLOP/s` : '';
}
