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
