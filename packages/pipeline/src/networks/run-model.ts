import type { Activation, Network } from '@medseg/diffusion';
import type { ProcessInfo } from './process.ts';

/** The network of a run, of whatever kind, and how its output is read. */
export interface RunModel {
  /** The network with its weights. */
  readonly network: Network;
  /** The process that it was trained on. */
  readonly process: ProcessInfo;
  /** How its mask logits become probabilities: whether the classes exclude each other. */
  readonly activation: Activation;
}
