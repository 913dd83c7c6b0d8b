import { requireFunction } from '@medseg/arguments';
/** A run, its data or a scan does not fit what is asked of it. The message is written for the person who asked. */
export class RunError extends Error {
  override readonly name: string = 'RunError';
}

/** A configuration or an option is wrong. The message names the field and the rule. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
}

/** Runs `work` and turns its RangeError into a RunError: what cannot be built is for the person who asked to mend. */
export function asRunError<T>(work: () => T): T {
  requireFunction('asRunError: work', work);
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new RunError(error.message);
    throw error;
  }
}
