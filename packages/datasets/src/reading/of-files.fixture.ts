import type { DataRemark } from '../case.ts';
import { UNKNOWN_PATIENT } from '../layouts/patients.ts';

/** Remarks but those on patients that nothing names: what is said of the files themselves. */
export function ofFiles(remarks: readonly DataRemark[] = []): DataRemark[] {
  return remarks.filter(({ text }) => text !== UNKNOWN_PATIENT);
}
