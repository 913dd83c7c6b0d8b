import { describe, expect, it } from 'vitest';
import { linearScale, logScale, niceExtent } from './scale.ts';

const labels = (ticks: readonly { label: string }[]): string[] => ticks.map(({ label }) => label);

describe('a linear scale', () => {
  it('maps the domain onto the range, and has ticks at steps of 1, 2 and 5', () => {
    const scale = linearScale([0, 1], [50, 450]);
    expect([scale.at(0), scale.at(0.25), scale.at(1)]).toEqual([50, 150, 450]);
    expect(labels(scale.ticks(5))).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect(labels(linearScale([0, 0.12], [0, 1]).ticks(6))).toEqual([
      '0.00',
      '0.02',
      '0.04',
      '0.06',
      '0.08',
      '0.10',
      '0.12',
    ]);
  });

  it('writes thousands and signs as people do', () => {
    expect(labels(linearScale([-2000, 1_000_000], [0, 1]).ticks(2))).toEqual(['0', '500,000', '1,000,000']);
    expect(labels(linearScale([-150, 100], [0, 1]).ticks(5))).toEqual(['−150', '−100', '−50', '0', '50', '100']);
  });

  it('keeps a domain of one value in its middle', () => {
    expect(linearScale([5, 5], [0, 100]).at(5)).toBe(50);
    expect(linearScale([0, 0], [0, 100]).at(0)).toBe(50);
  });
});

describe('a logarithmic scale', () => {
  it('maps equal ratios onto equal lengths', () => {
    const scale = logScale([0.01, 100], [0, 400]);
    expect([scale.at(0.01), scale.at(0.1), scale.at(1), scale.at(100)].map(Math.round)).toEqual([0, 100, 200, 400]);
  });

  it('has 1, 2 and 5, or powers of ten alone, or round values between close ends', () => {
    expect(labels(logScale([0.1, 4], [0, 1]).ticks(5))).toEqual(['0.1', '0.2', '0.5', '1', '2']);
    expect(labels(logScale([1e-4, 1], [0, 1]).ticks(5))).toEqual(['0.0001', '0.001', '0.01', '0.1', '1']);
    expect(labels(logScale([0.42, 0.68], [0, 1]).ticks(5))).toEqual(['0.45', '0.50', '0.55', '0.60', '0.65']);
  });
});

it('widens an extent to round values', () => {
  expect(niceExtent([0.013, 0.117])).toEqual([0.01, 0.12]);
  expect(niceExtent([0, 0])).toEqual([-1, 1]);
});
