import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import { isVolume } from '@medseg/datasets';
import { type CaseResult, scoreCase } from '@medseg/metrics';
import type { ScanSegmentation } from '../segmentation/segment-scans.ts';
import type { Spacing } from './case-units.ts';
import { gridOf, type TruthCase } from './truth.ts';

const scoreSegmentationOptionNames: OptionNames<NonNullable<Parameters<typeof scoreSegmentation>[2]>> = {
  classNames: true,
  spacing: true,
};

/** Scores the segmentation of a case; `spacing` is that of images, and volumes have their own. */
export function scoreSegmentation(
  truthCase: TruthCase,
  scanSegmentation: ScanSegmentation,
  options: {
    /** Names of the classes, in the order of the mask's channels. */
    classNames: readonly string[];
    /** Millimetres of a pixel of images. Default: lengths are in pixels. */
    spacing?: Spacing | undefined;
  },
): CaseResult {
  requireObject('scoreSegmentation: truthCase', truthCase, ['id', 'patient', 'scan', 'truth']);
  const { id, patient, scan, truth, ignored, annotators } = truthCase;
  requireObject('scoreSegmentation: scanSegmentation', scanSegmentation, ['classes', 'probability', 'uncertainty']);
  const { probability, anchor, method, masks, members } = scanSegmentation;
  requireOptions('scoreSegmentation', options, scoreSegmentationOptionNames);
  const { classNames, spacing } = options;
  return scoreCase({
    id,
    patient,
    grid: { ...gridOf(scan), ...(spacing && !isVolume(scan) && { spacing }) },
    classNames,
    truth,
    ignored,
    annotators,
    probability,
    masks,
    members,
    method,
    anchor,
    intensities: scan,
  });
}
