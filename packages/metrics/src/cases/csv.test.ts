import { caseResult } from '@medseg/test-support/case-results';
import { expect, it } from 'vitest';
import { casesCsv } from './csv.ts';

const results = [
  caseResult('a1', 'a', { dice: 0.5 }),
  caseResult('a2', 'a', { dice: 0.7 }),
  caseResult('b1', 'b', { dice: 0.9, hausdorff95: Number.NaN }),
];

it('writes every image as CSV', () => {
  const [head, , , third] = casesCsv(results).split('\r\n');
  expect(head).toBe(
    'image,patient,true_area,dice,iou,hausdorff95,assd,sensitivity,precision,ece,area,confidence,' +
      'anchor_dice,anchor_iou,anchor_hausdorff95,anchor_assd,anchor_sensitivity,anchor_precision,anchor_ece,anchor_area,anchor_confidence,' +
      'otsu_dice,otsu_iou,otsu_hausdorff95,otsu_assd,otsu_sensitivity,otsu_precision,otsu_area',
  );
  expect(third).toBe(
    'b1,b,100,0.9,0.8,NaN,0.5,0.9,0.9,0.01,100,0.9,0.9,0.8,2,0.5,0.9,0.9,0.01,100,0.9,0.2,0.8,2,0.5,0.9,0.9,100',
  );
});

it('writes every class of an image below it', () => {
  const scored = { ...caseResult('x', 'x'), anchor: undefined, otsu: undefined };
  const classes = [
    { ...scored, name: 'left, upper', dice: 0.9 },
    { ...scored, name: 'right', dice: 0, hausdorff95: Number.NaN, area: 0 },
  ];
  const two = { ...scored, id: 'a1', patient: 'a', dice: 0.45, classes };
  expect(casesCsv([two, { ...two, id: 'a2' }]).split('\r\n')).toEqual([
    'image,patient,class,true_area,dice,iou,hausdorff95,assd,sensitivity,precision,ece,area,confidence',
    'a1,a,,100,0.45,0.8,2,0.5,0.9,0.9,0.01,100,0.9',
    'a1,a,"left, upper",100,0.9,0.8,2,0.5,0.9,0.9,0.01,100,0.9',
    'a1,a,right,100,0,0.8,NaN,0.5,0.9,0.9,0.01,0,0.9',
    'a2,a,,100,0.45,0.8,2,0.5,0.9,0.9,0.01,100,0.9',
    'a2,a,"left, upper",100,0.9,0.8,2,0.5,0.9,0.9,0.01,100,0.9',
    'a2,a,right,100,0,0.8,NaN,0.5,0.9,0.9,0.01,0,0.9',
    '',
  ]);
});
