/** Names of `TextDecoder` for DICOM's character sets without code extensions, by number (PS3.3, C.12.1.1.2). */
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

const escapeByte = 0x1b;

/** The encoding of a text by its file's character set; undefined where there is none or it changes by escape sequences. */
export function encodingOf(bytes: Uint8Array, characterSet: string): string | undefined {
  const first = characterSet.split('\\')[0]!.trim();
  if (bytes.includes(escapeByte)) return undefined;
  if (first === 'GB18030' || first === 'GBK') return 'gb18030';
  return encodings[/^ISO(?:_| 2022 )IR (\d+)$/.exec(first)?.[1] ?? ''];
}

/** A text in the character set of its file. One that the file does not tell is UTF-8 where that fits, else Latin-1. */
export function decodeText(bytes: Uint8Array, characterSet: string): string {
  const encoding = encodingOf(bytes, characterSet);
  if (encoding) return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}
