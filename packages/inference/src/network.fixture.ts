import type { Network } from '@medseg/diffusion';
import type { TensorTree } from '@medseg/ops';

/** A network of two functions, without weights. */
export function networkOf<C extends TensorTree>(
  functions: Pick<Network<C>, 'encode' | 'denoise'>,
  facts: Partial<Network<C>> = {},
): Network<C> {
  return {
    predictionType: 'logits',
    maskRange: [-1, 1],
    imageSize: [4, 3],
    imageChannels: 2,
    maskChannels: 1,
    learnedVariance: false,
    variables: () => new Map(),
    dispose: () => undefined,
    ...functions,
    ...facts,
  };
}
