import type { Case } from '@medseg/datasets';
import { writeFileAtomic } from '@medseg/image-io/node';
import { type CaseResult, type CaseScores, summariseResults } from '@medseg/metrics';
import type { Run, RunModel } from '@medseg/pipeline';
import { ensembleOf, nounOf, segmentSlice, sizeUnitOf, unitOf, watchSampling } from '@medseg/pipeline';
import { drawCase, drawEmerging, exemplars, renderRunReport } from '@medseg/report';
import { loadTruth } from '../run/load-truth.ts';

export interface ReportOptions {
  readonly title: string;
  /** What the evaluated cases are: validation, test or unseen. */
  readonly split: string;
}

/** Writes `report.html` of a run from its metrics and the results on cases it has not learned from. */
export async function writeReport(
  run: Run,
  model: RunModel,
  cases: readonly Case[],
  results: readonly CaseResult[],
  { title, split }: ReportOptions,
): Promise<void> {
  const { sampling, seed } = run.defaults;
  const { patients, classes, machine, config } = run.trained;
  const options = ensembleOf(run, {});
  const caseOf = (result: CaseScores): Case => cases.find((c) => c.id === result.id)!;
  const chosen = exemplars(results);
  const panels = [];
  for (const { title: which, result } of chosen)
    panels.push(drawCase(which, result, await segmentSlice(model, await loadTruth(caseOf(result)), options)));
  const middle = chosen.find((item) => item.title === 'Median') ?? chosen[0]!;
  const frames = await watchSampling(model, await loadTruth(caseOf(middle.result)), options);
  const [height, width] = model.network.imageSize as [number, number];
  const training = await run.readMetrics();
  const page = renderRunReport({
    title,
    split,
    unit: unitOf(cases, undefined),
    sizeUnit: sizeUnitOf(cases),
    noun: nounOf(cases),
    classNames: classes.names,
    trainedPatients: patients.train.length,
    trainedSeconds: training.at(-1)?.seconds ?? 0,
    training,
    results,
    summary: summariseResults(results, { seed }),
    sampling,
    panels,
    emerging: drawEmerging(frames, { height, width }, model.network.maskChannels),
    machine,
    config,
  });
  await writeFileAtomic(run.placeOf('report'), Buffer.from(page));
}
