import type { CaseScores } from '../evaluation/scores.ts';
import { UserError } from '../user-error.ts';

/** A run in a comparison. */
export interface Entrant {
  /** As the user named it. */
  readonly name: string;
  readonly trainedOn: readonly string[];
  /** Patients whose images it is tested on. */
  readonly tested: readonly string[];
}

/** Throws UserError where a patient that one run is tested on is one that any run was trained on. */
export function assertUnseen(entrants: readonly Entrant[]): void {
  for (const trainer of entrants) {
    const seen = new Set(trainer.trainedOn);
    for (const tester of entrants) {
      const both = [...new Set(tester.tested)].filter((patient) => seen.has(patient)).sort();
      if (both.length === 0) continue;
      const others = both.length > 1 ? ` and ${both.length - 1} more` : '';
      throw new UserError(
        tester === trainer
          ? `${tester.name}: tested on patient ${both[0]}${others}, whom it was trained on; a comparison must be on patients that no run was trained on`
          : `${tester.name} and ${trainer.name}: their splits differ: the first is tested on patient ${both[0]}${others}, whom the second was trained on; compare runs of the same split`,
      );
    }
  }
}

/** The ids of the images that every entrant is tested on, in the first one's order. Throws UserError where there are none. */
export function commonIds(
  entrants: readonly { readonly name: string; readonly ids: readonly string[] }[],
): ReadonlySet<string> {
  const [first, ...others] = entrants.map(({ ids }) => new Set(ids));
  const common = [...first!].filter((id) => others.every((ids) => ids.has(id)));
  if (common.length === 0) {
    throw new UserError(`${entrants.map(({ name }) => name).join(' and ')}: have no image in common to compare on`);
  }
  return new Set(common);
}

/**
 * The scores of each entrant in the first one's order; all must hold the same ids. Throws UserError where an image has
 * not the same truth in all.
 */
export function alignCases(
  entrants: readonly { readonly name: string; readonly images: readonly CaseScores[] }[],
): CaseScores[][] {
  const [first] = entrants;
  return entrants.map(({ name, images }) => {
    const byId = new Map(images.map((image) => [image.id, image]));
    return first!.images.map((expected) => {
      const image = byId.get(expected.id)!;
      if (image.trueArea !== expected.trueArea || image.patient !== expected.patient) {
        throw new UserError(
          `${first!.name} and ${name}: image ${image.id} must be the same in both, got a true mask of ${expected.trueArea} in patient ${expected.patient} and of ${image.trueArea} in ${image.patient}`,
        );
      }
      return image;
    });
  });
}
