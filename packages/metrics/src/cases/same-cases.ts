import { requireList } from '@medseg/arguments';
import type { CaseScores } from './scores.ts';

/** A run in a comparison. */
export interface ComparedRun {
  /** What errors call it. */
  readonly name: string;
  /** Patients whose images it was trained on. */
  readonly trainedOn: readonly string[];
  /** Patients whose images it is tested on. */
  readonly tested: readonly string[];
}

/**
 * Throws RangeError where a run is tested on a patient that any of the runs was trained on.
 *
 * @example assertUnseen([{ name: 'mine', trainedOn: ['a', 'b'], tested: ['c'] }])
 */
export function assertUnseen(runs: readonly ComparedRun[]): void {
  requireList('assertUnseen: runs', runs);
  for (const trainer of runs) {
    const seen = new Set(trainer.trainedOn);
    for (const tester of runs) {
      const both = [...new Set(tester.tested)].filter((patient) => seen.has(patient)).sort();
      if (both.length === 0) continue;
      const others = both.length > 1 ? ` and ${both.length - 1} more` : '';
      throw new RangeError(
        tester === trainer
          ? `${tester.name}: tested on patient ${both[0]}${others}, whom it was trained on; a comparison must be on patients that no run was trained on`
          : `${tester.name} and ${trainer.name}: their splits differ: the first is tested on patient ${both[0]}${others}, whom the second was trained on; compare runs of the same split`,
      );
    }
  }
}

/**
 * The ids of the images that every run is tested on, in the order of the first. Throws RangeError where there are none.
 *
 * @example commonIds([{ name: 'mine', ids: ['1', '2'] }, { name: 'other', ids: ['2', '3'] }]) // Set { '2' }
 */
export function commonIds(
  runs: readonly { readonly name: string; readonly ids: readonly string[] }[],
): ReadonlySet<string> {
  requireList('commonIds: runs', runs);
  if (runs.length === 0) throw new RangeError('commonIds: needs at least one run, got none');
  const [first, ...others] = runs.map(({ ids }) => new Set(ids));
  const common = [...first!].filter((id) => others.every((ids) => ids.has(id)));
  if (common.length === 0) {
    throw new RangeError(`${runs.map(({ name }) => name).join(' and ')}: have no image in common to compare on`);
  }
  return new Set(common);
}

/**
 * The scores of each run in the order of the first; all must hold the same ids. Throws RangeError where a run lacks an
 * image, or an image has another truth or other classes.
 *
 * @example const [first, other] = alignCases([{ name: 'mine', images: mine }, { name: 'other', images: others }]);
 */
export function alignCases(
  runs: readonly { readonly name: string; readonly images: readonly CaseScores[] }[],
): CaseScores[][] {
  requireList('alignCases: runs', runs);
  const [first] = runs;
  return runs.map(({ name, images }) => {
    const byId = new Map(images.map((image) => [image.id, image]));
    return first!.images.map((expected) => {
      const image = byId.get(expected.id);
      if (!image)
        throw new RangeError(`${first!.name} and ${name}: image ${expected.id} must be in both, got it in the first`);
      if (image.trueArea !== expected.trueArea || image.patient !== expected.patient) {
        throw new RangeError(
          `${first!.name} and ${name}: image ${image.id} must be the same in both, got a true mask of ${expected.trueArea} in patient ${expected.patient} and of ${image.trueArea} in ${image.patient}`,
        );
      }
      if (classNamesOf(image) !== classNamesOf(expected)) {
        throw new RangeError(
          `${first!.name} and ${name}: image ${image.id} must have the same classes in both, got ${classNamesOf(expected)} and ${classNamesOf(image)}`,
        );
      }
      return image;
    });
  });
}

/** The classes of a case as errors name them. */
export function classNamesOf({ classes }: CaseScores): string {
  return classes?.map(({ name }) => name).join(', ') ?? 'one class';
}
