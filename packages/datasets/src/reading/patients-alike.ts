import type { Case, DataRemark } from '../case.ts';

/** Remarks on patients whose names differ only in capitals: most likely one patient, of whom the split would make two. */
export function patientsAlike(cases: readonly Pick<Case, 'patient' | 'images'>[]): DataRemark[] {
  const spellings = new Map<string, Map<string, string>>();
  for (const { patient, images } of cases) {
    const key = patient.toLowerCase();
    const files = spellings.get(key) ?? new Map<string, string>();
    spellings.set(key, files);
    if (!files.has(patient)) files.set(patient, images[0]!);
  }
  const text = 'its patient is called alike elsewhere but for capitals, and counts as another patient';
  return [...spellings.values()]
    .filter((files) => files.size > 1)
    .flatMap((files) => [...files].map(([patient, file]) => ({ file, text, detail: patient })));
}
