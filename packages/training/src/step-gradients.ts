import type { Activation, Schedule } from '@medseg/diffusion';
import { dispose, type TensorTree, variableGradients } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { anchorLoss, type DenoisingDraw, denoiserLoss, denoisingTask } from './objectives.ts';
import { type Anchored, anchorOf, type CheckedBatch, type Phase, type TwoPhaseNetwork } from './two-phase-network.ts';

/** All that one step needs beside the weights, on the host; the draw is the denoiser's. */
export interface StepInput {
  /** The phase whose variables are trained. */
  readonly phase: Phase;
  /** Images and masks on the host. */
  readonly batch: Omit<CheckedBatch, 'ids'>;
  /** Times and noise; needed in the denoiser's phase, absent in the encoder's. */
  readonly draw?: DenoisingDraw;
  /** What the loss is multiplied by; a share's part of its batch. Default 1. */
  readonly weight?: number;
}

/** The process that a network is trained for. */
export interface StepProcess {
  /** The noise of each training step. */
  readonly schedule: Schedule;
  /** How mask logits become probabilities. Default 'sigmoid'. */
  readonly activation?: Activation;
}

/** Loss and gradients of one step. */
export interface StepGradients {
  /** The loss, times the input's weight. */
  readonly loss: number;
  /** By the names of the phase's variables; the caller's. */
  readonly gradients: Map<string, tf.Tensor>;
}

/** Computes the loss and the gradients of a step on this thread, both times the input's weight. */
export type ComputeGradients = (input: StepInput) => StepGradients;

/** What is trained in either phase. */
export type PhaseVariables = Pick<TwoPhaseNetwork, 'encoderVariables' | 'denoiserVariables'>;

/** Computes the gradients of a step somewhere: on this thread, or spread over several. */
export interface GradientSource {
  /** Loss and gradients of a step; the gradients are the caller's. */
  gradients(input: StepInput): Promise<StepGradients>;
  /**
   * Called when weights of a phase have changed, with more to come perhaps: a chance to hand them out early. Needed
   * only where several threads compute.
   */
  publish?(phase: Phase): void;
}

/** The variables that a phase trains, by name. */
export function variablesOf(network: PhaseVariables, phase: Phase): Map<string, tf.Variable> {
  return phase === 'encoder' ? network.encoderVariables() : network.denoiserVariables();
}

/** Loss and gradients of one step on this thread. */
export function stepGradients<C extends Anchored>(
  network: TwoPhaseNetwork<C>,
  { phase, batch, draw, weight = 1 }: StepInput,
  process: StepProcess,
): StepGradients {
  const images = tf.tensor4d(batch.images, [...batch.imageShape]);
  const masks = tf.tensor4d(batch.masks, [...batch.maskShape]);
  const [count, height, width] = batch.maskShape;
  const pixelWeights = batch.pixelWeights && tf.tensor4d(batch.pixelWeights, [count, height, width, 1]);
  const made: TensorTree[] = [images, masks, ...(pixelWeights ? [pixelWeights] : [])];
  const options = { ...process, pixelWeights };
  const objective = { activation: process.activation, pixelWeights };
  try {
    let loss = (): tf.Scalar => anchorLoss(network, images, masks, objective);
    if (phase === 'denoiser') {
      if (draw === undefined) throw new RangeError('stepGradients: a step of the denoiser needs its draw');
      const condition = network.encode(images);
      made.push(condition);
      anchorOf(condition);
      const task = denoisingTask(network, condition, masks, draw, options);
      made.push(task);
      loss = () => denoiserLoss(network, condition, task, objective);
    }
    const variables = variablesOf(network, phase);
    const weighted = weight === 1 ? loss : (): tf.Scalar => tf.mul(loss(), weight);
    const { value, grads } = variableGradients(weighted, [...variables.values()]);
    made.push(value);
    const gradients = new Map([...variables].map(([name, variable]) => [name, grads[variable.name]!]));
    return { loss: value.dataSync()[0]!, gradients };
  } finally {
    dispose(made);
  }
}

/**
 * The samples `start` to `end` of a step, weighted by their part of it: the shares' losses and gradients add up to the
 * step's. The weight stands in front of the loss and not behind its gradients so that each sample sees the same numbers
 * on the way back as it would in the whole batch.
 */
export function shareOf({ phase, batch, draw }: StepInput, start: number, end: number): StepInput {
  const [count, ...imageRest] = batch.imageShape;
  const [, ...maskRest] = batch.maskShape;
  const rows = <T extends Float32Array | Int32Array>(values: T): T => {
    const size = values.length / count;
    return values.slice(start * size, end * size) as T;
  };
  return {
    phase,
    weight: (end - start) / count,
    batch: {
      images: rows(batch.images),
      masks: rows(batch.masks),
      imageShape: [end - start, ...imageRest],
      maskShape: [end - start, ...maskRest],
      ...(batch.pixelWeights && { pixelWeights: rows(batch.pixelWeights) }),
    },
    ...(draw && {
      draw: {
        t: rows(draw.t),
        noise: rows(draw.noise),
        ...(draw.recycled && { recycled: { t: rows(draw.recycled.t), noise: rows(draw.recycled.noise) } }),
      },
    }),
  };
}
