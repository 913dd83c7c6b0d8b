import type { Case } from '@medseg/datasets';
import {
  annotatorNotes,
  type CaseScores,
  compareWithAnchor,
  formatP,
  formatSigned,
  type LengthUnit,
  plural,
  summariseResults,
} from '@medseg/metrics';
import { type EnsembleOptions, nounOf } from '@medseg/pipeline';
import { splitNote } from '@medseg/report';
import { patientsOf } from '../run/split.ts';
import { output } from '../terminal/output.ts';
import { annotatorLines, classLines, printSummary } from './results-table.ts';

/** Prints which cases were scored and how, what training used them for, and their means. */
export function printResults(
  results: readonly CaseScores[],
  about: {
    readonly cases: readonly Case[];
    readonly split: string;
    readonly sampling: EnsembleOptions;
    readonly unit: LengthUnit;
    readonly seed: number;
    /** Whether the network is a plain U-Net. */
    readonly plain?: boolean;
  },
): void {
  const { cases, split, sampling, unit, seed, plain = false } = about;
  const { steps, members, method, fuse = 'mean' } = sampling;
  const alone = plain ? 'a plain U-Net (below: anchor)' : 'the anchor head alone';
  const how =
    method === 'anchor'
      ? alone
      : `${plural(steps, 'steps')} x ${plural(members, 'members')}${fuse === 'mean' ? '' : `, fused by ${fuse}`}`;
  const scored = `${plural(results.length, nounOf(cases))} of ${plural(patientsOf(results).length, 'patients')}`;
  output.result(`${scored}, split ${split}, ${how}`);
  const note = splitNote(split);
  if (note !== '') output.result(note);
  printSummary(summariseResults(results, { seed }), results, unit);
  const byClass = classLines(results, unit, output.width());
  if (byClass.length > 0) output.result(['', ...byClass]);
  const readers = annotatorLines(results, seed, output.width());
  if (readers.length > 0) output.result(['', ...readers]);
  for (const note of annotatorNotes(results)) output.result(`  ${note}`);
  const line = anchorLine(results, seed);
  if (line !== undefined) output.result(line);
}

/** The ensemble against its own anchor in one line: the difference in Dice, its interval, p and the pairs. */
function anchorLine(results: readonly CaseScores[], seed: number): string | undefined {
  const row = compareWithAnchor(results, { seed })?.find(({ metric }) => metric.key === 'dice');
  if (row === undefined) return undefined;
  const { metric, difference, byPatient, patients } = row;
  const { estimate, low, high } = difference;
  const interval = Number.isNaN(low) ? '' : ` [${formatSigned(metric, low)}, ${formatSigned(metric, high)}]`;
  return `Dice of the ensemble less that of its anchor: ${formatSigned(metric, estimate)}${interval}, p ${formatP(byPatient.pValue)} (Wilcoxon, ${plural(patients, 'pairs')} of patients)`;
}
