import { type OptionNames, requireOptions } from '@medseg/arguments';
import type { CaseResult } from '@medseg/metrics';
import type { RunModel } from '../networks/run-model.ts';
import { type SegmentScansOptions, segmentScans } from '../segmentation/segment-scans.ts';
import type { Spacing } from './case-units.ts';
import { scoreSegmentation } from './score-segmentation.ts';
import type { TruthCase } from './truth.ts';

/** Options of {@link evaluateCases}. */
export interface EvaluateOptions extends SegmentScansOptions {
  /** Names of the classes, in the order of the mask's channels. */
  readonly classNames: readonly string[];
  /** Millimetres of a pixel of images, which do not know it; volumes have their own. Default: lengths are in pixels. */
  readonly spacing?: Spacing;
}

const evaluateOptionNames: OptionNames<EvaluateOptions> = {
  classNames: true,
  spacing: true,
  signal: true,
  onStep: true,
  onPlace: true,
  anchor: true,
  sampler: true,
  onRemark: true,
  onFailure: true,
  scheduler: true,
  drawing: true,
  steps: true,
  members: true,
  seed: true,
  preparation: true,
  method: true,
};

/**
 * Segments cases with the ensemble and yields the scores of each, in order, beside those of the anchor and of Otsu's
 * threshold; lengths in millimetres where they are known.
 *
 * @example
 * const options = { ...ensembleOf(run, {}), classNames: ['lesion'] };
 * for await (const { id, dice } of evaluateCases(network, truths, options)) console.log(id, dice);
 */
export async function* evaluateCases(
  model: RunModel,
  cases: Iterable<TruthCase> | AsyncIterable<TruthCase>,
  given: EvaluateOptions,
): AsyncGenerator<CaseResult> {
  requireOptions('evaluateCases', given, evaluateOptionNames);
  const { classNames, spacing, ...options } = given;
  for await (const { scan, segmentation } of segmentScans(model, cases, { ...options, anchor: true })) {
    yield scoreSegmentation(scan, segmentation, { classNames, spacing });
  }
}
