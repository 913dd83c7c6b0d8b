import * as metrics from '@medseg/metrics';
import { asRunError } from '../errors.ts';

// What stands in the way of a comparison is for the person who asked to change: these throw RunError.
/** `assertUnseen` of `@medseg/metrics`; throws RunError where a run was trained on what it is tested on. */
export const assertUnseen: typeof metrics.assertUnseen = (...args) => asRunError(() => metrics.assertUnseen(...args));
/** `commonIds` of `@medseg/metrics`; throws RunError where runs share no image. */
export const commonIds: typeof metrics.commonIds = (...args) => asRunError(() => metrics.commonIds(...args));
/** `alignCases` of `@medseg/metrics`; throws RunError where cases do not match. */
export const alignCases: typeof metrics.alignCases = (...args) => asRunError(() => metrics.alignCases(...args));
