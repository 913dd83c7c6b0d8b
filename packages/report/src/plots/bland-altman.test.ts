import { agreement } from '@medseg/metrics';
import { describe, expect, it } from 'vitest';
import { blandAltman } from './bland-altman.ts';
import { lossCurves } from './training-curves.ts';

/** Pixels that a digit is wide at least, in the plots' font size of 12. */
const DIGIT = 6.6;

/** The labels of the y axis, and the x at which each begins. */
function yLabels(svg: string): { label: string; start: number }[] {
  const found = svg.matchAll(/<text x="([\d.-]+)" y="[\d.-]+" text-anchor="end">([^<]*\d[^<]*)<\/text>/g);
  return [...found].map(([, x, label]) => ({ label: label!, start: Number(x) - DIGIT * label!.length }));
}

const differing = (scale: number): string =>
  blandAltman(
    agreement([-3, -1, 0, 1, 2].map((off, i) => ({ predicted: scale * (10 + i + off), truth: scale * (10 + i) }))),
    'mm³',
  );

describe('the plots have room for the labels of their y axis', () => {
  it.each([1, 1000, 1e6])('with its signs, where differences are a multiple of %d', (scale) => {
    const labels = yLabels(differing(scale));
    expect(labels.map(({ label }) => label)).toContain('0');
    expect(labels.filter(({ label }) => label.startsWith('−')).length).toBeGreaterThan(0);
    for (const { label, start } of labels) expect(start, label).toBeGreaterThan(0);
  });

  it('where losses are small', () => {
    const [svg] = lossCurves([1e-6, 1e-5, 1e-4].map((loss, i) => ({ step: i + 1, phase: 'encoder', loss })));
    const labels = yLabels(svg!);
    expect(labels.map(({ label }) => label)).toContain('0.00001');
    for (const { label, start } of labels) expect(start, label).toBeGreaterThan(0);
  });
});
