import { join } from 'node:path';
import { plural } from '@medseg/metrics';
import { renderStudyReport, splitNote } from '@medseg/report';
import { patientsOf } from '../run/split.ts';
import { output } from '../terminal/output.ts';
import { writeOutput } from '../terminal/output-files.ts';
import { formatDuration } from '../terminal/progress.ts';
import { footerText } from '../version.ts';
import { cellsOf, type StudyPlan } from './plan.ts';
import { studyCsv, studyJson } from './study-files.ts';
import { studyPlots } from './study-plots.ts';
import { differencesTable, meansTable, tableLines } from './study-table.ts';
import { summariseStudy } from './summary.ts';
import { labelOf, readCells } from './train-cells.ts';

const TIME = { title: 'time', text: formatDuration };
/** What a table of differences says below. */
export const DIFFERENCES =
  'Differences from the first setting on the same images, pair by pair, with 95 % bootstrap intervals by patient, which say how it would be with other patients and not with other seeds; p: Wilcoxon signed-rank test on the means of the patients, two-sided, not corrected for the number of tests';

/** Prints what the trainings of a study came to, and writes its table and its page, and with `json` all of it. */
export async function reportStudy(plan: StudyPlan, folder: string, json: string | undefined): Promise<void> {
  const { settings, seeds, folds } = plan;
  const { trained, failed } = await readCells(plan, folder);
  const seed = seeds[0]!;
  const scored = trained.map(({ cell, evaluation, seconds }) => ({
    setting: cell.setting,
    pair: `seed ${cell.seed}${cell.fold === undefined ? '' : `, fold ${cell.fold}`}`,
    evaluation,
    seconds,
  }));
  const summaries = summariseStudy(
    settings.map(({ name }) => name),
    scored,
    seed,
  );
  for (const { cell, message } of failed) output.remark(`warning: ${labelOf(plan, cell)}: not scored: ${message}`);
  const first = trained[0]?.evaluation;
  if (first === undefined) {
    output.result('study: no training was scored, so there is nothing to compare');
    return;
  }
  const { unit, split } = first;
  const images = new Map(trained.flatMap(({ evaluation }) => evaluation.images.map((image) => [image.id, image])));
  const about = [
    `${plural(cellsOf(plan).length, 'trainings')}: ${plural(settings.length, 'settings')} x ${plural(seeds.length, 'seeds')}${folds === undefined ? '' : ` x ${plural(folds, 'folds')}`}`,
    `${plural(images.size, 'images')} of ${plural(patientsOf([...images.values()]).length, 'patients')}, split ${split}; means per image ± standard deviation of the trainings`,
  ];
  const means = meansTable(summaries, { unit, time: TIME });
  const differences = differencesTable(summaries);
  const note = splitNote(split);
  output.result();
  output.result([...about, ...(note === '' ? [] : [note]), '']);
  output.result(settings.map(({ name }, k) => `  ${k + 1}  ${name}`));
  output.result(['', ...tableLines(means, output.width())]);
  if (settings.length > 1) output.result(['', ...tableLines(differences, output.width()), DIFFERENCES]);

  const labels = trained.map(({ cell }) => ({
    setting: settings[cell.setting]!.name,
    ...Object.fromEntries(
      Object.entries(settings[cell.setting]!.values).map(([key, value]) => [
        key,
        typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
    seed: cell.seed,
    ...(cell.fold !== undefined && { fold: cell.fold }),
    folder: cell.folder,
  }));
  const csv = join(folder, 'study.csv');
  await writeOutput(
    csv,
    studyCsv(
      scored.map((cell, k) => ({ labels: labels[k]!, scored: cell })),
      seed,
    ),
  );
  const page = join(folder, 'study.html');
  const names = settings.map(({ name }, k) => `${k + 1}  ${name}`);
  await writeOutput(
    page,
    renderStudyReport({
      title: 'Study',
      notes: [
        `${about[0]}.`,
        ...(note === '' ? [] : [note]),
        ...failed.map(({ cell, message }) => `${labelOf(plan, cell)}: not scored: ${message}.`),
      ],
      tables: [
        {
          heading: 'Settings',
          note: `${about[1]}.`,
          ...means,
          rows: means.rows.map(([, ...cells], k) => [names[k]!, ...cells]),
        },
        ...(settings.length > 1 ? [{ heading: 'Differences', note: `${DIFFERENCES}.`, ...differences }] : []),
      ],
      plots: studyPlots(summaries, seed),
      config: plan,
      footer: footerText(),
    }),
  );
  if (json !== undefined) {
    await writeOutput(json, studyJson({ plan, unit, split, images: images.size }, summaries));
    output.remark(`wrote ${json}`);
  }
  output.result(`table: ${csv}`);
  output.result(`report: ${page}`);
  if (failed.length > 0) process.exitCode = 1;
}
