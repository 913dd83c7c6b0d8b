import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { DataRemark } from '@medseg/datasets';
import { type ImageFormat, sniffFormat } from '@medseg/image-io';
import { readHead } from '@medseg/image-io/node';
import { UserError } from '../terminal/user-error.ts';
import { type Failure, failureOf } from './failure.ts';

/** Something to segment: one file, several of one grid whose channels are stacked, or the folder of a DICOM series. */
export interface FoundInput {
  readonly files: readonly string[];
  /** Whether the first of them is the folder of a DICOM series. */
  readonly isFolder: boolean;
}

/** What was found to segment, and what was not. */
interface FoundInputs {
  readonly inputs: FoundInput[];
  readonly failures: Failure[];
  readonly remarks: DataRemark[];
}

/**
 * Finds what there is to segment in paths and in lists of paths, in their order, without reading more than the heads of
 * files.
 *
 * A folder is a DICOM series where it has a DICOM file. Else it is a folder of images and volumes, of which each is
 * segmented, and so is each series in a folder of its own right below it; deeper folders and other files are left out,
 * with a remark. A list is a text file with a path per line, relative to it; empty lines and those that begin with # are
 * passed over. Paths joined with commas are the channels of one scan.
 *
 * Throws UserError for a list without a path, and the file system's own error for one that cannot be read.
 */
export async function findInputs(paths: readonly string[], lists: readonly string[]): Promise<FoundInputs> {
  const found: FoundInputs = { inputs: [], failures: [], remarks: [] };
  const listed: string[] = [];
  for (const list of lists) listed.push(...(await pathsOfList(list)));
  for (const path of [...paths, ...listed]) {
    try {
      await findIn(path, found);
    } catch (error) {
      found.failures.push(failureOf(error, path, path));
    }
  }
  const seen = new Set<string>();
  const inputs = found.inputs.filter(({ files }) => {
    const key = files.map((file) => resolve(file)).join('\n');
    return !seen.has(key) && seen.add(key);
  });
  return { ...found, inputs };
}

async function pathsOfList(list: string): Promise<string[]> {
  const lines = (await readFile(list, 'utf8')).replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.some((line) => line.includes('\0')))
    throw new UserError(`${list}: a list must be a text file with a path per line, it is not text`);
  const paths = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  if (paths.length === 0) throw new UserError(`${list}: a list must have a path per line, got none`);
  const from = (path: string): string => resolve(dirname(list), path);
  const placed: string[] = [];
  for (const path of paths) {
    const isOne = (await kindOf(from(path))) !== undefined || !path.includes(',');
    placed.push(isOne ? from(path) : path.split(',').map(from).join(','));
  }
  return placed;
}

async function findIn(path: string, found: FoundInputs): Promise<void> {
  const kind = await kindOf(path);
  if (kind === 'folder') return await findInFolder(path, found);
  const files = kind === undefined ? path.split(',') : [path];
  for (const file of files) {
    if ((await kindOf(file)) === undefined) {
      found.failures.push({ file, rule: 'no such file' });
      return;
    }
  }
  found.inputs.push({ files, isFolder: (await kindOf(files[0]!)) === 'folder' });
}

async function findInFolder(folder: string, found: FoundInputs): Promise<void> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort(byNumber);
  const files: string[] = [];
  const folders: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const kind = await kindOf(path);
    if (kind === undefined) found.failures.push({ file: path, rule: 'must be a file or a folder, or a link to one' });
    else (kind === 'folder' ? folders : files).push(path);
  }
  const series = await hasDicom(files);
  const scans: string[] = [];
  for (const file of files) {
    const isPart = !series && isVoxelFile(file, files);
    if (isPart || (series && (await formatOf(file)) === 'DICOM')) continue;
    if (!series && (await mayBeScan(file))) scans.push(file);
    else
      found.remarks.push({ file, text: series ? 'left out: beside a DICOM series' : 'left out: no image or volume' });
  }
  const nested: string[] = [];
  for (const each of folders) {
    if (!series && (await hasDicom(await filesOf(each)))) nested.push(each);
    else found.remarks.push({ file: each, text: 'left out: folders in a folder are entered for a DICOM series only' });
  }
  const before = found.inputs.length;
  for (const file of scans) found.inputs.push({ files: [file], isFolder: false });
  for (const each of series ? [folder] : nested) found.inputs.push({ files: [each], isFolder: true });
  if (found.inputs.length === before)
    found.failures.push({ file: folder, rule: 'a folder must hold images, volumes or DICOM series, got none' });
}

/** What a path leads to; undefined for nothing, a circle of links, and pipes and the like, which never end. */
async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    const found = await stat(path);
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP') return undefined;
    throw error;
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder);
  const files: string[] = [];
  for (const name of entries.filter((each) => !each.startsWith('.')).sort(byNumber)) {
    const path = join(folder, name);
    if ((await kindOf(path)) === 'file') files.push(path);
  }
  return files;
}

async function hasDicom(files: readonly string[]): Promise<boolean> {
  for (const file of files) if ((await formatOf(file)) === 'DICOM') return true;
  return false;
}

/** The format of a file by its first bytes. */
export async function formatOf(file: string): Promise<ImageFormat | undefined> {
  return sniffFormat(await readHead(file, 4096));
}

const scanNames = /\.(png|tiff?|jpe?g|bmp|gif|nii|hdr|nrrd|nhdr|mha|mhd|dcm)(\.gz)?$/i;

/** Whether a file is to be segmented: by its name, so that a broken one is reported, or by its content. */
async function mayBeScan(file: string): Promise<boolean> {
  if (scanNames.test(file)) return true;
  const format = await formatOf(file);
  return format !== undefined && format !== 'gzip' && format !== 'text';
}

/** Whether a file has the voxels of another one, as `brain.img` those of `brain.hdr`. */
function isVoxelFile(file: string, files: readonly string[]): boolean {
  return /\.img(\.gz)?$/i.test(file) && files.includes(file.replace(/\.img(\.gz)?$/i, '.hdr$1'));
}

const collator = new Intl.Collator('en', { numeric: true });
const byNumber = (a: string, b: string): number => collator.compare(a, b);
