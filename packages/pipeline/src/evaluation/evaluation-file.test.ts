import {
  type CaseResult,
  casesCsv,
  type SegmentedCase,
  scoreCase,
  summariseAnnotators,
  summariseResults,
} from '@medseg/metrics';
import { describe, expect, it } from 'vitest';
import { ONE_CLASS, TWO_CLASSES } from './evaluation-file.fixture.ts';
import { evaluationJson, parseEvaluation } from './evaluation-file.ts';

const truth = Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0);
const grid = { shape: [4, 4] };
const eighths = (...values: number[]): Float32Array => Float32Array.from(values, (value) => value / 8);
const scan = (seed: number) => ({ channels: 2, data: Float32Array.from({ length: 32 }, (_, i) => (i * seed) % 11) });
const found = eighths(0, 0, 1, 0, 2, 7, 6, 0, 1, 8, 3, 0, 0, 4, 0, 0);
const missed = eighths(0, 0, 1, 0, 2, 3, 3, 0, 1, 2, 3, 0, 0, 1, 0, 0);

const oneClass: CaseResult[] = [
  {
    ...{ id: 'a1', patient: 'a', probability: found, intensities: scan(3) },
    anchor: eighths(0, 1, 1, 0, 2, 5, 6, 5, 1, 8, 5, 0, 0, 4, 0, 0),
  },
  {
    ...{ id: 'b1', patient: 'b', probability: missed, intensities: scan(5) },
    anchor: eighths(0, 0, 0, 0, 0, 8, 8, 0, 0, 8, 8, 0, 0, 0, 0, 0),
  },
].map((each) =>
  scoreCase({ ...each, grid: { ...grid, spacing: [2, 0.5] }, classNames: ['foreground'], truth: [truth] }),
);

const sides: SegmentedCase = {
  ...{ id: 'c1', patient: 'c', grid, classNames: ['left', 'right'] },
  truth: [truth, new Uint8Array(16)],
  probability: Float32Array.from({ length: 32 }, (_, i) => (i % 2 ? missed : found)[i >> 1]!),
  intensities: scan(7),
};
const twoClasses: CaseResult[] = [scoreCase(sides)];

const anchorAlone: CaseResult[] = [scoreCase({ ...sides, method: 'anchor' })];

/** Two annotators of a case, scored by an ensemble of two and its anchor. */
const annotated: CaseResult[] = [
  scoreCase({
    ...{ id: 'd1', patient: 'd', grid, classNames: ['foreground'], truth: [truth], probability: found, anchor: missed },
    annotators: [{ truth: [truth] }, { truth: [truth.toReversed()] }],
    members: [[truth], [new Uint8Array(16)]],
  }),
];

/** The file, its reliability diagrams cut down to two bins. */
function written(results: readonly CaseResult[]): string {
  const short = results.map((result) => ({
    ...result,
    reliability: {
      ensemble: result.reliability.ensemble?.slice(0, 2),
      anchor: result.reliability.anchor?.slice(0, 2),
    },
  }));
  const info = {
    ...{ run: 'runs/x', data: 'd', split: 'test', steps: 3, members: 2, seed: 1 },
    ...{ unit: 'mm' as const, trainedOn: ['t'] },
  };
  const summary = summariseResults(results, { seed: 1 });
  return evaluationJson(info, short, summary, summariseAnnotators(results, { seed: 1 }));
}

describe('the file of evaluate --json', () => {
  it.each([
    ['one class', oneClass, ONE_CLASS],
    ['two classes', twoClasses, TWO_CLASSES],
  ])('stays as it is to the last byte, with %s', (_, results, literal) => {
    expect(written(results)).toBe(`${JSON.stringify(JSON.parse(literal), null, 2)}\n`);
  });

  it('is read back as it was scored', () => {
    for (const results of [oneClass, twoClasses, anchorAlone, annotated]) {
      const { images, trainedOn } = parseEvaluation(written(results), 'scores.json');
      expect(trainedOn).toEqual(['t']);
      expect(images).toEqual(results.map(({ reliability, ...scores }) => scores));
    }
  });

  it('has the means against several annotators', () => {
    const { annotators, images } = JSON.parse(written(annotated));
    const { ged, hungarianIou } = annotated[0]!.annotators!.ensemble!;
    expect(annotators).toMatchObject({
      ...{ images: 1, annotators: [2, 2] },
      ensemble: { samples: [2, 2], ged: { estimate: ged, low: null }, hungarianIou: { estimate: hungarianIou } },
      anchor: { samples: [1, 1] },
    });
    expect(images[0].annotators.count).toBe(2);
  });

  it('says how members were fused', () => {
    const text = JSON.stringify({ ...JSON.parse(written(oneClass)), fuse: 'staple' });
    expect(parseEvaluation(text, 'scores.json').fuse).toBe('staple');
    expect(parseEvaluation(written(oneClass), 'scores.json')).not.toHaveProperty('fuse');
  });

  it('has the scores of the anchor alone under its name', () => {
    const { mean, intervals, calibration, riskCoverage } = JSON.parse(written(anchorAlone));
    expect(mean).toEqual({ anchor: expect.objectContaining({ dice: anchorAlone[0]!.dice }) });
    expect([intervals, calibration, riskCoverage].map(({ ensemble, anchor }) => [ensemble, typeof anchor])).toEqual(
      Array.from({ length: 3 }, () => [undefined, 'object']),
    );
  });
});

it('the file of evaluate --csv stays as it is to the last byte', () => {
  expect(casesCsv(oneClass).split('\r\n')).toEqual([
    'image,patient,true_area,dice,iou,hausdorff95,assd,sensitivity,precision,ece,area,confidence,' +
      'anchor_dice,anchor_iou,anchor_hausdorff95,anchor_assd,anchor_sensitivity,anchor_precision,anchor_ece,anchor_area,anchor_confidence,' +
      'otsu_dice,otsu_iou,otsu_hausdorff95,otsu_assd,otsu_sensitivity,otsu_precision,otsu_area',
    'a1,a,4,0.75,0.6,1.6999999999999993,0.3125,0.75,0.75,0.125,4,0.78125,0.8,0.6666666666666666,1.625,0.25,1,0.6666666666666666,0.09375,6,0.7674418604651163,0.36363636363636365,0.2222222222222222,2.0615528128088303,1.147555056874333,0.5,0.2857142857142857,7',
    'b1,b,4,0,0,NaN,NaN,0,NaN,0.171875,0,0.625,1,1,0,0,1,1,0,4,1,0.15384615384615385,0.08333333333333333,2.0615528128088303,1.1633158173552047,0.25,0.1111111111111111,9',
    '',
  ]);
});
