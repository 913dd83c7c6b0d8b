const RULES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EACCES: 'no permission',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'part of the path is a file',
  EISDIR: 'it is a folder',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would be too large',
  ELOOP: 'a link must lead to a file, it leads in a circle',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open at once; ulimit -n allows more',
  ENFILE: 'too many files are open on this machine',
  EPERM: 'no permission',
  EIO: 'the disk could not read or write it',
};

/** What an error of the file system says, in words; undefined for any other error. */
export function fileSystemRule(error: unknown): { path: string; rule: string } | undefined {
  const { code, path, syscall, message } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  return { path: path ?? syscall, rule: RULES[code] ?? message };
}
