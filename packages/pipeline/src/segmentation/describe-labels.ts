import { requireObject } from '@medseg/arguments';
import { type ClassMap, labelValues } from '@medseg/datasets';
import { conceptOf, type LabelDescription, type SegmentDescription } from '@medseg/image-io';
import { classColour } from '@medseg/report';
import { type Classes, classMapOf } from '../run/classes.ts';

/** How labels stand for `count` classes; undefined for one class, whose mask is 0 and 1. */
export function labelMapOf(classes: Classes, count: number): ClassMap | undefined {
  const map = classMapOf(classes);
  if (map || count === 1) return map;
  const values = Array.from({ length: count }, (_, k) => [k + 1]);
  const names = classes.names.length === count ? classes.names : values.map(([value]) => `class ${value}`);
  return { names: [...names], values, exclusive: true };
}

/**
 * The values of a mask that `labelsOf` makes, each with its name, colour and codes. Where regions overlap, a value is
 * named after all that it is part of; a background other than 0 is a label too.
 */
export function describeLabels(classes: Classes, count: number): LabelDescription[] {
  const map = labelMapOf(classes, count);
  const names = map?.names ?? classes.names;
  return labelValues(map)
    .filter(({ value, channels }) => channels.length > 0 || value !== 0)
    .map(({ value, channels }) => {
      const name = channels.map((k) => names[k]!).join(' + ');
      if (channels.length === 0) return { value, name: 'background', color: [0, 0, 0] };
      const concept = conceptOf(name);
      return { value, name, color: classColour(channels.at(-1)!), ...(concept && { concept }) };
    });
}

/** The longest label that DICOM has room for. */
const LABEL_LENGTH = 64;

/**
 * The classes as segments of a DICOM SEG, each with its colour and codes. A name that DICOM has no room for is
 * shortened or cleaned, whole in the description; `renamed` has each such name with its label.
 *
 * @example describeSegments({ names: ['Liver'] }).segments[0]?.label // 'Liver'
 */
export function describeSegments(classes: Pick<Classes, 'names'>): {
  segments: SegmentDescription[];
  renamed: { name: string; label: string }[];
} {
  requireObject('describeSegments: classes', classes, ['names']);
  const { names } = classes;
  const segments = names.map((name, k): SegmentDescription => {
    const label = labelFor(name, k);
    const { category, type, modifier } = conceptOf(name) ?? {};
    return {
      number: k + 1,
      label,
      ...(label !== name && { description: [...name.replaceAll(/\p{Cs}/gu, '')].slice(0, 1024).join('') }),
      ...(category && type && { category, type, ...(modifier && { modifier }) }),
      algorithmType: 'AUTOMATIC',
      algorithmName: 'medseg',
      color: classColour(k),
    };
  });
  const renamed = names
    .map((name, k) => ({ name, label: segments[k]!.label }))
    .filter(({ name, label }) => name !== label);
  return { segments, renamed };
}

/** A class's name as a label of DICOM: without backslashes, control characters and outer spaces, 64 characters at most. */
function labelFor(name: string, k: number): string {
  const clean = name
    .replaceAll('\\', '/')
    .replaceAll(/[\p{Cc}\p{Cs}]+/gu, ' ')
    .replace(/^ +| +$/g, '');
  const characters = [...clean];
  if (characters.length === 0) return `class ${k + 1}`;
  if (characters.length <= LABEL_LENGTH) return clean;
  return `${characters
    .slice(0, LABEL_LENGTH - 3)
    .join('')
    .trimEnd()}...`;
}
