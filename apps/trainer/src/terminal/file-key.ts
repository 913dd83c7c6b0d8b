/** The same for names and paths that some file systems take for one: letters that differ in case or in how an accent is written. */
export function fileKey(path: string): string {
  return path.normalize('NFC').toLowerCase();
}
