import { describe, expect, it } from 'vitest';
import { foreignEncoding } from './foreign-encoding.ts';

describe('foreignEncoding', () => {
  const text = 'patient;split\nMüller;test\n';
  const little = new Uint8Array(Buffer.from(text, 'utf16le'));
  const big = new Uint8Array(Buffer.from(text, 'utf16le').swap16());

  it.each<[string, Uint8Array, string | undefined]>([
    ['UTF-8', new TextEncoder().encode(text), undefined],
    ['UTF-8 with a mark', new TextEncoder().encode(`\uFEFF${text}`), undefined],
    ['another code of 8 bits', Uint8Array.from(Buffer.from(text, 'latin1')), undefined],
    ['nothing', new Uint8Array(0), undefined],
    ['UTF-16', little, 'UTF-16'],
    ['UTF-16 of the other order', big, 'UTF-16'],
    ['UTF-16 with a mark', Uint8Array.of(0xff, 0xfe, ...little), 'UTF-16'],
    ['UTF-16 of the other order with a mark', Uint8Array.of(0xfe, 0xff, ...big), 'UTF-16'],
    ['a mark alone', Uint8Array.of(0xff, 0xfe), 'UTF-16'],
    ['UTF-32', Uint8Array.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), 'UTF-32'],
    ['a file of zeros', new Uint8Array(100), 'not text'],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13), 'not text'],
  ])('tells %s', (_, bytes, encoding) => {
    expect(foreignEncoding(bytes)).toBe(encoding);
  });
});
