import {
  type CaseScores,
  classTable,
  formatValue,
  type LengthUnit,
  METRICS,
  type MeanInterval,
  type Metric,
  methodsIn,
  methodsOf,
  metricTitle,
  missingNotes,
  type ResultsSummary,
} from '@medseg/metrics';
import { escapeHtml } from '../escape-html.ts';

/** The table of means with intervals, what they leave out, and every image behind a fold. */
export function resultsTable(results: readonly CaseScores[], summary: ResultsSummary, unit: LengthUnit): string {
  const methods = methodsIn(summary);
  const rows = METRICS.map((metric) => {
    const cells = methods.map(
      ({ key }) =>
        `<td class="number${key === 'ensemble' ? ' ours' : ''}">${interval(metric, summary[key]![metric.key])}</td>`,
    );
    return `<tr><td>${metricTitle(metric, unit)} <span class="quiet small">${metric.better} is better</span></td>${cells.join('')}</tr>`;
  });
  const head = methods.map(({ name }) => `<th class="number">${name}</th>`).join('');
  const notes = missingNotes(summary, results.length).map((note) => `<br>${note}.`);
  return `<table class="results"><thead><tr><th>mean [95 % interval]</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>${meansByClass(results, unit)}
<p class="quiet small">Intervals by bootstrap over patients. Surface distances in ${unit === 'px' ? 'pixels' : 'millimetres'}, as MONAI defines them; ECE is the mean of each image's, with 15 bins.${notes.join('')}</p>
<details><summary>Every image</summary>${everyImage(results, unit)}</details>`;
}

/** The means of each class; nothing where there is one. */
function meansByClass(results: readonly CaseScores[], unit: LengthUnit): string {
  const { head, rows } = classTable(results, unit);
  if (rows.length === 0) return '';
  const cells = (row: readonly string[], tag: 'td' | 'th'): string =>
    row.map((text, c) => `<${tag}${c > 0 ? ' class="number"' : ''}>${escapeHtml(text)}</${tag}>`).join('');
  return `<p class="quiet small">The scores above are means over ${rows.length} classes; one by one:</p><table class="results"><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')}</tbody></table>`;
}

function interval(metric: Metric, { estimate, low, high }: MeanInterval): string {
  const range = Number.isNaN(low)
    ? ''
    : ` <span class="quiet small">[${formatValue(metric, low)}, ${formatValue(metric, high)}]</span>`;
  return `<b>${formatValue(metric, estimate)}</b>${range}`;
}

function everyImage(results: readonly CaseScores[], unit: LengthUnit): string {
  const columns = [
    ...METRICS.map((metric) => ({
      title: metricTitle(metric, unit),
      text: (r: CaseScores) => formatValue(metric, r[metric.key]),
    })),
    ...methodsOf(results)
      .filter(({ key }) => key !== 'ensemble')
      .map(({ shortName, scoresOf }) => ({
        title: `${shortName} Dice`,
        text: (r: CaseScores) => scoresOf(r)!.dice.toFixed(3),
      })),
  ];
  const rows = results.map(
    (r) =>
      `<tr><td>${escapeHtml(r.id)}</td>${columns.map(({ text }) => `<td class="number">${text(r)}</td>`).join('')}</tr>`,
  );
  const head = columns.map(({ title }) => `<th class="number">${title}</th>`).join('');
  return `<table class="small"><thead><tr><th>image</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}
