import type * as tf from '@tensorflow/tfjs-core';

/** A line of tfjs's tape; in the backward pass a copy of it has only the inputs whose gradients are requested. */
export interface TapeNode {
  readonly inputs: tf.NamedTensorMap;
  readonly saved: readonly tf.Tensor[];
  gradient?: (dys: (tf.Tensor | null)[]) => Gradients;
}

/** The gradient of each input, computed when it is asked for. */
export type Gradients = Record<string, () => tf.Tensor>;

/**
 * Frees on the way back through a tape what no later line of it needs: what was saved for a line that is behind, the
 * gradients of its outputs, and gradients that went into a sum. tfjs keeps all of it until the end, so that its peak is
 * all activations and all their gradients at once.
 */
export class BackwardPass {
  /** What the line behind leaves. */
  private spent: tf.Tensor[] = [];
  /** Everything that is or has been a gradient, and what was saved. */
  private readonly known = new Set<number>();
  /** What is the gradient of several tensors, or was saved and is a gradient: left to tfjs. */
  private readonly shared = new Set<number>();
  /** Tensors that have a gradient. */
  private readonly reached = new Set<number>();

  /** Runs the gradient of the next line; `dys` are the gradients of its outputs. */
  run(node: TapeNode, dys: readonly (tf.Tensor | null)[], gradient: () => Gradients): Gradients {
    this.freeSpent();
    this.spent = [...node.saved, ...dys.filter((dy) => dy !== null)];
    for (const { id } of this.spent) this.known.add(id);
    const noted: Gradients = {};
    for (const [name, compute] of Object.entries(gradient())) {
      noted[name] = () => this.note(node.inputs[name]!, compute());
    }
    return noted;
  }

  private note(x: tf.Tensor, dx: tf.Tensor): tf.Tensor {
    if (this.known.has(dx.id)) this.shared.add(dx.id);
    this.known.add(dx.id);
    if (this.reached.has(x.id)) this.spent.push(dx); // tfjs adds it to the one that is there
    this.reached.add(x.id);
    return dx;
  }

  private freeSpent(): void {
    for (const tensor of this.spent) if (!this.shared.has(tensor.id)) tensor.dispose();
  }
}
