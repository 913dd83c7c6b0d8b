import type { Case, SampleSource } from '@medseg/datasets';
import { type CaseSourceOptions, openCases } from '@medseg/datasets/node';
import { asRunError } from '@medseg/pipeline';

/** The samples of cases. Throws RunError for a view that cannot be cut. */
export function openSamples(cases: Case[], options: CaseSourceOptions): SampleSource {
  return asRunError(() => openCases(cases, options));
}
