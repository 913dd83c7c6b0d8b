import { describe, expect, it } from 'vitest';
import { dice, iou } from '../overlap/overlap.ts';
import { generalizedEnergyDistance, hungarianIou } from '../readers/diversity.ts';
import { annotatorClassTable, annotatorNotes, annotatorTable, summariseAnnotators } from './annotator-summary.ts';
import { casesCsv } from './csv.ts';
import { comparePaired, compareWithAnchor } from './paired.ts';
import { type SegmentedCase, scoreCase } from './score-case.ts';

const a = Uint8Array.of(1, 1, 1, 0, 0, 0);
const b = Uint8Array.of(0, 1, 1, 1, 0, 0);
const c = Uint8Array.of(0, 0, 0, 1, 1, 0);
const none = new Uint8Array(6);

/** One class that two annotators and two members draw as a and b; the map is that of a, the anchor's that of b. */
const one: SegmentedCase = {
  ...{ id: 'x1', patient: 'x', grid: { shape: [2, 3] }, classNames: ['lesion'], truth: [a] },
  probability: Float32Array.from(a),
  anchor: Float32Array.from(b),
  annotators: [{ name: 'ann', truth: [a] }, { truth: [b] }],
  members: [[a], [b], [b]],
};
/** Two classes, of which nobody draws the second. */
const two: SegmentedCase = {
  ...one,
  id: 'y1',
  patient: 'y',
  classNames: ['disc', 'cup'],
  truth: [a, none],
  probability: Float32Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? a[i >> 1]! : 0)),
  anchor: undefined,
  annotators: [{ truth: [a, none] }, { truth: [c, none] }],
  members: [
    [a, none],
    [c, none],
  ],
};

