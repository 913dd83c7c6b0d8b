import { join } from 'node:path';
import { METRICS, type MetricKey, plural } from '@medseg/metrics';
import type { Evaluation } from '@medseg/pipeline';
import { lineChart, renderStudyReport, splitNote } from '@medseg/report';
import { patientsOf } from '../run/split.ts';
import { output } from '../terminal/output.ts';
import { writeOutput } from '../terminal/output-files.ts';
import { footerText } from '../version.ts';
import { DIFFERENCES } from './report-study.ts';
import type { SamplingCell, SamplingPlan } from './sampling-plan.ts';
import { studyCsv, studyJson } from './study-files.ts';
import { differencesTable, meansTable, tableLines } from './study-table.ts';
import { type SettingSummary, summariseStudy } from './summary.ts';

/** An ensemble that was scored. */
export interface SampledCell extends SamplingCell {
  readonly evaluation: Evaluation;
  /** Seconds per image. */
  readonly seconds: number;
  /** Threads that drew. */
  readonly workers: number;
}

const TIME = { title: 's/image', text: (seconds: number): string => seconds.toPrecision(3) };

/** Prints what the ensembles of a study score and cost, and writes its table and its page, and with `json` all of it. */
export async function reportSampling(
  plan: SamplingPlan,
  sampled: readonly SampledCell[],
  { folder, json }: { readonly folder: string; readonly json: string | undefined },
): Promise<void> {
  const names = sampled.map(({ steps, members }) => `${steps} x ${members}`);
  const scored = sampled.map(({ evaluation, seconds }, setting) => ({ setting, pair: '', evaluation, seconds }));
  const summaries = summariseStudy(names, scored, plan.seed);
  const { unit, images } = sampled[0]!.evaluation;
  const threads = [...new Set(sampled.map(({ workers }) => workers))].map((count) => plural(count, 'threads'));
  const note = splitNote(plan.split);
  const about = [
    `${plural(images.length, 'images')} of ${plural(patientsOf(images).length, 'patients')}, split ${plan.split}; steps x members by ${plan.scheduler}, means per image`,
    `s/image: as measured with ${threads.join(' and ')}, with reading, scoring and the start of threads; for that, each ensemble is drawn anew, though a small one is the beginning of a large one`,
    ...(note === '' ? [] : [note.replace(/\.$/, '')]),
  ];
  const name = (k: number): string => names[k]!;
  const means = meansTable(summaries, { unit, time: TIME, name });
  const differences = differencesTable(summaries, name);
  output.result([about[0]!, ...(note === '' ? [] : [note]), '']);
  output.result(tableLines(means, output.width()));
  output.result(about[1]!);
  if (sampled.length > 1) output.result(['', ...tableLines(differences, output.width()), DIFFERENCES]);
  const cells = scored.map((cell, k) => ({
    labels: { steps: sampled[k]!.steps, members: sampled[k]!.members },
    scored: cell,
  }));
  const csv = join(folder, 'study.csv');
  await writeOutput(csv, studyCsv(cells, plan.seed));
  const page = join(folder, 'study.html');
  await writeOutput(
    page,
    renderStudyReport({
      title: 'Study of sampling',
      notes: about.map((line) => `${line[0]!.toUpperCase()}${line.slice(1)}.`),
      tables: [
        { heading: 'Steps x members', note: 'Means per image.', ...means },
        ...(sampled.length > 1 ? [{ heading: 'Differences', note: `${DIFFERENCES}.`, ...differences }] : []),
      ],
      plots: plotsOf(plan, sampled, summaries),
      config: plan,
      footer: footerText(),
    }),
  );
  if (json !== undefined) {
    await writeOutput(json, studyJson({ plan, unit, images: images.length }, summaries));
    output.remark(`wrote ${json}`);
  }
  output.result([`table: ${csv}`, `report: ${page}`]);
}

/** Dice and calibration error by steps, and Dice by what it costs: a line for each number of members. */
function plotsOf(plan: SamplingPlan, sampled: readonly SampledCell[], summaries: readonly SettingSummary[]): string[] {
  const lines = (of: MetricKey, by: (cell: SampledCell) => number): Parameters<typeof lineChart>[0] =>
    plan.members.map((members) => ({
      name: plural(members, 'members'),
      points: sampled.flatMap((cell, k) =>
        cell.members === members ? [[by(cell), summaries[k]!.means![of].estimate] as const] : [],
      ),
    }));
  const nameOf = (key: MetricKey): string => METRICS.find((metric) => metric.key === key)!.name;
  const plots = [
    ...(['dice', 'ece'] as const).map((key) =>
      lineChart(
        lines(key, ({ steps }) => steps),
        { x: 'sampling steps', y: nameOf(key), label: `${nameOf(key)} by sampling steps and members` },
      ),
    ),
    lineChart(
      lines('dice', ({ seconds }) => seconds),
      { x: 'seconds per image', y: nameOf('dice'), label: 'Dice by seconds per image and members' },
    ),
  ];
  return plots.filter((plot) => plot !== undefined);
}
