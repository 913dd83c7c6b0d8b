type Shapes = readonly (readonly number[])[];

/**
 * Floating-point operations of the definition of a kernel, two for a multiplication with addition, from the shapes of
 * its inputs and outputs; 0 where the kernel is no convolution or product.
 */
export function flopsOf(kernel: string, inputs: Shapes, outputs: Shapes): number {
  const [a, b] = inputs as [readonly number[], readonly number[]];
  const out = outputs[0]!;
  switch (kernel) {
    case 'MedsegConv2D':
    case 'Conv2D':
    case 'FusedConv2D':
      return 2 * size(out) * size(b.slice(0, 3));
    case 'Conv2DBackpropInput':
      return 2 * size(a) * size(b.slice(0, 3)); // dy, filter
    case 'Conv2DBackpropFilter':
      return 2 * size(b) * size(out.slice(0, 3)); // x, dy
    case 'MedsegConv2DGrad': // x, filter, dy; the gradients of x and of the filter have four axes
      return 2 * size(inputs[2]!) * size(b.slice(0, 3)) * outputs.filter(({ length }) => length === 4).length;
    case 'BatchMatMul':
    case '_FusedMatMul': {
      const inner = Math.sqrt((size(a.slice(-2)) * size(b.slice(-2))) / size(out.slice(-2)));
      return 2 * size(out) * inner;
    }
    case 'MedsegDense':
      return 2 * size(out) * b[0]!;
    default:
      return 0;
  }
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
