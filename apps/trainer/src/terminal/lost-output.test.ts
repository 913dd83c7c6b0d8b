import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { outliveLostOutput } from './lost-output.ts';

const watched = (): Writable => {
  const stream = new Writable();
  outliveLostOutput([stream]);
  return stream;
};

it.each(['EPIPE', 'EIO'])('outlives %s, and no other error', (code) => {
  const lost = Object.assign(new Error(code), { code });
  expect(() => watched().emit('error', lost)).not.toThrow();
  const other = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  expect(() => watched().emit('error', other)).toThrow('ENOSPC');
});