describe('cases with several annotators', () => {
  it('are scored against each of them: the mask, the members, and the one mask of the anchor', () => {
    const { annotators, dice: majority } = scoreCase(one);
    expect(majority).toBe(1); // against the truth given, as without annotators
    expect(annotators).toEqual({
      count: 2,
      ensemble: {
        samples: 3,
        annotatorDice: (1 + 2 / 3) / 2,
        // IoU of a and b is 1/2: 2 E[d(S,Y)] = 2 (3/6) (1/2), E[d(S,S')] = (4/9) (1/2), E[d(Y,Y')] = (2/4) (1/2).
        ged: expect.closeTo(1 / 2 - 2 / 9 - 1 / 4, 12),
        // Six pairs of the repeated lists, 2 a and 4 b against 3 a and 3 b: one of them is unlike.
        hungarianIou: expect.closeTo((5 + 1 / 2) / 6, 12),
      },
      anchor: {
        samples: 1,
        annotatorDice: (2 / 3 + 1) / 2,
        ged: expect.closeTo(2 * (1 / 4) - 0 - 1 / 4, 12),
        hungarianIou: expect.closeTo(3 / 4, 12),
      },
    });
    expect(annotators!.ensemble!.ged).toBeCloseTo(generalizedEnergyDistance([a, b, b], [a, b]), 12);
    expect(annotators!.ensemble!.hungarianIou).toBeCloseTo(hungarianIou([a, b, b], [a, b]), 12);
  });

  it('have the mean over classes, each of which is scored', () => {
    const { annotators, classes } = scoreCase(two);
    const [disc, cup] = classes!.map((own) => own.annotators!.ensemble!);
    expect(disc!.annotatorDice).toBe((1 + dice(a, c)) / 2);
    expect(disc!.ged).toBeCloseTo(0, 12); // members are the annotators
    expect(disc!.hungarianIou).toBe(1);
    expect(cup).toEqual({ samples: 2, annotatorDice: 1, ged: 0, hungarianIou: 1 });
    expect(annotators!.ensemble!.annotatorDice).toBe((disc!.annotatorDice + 1) / 2);
    expect(annotators!.anchor).toBeUndefined();
  });

  it('scores the masks given, and the mask alone where no members are', () => {
    const { members, anchor, ...rest } = one;
    const { dice: scored, ece, annotators } = scoreCase({ ...rest, masks: [c] });
    expect(scored).toBe(dice(c, a));
    expect(ece).toBe(0); // of the map
    expect(annotators!.ensemble).toEqual({
      samples: 1,
      annotatorDice: (dice(c, a) + dice(c, b)) / 2,
      ged: expect.closeTo(1 - iou(c, a) + 1 - iou(c, b) - (1 - iou(a, b)) / 2, 12),
      hungarianIou: expect.closeTo((iou(c, a) + iou(c, b)) / 2, 12),
    });
    const alone = scoreCase({ ...rest, method: 'anchor' });
    expect(Object.keys(alone.annotators!)).toEqual(['count', 'anchor']);
  });

  it('leaves out what any annotator ignores', () => {
    const ignored = Uint8Array.of(1, 0, 0, 1, 0, 0); // where a and b differ
    const annotators = [{ truth: [a], ignored }, { truth: [b] }];
    const { annotators: scores, dice: majority } = scoreCase({ ...one, masks: [b], annotators });
    expect(scores!.ensemble).toEqual({ samples: 3, annotatorDice: 1, ged: 0, hungarianIou: 1 });
    expect(majority).toBe(dice(b, a)); // the case's own pixels to ignore are another matter
    const all = [{ truth: [a], ignored: new Uint8Array(6).fill(1) }, { truth: [b] }];
    const unknown = scoreCase({ ...one, annotators: all });
    expect(unknown.annotators!.ensemble).toEqual({
      ...{ samples: 3, annotatorDice: Number.NaN, ged: Number.NaN, hungarianIou: Number.NaN },
    });
    expect(annotatorNotes([unknown])).toContain('no value where no pixel counts for every annotator: 2');
  });

  it('changes nothing of cases with one', () => {
    const { annotators, members, ...rest } = one;
    expect(scoreCase({ ...rest, annotators: annotators!.slice(0, 1), members })).toEqual(scoreCase(rest));
    expect(scoreCase(rest)).not.toHaveProperty('annotators');
    expect(summariseAnnotators([scoreCase(rest)], { seed: 0 })).toBeUndefined();
    expect(annotatorTable(undefined).rows).toEqual([]);
    expect(annotatorNotes([scoreCase(rest)])).toEqual([]);
    expect(annotatorClassTable([scoreCase({ ...two, annotators: undefined })]).rows).toEqual([]);
    expect(casesCsv([scoreCase(rest)])).not.toContain('annotator');
  });

  it('has no Hungarian IoU where the lists would be too long, and says so', () => {
    const many = scoreCase({ ...one, members: Array.from({ length: 1025 }, () => [a]) });
    expect(many.annotators!.ensemble!.hungarianIou).toBeNaN();
    expect(many.annotators!.ensemble!.ged).toBeGreaterThan(0);
    expect(annotatorNotes([many])).toContain(
      'Hungarian IoU has no value where members and annotators have no common multiple up to 2048: 1',
    );
  });

  it.each([
    ['no member', { members: [] }, /members of x1 must not be empty/],
    [
      'a member of other classes',
      { members: [[a, b]] },
      /members\[0\] of x1 must have a mask for each of 1 classes, got 2/,
    ],
    ['another size', { members: [[a], [a.slice(1)]] }, /members\[1\] of x1 must have 6 pixels in each class, got 5/],
    ['no mask', { members: [[Float32Array.of(0, 0.5, 0, 0, 0, 0)]] }, /members\[0\]\[0\] of x1\[1\] is 0\.5/],
    ['annotators of other classes', { annotators: [{ truth: [a] }, { truth: [] }] }, /annotators\[1\] of x1/],
    ['masks of another size', { masks: [a.slice(1)] }, /masks\[0\] of x1 must have 6 pixels/],
    [
      'ignored pixels of another size',
      { annotators: [{ truth: [a], ignored: a.slice(1) }, { truth: [b] }] },
      /what annotators of x1 ignore must have 6 pixels, got 5/,
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => scoreCase({ ...one, ...change } as SegmentedCase)).toThrow(message);
  });
});

