/** Names of `TextDecoder` for DICOM's character sets of single bytes, by number (PS3.3, C.12.1.1.2). */
const encodings: Record<string, string> = {
  '192': 'utf-8',
  '100': 'latin1',
  '101': 'iso-8859-2',
  '109': 'iso-8859-3',
  '110': 'iso-8859-4',
  '144': 'iso-8859-5',
  '127': 'iso-8859-6',
  '126': 'iso-8859-7',
  '138': 'iso-8859-8',
  '148': 'iso-8859-9',
  '203': 'iso-8859-15',
  '166': 'windows-874',
  '13': 'shift_jis',
};

/** What an escape sequence calls up: bytes below 128 as pairs of a Japanese set, or those above as an encoding. */
type Called = { pairs: 'ascii' | 'jis x 0208' | 'jis x 0212' } | { upper: string };

/** The escape sequences of DICOM without their first byte (PS3.3, tables C.12-3 and C.12-4). */
const escapes: readonly (readonly [sequence: string, called: Called])[] = [
  ['(B', { pairs: 'ascii' }],
  ['(J', { pairs: 'ascii' }],
  ['$B', { pairs: 'jis x 0208' }],
  ['$@', { pairs: 'jis x 0208' }],
  ['$(D', { pairs: 'jis x 0212' }],
  [')I', { upper: 'shift_jis' }],
  ['$)C', { upper: 'euc-kr' }],
  ['$)A', { upper: 'gb18030' }],
  ['-A', { upper: 'latin1' }],
  ['-B', { upper: 'iso-8859-2' }],
  ['-C', { upper: 'iso-8859-3' }],
  ['-D', { upper: 'iso-8859-4' }],
  ['-L', { upper: 'iso-8859-5' }],
  ['-G', { upper: 'iso-8859-6' }],
  ['-F', { upper: 'iso-8859-7' }],
  ['-H', { upper: 'iso-8859-8' }],
  ['-M', { upper: 'iso-8859-9' }],
  ['-b', { upper: 'iso-8859-15' }],
  ['-T', { upper: 'windows-874' }],
];

const escapeByte = 0x1b;
/** What stands for bytes of no known character set. */
const unknown = '\ufffd';

/** The encoding of a text by its file's character set; undefined where there is none or it changes by escape sequences. */
export function encodingOf(bytes: Uint8Array, characterSet: string): string | undefined {
  return bytes.includes(escapeByte) ? undefined : initialEncoding(characterSet);
}

function initialEncoding(characterSet: string): string | undefined {
  const first = characterSet.split('\\')[0]!.trim();
  if (first === 'GB18030' || first === 'GBK') return 'gb18030';
  return encodings[/^ISO(?:_| 2022 )IR (\d+)$/.exec(first)?.[1] ?? ''];
}

/**
 * A text in the character set of its file, also where escape sequences change it (ISO 2022, PS3.5, 6.1.2.4). One that the
 * file does not tell is UTF-8 where that fits, else Latin-1. What follows an escape sequence that DICOM does not know
 * becomes U+FFFD.
 */
export function decodeText(bytes: Uint8Array, characterSet: string): string {
  if (bytes.includes(escapeByte)) return decodeExtended(bytes, initialEncoding(characterSet) ?? 'latin1');
  const encoding = initialEncoding(characterSet);
  if (encoding) return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}

/** Between two values or the parts of a name all is as at the start: tab, line ends, `\`, `^` and `=`. */
const delimiters = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x5c, 0x5e, 0x3d]);

function decodeExtended(bytes: Uint8Array, initial: string): string {
  let out = '';
  let run: number[] = [];
  let pairs: 'ascii' | 'jis x 0208' | 'jis x 0212' | undefined = 'ascii';
  let upper = initial;
  const flush = (): void => {
    if (run.length > 0) out += pairs === undefined ? unknown : decodeRun(Uint8Array.from(run), pairs, upper);
    run = [];
  };
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at]!;
    if (byte === escapeByte) {
      flush();
      const rest = String.fromCharCode(...bytes.subarray(at + 1, at + 4));
      const found = escapes.find(([sequence]) => rest.startsWith(sequence));
      if (!found) pairs = undefined;
      else if ('pairs' in found[1]) pairs = found[1].pairs;
      else [pairs, upper] = ['ascii', found[1].upper];
      at += 1 + (found?.[0].length ?? 0);
      continue;
    }
    // A byte of a pair is no delimiter.
    if (delimiters.has(byte) && pairs === 'ascii') {
      flush();
      out += String.fromCharCode(byte);
      upper = initial;
    } else run.push(byte);
    at++;
  }
  flush();
  return out;
}

function decodeRun(run: Uint8Array, pairs: 'ascii' | 'jis x 0208' | 'jis x 0212', upper: string): string {
  if (pairs === 'ascii') return new TextDecoder(upper, { ignoreBOM: true }).decode(run);
  // EUC-JP has the same pairs with the highest bit set, those of JIS X 0212 behind a byte of their own.
  const euc: number[] = [];
  for (let i = 0; i + 1 < run.length; i += 2) {
    if (pairs === 'jis x 0212') euc.push(0x8f);
    euc.push(run[i]! | 0x80, run[i + 1]! | 0x80);
  }
  return new TextDecoder('euc-jp').decode(Uint8Array.from(euc)) + (run.length % 2 === 1 ? unknown : '');
}
