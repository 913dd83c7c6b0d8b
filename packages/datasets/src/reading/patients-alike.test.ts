import { expect, it } from 'vitest';
import { patientsAlike } from './patients-alike.ts';

const of = (patient: string, image: string) => ({ patient, images: [image] });

it('remarks on patients whose names differ only in capitals, once a spelling', () => {
  const cases = [of('A0', '1.png'), of('a0', '2.png'), of('A0', '3.png'), of('b', '4.png'), of('b', '5.png')];
  expect(patientsAlike(cases).map(({ file, detail }) => [file, detail])).toEqual([
    ['1.png', 'A0'],
    ['2.png', 'a0'],
  ]);
  expect(patientsAlike([])).toEqual([]);
});
