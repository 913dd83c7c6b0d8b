import * as tf from '@tensorflow/tfjs-core';
import { withWantedGradients } from './wanted-gradients.ts';

/** A line of the tape; on the way back a copy of it has the inputs alone whose gradients are asked for. */
interface TapeNode {
  readonly inputs: tf.NamedTensorMap;
  gradient?: (dys: tf.Tensor[]) => unknown;
}

/** tfjs's engine, with the methods that it keeps to itself. */
type Engine = Omit<ReturnType<typeof tf.engine>, 'clone' | 'state'> & {
  readonly state: Omit<ReturnType<typeof tf.engine>['state'], 'activeTape'> & { activeTape: TapeNode[] };
  clone(x: tf.Tensor): tf.Tensor;
  addTapeNode(...args: unknown[]): void;
};

/**
 * `tf.variableGrads` with less to do a step. For its way back tfjs keeps a clone of each tensor that a kernel needs
 * again, and runs a kernel and writes a line of its tape for each: more than a third of all calls of a network's step. Here the
 * clone is another reference to the same data and nothing else. Operations are told which of their gradients are asked
 * for ({@link wantedGradients}), and compute those in one call where the backend can. The result is the same; while `f`
 * runs, tensors that custom gradients clone inside themselves are not differentiated by themselves, which they never
 * should be.
 *
 * @param f the scalar to differentiate; runs once
 * @param variables at least one; by default all that are trainable
 * @example const { value, grads } = variableGradients(() => tf.square(x).sum(), [x]); // grads by the variables' names
 */
export function variableGradients(
  f: () => tf.Scalar,
  variables?: tf.Variable[],
): { value: tf.Scalar; grads: tf.NamedTensorMap } {
  const engine = tf.engine() as unknown as Engine;
  if (Object.hasOwn(engine, 'clone')) return tf.variableGrads(f, variables); // inside another call
  const { clone, addTapeNode } = engine;
  engine.clone = (x: tf.Tensor): tf.Tensor => {
    const { kernelDepth, tensorInfo } = engine.state;
    const { backend } = engine;
    const plain = x.dtype !== 'string' && x.dtype !== 'complex64' && tensorInfo.get(x.dataId)?.backend === backend;
    if (kernelDepth === 0 || !plain) return clone.call(engine, x);
    backend.incRef(x.dataId);
    return engine.makeTensorFromTensorInfo(x);
  };
  engine.addTapeNode = (...args: unknown[]): void => {
    addTapeNode.apply(engine, args);
    const node = engine.state.activeTape.at(-1)!;
    const { gradient } = node;
    if (gradient === undefined) return;
    node.gradient = function (this: TapeNode, dys) {
      return withWantedGradients(Object.keys(this.inputs), () => gradient(dys));
    };
  };
  try {
    return tf.variableGrads(f, variables);
  } finally {
    Reflect.deleteProperty(engine, 'clone');
    Reflect.deleteProperty(engine, 'addTapeNode');
  }
}
