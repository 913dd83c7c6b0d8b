import * as tf from '@tensorflow/tfjs-core';
import { BackwardPass, type Gradients, type TapeNode } from './backward-pass.ts';
import { withWantedGradients } from './wanted-gradients.ts';

/** tfjs's engine, with the methods that it keeps to itself. */
type Engine = Omit<ReturnType<typeof tf.engine>, 'clone' | 'state'> & {
  readonly state: Omit<ReturnType<typeof tf.engine>['state'], 'activeTape'> & { activeTape: TapeNode[] };
  clone(x: tf.Tensor): tf.Tensor;
  addTapeNode(kernelName: string, ...rest: unknown[]): void;
};

/**
 * `tf.variableGrads` with less to do a step and less to keep. For its way back tfjs keeps a clone of each tensor that a
 * kernel needs again, and runs a kernel and writes a line of its tape for each: more than a third of all calls of a
 * network's step. Here the clone is another reference to the same data and nothing else. Operations are told which of
 * their gradients are asked for ({@link wantedGradients}), and compute those in one call where the backend can. What a
 * line of the tape leaves behind is freed before the next one ({@link BackwardPass}). The result is the same; while `f` runs,
 * tensors that custom gradients clone inside themselves are not differentiated by themselves, which they never should be.
 *
 * @param f the scalar to differentiate; runs once
 * @param variables at least one; by default all that are trainable
 * @example const { value, grads } = variableGradients(() => tf.sum(tf.square(weight)), [weight]); // grads by the variables' names
 */
export function variableGradients(
  f: () => tf.Tensor,
  variables?: tf.Variable[],
): { value: tf.Scalar; grads: tf.NamedTensorMap } {
  const engine = tf.engine() as unknown as Engine;
  const scalar = f as () => tf.Scalar; // tfjs refuses another rank
  if (Object.hasOwn(engine, 'clone')) return tf.variableGrads(scalar, variables); // inside another call
  const { clone, addTapeNode } = engine;
  engine.clone = (x: tf.Tensor): tf.Tensor => {
    const { kernelDepth, tensorInfo } = engine.state;
    const { backend } = engine;
    const plain = x.dtype !== 'string' && x.dtype !== 'complex64' && tensorInfo.get(x.dataId)?.backend === backend;
    if (kernelDepth === 0 || !plain) return clone.call(engine, x);
    backend.incRef(x.dataId);
    return engine.makeTensorFromTensorInfo(x);
  };
  const backwardPass = new BackwardPass();
  engine.addTapeNode = (kernelName, ...rest): void => {
    addTapeNode.call(engine, kernelName, ...rest);
    const node = engine.state.activeTape.at(-1)!;
    const { gradient } = node;
    if (gradient === undefined) return;
    node.gradient = function (this: TapeNode, dys) {
      const run = (): Gradients =>
        withWantedGradients(Object.keys(this.inputs), () => gradient(filled(kernelName, dys)));
      // Inside the way back of another gradient the tape is still wanted.
      return engine.state.gradientDepth === 0 ? backwardPass.run(this, dys, run) : run();
    };
  };
  try {
    return tf.variableGrads(scalar, variables);
  } catch (error) {
    throw explained(error);
  } finally {
    Reflect.deleteProperty(engine, 'clone');
    Reflect.deleteProperty(engine, 'addTapeNode');
  }
}

/** The error of tfjs where gradients or kernels are missing, with what is to be done about it; another one as it is. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const gradient = /gradient function not found for (\w+)/.exec(error.message)?.[1];
  if (gradient !== undefined) {
    return new Error(
      `variableGradients: no gradient is registered for ${gradient}; import '@tensorflow/tfjs-layers' once, which registers those of tfjs`,
      { cause: error },
    );
  }
  const kernel = /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(error.message);
  if (kernel === null) return error;
  const remedy = kernel[2] === 'wasm' ? '; await register() of @medseg/backend-wasm, which adds it' : '';
  return new Error(`variableGradients: the backend '${kernel[2]}' has no kernel ${kernel[1]}${remedy}`, {
    cause: error,
  });
}

/**
 * The gradients of the outputs without gaps: only the first output of our kernels is differentiable, and the zeros that
 * tfjs would make for the others are read by nobody.
 */
function filled(kernelName: string, [dy, ...others]: (tf.Tensor | null)[]): (tf.Tensor | null)[] {
  return kernelName.startsWith('Medseg') ? [dy!, ...others.map((other) => other ?? dy!)] : [dy!, ...others];
}
