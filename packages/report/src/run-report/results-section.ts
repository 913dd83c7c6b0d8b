import {
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
} from '@medseg/metrics';
import { escapeHtml } from '../escape-html.ts';
import { scrolling } from '../html-page.ts';
import { casesTable } from './cases-table.ts';

/** The table of means with intervals, what they leave out, and every image behind a fold. */
export function resultsTable(
  results: readonly CaseScores[],
  summary: ResultsSummary,
  { unit, sizeUnit }: { readonly unit: LengthUnit; readonly sizeUnit: string },
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
<details><summary>Every image</summary>${casesTable(results, { unit, sizeUnit })}</details>`;
}

/** The means of each class; nothing where there is one. */
function meansByClass(results: readonly CaseScores[], unit: LengthUnit): string {
  const { head, rows } = classTable(results, unit);
  if (rows.length === 0) return '';
  const heads = head.map((text, c) => `<th scope="col"${c > 0 ? ' class="number"' : ''}>${escapeHtml(text)}</th>`);
  const body = rows.map(([name, ...cells]) => {
    const numbers = cells.map((text) => `<td class="number">${escapeHtml(text)}</td>`);
    return `<tr><th scope="row">${escapeHtml(name!)}</th>${numbers.join('')}</tr>`;
  });
  const table = `<table class="results"><thead><tr>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`;
  return `<p class="quiet small">The scores above are means over ${rows.length} classes; one by one, with how often each was missed, of the images that have it, and found where it is not:</p>${scrolling('means of every class', table)}`;
}

function interval(metric: Metric, { estimate, low, high }: MeanInterval): string {
  const range = Number.isNaN(low)
    ? ''
    : ` <span class="quiet small">[${formatValue(metric, low)}, ${formatValue(metric, high)}]</span>`;
  return `<b>${formatValue(metric, estimate)}</b>${range}`;
}
