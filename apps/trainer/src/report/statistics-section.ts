import { agreement } from '../evaluation/agreement.ts';
import { calibrationError, poolBins } from '../evaluation/calibration.ts';
import { diceRisk } from '../evaluation/evaluation-file.ts';
import { type MethodKey, methodName, methodsOf } from '../evaluation/metrics.ts';
import type { CaseResult } from '../evaluation/score-case.ts';
import { reliabilityDiagram, riskCoverageCurves } from './confidence-plots.ts';
import { blandAltman, diceBoxes } from './score-plots.ts';
import { COLOURS } from './svg.ts';

/** Four plots, of results of a network with an anchor, that say how the results are spread, and whether areas and probabilities can be believed. */
export function statisticsSection(results: readonly CaseResult[], sizeUnit: string): string {
  const areas = (method: 'ensemble' | 'anchor') => {
    const { scoresOf } = methodsOf(results).find(({ key }) => key === method)!;
    return agreement(results.map((result) => ({ predicted: scoresOf(result)!.area, truth: result.trueArea })));
  };
  const ours = areas('ensemble');
  const anchors = areas('anchor');
  const bins = {
    ensemble: poolBins(results.map(({ reliability }) => reliability.ensemble)),
    anchor: poolBins(results.map(({ reliability }) => reliability.anchor!)),
  };
  const risk = { ensemble: diceRisk(results, 'ensemble'), anchor: diceRisk(results, 'anchor') };
  const limits = ({ bias, low, high }: typeof ours): string =>
    `bias ${bias.toFixed(1)} ${sizeUnit}${Number.isNaN(low) ? '' : `, limits ${low.toFixed(1)} to ${high.toFixed(1)}`}`;
  return `<div class="plots">
${plot('Dice of every image', diceBoxes(results), 'Box: quartiles and median. Whiskers: up to 1.5 times the box. A dot is an image.')}
${plot(sizeUnit === 'mm³' ? 'Volumes (Bland-Altman)' : 'Areas (Bland-Altman)', blandAltman(ours, sizeUnit), `${key('ensemble')}: ${limits(ours)}. The anchor head alone: ${limits(anchors)}. 95 % of the differences are expected within the limits of agreement.`)}
${plot('Reliability', reliabilityDiagram(bins), `Over all pixels: ${key('ensemble')} ECE ${calibrationError(bins.ensemble).toFixed(4)}, ${key('anchor')} ECE ${calibrationError(bins.anchor).toFixed(4)}. On the dashed line probabilities are what they say; larger dots hold more pixels.`)}
${plot('Risk and coverage', riskCoverageCurves(risk), `${key('ensemble')} AURC ${risk.ensemble.aurc.toFixed(4)}, ${key('anchor')} AURC ${risk.anchor.aurc.toFixed(4)}; the best order of the same masks has ${(risk.ensemble.aurc - risk.ensemble.excess).toFixed(4)} and ${(risk.anchor.aurc - risk.anchor.excess).toFixed(4)}. Images are kept by soft Dice confidence: a curve that rises to the right knows where it is wrong.`)}
</div>`;
}

function plot(title: string, svg: string, caption: string): string {
  return `<figure><h3>${title}</h3>${svg}<figcaption>${caption}</figcaption></figure>`;
}

/** The name of a method in its colour. */
function key(method: MethodKey): string {
  return `<b style="color:${COLOURS[method]}">${methodName(method)}</b>`;
}
