import { expect, it } from 'vitest';
import { checkLength } from './writer.ts';

it('refuses values whose length 32 bits have no room for, or would read as none given', () => {
  checkLength({ length: 2 ** 32 - 2 });
  for (const length of [2 ** 32 - 1, 2 ** 32, 2 ** 33])
    expect(() => checkLength({ length })).toThrow(`DICOM: a value has room for 4294967294 bytes, got ${length}`);
});
