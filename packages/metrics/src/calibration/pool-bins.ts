import { requireList } from '@medseg/arguments';
import type { ReliabilityBin } from './reliability.ts';

/**
 * One reliability diagram of the pixels of many images, from the diagram of each.
 *
 * diagrams: at least one, all with the same bins of equal width. Throws RangeError when there is none or they have
 * different bins.
 *
 * @example poolBins(images.map((image) => reliabilityBins(image.probabilities, image.truth)))
 */
export function poolBins(diagrams: readonly (readonly ReliabilityBin[])[]): ReliabilityBin[] {
  requireList('poolBins: diagrams', diagrams);
  const [first] = diagrams;
  if (!first) throw new RangeError('poolBins: needs at least one diagram, got none');
  const other = diagrams.find(
    (bins) => bins.length !== first.length || bins.some(({ low }, k) => low !== first[k]!.low),
  );
  if (other) {
    const edges = [first, other].map((bins) => `[${bins.map(({ low }) => low).join(', ')}]`);
    throw new RangeError(`poolBins: diagrams must have the same bins, got bins that start at ${edges.join(' and ')}`);
  }
  return first.map(({ low, high }, k) => {
    let count = 0;
    let confidence = 0;
    let accuracy = 0;
    for (const bins of diagrams) {
      const bin = bins[k]!;
      if (bin.count === 0) continue; // its means are NaN
      count += bin.count;
      confidence += bin.count * bin.confidence;
      accuracy += bin.count * bin.accuracy;
    }
    return { low, high, count, confidence: confidence / count, accuracy: accuracy / count };
  });
}
