import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DataRemark } from '@medseg/datasets';
import { type ImageFormat, sniffFormat } from '@medseg/image-io';
import { readHead } from '@medseg/image-io/node';
import { type Failure, failureOf } from './failure.ts';
import { readPathList } from './path-list.ts';

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
 * with a remark. Lists are read by `readPathList`. Paths joined with commas are the channels of one scan.
 *
 * Throws what `readPathList` throws.
 */
export async function findInputs(paths: readonly string[], lists: readonly string[]): Promise<FoundInputs> {
  const found: FoundInputs = { inputs: [], failures: [], remarks: [] };
  const asked: Asked[] = paths.map((path) => ({ path, files: path.split(',') }));
  for (const list of lists)
    for (const { files, line } of await readPathList(list))
      asked.push({ path: files.join(','), files, where: `line ${line} of ${list}` });
  for (const each of asked) {
    try {
      await findIn(each, found);
    } catch (error) {
      found.failures.push(failureOf(error, each.path, each.path));
    }
  }
  const seen = new Set<string>();
  const inputs = found.inputs.filter(({ files }) => {
    const key = files.map((file) => resolve(file)).join('\n');
    return !seen.has(key) && seen.add(key);
  });
  return { ...found, inputs };
}

/** What somebody wants to have segmented. */
interface Asked {
  readonly path: string;
  /** The paths of its channels, where the whole is none. */
  readonly files: readonly string[];
  /** The line of a list that asks for it. */
  readonly where?: string;
}

async function findIn({ path, files: parts, where }: Asked, found: FoundInputs): Promise<void> {
  const kind = await kindOf(path);
  if (kind === 'folder') return await findInFolder(path, found);
  const files = kind === undefined ? parts : [path];
  for (const file of files) {
    if ((await kindOf(file)) === 'other') {
      found.failures.push({ file, rule: ORDINARY });
      return;
    }
    if ((await kindOf(file)) === undefined) {
      found.failures.push({ file, rule: where === undefined ? 'no such file' : `no such file (${where})` });
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
    if (kind === undefined || kind === 'other') found.failures.push({ file: path, rule: ORDINARY });
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

const ORDINARY = 'must be a file or a folder, or a link to one';

/** What a path leads to; `other` for pipes and the like, which never end, undefined for nothing and a circle of links. */
async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const found = await stat(path);
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
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
