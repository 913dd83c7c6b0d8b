import { formatValue, METRICS } from '@medseg/metrics';
import { intervalPlot } from '@medseg/report';
import { meansOf, type SettingSummary } from './summary.ts';

/** The Dice of every setting with that of its trainings, and the differences from the first one. */
export function studyPlots(summaries: readonly SettingSummary[], seed: number): string[] {
  const dice = METRICS.find(({ key }) => key === 'dice')!;
  const none = { estimate: Number.NaN, low: Number.NaN, high: Number.NaN };
  const means = summaries.map(({ means: own, cells }, k) => ({
    name: String(k + 1),
    ...(own?.dice ?? none),
    points: cells.map(({ pair, evaluation }) => {
      const value = meansOf(evaluation.images, seed).dice.estimate;
      return { title: `${pair}: ${formatValue(dice, value)}`, value };
    }),
  }));
  const differences = summaries.slice(1).map(({ comparison }, k) => ({
    name: `${k + 2} - 1`,
    ...(comparison?.find(({ metric }) => metric.key === 'dice')?.difference ?? none),
  }));
  return [
    intervalPlot(
      means.map(({ name, estimate, low, high, points }) => ({ name, estimate, low, high, points })),
      {
        axis: 'Dice; dots: trainings',
        label: 'Dice of every setting',
      },
    ),
    ...(differences.length > 0
      ? [
          intervalPlot(differences, {
            axis: 'difference in Dice',
            label: 'Differences in Dice from the first setting',
            zero: true,
          }),
        ]
      : []),
  ];
}
