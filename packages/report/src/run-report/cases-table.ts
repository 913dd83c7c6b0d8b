import {
  ANNOTATOR_METRICS,
  type CaseScores,
  formatValue,
  type LengthUnit,
  METRICS,
  methodsOf,
  metricTitle,
} from '@medseg/metrics';
import { escapeHtml } from '../escape-html.ts';
import { scrolling } from '../html-page.ts';

/** Where a size comes from in a table: its unit, and the text of a value in the unit that is shown. */
interface SizeColumn {
  readonly name: string;
  readonly text: (size: number) => string;
}

/** Sizes as tables show them: volumes in millilitres. */
function sizeColumn(unit: string): SizeColumn {
  if (unit === 'mm³') return { name: 'volume (ml)', text: (size) => (size / 1000).toFixed(2) };
  return { name: `area (${unit})`, text: (size) => size.toFixed(unit === 'px' ? 0 : 1) };
}

/** Every case in a table that can be sorted: its scores, its size beside the true one, and both for each class. */
export function casesTable(
  results: readonly CaseScores[],
  { unit, sizeUnit }: { readonly unit: LengthUnit; readonly sizeUnit: string },
): string {
  const size = sizeColumn(sizeUnit);
  const dice = METRICS.find(({ key }) => key === 'dice')!;
  const names = results[0]?.classes?.map(({ name }) => name) ?? [];
  const columns: { title: string; text: (result: CaseScores) => string }[] = [
    ...METRICS.map((metric) => ({
      title: metricTitle(metric, unit),
      text: (r: CaseScores) => formatValue(metric, r[metric.key]),
    })),
    { title: size.name, text: (r) => size.text(r.area) },
    { title: `true ${size.name}`, text: (r) => size.text(r.trueArea) },
    ...methodsOf(results)
      .slice(1)
      .map(({ shortName, scoresOf }) => ({
        title: `${shortName} Dice`,
        text: (r: CaseScores) => formatValue(dice, scoresOf(r)!.dice),
      })),
    ...(results.some(({ annotators }) => annotators !== undefined)
      ? ANNOTATOR_METRICS.map((metric) => ({
          title: metric.name,
          text: ({ annotators }: CaseScores) =>
            formatValue(metric, (annotators?.ensemble ?? annotators?.anchor)?.[metric.key]),
        }))
      : []),
    ...names.flatMap((name, k) => [
      { title: `${name}: Dice`, text: (r: CaseScores) => formatValue(dice, r.classes![k]!.dice) },
      { title: `${name}: ${size.name}`, text: (r: CaseScores) => size.text(r.classes![k]!.area) },
      { title: `${name}: true`, text: (r: CaseScores) => size.text(r.classes![k]!.trueArea) },
    ]),
  ];
  const rows = results.map((r) => {
    const cells = columns.map(({ text }) => `<td class="number">${text(r)}</td>`);
    return `<tr><th scope="row">${escapeHtml(r.id)}</th><td>${escapeHtml(r.patient)}</td>${cells.join('')}</tr>`;
  });
  const head = columns.map(({ title }) => `<th scope="col" class="number">${escapeHtml(title)}</th>`).join('');
  return scrolling(
    'scores of every image',
    `<table class="small sortable"><thead><tr><th scope="col">image</th><th scope="col">patient</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`,
  );
}
