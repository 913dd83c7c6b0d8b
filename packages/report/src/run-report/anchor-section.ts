import {
  type CaseResult,
  compareWithAnchor,
  formatP,
  formatSigned,
  type LengthUnit,
  metricTitle,
} from '@medseg/metrics';
import { scrolling } from '../html-page.ts';

/**
 * Whether sampling gains anything: the ensemble against its own anchor on the same cases, pair by pair. Nothing where a
 * network has no anchor, or was scored by it alone.
 */
export function anchorSection(
  results: readonly CaseResult[],
  {
    unit,
    noun,
    seed,
    anchorShare,
  }: {
    readonly unit: LengthUnit;
    readonly noun: string;
    readonly seed: number;
    readonly anchorShare: number | undefined;
  },
): string {
  const metrics = compareWithAnchor(results, { seed });
  if (metrics === undefined) return '';
  const rows = metrics.map(({ metric, difference, byPatient, patients }) => {
    const { estimate, low, high, images } = difference;
    const interval = Number.isNaN(low) ? '' : ` [${formatSigned(metric, low)}, ${formatSigned(metric, high)}]`;
    return `<tr><th scope="row">${metricTitle(metric, unit)} <span class="quiet small">${metric.better} is better</span></th><td class="number">${formatSigned(metric, estimate)}${interval}</td><td class="number">${formatP(byPatient.pValue)}</td><td class="number">${patients}</td><td class="number">${images}</td></tr>`;
  });
  const head = ['ensemble − anchor [95 % interval]', 'p', 'pairs (patients)', noun]
    .map((title) => `<th scope="col" class="number">${title}</th>`)
    .join('');
  const share =
    anchorShare === undefined || anchorShare === 1
      ? ''
      : ` The anchor was trained with ${Math.round(100 * anchorShare)} % of the budget; a plain U-Net that is given all of it may score higher.`;
  return `<h3>Ensemble against anchor</h3>
<p class="quiet small">The same ${noun}, pair by pair. p: Wilcoxon signed-rank test on the means of the patients, two-sided, not corrected for the number of tests.${share}</p>
${scrolling('ensemble against anchor', `<table class="results"><thead><tr><th scope="col"></th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`)}`;
}
