import type { CaseCount, DataSummary, Listing } from '@medseg/datasets';
import { formatShare } from '@medseg/report';

/** What is known of a data set as names and texts, for the terminal and the page. */
export function summaryLines(
  summary: DataSummary,
  { normalization }: Pick<Listing, 'normalization'>,
): [string, string][] {
  const { minimum, maximum, lowestMaximum, mean } = summary.intensities;
  const { slices } = summary;
  return [
    ['patients', String(summary.patients)],
    ['cases', `${summary.cases}${summary.empty > 0 ? `, ${summary.empty} without foreground` : ''}`],
    ['sizes', counts(summary.sizes)],
    ['spacings', `${counts(summary.spacings)}${summary.slices ? ' mm' : ''}`],
    ['channels', counts(summary.channels)],
    ['types', counts(summary.types)],
    [
      'intensities',
      `${number(minimum)} to ${number(maximum)}, mean ${number(mean)}${lowestMaximum < maximum / 4 ? `; the largest of a case is ${number(lowestMaximum)} to ${number(maximum)}` : ''}`,
    ],
    ...(summary.ignored
      ? [
          [
            'ignored',
            `${summary.ignored.pixels} pixels of ${summary.ignored.cases} cases, ${formatShare(summary.ignored.share)} of all: they count in no loss and no score`,
          ] as [string, string],
        ]
      : []),
    ...(normalization ? [['normalised', normalization.mode] as [string, string]] : []),
    ...(slices
      ? [
          [
            'slices',
            (['i', 'j', 'k'] as const)
              .map(
                (axis) => `${slices[axis][0]} along ${axis}, ${formatShare(slices[axis][1] / slices[axis][0])} empty`,
              )
              .join('; '),
          ] as [string, string],
        ]
      : []),
    ...(summary.annotators.some(({ value }) => value !== '1')
      ? [['annotators', counts(summary.annotators)] as [string, string]]
      : []),
  ];
}

/** The three most frequent, and how many others there are. */
function counts(values: readonly CaseCount[]): string {
  if (values.length === 1) return values[0]!.value;
  const shown = values.slice(0, 3).map(({ value, cases }) => `${value} (${cases})`);
  return `${shown.join(', ')}${values.length > 3 ? `, and ${values.length - 3} more` : ''}`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}
