import {
  type Agreement,
  agreement,
  type CaseResult,
  calibrationError,
  diceRisk,
  type Method,
  methodsOf,
  poolBins,
} from '@medseg/metrics';
import { escapeHtml } from '../escape-html.ts';
import { METHOD_COLOURS } from '../palette.ts';
import { blandAltman } from '../plots/bland-altman.ts';
import { diceBoxes } from '../plots/dice-boxes.ts';
import { reliabilityDiagram } from '../plots/reliability-diagram.ts';
import { riskCoverageCurves } from '../plots/risk-coverage-curves.ts';

/**
 * Four plots that say how the results are spread, and whether sizes and probabilities can be believed: of the ensemble,
 * and of the anchor where every case has scores of it.
 */
export function statisticsSection(results: readonly CaseResult[], sizeUnit: string): string {
  const statistics = methodsOf(results).flatMap((method) => {
    const { key, scoresOf } = method;
    if (key === 'otsu') return []; // it has no probabilities
    return {
      key,
      method,
      sizes: agreement(results.map((result) => ({ predicted: scoresOf(result)!.area, truth: result.trueArea }))),
      bins: poolBins(results.map(({ reliability }) => reliability[key]!)),
      risk: diceRisk(results, key),
    };
  });
  const byMethod = <T>(of: (each: (typeof statistics)[number]) => T): Record<string, T> =>
    Object.fromEntries(statistics.map((each) => [each.key, of(each)]));
  const ours = statistics[0]!;
  const baselines = statistics.slice(1);
  const limits = [
    `${keyOf(ours.method)}: ${limitsOf(ours.sizes, sizeUnit)}.`,
    ...baselines.map(({ method, sizes }) => ` The ${method.name}: ${limitsOf(sizes, sizeUnit)}.`),
  ].join('');
  const errors = statistics.map(({ method, bins }) => `${keyOf(method)} ECE ${calibrationError(bins).toFixed(4)}`);
  const areas = statistics.map(({ method, risk }) => `${keyOf(method)} AURC ${risk.aurc.toFixed(4)}`);
  const best = statistics.map(({ risk }) => (risk.aurc - risk.excess).toFixed(4));
  return `<div class="plots">
${plot('Dice of every image', diceBoxes(results), 'Box: quartiles and median. Whiskers: up to 1.5 times the box. A dot is an image.')}
${plot(sizeUnit === 'mm³' ? 'Volumes (Bland-Altman)' : 'Areas (Bland-Altman)', blandAltman(ours.sizes, sizeUnit), `${limits} 95 % of the differences are expected within the limits of agreement.`)}
${plot('Reliability', reliabilityDiagram(byMethod(({ bins }) => bins)), `Over all pixels: ${errors.join(', ')}. On the dashed line probabilities are what they say; larger dots hold more pixels.`)}
${plot('Risk and coverage', riskCoverageCurves(byMethod(({ risk }) => risk)), `${areas.join(', ')}; the best order of the same masks has ${best.join(' and ')}. Images are kept by soft Dice confidence: a curve that rises to the right knows where it is wrong.`)}
</div>`;
}

function limitsOf({ bias, low, high }: Agreement, unit: string): string {
  return `bias ${bias.toFixed(1)} ${unit}${Number.isNaN(low) ? '' : `, limits ${low.toFixed(1)} to ${high.toFixed(1)}`}`;
}

function plot(title: string, svg: string, caption: string): string {
  return `<figure><h3>${title}</h3>${svg}<figcaption>${caption}</figcaption></figure>`;
}

/** The name of a method with its colour. */
function keyOf({ key, name }: Method): string {
  return `<span class="swatch" style="background:${METHOD_COLOURS[key]}"></span><b>${escapeHtml(name)}</b>`;
}
