import { summariseResults } from '@medseg/metrics';
import { caseResult } from '@medseg/test-support/case-results';
import { describe, expect, it } from 'vitest';
import { blandAltman } from '../plots/bland-altman.ts';
import { diceBoxes } from '../plots/dice-boxes.ts';
import { resultsTable } from './results-section.ts';
import { statisticsSection } from './statistics-section.ts';

const results = Array.from({ length: 9 }, (_, i) =>
  caseResult(`<${i}>`, `p${i % 3}`, { dice: 0.1 * i, area: 90 + 5 * i, confidence: 0.1 * i }),
);
const circles = (svg: string): number => svg.match(/<circle /g)?.length ?? 0;

describe('the results table', () => {
  it('has means, intervals and every image, escaped', () => {
    const html = resultsTable(results, summariseResults(results, { seed: 2 }), { unit: 'px', sizeUnit: 'px' });
    expect(html).toMatch(/<th scope="row">Dice .*?<b>0\.400<\/b> <span class="quiet small">\[0\.300, 0\.500\]<\/span>/);
    expect(html).toContain('<th scope="row">Hausdorff 95 (px) <span class="quiet small">lower is better</span>');
    expect(html).toContain('<th scope="row">&lt;8&gt;</th><td>p2</td><td class="number">0.800</td>');
    expect(html).not.toContain('NaN');
  });
});

describe('the plots', () => {
  it('draw every image of every method beside three boxes', () => {
    expect(circles(diceBoxes(results))).toBe(3 * 9);
  });

  it('say bias, limits, calibration and risk as the numbers are', () => {
    const html = statisticsSection(results, 'px');
    // Areas differ from 100 by -10, -5 … 30: mean 10, deviation 13.69.
    expect(html).toContain('bias 10.0 px, limits -16.8 to 36.8');
    expect(html).toContain('bias 0.0 px, limits 0.0 to 0.0');
    expect(html).toContain('ECE 0.1000');
    // Losses 0.2 to 1.0, kept in the best order: means 0.2, 0.25 … 0.6.
    expect(html).toContain('AURC 0.4000');
    expect(html).toContain('has 0.4000 and 0.1000');
    expect(html.match(/<svg /g)).toHaveLength(4);
    expect(html).not.toMatch(/NaN|undefined/);
  });

  it('draw a single image without limits of agreement', () => {
    const one = statisticsSection(results.slice(0, 1), 'px');
    expect(one).not.toMatch(/NaN|undefined|Infinity/);
    expect(
      blandAltman({ points: [{ mean: 1, difference: 0 }], bias: 0, low: Number.NaN, high: Number.NaN }, 'px'),
    ).not.toContain('SD');
  });
});
