import {
  annotatorClassTable,
  annotatorNotes,
  annotatorTable,
  type CaseScores,
  classTable,
  formatValue,
  type LengthUnit,
  METRICS,
  type MeanInterval,
  type Metric,
  methodsIn,
  metricTitle,
  missingNotes,
  type ResultsSummary,
  summariseAnnotators,
  type TextTable,
} from '@medseg/metrics';
import { escapeHtml } from '../escape-html.ts';
import { scrolling } from '../html-page.ts';
import { casesTable } from './cases-table.ts';

/** The table of means with intervals, what they leave out, and every image behind a fold. */
export function resultsTable(
  results: readonly CaseScores[],
  summary: ResultsSummary,
  {
    unit,
    sizeUnit,
    seed = 0,
  }: { readonly unit: LengthUnit; readonly sizeUnit: string; readonly seed?: number | undefined },
): string {
  const methods = methodsIn(summary);
  const rows = METRICS.map((metric) => {
    const cells = methods.map(
      ({ key }, m) => `<td class="number${m === 0 ? ' ours' : ''}">${interval(metric, summary[key]![metric.key])}</td>`,
    );
    return `<tr><th scope="row">${metricTitle(metric, unit)} <span class="quiet small">${metric.better} is better</span></th>${cells.join('')}</tr>`;
  });
  const head = methods.map(({ name }) => `<th scope="col" class="number">${name}</th>`).join('');
  const notes = missingNotes(summary, results.length).map((note) => `<br>${escapeHtml(note)}.`);
  const means = `<table class="results"><thead><tr><th scope="col">mean [95 % interval]</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
  return `${scrolling('means of every metric', means)}${meansByClass(results, unit)}
<p class="quiet small">Intervals by bootstrap over patients. Surface distances in ${unit === 'px' ? 'pixels' : 'millimetres'}, as MONAI defines them; ECE is the mean of each image's, with 15 bins.${notes.join('')}</p>
${againstAnnotators(results, seed)}<details><summary>Every image</summary>${casesTable(results, { unit, sizeUnit })}</details>`;
}

/** The means against several annotators, and what they are; nothing where no case has several. */
function againstAnnotators(results: readonly CaseScores[], seed: number): string {
  const table = annotatorTable(summariseAnnotators(results, { seed }));
  if (table.rows.length === 0) return '';
  const byClass = annotatorClassTable(results);
  const notes = annotatorNotes(results).map((note) => `${escapeHtml(note)}.`);
  return `${scrolling('means against each annotator', tableOf(table))}
${byClass.rows.length === 0 ? '' : scrolling('means of every class against each annotator', tableOf(byClass))}
<p class="quiet small">${notes.join('<br>')}</p>
`;
}

/** The means of each class; nothing where there is one. */
function meansByClass(results: readonly CaseScores[], unit: LengthUnit): string {
  const table = classTable(results, unit);
  if (table.rows.length === 0) return '';
  return `<p class="quiet small">The scores above are means over ${table.rows.length} classes; one by one, with how often each was missed, of the images that have it, and found where it is not:</p>${scrolling('means of every class', tableOf(table))}`;
}

function tableOf({ head, rows }: TextTable): string {
  const heads = head.map((text, c) => `<th scope="col"${c > 0 ? ' class="number"' : ''}>${escapeHtml(text)}</th>`);
  const body = rows.map(([name, ...cells]) => {
    const numbers = cells.map((text) => `<td class="number">${escapeHtml(text)}</td>`);
    return `<tr><th scope="row">${escapeHtml(name!)}</th>${numbers.join('')}</tr>`;
  });
  return `<table class="results"><thead><tr>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function interval(metric: Metric, { estimate, low, high }: MeanInterval): string {
  const range = Number.isNaN(low)
    ? ''
    : ` <span class="quiet small">[${formatValue(metric, low)}, ${formatValue(metric, high)}]</span>`;
  return `<b>${formatValue(metric, estimate)}</b>${range}`;
}
