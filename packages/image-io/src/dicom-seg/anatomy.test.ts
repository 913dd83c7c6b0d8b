import { describe, expect, it } from 'vitest';
import { conceptOf } from './anatomy.ts';

describe('conceptOf', () => {
  it.each([
    ['Liver', '10200004', undefined],
    ['LEFT_KIDNEY', '64033007', 'Left'],
    ['kidney right', '64033007', 'Right'],
    ['kidneys', '64033007', undefined],
    ['right adrenal', '23451007', 'Right'],
    ['left ventricle', '87878005', undefined], // a structure of its own, not one of two
    ['Oesophagus', '32849002', undefined],
    ['tumour', '108369006', undefined],
    ['oedema', '79654002', undefined],
    ['optic disc', '81016008', undefined],
  ])('knows %s', (name, code, side) => {
    const found = conceptOf(name)!;
    expect([found.type.value, found.type.scheme, found.modifier?.meaning]).toEqual([code, 'SCT', side]);
  });

  it('tells anatomy from what is abnormal', () => {
    expect(conceptOf('spleen')!.category.value).toBe('91723000');
    expect(conceptOf('lesion')!.category.value).toBe('49755003');
  });

  it.each(['foreground', 'left', 'right', 'liver tumour', 'left right kidney', 'left kidney right', 'kidney 2', ''])(
    'guesses nothing for %j',
    (name) => {
      expect(conceptOf(name)).toBeUndefined();
    },
  );
});
