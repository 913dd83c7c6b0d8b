/** Something in which a scan differs from those that a run was trained on. */
export interface ScanFinding {
  /** Whether the scan is not to be segmented unless somebody insists. */
  readonly isRefused: boolean;
  /** The same words for every scan of a kind. */
  readonly text: string;
  /** What was found, and what was trained on. */
  readonly detail: string;
}

/** A number in three digits. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
