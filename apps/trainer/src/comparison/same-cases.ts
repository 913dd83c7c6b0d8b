import * as metrics from '@medseg/metrics';
import { UserError } from '../user-error.ts';

// What stands in the way of a comparison is for the user to change: these throw UserError.
export const assertUnseen: typeof metrics.assertUnseen = forUser(metrics.assertUnseen);
export const commonIds: typeof metrics.commonIds = forUser(metrics.commonIds);
export const alignCases: typeof metrics.alignCases = forUser(metrics.alignCases);

function forUser<Arguments extends unknown[], Result>(
  run: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  return (...args) => {
    try {
      return run(...args);
    } catch (error) {
      if (error instanceof RangeError) throw new UserError(error.message);
      throw error;
    }
  };
}
