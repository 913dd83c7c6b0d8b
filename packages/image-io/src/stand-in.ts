import { FormatError } from './format-error.ts';

/** Bytes of a file's head that are looked at. */
const HEAD = 256;

/**
 * Throws FormatError for what often stands in the place of an image or a volume and says so in its first bytes: a pointer
 * of Git LFS, an HTML page.
 */
export function refuseStandIn(bytes: Uint8Array, file: string | undefined): void {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD)).trimStart(); // without a byte order mark
  if (head.startsWith('version https://git-lfs.github.com/spec/v1'))
    throw new FormatError('the file is a Git LFS pointer, not the data that it points to; run git lfs pull', { file });
  if (/^(<!doctype html|<html)\b/i.test(head))
    throw new FormatError('the file is an HTML page, downloaded in the place of the data', { file });
}
