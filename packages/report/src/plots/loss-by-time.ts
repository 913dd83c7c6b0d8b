import { requireList } from '@medseg/arguments';
import { METHOD_COLOURS } from '../palette.ts';
import { chart, frameFor } from './chart.ts';
import { linearScale, logScale } from './scale.ts';
import { element, polyline } from './svg.ts';
import type { TrainingPoint } from './training-curves.ts';

const HEIGHT = 240;
/** Bins of the axis of time, at most. */
const BINS = 20;

/**
 * Mean loss of the samples over the training step t that they were noised to, of the second half of the steps that have it,
 * as SVG; undefined where none has. It shows which part of the process is hard.
 *
 * @example lossByTime([{ step: 1, phase: 'denoiser', loss: 0.5, losses: [0.6, 0.4], times: [10, 900] }])
 */
export function lossByTime(points: readonly TrainingPoint[]): string | undefined {
  requireList('lossByTime: points', points);
  const timed = points.filter(({ losses, times }) => losses !== undefined && times !== undefined);
  const late = timed.slice(Math.floor(timed.length / 2));
  const samples = late.flatMap(({ losses, times }) =>
    times!.flatMap((t, i) => ((losses![i] ?? 0) > 0 ? [{ t, loss: losses![i]! }] : [])),
  );
  if (samples.length === 0) return undefined;
  const last = samples.reduce((most, { t }) => Math.max(most, t), 0);
  const width = Math.max(1, (last + 1) / BINS);
  const bins = Array.from({ length: Math.ceil((last + 1) / width) }, (_, bin) => {
    const own = samples.filter(({ t }) => Math.floor(t / width) === bin);
    const mean = own.reduce((sum, { loss }) => sum + loss, 0) / own.length;
    return { t: (bin + 0.5) * width, mean, count: own.length };
  }).filter(({ count }) => count > 0);
  const means = bins.map(({ mean }) => mean);
  const { frame, y } = frameFor({ height: HEIGHT }, (range) =>
    logScale([Math.min(...means), Math.max(...means)], range),
  );
  const x = linearScale([0, last + 1], [frame.left, frame.right]);
  const places = bins.map(({ t, mean }) => [x.at(t), y.at(mean)] as const);
  const colour = METHOD_COLOURS.ensemble;
  return chart(frame, {
    x: { label: 'training step t of the diffusion', scale: x },
    y: { label: 'mean loss', scale: y, grid: true },
    label: 'Loss against the time that masks were noised to, second half of training',
    marks: [
      polyline(places, { stroke: colour, 'stroke-width': 2 }),
      ...places.map(([cx, cy]) => element('circle', { cx, cy, r: 3, fill: colour })),
    ],
  });
}
