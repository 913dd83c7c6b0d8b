import { FormatError } from '../format-error.ts';
import { arrayOf, type VoxelData, type VoxelType } from '../voxels.ts';

/** Reads `count` numbers written as text, as NRRD's ascii encoding and MetaImage's BinaryData = False have them. */
export function readTextVoxels(bytes: Uint8Array, count: number, type: VoxelType, file?: string): VoxelData {
  // A number and what parts it from the next take two bytes.
  if (count > (bytes.length + 1) / 2)
    throw new FormatError(`the file is truncated: ${count} numbers need more than ${bytes.length} bytes`, { file });
  const words = new TextDecoder('latin1')
    .decode(bytes)
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  if (words.length < count)
    throw new FormatError(`the file is truncated: it must have ${count} numbers, got ${words.length}`, { file });
  const data = new arrayOf[type](count);
  for (let i = 0; i < count; i++) {
    const value = Number(words[i]);
    if (Number.isNaN(value) && !/^nan$/i.test(words[i]!))
      throw new FormatError(`a voxel must be a number, got "${words[i]!.slice(0, 40)}"`, { file });
    data[i] = value;
  }
  return data;
}
