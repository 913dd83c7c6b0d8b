import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Case, type LayoutName, type Listing, parseClasses, remarkLines, summarizeCases } from '@medseg/datasets';
import { checkCases, LAYOUTS } from '@medseg/datasets/node';
import { writeFileAtomic } from '@medseg/image-io/node';
import { contactSheet, formatShare, type Picture, renderDataReport, toDataUri, toPng } from '@medseg/report';
import { summaryLines } from '../data-report/summary-lines.ts';
import { drawTile } from '../data-report/tile.ts';
import { guessedLayout } from '../run/guessed-layout.ts';
import { output } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
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
}

/** Cases on the contact sheet, pixels on the longer side of each, and how many lie in a row. */
const SHEET = { cases: 24, side: 160, columns: 6 };

/** So many problems are printed; all are on the page. */
const PRINTED_PROBLEMS = 20;

/**
 * Says what a data set holds: patients, cases, sizes, spacings, intensities, class balance, and what is wrong with it.
 * With `out`, also a contact sheet and a page. Every file is opened. Exits with 1 when no case can be used.
 */
export async function describeData({ data, layout: named, out, classes, patientPattern }: DataOptions): Promise<void> {
  const layout = named ?? (await guessedLayout(data));
  const listing = await LAYOUTS[layout](data, {
    ...(classes !== undefined && { classes: usable(() => parseClasses(classes)) }),
    ...(patientPattern !== undefined && { patientPattern: usable(() => new RegExp(patientPattern)) }),
  });
  const progress = createProgress('reading');
  let checked: Listing;
  try {
    checked = await checkCases(listing, { onCase: (done, of) => progress.update(done / of, `${done} of ${of}`) });
  } finally {
    progress.stop();
  }
  const { cases, problems } = checked;
  const summary = cases.length > 0 ? summarizeCases(cases) : undefined;
  const lines = summary ? summaryLines(summary, checked) : [];
  for (const [name, text] of lines) output.result(`${name.padEnd(12)} ${text}`);
  for (const { name, share, ...having } of summary?.classes ?? [])
    output.result(
      `${'class'.padEnd(12)} ${name}: in ${having.cases} cases of ${having.patients} patients, ${formatShare(share)} of the pixels`,
    );
  for (const line of remarkLines(checked.remarks ?? [])) output.result(`${'remark'.padEnd(12)} ${line}`);
  output.result(`${'problems'.padEnd(12)} ${problems.length === 0 ? 'none' : problems.length}`);
  for (const { file, rule } of problems.slice(0, PRINTED_PROBLEMS)) output.result(`  ${file}: ${rule}`);
  if (problems.length > PRINTED_PROBLEMS) output.result(`  and ${problems.length - PRINTED_PROBLEMS} more`);
  if (out !== undefined) {
    const shown = spread(cases, SHEET.cases);
    const tiles: Picture[] = [];
    for (const c of shown)
      tiles.push(await drawTile(c, { side: SHEET.side, mode: checked.normalization?.mode ?? 'mri' }));
    await mkdir(out, { recursive: true });
    if (tiles.length > 0) {
      await writeFileAtomic(join(out, 'contact-sheet.png'), toPng(contactSheet(tiles, SHEET)));
    }
    const page = renderDataReport({
      title: `${basename(resolve(data))}, layout ${layout}`,
      lines,
      balance: summary,
      problems,
      tiles: tiles.map((tile, i) => ({ uri: toDataUri(tile), id: shown[i]!.id, patient: shown[i]!.patient })),
      footer: footerText(),
    });
    await writeFileAtomic(join(out, 'index.html'), Buffer.from(page));
    output.result(`report: ${join(out, 'index.html')}`);
  }
  if (cases.length === 0) process.exitCode = 1;
}

/** What an option says, or a wrong command. */
function usable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UserError((error as Error).message, 2);
  }
}

/** At most so many cases, spread evenly over all patients. */
function spread(cases: readonly Case[], most: number): Case[] {
  const chosen = Math.min(cases.length, most);
  return Array.from({ length: chosen }, (_, i) => cases[Math.floor(((i + 0.5) * cases.length) / chosen)]!);
}
