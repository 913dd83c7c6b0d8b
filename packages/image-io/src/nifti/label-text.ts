import { requireList } from '@medseg/arguments';
import type { LabelDescription } from '../label-description.ts';

/**
 * The names and colours of a label volume as ITK-SNAP's label description file, which NIfTI viewers read beside the
 * volume: a line per label with its value, red, green, blue, opacity, two switches and the name.
 *
 * @example await writeFile('liver_mask.txt', labelText([{ value: 1, name: 'Liver', color: [221, 130, 101] }]))
 */
export function labelText(labels: readonly LabelDescription[]): string {
  requireList('labelText: labels', labels);
  const line = (value: number, color: readonly number[], shown: 0 | 1, name: string): string =>
    [
      `${value}`.padStart(5),
      ...color.map((part) => `${part}`.padStart(5)),
      `${shown}`.padStart(8),
      `  ${shown}  ${shown}    "${name.replaceAll('"', "'").replaceAll(/[\r\n]+/g, ' ')}"`,
    ].join('');
  const background = labels.some(({ value }) => value === 0) ? [] : [line(0, [0, 0, 0], 0, 'Clear Label')];
  const lines = labels.map(({ value, color, name }) => line(value, color, 1, name));
  return [...header, ...background, ...lines, ''].join('\n');
}

const rule = '#'.repeat(48);
const header = [
  rule,
  '# ITK-SnAP Label Description File',
  '# File format:',
  '# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL',
  '# Fields:',
  '#    IDX:   Zero-based index',
  '#    -R-:   Red color component (0..255)',
  '#    -G-:   Green color component (0..255)',
  '#    -B-:   Blue color component (0..255)',
  '#    -A-:   Label transparency (0.00 .. 1.00)',
  '#    VIS:   Label visibility (0 or 1)',
  '#    IDX:   Label mesh visibility (0 or 1)',
  '#  LABEL:   Label description',
  rule,
];
