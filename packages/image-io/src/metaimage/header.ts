import { FormatError } from '../format-error.ts';

/** The fields of a MetaImage header by name in lower case, and where the data begins. */
export interface MetaHeader {
  fields: Map<string, string>;
  dataOffset: number;
}

const firstFields = /^(ObjectType|ObjectSubType|NDims|Comment|Name|ID|ParentID|TransformType|Modality)\s*=/;

export function isMetaImage(bytes: Uint8Array): boolean {
  return firstFields.test(String.fromCharCode(...bytes.subarray(0, 64)));
}

/** Reads `Field = value` lines; ElementDataFile is the last one (MetaIO). */
export function readMetaHeader(bytes: Uint8Array, file?: string): MetaHeader {
  if (!isMetaImage(bytes))
    throw new FormatError('a MetaImage must start with a field such as "ObjectType = Image"', { file, offset: 0 });
  const fields = new Map<string, string>();
  let offset = 0;
  while (offset < bytes.length) {
    const newline = bytes.indexOf(10, offset);
    const end = newline < 0 ? bytes.length : newline;
    const line = new TextDecoder('latin1').decode(bytes.subarray(offset, end)).trim();
    const start = offset;
    offset = Math.min(end + 1, bytes.length);
    if (line === '') continue;
    const equals = line.indexOf('=');
    if (equals < 1)
      throw new FormatError(`a MetaImage header line must be "Field = value", got "${line.slice(0, 60)}"`, {
        file,
        offset: start,
      });
    const name = line.slice(0, equals).trim().toLowerCase();
    fields.set(name, line.slice(equals + 1).trim());
    if (name === 'elementdatafile') return { fields, dataOffset: offset };
  }
  throw new FormatError('the MetaImage header is truncated: it ends before ElementDataFile', { file, offset });
}
