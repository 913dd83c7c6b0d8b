import type { Case } from '../case.ts';

/**
 * What patients are spread evenly by: `foreground`, in five steps from none to the most, which needs the facts of
 * `checkCases`; or the `stratum` that a list gives their cases.
 */
export type Stratum = 'foreground' | 'stratum';

/**
 * The stratum of each patient.
 *
 * Throws RangeError when cases have not been read, or have no stratum, or one patient's cases have several.
 */
export function strataOf(cases: readonly Case[], by: Stratum): Map<string, string> {
  return by === 'stratum' ? givenStrata(cases) : foregroundStrata(cases);
}

function givenStrata(cases: readonly Case[]): Map<string, string> {
  const strata = new Map<string, string>();
  for (const { id, patient, stratum } of cases) {
    if (stratum === undefined) throw new RangeError(`split: every case must have a stratum, got none for ${id}`);
    const other = strata.get(patient) ?? stratum;
    if (other !== stratum)
      throw new RangeError(`split: a patient must have one stratum, got ${other} and ${stratum} for ${patient}`);
    strata.set(patient, stratum);
  }
  return strata;
}

/** Patients without foreground, and the others by quarters of their mean share of it. */
function foregroundStrata(cases: readonly Case[]): Map<string, string> {
  const shares = new Map<string, number[]>();
  for (const { id, patient, facts } of cases) {
    if (!facts) throw new RangeError(`split: ${id} must have been read by checkCases to be stratified by foreground`);
    const pixels = facts.size.reduce<number>((product, side) => product * side, 1);
    const list = shares.get(patient) ?? [];
    list.push(facts.foreground.reduce((sum, count) => sum + count, 0) / pixels);
    shares.set(patient, list);
  }
  const means = [...shares].map(([patient, list]) => [patient, list.reduce((a, b) => a + b, 0) / list.length] as const);
  const present = means.filter(([, mean]) => mean > 0).sort((a, b) => a[1] - b[1]);
  return new Map([
    ...means.filter(([, mean]) => mean === 0).map(([patient]) => [patient, 'none'] as const),
    ...present.map(([patient], i) => [patient, `quarter ${Math.floor((4 * i) / present.length)}`] as const),
  ]);
}

/**
 * Reorders names so that members of each stratum lie evenly: the i-th of n members goes to about (i + 1/2) / n of the
 * way. Within a stratum the order stays.
 */
export function spread(names: readonly string[], strata: ReadonlyMap<string, string>): string[] {
  const members = new Map<string, string[]>();
  for (const name of names) {
    const stratum = strata.get(name)!;
    members.set(stratum, [...(members.get(stratum) ?? []), name]);
  }
  return [...members.values()]
    .flatMap((list) => list.map((name, i) => ({ name, at: (i + 0.5) / list.length })))
    .sort((a, b) => a.at - b.at)
    .map(({ name }) => name);
}
