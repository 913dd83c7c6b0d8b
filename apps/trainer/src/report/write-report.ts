import type { Case } from '@medseg/datasets';
import { writeFileAtomic } from '@medseg/image-io/node';
import type { Run, RunNetwork } from '@medseg/pipeline';
import { ensembleOf } from '@medseg/pipeline';
import { nounOf, unitOf } from '../evaluation/metrics.ts';
import type { CaseResult } from '../evaluation/score-case.ts';
import type { CaseScores } from '../evaluation/scores.ts';
import { summariseResults } from '../evaluation/summary.ts';
import { classColour, drawCase, drawEmerging, exemplars } from './cases.ts';
import { diceCurve, lossCurves } from './curves.ts';
import { renderReport } from './html.ts';

export interface ReportOptions {
  readonly title: string;
  /** What the evaluated cases are: validation, test or unseen. */
  readonly split: string;
}

/** Writes `report.html` of a run from its metrics and the results on cases it has not learned from. */
export async function writeReport(
  run: Run,
  network: RunNetwork,
  cases: readonly Case[],
  results: readonly CaseResult[],
  { title, split }: ReportOptions,
): Promise<void> {
  const { sampling, seed } = run.defaults;
  const { names } = run.info.classes;
  const options = ensembleOf(run, {});
  const caseOf = (result: CaseScores): Case => cases.find((c) => c.id === result.id)!;
  const chosen = exemplars(results);
  const panels = [];
  for (const { title: which, result } of chosen)
    panels.push(await drawCase(network, which, result, caseOf(result), options));
  const middle = chosen.find((item) => item.title === 'Median') ?? chosen[0]!;
  const emerging = await drawEmerging(network, caseOf(middle.result), options);
  const lines = await run.readMetrics();
  const page = renderReport({
    info: run.trained,
    title,
    split,
    unit: unitOf(cases, undefined),
    sizeUnit: cases.every(({ facts }) => facts?.spacing) ? (nounOf(cases) === 'volumes' ? 'mm³' : 'mm²') : 'px',
    noun: nounOf(cases),
    classes: names.length === 1 ? [] : names.map((name, k) => ({ name, colour: `rgb(${classColour(k).join(',')})` })),
    trainedSteps: lines.length,
    trainedSeconds: lines.at(-1)?.seconds ?? 0,
    results,
    summary: summariseResults(results, { seed }),
    sampling,
    curves: [lossCurves(lines), diceCurve(lines)],
    panels,
    emerging,
  });
  await writeFileAtomic(run.placeOf('report'), Buffer.from(page));
}
