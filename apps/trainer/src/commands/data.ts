import { basename, join, resolve } from 'node:path';
import { type Case, DataError, type LayoutName, type Listing, remarkLines, summarizeCases } from '@medseg/datasets';
import { plural } from '@medseg/metrics';
import { nounOf, type RunConfig, resolveConfig } from '@medseg/pipeline';
import { contactSheet, formatShare, type Picture, renderDataReport, toDataUri, toPng } from '@medseg/report';
import { summaryLines } from '../data-report/summary-lines.ts';
import { drawTile } from '../data-report/tile.ts';
import { checkData, configuredData, usableData } from '../run/data.ts';
import { guessedLayout } from '../run/guessed-layout.ts';
import { patientsOf, type SplitData, splitCases } from '../run/split.ts';
import { output } from '../terminal/output.ts';
import { checkOutputs, writeOutput } from '../terminal/output-files.ts';
import { UserError } from '../terminal/user-error.ts';
import { footerText } from '../version.ts';

export interface DataOptions {
  data: string;
  /** Guessed from the names where it is left out. */
  layout?: LayoutName;
  /** Folder for `index.html` and `contact-sheet.png`. */
  out?: string;
  /** `name=value,name=value+value`. */
  classes?: string;
  /** A regular expression whose first group is the patient. */
  patientPattern?: string;
  /** For masks without classes whose edges are soft: values from here on are foreground. */
  maskThreshold?: number;
  /** Largest decoded file. */
  maxFileBytes?: number;
  /** Which DICOM series of a patient is the image. */
  series?: string;
  /** Whether to look for images of different patients that are nearly the same. */
  duplicates?: boolean;
  /** Whether `train` is to be told to leave out files that cannot be used. */
  skipInvalid?: boolean;
  /** Whether pages that are there are replaced. */
  force?: boolean;
}

/** Cases on the contact sheet, pixels on the longer side of each, and how many lie in a row. */
const SHEET = { cases: 24, side: 160, columns: 6 };

/** So many problems are printed; all are on the page. */
const PRINTED_PROBLEMS = 20;

/**
 * Says what a data set holds: patients, cases, sizes, spacings, intensities, class balance, how `train` would split it, and
 * what is wrong with it. With `out`, also a contact sheet and a page. Every file is opened. Exits with 1 where `train`
 * would refuse the data, and says why.
 */
export async function describeData({ data, layout: named, out, force, ...options }: DataOptions): Promise<void> {
  const page = out && join(out, 'index.html');
  const sheet = out && join(out, 'contact-sheet.png');
  const outputs = [page, sheet].flatMap((path) => (path ? [{ option: '--out', path }] : []));
  checkOutputs(outputs, { inputs: [data], force });
  const layout = named ?? (await guessedLayout(data));
  const config = resolveConfig({ data: { dir: data, layout, ...options } });
  const checked = await checkData(configuredData(config.data));
  const { cases, problems } = checked;
  const summary = cases.length > 0 ? summarizeCases(cases) : undefined;
  const lines = summary ? summaryLines(summary, checked) : [];
  for (const [name, text] of lines) output.result(`${name.padEnd(12)} ${text}`);
  for (const { name, share, ...having } of summary?.classes ?? [])
    output.result(
      `${'class'.padEnd(12)} ${name}: in ${plural(having.cases, 'cases')} of ${plural(having.patients, 'patients')}, ${formatShare(share)} of the pixels`,
    );
  const prepared = await prepareAsTrain(checked, config);
  const remarks = [...remarkLines(checked.remarks ?? []), ...('split' in prepared ? prepared.remarks : [])];
  const verdict = verdictOf(prepared);
  for (const line of remarks) output.result(`${'remark'.padEnd(12)} ${line}`);
  output.result(`${'problems'.padEnd(12)} ${problems.length === 0 ? 'none' : problems.length}`);
  for (const { file, rule } of problems.slice(0, PRINTED_PROBLEMS)) output.result(`  ${file}: ${rule}`);
  if (problems.length > PRINTED_PROBLEMS) output.result(`  and ${problems.length - PRINTED_PROBLEMS} more`);
  output.result(`${'train'.padEnd(12)} ${verdict}`);
  if (page && sheet) {
    const shown = spread(cases, SHEET.cases);
    const tiles: Picture[] = [];
    for (const c of shown)
      tiles.push(await drawTile(c, { side: SHEET.side, mode: checked.normalization?.mode ?? 'mri' }));
    if (tiles.length > 0)
      await writeOutput(sheet, toPng(contactSheet(tiles, { side: SHEET.side, columns: SHEET.columns })));
    const html = renderDataReport({
      title: `${basename(resolve(data))}, layout ${layout}`,
      lines: [...lines, ...remarks.map((line) => ['remark', line] as const), ['train', verdict]],
      balance: summary,
      problems,
      tiles: tiles.map((tile, i) => ({ uri: toDataUri(tile), id: shown[i]!.id, patient: shown[i]!.patient })),
      footer: footerText(),
    });
    await writeOutput(page, html);
    output.result(`report: ${page}`);
  }
  if (!('split' in prepared)) process.exitCode = 1;
}

/** The split that `train` would make of the data, or why it would refuse it. */
async function prepareAsTrain(checked: Listing, config: RunConfig): Promise<SplitData | { refusal: string }> {
  try {
    return await splitCases(usableData(checked, config.data), config);
  } catch (error) {
    if (error instanceof DataError || error instanceof UserError) return { refusal: error.message };
    throw error;
  }
}

function verdictOf(prepared: SplitData | { refusal: string }): string {
  if ('refusal' in prepared) return `would refuse this data: ${prepared.refusal}`;
  const { train, validation, test } = prepared.split;
  const noun = nounOf([...train, ...validation, ...test]);
  const text = (part: readonly Case[]): string =>
    `${plural(part.length, noun)} of ${plural(patientsOf(part).length, 'patients')}`;
  return `${text(train)} to train on, ${text(validation)} for validation, ${text(test)} for test`;
}

/** At most so many cases, spread evenly over all patients. */
function spread(cases: readonly Case[], most: number): Case[] {
  const chosen = Math.min(cases.length, most);
  return Array.from({ length: chosen }, (_, i) => cases[Math.floor(((i + 0.5) * cases.length) / chosen)]!);
}
