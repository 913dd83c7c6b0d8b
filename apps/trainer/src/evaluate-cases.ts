import type { Case } from '@medseg/datasets';
import type { CaseResult } from '@medseg/metrics';
import type { RunNetwork } from '@medseg/pipeline';
import { type SegmentScansOptions, segmentScans } from '@medseg/pipeline';
import type { Spacing } from './evaluation/case-units.ts';
import { scoreSegmentation } from './evaluation/score-case.ts';
import { loadTruth, type TruthCase } from './load-truth.ts';

/** Segments cases with the ensemble and yields the scores of each, in order; lengths in millimetres where they are known. */
export async function* evaluateCases(
  network: RunNetwork,
  cases: readonly Case[],
  classNames: readonly string[],
  options: SegmentScansOptions & { spacing?: Spacing },
): AsyncGenerator<CaseResult> {
  const load = async function* (): AsyncGenerator<TruthCase> {
    for (const c of cases) yield await loadTruth(c);
  };
  for await (const { scan, segmentation } of segmentScans(network, load(), { ...options, anchor: true })) {
    yield scoreSegmentation(scan, segmentation, { classNames, ...(options.spacing && { spacing: options.spacing }) });
  }
}