describe('the means against several annotators', () => {
  const { annotators: _, ...alone } = one;
  const results = [
    scoreCase(one),
    scoreCase({ ...one, id: 'z1', patient: 'z', members: [[c]] }),
    scoreCase({ ...alone, id: 'w1', patient: 'w' }),
  ];

  it('have intervals by patient, over the cases with several', () => {
    const { images, annotators, ensemble, anchor } = summariseAnnotators(results, { seed: 0 })!;
    const geds = results.slice(0, 2).map((result) => result.annotators!.ensemble!.ged);
    expect([images, annotators, ensemble!.samples, anchor!.samples]).toEqual([2, [2, 2], [1, 3], [1, 1]]);
    expect(ensemble!.ged.estimate).toBeCloseTo((geds[0]! + geds[1]!) / 2, 12);
    expect([ensemble!.ged.low, ensemble!.ged.high]).toEqual([geds[0]!, geds[1]!]);
    expect(annotatorTable({ images, annotators, ensemble })).toEqual({
      head: ['against each annotator', 'diffusion ensemble'],
      rows: [
        ['Dice, each annotator', '0.833 [0.833, 0.833]'],
        ['GED', `${ensemble!.ged.estimate.toFixed(3)} [${geds[0]!.toFixed(3)}, ${geds[1]!.toFixed(3)}]`],
        ['Hungarian IoU', expect.stringMatching(/^0\.\d{3} \[0\.\d{3}, 0\.917\]$/)],
      ],
    });
    expect(annotatorNotes(results)[0]).toBe(
      '2 of 3 images with 2 annotators, up to 3 members; the other metrics are against the majority of the annotators',
    );
    expect(annotatorNotes(results).join()).toContain('its GED is that of a single sample');
  });

  it('are told class by class', () => {
    expect(annotatorClassTable([scoreCase(two)]).rows).toEqual([
      ['disc', (0.5 + dice(a, c) / 2).toFixed(3), '0.000', '1.000'],
      ['cup', '1.000', '0.000', '1.000'],
    ]);
  });

  it('stand in the CSV behind the other scores', () => {
    const [head, first, , last] = casesCsv(results).split('\r\n');
    const names = 'annotators,annotator_dice,ged,hungarian_iou,anchor_annotator_dice,anchor_ged,anchor_hungarian_iou';
    expect(head!.endsWith(`,${names}`)).toBe(true);
    const { ensemble, anchor } = results[0]!.annotators!;
    const values = [ensemble, anchor].flatMap((own) => [own!.annotatorDice, own!.ged, own!.hungarianIou]);
    expect(first!.endsWith(`,2,${values.join(',')}`)).toBe(true);
    expect(last!.endsWith(',1,NaN,NaN,NaN,NaN,NaN,NaN')).toBe(true);
    const classed = casesCsv([scoreCase(two)]).split('\r\n');
    expect(classed[3]).toMatch(/^y1,y,cup,.*,2,1,0,1$/);
  });

  it('are compared pair by pair, on the images with several', () => {
    const others = results.map((result) => ({
      ...result,
      ...(result.annotators && {
        annotators: {
          count: 2,
          ensemble: { ...result.annotators.ensemble!, ged: result.annotators.ensemble!.ged + 0.1 },
        },
      }),
    }));
    const rows = comparePaired(results, others, { seed: 0 });
    const ged = rows.find(({ metric }) => metric.key === 'ged')!;
    expect(ged.difference.estimate).toBeCloseTo(0.1, 12);
    expect([ged.difference.images, ged.leftOut.of, ged.patients]).toEqual([2, 2, 2]);
    const { annotators: __, ...plain } = results[0]!;
    expect(comparePaired([plain], [results[0]!], { seed: 0 }).some(({ metric }) => metric.key === 'ged')).toBe(false);
    const own = compareWithAnchor(results.slice(0, 1), { seed: 0 })!.find(({ metric }) => metric.key === 'ged')!;
    const { ensemble, anchor } = results[0]!.annotators!;
    expect([own.first, own.other]).toEqual([anchor!.ged, ensemble!.ged]);
  });
});
