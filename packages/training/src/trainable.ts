import type { Network } from '@medseg/diffusion';
import { kindOf } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** A network's variables by name: those that learn, and those that the forward pass changes, such as running statistics. */
interface ParedVariables {
  readonly variables: Map<string, tf.Variable>;
  readonly state: Map<string, tf.Variable>;
}

/** Every variable of a network, apart by whether it is trainable. Throws TypeError for what has none to train. */
export function variablesOf(who: string, network: Pick<Network, 'variables'>): ParedVariables {
  if (typeof network?.variables !== 'function') {
    throw new TypeError(`${who}: the first argument must be a network with variables(), got ${kindOf(network)}`);
  }
  const all = [...network.variables()];
  const variables = new Map(all.filter(([, { trainable }]) => trainable));
  if (variables.size === 0) throw new TypeError(`${who}: the network must have a trainable variable, got none`);
  return { variables, state: new Map(all.filter(([name]) => !variables.has(name))) };
}
