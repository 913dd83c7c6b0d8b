import * as metrics from '@medseg/metrics';
import { asRunError } from '../errors.ts';

// What stands in the way of a comparison is for the person who asked to change: these throw RunError.
export const assertUnseen: typeof metrics.assertUnseen = (...args) => asRunError(() => metrics.assertUnseen(...args));
export const commonIds: typeof metrics.commonIds = (...args) => asRunError(() => metrics.commonIds(...args));
export const alignCases: typeof metrics.alignCases = (...args) => asRunError(() => metrics.alignCases(...args));
