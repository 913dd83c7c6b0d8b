import type { Case } from '@medseg/datasets';
import { type CaseResult, type CaseScores, summariseResults } from '@medseg/metrics';
import type { EnsembleOptions, Run, RunModel, Spacing } from '@medseg/pipeline';
import { isPlain, nounOf, segmentSlice, sizeUnitOf, unitOf, watchSampling } from '@medseg/pipeline';
import { drawCase, drawEmerging, exemplars, renderRunReport } from '@medseg/report';
import { loadTruth } from '../run/load-truth.ts';
import { writeOutput } from '../terminal/output-files.ts';
import { footerText } from '../version.ts';
import { machineRows } from './machine-rows.ts';

export interface ReportOptions {
  readonly title: string;
  /** Which of the run's patients the cases are of: validation, test or all. */
  readonly split: string;
  /** How the results were drawn, and the pictures are. */
  readonly sampling: EnsembleOptions & { readonly spacing?: Spacing };
  /** What the reader should know of the cases, in sentences. */
  readonly notes?: readonly string[];
  /** The file to write; the run's own report unless told. */
  readonly file?: string;
}

/** A note as the report has it. */
export function asSentence(note: string): string {
  return `${note[0]!.toUpperCase()}${note.slice(1)}.`;
}

/** Writes the page of a run, and of its results on some cases. Returns the path of the file. */
export async function writeReport(
  run: Run,
  model: RunModel,
  cases: readonly Case[],
  results: readonly CaseResult[],
  { title, split, sampling, notes = [], file = run.placeOf('report') }: ReportOptions,
): Promise<string> {
  const { info } = run;
  const { spacing, ...options } = sampling;
  const { seed } = options;
  const caseOf = (result: CaseScores): Case => cases.find((c) => c.id === result.id)!;
  const chosen = exemplars(results);
  const panels = [];
  for (const { title: which, result } of chosen)
    panels.push(drawCase(which, result, await segmentSlice(model, await loadTruth(caseOf(result)), options)));
  const middle = chosen.find((item) => item.title === 'Median') ?? chosen[0]!;
  // Nothing emerges from noise where only the anchor is asked.
  const frames =
    options.method === 'anchor' ? [] : await watchSampling(model, await loadTruth(caseOf(middle.result)), options);
  const [height, width] = model.network.imageSize as [number, number];
  const training = await run.readMetrics();
  const page = renderRunReport({
    title,
    split,
    notes,
    unit: unitOf(cases, spacing),
    sizeUnit: sizeUnitOf(cases, spacing),
    noun: nounOf(cases),
    classNames: info.classes.names,
    ...(info.kind === 'trained' && {
      trainedPatients: info.patients.train.length,
      trainedSeconds: training.at(-1)?.seconds ?? 0,
      // Of other networks anchor and denoiser learn together.
      ...(info.config.network.name === 'medseg' && { anchorShare: info.config.training.encoderShare }),
      plain: isPlain(run),
    }),
    training,
    seed,
    results,
    summary: summariseResults(results, { seed }),
    sampling: options,
    panels,
    emerging: drawEmerging(frames, { height, width }, model.network.maskChannels),
    machine: machineRows(info),
    config:
      info.kind === 'trained' ? info.config : { source: info.source, options: info.options, process: info.process },
    footer: footerText(),
  });
  await writeOutput(file, page);
  return file;
}
