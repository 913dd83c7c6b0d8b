import { describe, expect, it } from 'vitest';
import { type ClassMap, classMap } from '../class-map.ts';
import { type FoundSegment, segmentPatterns } from './segment-classes.ts';

describe('segmentPatterns', () => {
  const patterns = (segments: [number, string][], classes: ClassMap): [number[], string[]] => {
    const byNumber: string[] = [];
    const found = segmentPatterns(
      segments.map(([number, label]) => ({ number, label })),
      classes,
      'seg.dcm',
      ({ label, isByNumber }: FoundSegment) => void (isByNumber && byNumber.push(label)),
    );
    return [found, byNumber];
  };
  const organs = classMap({ liver: 1, tumour: 2 });

  it('finds classes by name, and without a name by number', () => {
    expect(
      patterns(
        [
          [2, 'liver'],
          [1, 'tumour'],
        ],
        organs,
      ),
    ).toEqual([[1, 2], []]);
    expect(
      patterns(
        [
          [1, ''],
          [2, ''],
        ],
        organs,
      ),
    ).toEqual([[1, 2], []]);
  });

  it('finds the class that a number names, whatever its value', () => {
    const classes = classMap({ 'segment 1': 3, 'segment 2': 1 });
    expect(
      patterns(
        [
          [1, ''],
          [2, 'lesion'],
        ],
        classes,
      ),
    ).toEqual([[1, 2], []]);
  });

  it('tells of a name that no class has', () => {
    expect(
      patterns(
        [
          [1, 'liver'],
          [2, 'lesion'],
        ],
        organs,
      ),
    ).toEqual([[1, 2], ['lesion']]);
    expect(
      patterns(
        [
          [1, 'lung'],
          [2, 'left lung'],
        ],
        classMap({ lung: [1, 2] }),
      ),
    ).toEqual([[1, 1], ['left lung']]);
  });

  it('refuses a number whose class the file has by name under another number', () => {
    const rule = 'seg.dcm: a segment must be of the classes liver, got tumour (1)';
    expect(() =>
      patterns(
        [
          [2, 'liver'],
          [1, 'tumour'],
        ],
        classMap({ liver: 1 }),
      ),
    ).toThrow(rule);
    expect(() => patterns([[9, '']], organs)).toThrow('got one without a name (9)');
  });

  it('finds classes whose names differ only in capitals before it looks at numbers', () => {
    const segments: [number, string][] = [
      [2, 'LIVER'],
      [1, 'Tumour'],
    ];
    expect(patterns(segments, organs)).toEqual([[1, 2], []]);
    // Where a file has both spellings, or the classes do, capitals tell.
    const two: [number, string][] = [
      [1, 'liver'],
      [2, 'Liver'],
    ];
    expect(patterns(two, classMap({ liver: 1, Liver: 2 }))).toEqual([[1, 2], []]);
    expect(() => patterns(two, classMap({ liver: 1 }))).toThrow(
      'a segment must be of the classes liver, got Liver (2)',
    );
    expect(patterns([[2, 'LIVER']], classMap({ liver: 1, Liver: 2 }))).toEqual([[2], ['LIVER']]);
  });
});
