import { describe, expect, it } from 'vitest';
import { decodeText } from './text.ts';

/** Bytes of a text in which `\e` is an escape, as the standard's examples have them. */
const bytes = (text: string): Uint8Array => Uint8Array.from(text.replaceAll('\\e', '\x1b'), (c) => c.charCodeAt(0));

describe('the text of DICOM files', () => {
  // PS3.5, annexes H, I, J and K.
  it.each([
    ['ISO_IR 100', 'Buc^J\xe9r\xf4me', 'Buc^Jérôme'],
    ['ISO_IR 144', '\xbb\xee\xda\x63\x65\xdc', 'Люкceм'],
    ['ISO_IR 192', 'Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1', 'Wang^XiaoDong=王^小東'],
    ['GB18030', 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab', 'Wang^XiaoDong=王^小东'],
    [
      '\\ISO 2022 IR 87',
      'Yamada^Tarou=\\e$B;3ED\\e(B^\\e$BB@O:\\e(B=\\e$B$d$^$@\\e(B^\\e$B$?$m$&\\e(B',
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
    ],
    [
      'ISO 2022 IR 13\\ISO 2022 IR 87',
      '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\\e$B;3ED\\e(J^\\e$BB@O:\\e(J',
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎',
    ],
    [
      '\\ISO 2022 IR 149',
      'Hong^Gildong=\\e$)C\xfb\xf3^\\e$)C\xd1\xce\xd4\xd7=\\e$)C\xc8\xab^\\e$)C\xb1\xe6\xb5\xbf',
      'Hong^Gildong=洪^吉洞=홍^길동',
    ],
    ['\\ISO 2022 IR 58', 'Zhang^XiaoDong=\\e$)A\xd5\xc5^\\e$)A\xd0\xa1\xb6\xab', 'Zhang^XiaoDong=张^小东'],
    ['\\ISO 2022 IR 87\\ISO 2022 IR 159', '\\e$(D0!\\e(B', '丂'],
    ['ISO 2022 IR 100\\ISO 2022 IR 144', 'caf\xe9 \\e-L\xbb\xee', 'café Лю'],
  ])('in %j is decoded', (characterSet, text, expected) => {
    expect(decodeText(bytes(text), characterSet)).toBe(expected);
  });

  it('has a sign for what no character set explains', () => {
    expect(decodeText(bytes('a\\e%Zxyz'), '\\ISO 2022 IR 87')).toBe('a\ufffd');
    expect(decodeText(bytes('\\e$B;3E\\e(Bb'), '\\ISO 2022 IR 87')).toBe('山\ufffdb');
  });
});
