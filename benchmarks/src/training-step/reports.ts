/** What a step reports. */
export interface StepReport {
  readonly milliseconds: number;
  readonly loss: number;
}

/** What either side reports at the end. */
export interface EndReport {
  readonly peakBytes: number;
  readonly variant: string;
}
