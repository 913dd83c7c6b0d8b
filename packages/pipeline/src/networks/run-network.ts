import type { ClassReading } from '@medseg/diffusion';
import type { EnsembleOptions, Segmentation } from '@medseg/inference';
import type * as tf from '@tensorflow/tfjs-core';
import type { SchedulerName } from './process.ts';

/** How an ensemble is drawn, whatever the network. */
export type EnsembleRequest = Omit<EnsembleOptions, 'scheduler'> & { readonly scheduler: SchedulerName };

/** A network of any kind, as the commands see it. */
export interface RunNetwork {
  readonly imageSize: readonly [number, number];
  readonly imageChannels: number;
  /** Channels of the mask: the classes without the background. */
  readonly classes: number;
  /** Whether the classes exclude each other. */
  readonly reading: ClassReading;
  /** Every weight by name. */
  variables(): Map<string, tf.Variable>;
  /** Segments images [B, H, W, imageChannels], prepared as the network was trained. */
  segment(images: tf.Tensor4D, options: EnsembleRequest): Promise<Segmentation[]>;
  dispose(): void;
}
