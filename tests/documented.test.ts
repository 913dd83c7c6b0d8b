import { expect, it } from 'vitest';
import { undocumented } from './docstrings/undocumented.ts';

// What an editor shows over a name: every export, member and option has a docstring, and where it may be left out that
// says what holds then.
it('every public name, member and option of the packages is documented with its default', () => {
  expect(undocumented()).toEqual([]);
});
