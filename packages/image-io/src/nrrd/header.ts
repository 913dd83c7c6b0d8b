import { FormatError } from '../format-error.ts';
import type { VoxelType } from '../voxels.ts';

/** The fields of an NRRD header, and where the data begins. */
export interface NrrdHeader {
  /** By field name, in lower case. */
  fields: Map<string, string>;
  /** First byte after the empty line. */
  dataOffset: number;
}

/** Names of types that NRRD allows (nrrd format, "type"). */
export const nrrdTypes: Record<string, VoxelType> = Object.fromEntries(
  Object.entries({
    int8: ['signed char', 'int8', 'int8_t'],
    uint8: ['uchar', 'unsigned char', 'uint8', 'uint8_t'],
    int16: ['short', 'short int', 'signed short', 'signed short int', 'int16', 'int16_t'],
    uint16: ['ushort', 'unsigned short', 'unsigned short int', 'uint16', 'uint16_t'],
    int32: ['int', 'signed int', 'int32', 'int32_t'],
    uint32: ['uint', 'unsigned int', 'uint32', 'uint32_t'],
    int64: ['longlong', 'long long', 'long long int', 'signed long long', 'signed long long int', 'int64', 'int64_t'],
    uint64: ['ulonglong', 'unsigned long long', 'unsigned long long int', 'uint64', 'uint64_t'],
    float32: ['float'],
    float64: ['double'],
  } satisfies Record<VoxelType, string[]>).flatMap(([type, names]) => names.map((name) => [name, type as VoxelType])),
);

/** Names of fields that have two. */
const sameField: Record<string, string> = { datafile: 'data file', lineskip: 'line skip', byteskip: 'byte skip' };

export function isNrrd(bytes: Uint8Array): boolean {
  return /^NRRD000\d/.test(String.fromCharCode(...bytes.subarray(0, 8)));
}

/** Reads the lines of an NRRD header up to the empty one; a detached header may lack it. */
export function readNrrdHeader(bytes: Uint8Array, file?: string): NrrdHeader {
  if (!isNrrd(bytes)) throw new FormatError('an NRRD file must start with NRRD0001 to NRRD0006', { file, offset: 0 });
  const fields = new Map<string, string>();
  let offset = 0;
  while (offset < bytes.length) {
    const newline = bytes.indexOf(10, offset);
    const end = newline < 0 ? bytes.length : newline;
    const line = new TextDecoder('latin1').decode(bytes.subarray(offset, end)).replace(/\r$/, '');
    const start = offset;
    offset = end + 1;
    if (start === 0 || line.startsWith('#')) continue;
    if (line === '') break;
    const field = /^([^:]+): ?(.*)$/.exec(line);
    if (!field || line.includes(':=')) {
      if (line.includes(':=')) continue; // a key of the writer's own, which says nothing about the voxels
      throw new FormatError(`an NRRD header line must be "field: value", got "${line.slice(0, 60)}"`, {
        file,
        offset: start,
      });
    }
    const name = field[1]!.trim().toLowerCase();
    fields.set(sameField[name] ?? name, field[2]!.trim());
    // "data file: LIST" is followed by names, not fields.
    if (fields.get('data file') === 'LIST') break;
  }
  return { fields, dataOffset: Math.min(offset, bytes.length) };
}
