/** Value representations whose length takes four bytes after two that are reserved (PS3.5, 7.1.2). */
export const longForms: ReadonlySet<string> = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));

/** All value representations (PS3.5, 6.2). */
export const valueForms: ReadonlySet<string> = new Set([
  ...longForms,
  ...'AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US'.split(' '),
]);
