import { checkSegments } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import type { Classes } from '../run/classes.ts';
import { describeLabels, describeSegments } from './describe-labels.ts';

describe('describeLabels', () => {
  const named = (classes: Classes, count: number): [number, string][] =>
    describeLabels(classes, count).map(({ value, name }) => [value, name]);

  it('names the values of a mask', () => {
    expect(named({ names: ['tumour'], exclusive: true }, 1)).toEqual([[1, 'tumour']]);
    expect(named({ names: ['liver', 'spleen'], exclusive: true, values: [[6], [1, 2]] }, 2)).toEqual([
      [6, 'liver'],
      [1, 'spleen'],
    ]);
    expect(named({ names: ['a', 'b'], exclusive: true }, 2)).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  it('names values of several regions after all of them', () => {
    expect(named({ names: ['WT', 'TC', 'ET'], exclusive: false, values: [[1, 2, 4], [1, 4], [4]] }, 3)).toEqual([
      [1, 'WT + TC'],
      [2, 'WT'],
      [4, 'WT + TC + ET'],
    ]);
  });

  it('names a background that is not 0', () => {
    const cup: Classes = { names: ['disc', 'cup'], exclusive: false, values: [[0, 128], [0]], background: [255] };
    expect(named(cup, 2)).toEqual([
      [0, 'disc + cup'],
      [128, 'disc'],
      [255, 'background'],
    ]);
  });

  it('gives colours that differ, and the codes of what is known', () => {
    const [liver, thing] = describeLabels({ names: ['Liver', 'thing'], exclusive: true }, 2);
    expect(liver!.color).not.toEqual(thing!.color);
    expect([liver!.concept?.type.value, thing!.concept]).toEqual(['10200004', undefined]);
  });
});

describe('describeSegments', () => {
  it('codes and colours segments', () => {
    const { segments, renamed } = describeSegments({ names: ['left kidney', 'Läsion'] });
    expect(renamed).toEqual([]);
    expect(segments).toMatchObject([
      { number: 1, label: 'left kidney', type: { value: '64033007' }, modifier: { meaning: 'Left' } },
      { number: 2, label: 'Läsion' },
    ]);
    expect(segments.every(({ color }) => color?.length === 3)).toBe(true);
  });

  it('makes labels that DICOM has room for of any names, and keeps these', () => {
    const names = ['a'.repeat(70), 'up\\down', ' padded ', '\u0007', 'x\ny', '', '🫀'.repeat(65)];
    const { segments, renamed } = describeSegments({ names });
    checkSegments(segments);
    expect(segments.map(({ label }) => label)).toEqual([
      `${'a'.repeat(61)}...`,
      'up/down',
      'padded',
      'class 4',
      'x y',
      'class 6',
      `${'🫀'.repeat(61)}...`,
    ]);
    expect(segments[0]!.description).toBe(names[0]);
    expect(renamed.map(({ name }) => name)).toEqual(names);
  });
});
