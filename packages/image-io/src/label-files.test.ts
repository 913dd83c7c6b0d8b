import { describe, expect, it } from 'vitest';
import { conceptOf } from './dicom-seg/anatomy.ts';
import type { LabelDescription } from './label-description.ts';
import { labelText } from './nifti/label-text.ts';
import { decodeNrrd } from './nrrd/decode.ts';
import { encodeNrrd } from './nrrd/encode.ts';
import { encodeNrrdSegmentation } from './nrrd/encode-segmentation.ts';
import { createVolume } from './volume.ts';

const labels: LabelDescription[] = [
  { value: 1, name: 'Left kidney', color: [255, 0, 51], concept: conceptOf('left kidney')! },
  { value: 4, name: 'Läsion "A"', color: [0, 255, 0] },
  { value: 9, name: 'none', color: [0, 0, 0] },
];
// Labels in a grid of 3 x 2 x 2: label 1 in a corner, label 4 across both slices.
const mask = createVolume({
  size: [3, 2, 2],
  spacing: [1, 2, 3],
  origin: [-7, 8, 9],
  data: Uint8Array.of(1, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0, 0),
});

/** The key/value pairs of an NRRD header. */
const pairsOf = (bytes: Uint8Array): Map<string, string> => {
  const header = new TextDecoder().decode(bytes).split('\n\n')[0]!;
  return new Map(
    header
      .split('\n')
      .map((line) => /^(.+?):=(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map((match) => [match[1]!, match[2]!]),
  );
};

describe('a segmentation of 3D Slicer', () => {
  const bytes = encodeNrrdSegmentation(mask, labels);
  const pairs = pairsOf(bytes);

  it('names, colours and codes its segments, and says where they are', () => {
    expect(pairs.get('Segmentation_SourceRepresentation')).toBe('Binary labelmap');
    expect(['Name', 'Color', 'LabelValue', 'Layer', 'Extent'].map((field) => pairs.get(`Segment0_${field}`))).toEqual([
      'Left kidney',
      '1 0 0.2',
      '1',
      '0',
      '0 0 0 0 0 0',
    ]);
    expect(pairs.get('Segment0_Tags')).toBe(
      'TerminologyEntry:Segmentation category and type - DICOM master list~SCT^91723000^Anatomical Structure~SCT^64033007^Kidney~SCT^7771000^Left~Anatomic codes - DICOM master list~^^~^^|',
    );
    expect([pairs.get('Segment1_Name'), pairs.get('Segment1_Extent')]).toEqual(['Läsion "A"', '2 2 0 1 0 1']);
    expect(pairs.get('Segment2_Extent')).toBe('0 -1 0 -1 0 -1');
  });

  it('is an NRRD file of the labels', () => {
    const { size, spacing, origin, data } = decodeNrrd(bytes);
    expect({ size, spacing, origin, data }).toEqual({
      size: mask.size,
      spacing: mask.spacing,
      origin: mask.origin,
      data: mask.data,
    });
  });

  it('refuses labels that it cannot hold', () => {
    expect(() => encodeNrrdSegmentation(mask, labels.slice(0, 1))).toThrow(
      "a voxel must be 0 or a label's value, got 4",
    );
    expect(() => encodeNrrdSegmentation(mask, [{ ...labels[0]!, value: 0 }])).toThrow(
      'positive whole numbers, each once, got 0',
    );
    expect(() => encodeNrrdSegmentation(mask, [labels[0]!, labels[0]!])).toThrow('each once, got 1');
    const two = createVolume({ size: [1, 1, 1], channels: 2, data: Uint8Array.of(0, 1) });
    expect(() => encodeNrrdSegmentation(two, labels)).toThrow('must have one channel, got 2');
  });
});

it('NRRD keeps pairs whose values have line ends and backslashes, and refuses keys that would end early', () => {
  const bytes = encodeNrrd(mask, { keyValues: { note: 'a\\b\nc' } });
  expect(pairsOf(bytes).get('note')).toBe('a\\\\b\\nc');
  expect(decodeNrrd(bytes).data).toEqual(mask.data);
  expect(() => encodeNrrd(mask, { keyValues: { 'a:=b': 'c' } })).toThrow(
    'a key must be one line without ":=", got "a:=b"',
  );
});

it('label text has a line per label, as ITK-SNAP writes it', () => {
  const lines = labelText(labels)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.map((line) => line.trim().split(/\s+/).slice(0, 7).join(' '))).toEqual([
    '0 0 0 0 0 0 0',
    '1 255 0 51 1 1 1',
    '4 0 255 0 1 1 1',
    '9 0 0 0 1 1 1',
  ]);
  expect(lines.map((line) => line.slice(line.indexOf('"')))).toEqual([
    '"Clear Label"',
    '"Left kidney"',
    `"Läsion 'A'"`,
    '"none"',
  ]);
});
