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
  keepSteps: true,
  sampler: true,
  onRemark: true,
  onFailure: true,
  scheduler: true,
  drawing: true,
  guidance: true,
  steps: true,
  members: true,
  seed: true,
  preparation: true,
  method: true,
  fuse: true,
};

/**
 * Segments cases with the ensemble and yields the scores of each, in order, beside those of the anchor and of Otsu's
 * threshold; lengths in millimetres where they are known. The members of a case with several annotators are scored
 * against each of them, and forgotten with the case.
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
  for await (const { scan, segmentation } of segmentScans(model, withMembers(cases), { ...options, anchor: true })) {
    yield scoreSegmentation(scan, segmentation, { classNames, spacing });
  }
}

/** Asks for the members of each case with several annotators. */
async function* withMembers(
  cases: Iterable<TruthCase> | AsyncIterable<TruthCase>,
): AsyncGenerator<TruthCase & { readonly keepMembers: boolean }> {
  for await (const truthCase of cases) yield { ...truthCase, keepMembers: truthCase.annotators !== undefined };
}
