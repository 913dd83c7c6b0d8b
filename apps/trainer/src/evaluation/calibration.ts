import type { ReliabilityBin } from '@medseg/metrics';

/** One diagram over the pixels of many images, from the diagrams of each; all have the same bins. */
export function poolBins(diagrams: readonly (readonly ReliabilityBin[])[]): ReliabilityBin[] {
  return diagrams[0]!.map(({ low, high }, k) => {
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

/** Expected calibration error of a diagram: the mean gap, weighted by pixels (Guo et al. 2017, eq. 3). */
export function calibrationError(bins: readonly ReliabilityBin[]): number {
  let sum = 0;
  let pixels = 0;
  for (const { count, confidence, accuracy } of bins) {
    if (count === 0) continue;
    sum += count * Math.abs(confidence - accuracy);
    pixels += count;
  }
  return sum / pixels;
}
