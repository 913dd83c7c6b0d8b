import fc from 'fast-check';

/** Random masks of one length, dense and sparse, empty ones among them. */
export function masks(count: number, maxLength = 60): fc.Arbitrary<Uint8Array[]> {
  return fc
    .integer({ min: 1, max: maxLength })
    .chain((length) =>
      fc.array(fc.uint8Array({ minLength: length, maxLength: length, max: 1 }), { minLength: count, maxLength: count }),
    );
}

/** Two random masks of one length. */
export function maskPair(maxLength = 60): fc.Arbitrary<[Uint8Array, Uint8Array]> {
  return masks(2, maxLength).map(([a, b]) => [a!, b!]);
}

/** Masks on a small 2-D or 3-D grid with a spacing in millimetres. */
export interface MasksOnGrid {
  readonly shape: number[];
  readonly spacing: number[];
  readonly masks: Uint8Array[];
}

/** Random masks on a random small grid, anisotropic as often as not. */
export function gridOfMasks(count: number): fc.Arbitrary<MasksOnGrid> {
  return fc.integer({ min: 2, max: 3 }).chain((axes) =>
    fc
      .record({
        shape: fc.array(fc.integer({ min: 1, max: axes === 2 ? 8 : 4 }), { minLength: axes, maxLength: axes }),
        spacing: fc.array(fc.constantFrom(0.5, 0.8, 1, 1.75, 3), { minLength: axes, maxLength: axes }),
      })
      .chain(({ shape, spacing }) => {
        const length = shape.reduce((a, b) => a * b, 1);
        const mask = fc.uint8Array({ minLength: length, maxLength: length, max: 1 });
        return fc
          .array(mask, { minLength: count, maxLength: count })
          .map((masks) => ({ shape, spacing, masks }) satisfies MasksOnGrid);
      }),
  );
}
