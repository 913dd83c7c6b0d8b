import type { Case, DataRemark } from '../case.ts';
import { shortList } from '../short-list.ts';
import { nearDuplicates } from './near-duplicates.ts';
import { DisjointSets } from './union.ts';

/** Share of the images of the patient with fewer of them that must have a near-duplicate among those of another one. */
const LEAST_SHARE = 0.25;

/** So many groups of near-duplicates get a remark each. */
const MOST_REMARKS = 5;

/**
 * Puts patients whose images are nearly the same into one group, and says which they are: copies, or at least a quarter
 * of the images of one patient. `thumbnails` are those of the cases, from `thumbnailOf`.
 */
export function groupNearDuplicates(
  cases: readonly Case[],
  thumbnails: readonly (Float32Array | undefined)[],
): { cases: Case[]; remarks: DataRemark[] } {
  const found = nearDuplicates(cases.map(({ patient }, i) => ({ patient, thumbnail: thumbnails[i] })));
  const patients = [...new Set(cases.map(({ patient }) => patient))];
  const numberOf = new Map(patients.map((name, i) => [name, i]));
  const counts = countBy(cases, ({ patient }) => patient);
  const shared = new Map<string, { pair: [string, string]; images: number; hasCopies: boolean }>();
  for (const { images, hasCopies } of found) {
    const own = countBy(images, (i) => cases[i]!.patient);
    // Each with the first one, which is the same in every group of the same patients.
    const [first, ...others] = [...own.keys()].sort();
    for (const other of others) {
      const key = JSON.stringify([first, other]);
      const entry = shared.get(key) ?? { pair: [first!, other], images: 0, hasCopies: false };
      entry.images += Math.min(own.get(first!)!, own.get(other)!);
      entry.hasCopies ||= hasCopies;
      shared.set(key, entry);
    }
  }
  const sets = new DisjointSets(patients.length);
  for (const { pair, images, hasCopies } of shared.values()) {
    const fewer = Math.min(...pair.map((name) => counts.get(name)!));
    if (hasCopies || images >= LEAST_SHARE * fewer) sets.join(numberOf.get(pair[0])!, numberOf.get(pair[1])!);
  }
  const groupOf = new Map<string, string>();
  for (const members of sets.sets()) for (const i of members) groupOf.set(patients[i]!, patients[members[0]!]!);
  const alike: string[][] = [];
  const duplicateOf = new Map<number, string>();
  for (const { images } of found) {
    const grouped = images.filter((i) => groupOf.has(cases[i]!.patient));
    if (new Set(grouped.map((i) => cases[i]!.patient)).size < 2) continue;
    const files = grouped.map((i) => cases[i]!.images[0]!);
    alike.push(files);
    for (const i of grouped) duplicateOf.set(i, files[0]!);
  }
  return {
    cases: cases.map((c, i) => {
      const [group, file] = [groupOf.get(c.patient), duplicateOf.get(i)];
      return group === undefined ? c : { ...c, group, ...(file !== undefined && { duplicateOf: file }) };
    }),
    remarks: remarksOn(alike),
  };
}

function countBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

/** One remark for each group of files, the last one for all that are too many. */
function remarksOn(groups: readonly string[][]): DataRemark[] {
  const remarks = groups.slice(0, MOST_REMARKS).map(([first, ...others]) => ({
    file: first!,
    text: `nearly the same image as ${shortList(others)}, of other patients; all stay in one part of the split`,
  }));
  const more = groups.length - MOST_REMARKS;
  const next = groups[MOST_REMARKS]?.[0];
  if (next === undefined) return remarks;
  const text = `${more} more ${more === 1 ? 'group' : 'groups'} of images of several patients that are nearly the same, each kept in one part of the split`;
  return [...remarks, { file: next, text }];
}
